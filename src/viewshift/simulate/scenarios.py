"""Named ways in which viewing shifts, and three in which nothing is wrong; each can be put into any panel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from viewshift._checks import check_positive, check_whole
from viewshift._typing import Ints
from viewshift.panel import Panel
from viewshift.simulate import events
from viewshift.simulate.events import Event
from viewshift.simulate.viewers import viewers

EARLIEST_ONSET = 200
LASTING_DAYS = 60


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One kind of event, put once into every account; or a disturbance of everybody in which nothing is wrong.

    Parameters
    ----------
    name
        Its name in `SCENARIOS`.
    intent
        What it stands for.
    strength
        The default strength.
    unit
        What the strength measures.
    duration
        Days the event takes; for a change for good, days after the onset within which it should be found.
    wrong
        False if the truth is that nothing is wrong with any account.
    lasting
        True for a change for good.
    first_weekday
        Weekday (Monday 0) on which it must begin, if any.
    event
        What it does to an account's days.
    """

    name: str
    intent: str
    strength: float
    unit: str
    duration: int
    wrong: bool = True
    lasting: bool = False
    first_weekday: int | None = None
    event: Event = field(repr=False)

    def inject(self, panel: Panel, *, seed: int = 0, strength: float | None = None) -> tuple[Panel, pd.DataFrame]:
        """Return the panel with one event per account, and the truth.

        The onset is uniform over the days from day 200 (or the middle of a shorter panel) to the last that leaves
        the event uncut; row k of any panel draws from its own stream. Measures stay consistent: night minutes <=
        minutes <= 1,440, top-show episodes <= episodes; days that were not observed stay so.

        Parameters
        ----------
        panel
            Histories; measures that a scenario knows nothing of are left as they are.
        seed
            Seed, at least 0.
        strength
            Strength, above 0; default the scenario's own.

        Returns
        -------
        The panel, and a frame with the columns account, onset and end (both days included; empty where nothing is
        wrong). For a change for good, `end` is the last day on which finding it counts: 60 days from the onset, or
        the panel's last day.

        Raises
        ------
        ValueError
            If the panel is too short for the event or `strength` is not above 0.
        """
        check_whole("seed", seed, least=0)
        strength = check_positive("strength", self.strength if strength is None else strength)
        arrays = {name: values.astype(np.float64) for name, values in panel.measures.items()}
        onsets = self._onsets(panel, seed)
        ends = np.minimum(onsets + self.duration, panel.n_days) - 1
        for k in range(panel.n_accounts):
            rng = np.random.default_rng([seed, _number(self.name), k, 1])
            row = {name: values[k] for name, values in arrays.items()}
            last = panel.n_days - 1 if self.lasting else int(ends[k])
            self.event(row, np.arange(onsets[k], last + 1), rng, strength)
        changed = Panel(
            {name: values.astype(panel.measures[name].dtype) for name, values in arrays.items()},
            accounts=panel.accounts,
            start=panel.start,
            exposure=panel.exposure,
            widening=panel.widening,
        )
        rows = slice(None) if self.wrong else slice(0)
        stamps = panel.days.astype("datetime64[s]")
        truth = {"account": panel.accounts[rows], "onset": stamps[onsets][rows], "end": stamps[ends][rows]}
        return changed, pd.DataFrame(truth)

    def sample(
        self,
        n_accounts: int,
        n_days: int,
        *,
        seed: int = 0,
        strength: float | None = None,
        population: str = "sessions",
    ) -> tuple[Panel, pd.DataFrame]:
        """Return simulated viewers with one event each, and the truth.

        ``viewers(n_accounts, n_days, seed=seed, population=population)`` are the same accounts without the event.

        Parameters
        ----------
        n_accounts
            Number of accounts.
        n_days
            Number of days.
        seed
            Seed of viewers and events, at least 0.
        strength
            Strength, above 0; default the scenario's own.
        population
            Which simulated viewers: "sessions" or "markov".
        """
        panel = viewers(n_accounts, n_days, seed=seed, population=population)
        return self.inject(panel, seed=seed, strength=strength)

    def _onsets(self, panel: Panel, seed: int) -> Ints:
        """Draw the first day of each account's event; one day for all where nothing is wrong."""
        earliest = min(EARLIEST_ONSET, panel.n_days // 2)
        possible = np.arange(earliest, panel.n_days - self.duration + 1)
        if self.lasting and not len(possible):
            possible = np.array([earliest])
        if self.first_weekday is not None:
            possible = possible[panel.weekday[possible] == self.first_weekday]
        if not len(possible):
            raise ValueError(
                f"`panel` must have room for {self.duration} days of {self.name!r} after day {earliest}, "
                f"got {panel.n_days} days; give it more."
            )
        streams = range(panel.n_accounts) if self.wrong else [0] * panel.n_accounts
        draws = [np.random.default_rng([seed, _number(self.name), k, 0]).random() for k in streams]
        return possible[(np.array(draws) * len(possible)).astype(np.int64)]


def _number(name: str) -> int:
    """Return a number for the name, so that scenarios of one seed draw apart."""
    return int.from_bytes(name.encode()[:7], "little")


_ALL = (
    Scenario(
        name="story",
        intent="The story the project began with: a series of 188 episodes watched within one week.",
        strength=188,
        unit="episodes within the week",
        duration=7,
        event=events.spread,
    ),
    Scenario(
        name="marathon",
        intent="One day spent with one show.",
        strength=11,
        unit="episodes on the day",
        duration=1,
        event=events.season,
    ),
    Scenario(
        name="weekend_season",
        intent="A season watched over a Saturday and Sunday.",
        strength=24,
        unit="episodes over the weekend",
        duration=2,
        first_weekday=5,
        event=events.season,
    ),
    Scenario(
        name="surge_3d",
        intent="Three days in the grip of a show.",
        strength=10,
        unit="more episodes a day",
        duration=3,
        event=events.surge,
    ),
    Scenario(
        name="surge_7d",
        intent="A week in the grip of a show.",
        strength=4,
        unit="more episodes a day",
        duration=7,
        event=events.surge,
    ),
    Scenario(
        name="drift_28d",
        intent="Viewing creeps up over four weeks, from nothing more to twice the strength, and then falls back.",
        strength=2,
        unit="more episodes a day, on average",
        duration=28,
        event=events.drift,
    ),
    Scenario(
        name="doubled",
        intent="Twice the viewing, for good: the account's own history comes on top, shifted by whole weeks.",
        strength=2,
        unit="times the former viewing",
        duration=LASTING_DAYS,
        lasting=True,
        event=events.multiply,
    ),
    Scenario(
        name="going_quiet",
        intent="Viewing nearly stops, for good.",
        strength=0.9,
        unit="share of days silenced",
        duration=LASTING_DAYS,
        lasting=True,
        event=events.go_quiet,
    ),
    Scenario(
        name="clean",
        intent="Nothing happens.",
        strength=1,
        unit="none",
        duration=1,
        wrong=False,
        event=events.leave,
    ),
    Scenario(
        name="holiday",
        intent="A long weekend of four days lifts everybody's viewing; nothing is wrong with anybody.",
        strength=2,
        unit="times the former viewing",
        duration=4,
        wrong=False,
        event=events.multiply,
    ),
    Scenario(
        name="outage",
        intent="Five days were not recorded for anybody; nothing is wrong with anybody.",
        strength=1,
        unit="none",
        duration=5,
        wrong=False,
        event=events.lose,
    ),
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType({scenario.name: scenario for scenario in _ALL})
"""Scenarios by name."""
