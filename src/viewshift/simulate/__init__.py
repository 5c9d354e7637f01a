"""Simulated viewers, and scenarios in which something does or does not go wrong."""

from viewshift.simulate.population import TARGETS, population_table
from viewshift.simulate.scenario import Scenario
from viewshift.simulate.scenarios import SCENARIOS
from viewshift.simulate.viewers import Tallies, session_tallies, viewers

__all__ = ["SCENARIOS", "TARGETS", "Scenario", "Tallies", "population_table", "session_tallies", "viewers"]
