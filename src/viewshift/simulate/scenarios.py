"""All scenarios by name: first those in which viewing shifts, then those in which nothing is wrong."""

from collections.abc import Mapping
from types import MappingProxyType

from viewshift.simulate import disturbances, shifts
from viewshift.simulate.scenario import Scenario

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        scenario.name: scenario
        for module in (shifts, disturbances)
        for scenario in vars(module).values()
        if isinstance(scenario, Scenario)
    }
)
"""Scenarios by name."""
