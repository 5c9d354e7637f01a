"""Named ways in which viewing shifts, and three in which nothing is wrong; each can be put into any panel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import pandas as pd

from viewshift._checks import check_positive, check_whole
from viewshift._typing import Floats, Ints
from viewshift.panel import Panel
from viewshift.simulate.binges import one_show, redrawn, silence, superpose
from viewshift.simulate.viewers import viewers

Row: TypeAlias = Mapping[str, Floats]
Event: TypeAlias = Callable[[Row, Ints, np.random.Generator, float], None]
"""Changes one account's measures on the days of its event, in place, by a strength."""

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


def _watch_one_show(row: Row, days: Ints, counts: Ints, rng: np.random.Generator, minutes: float) -> None:
    superpose(row, days, one_show(counts, rng, running_time=minutes))


def _spread(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """So many episodes of one show of 22 minutes in all, each on any of the days."""
    counts = rng.multinomial(max(1, round(strength)), np.full(len(days), 1 / len(days)))
    superpose(row, days, one_show(counts, rng, running_time=22.0, night=0.25))


def _season(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    counts = rng.multinomial(max(1, round(strength)), np.full(len(days), 1 / len(days)))
    _watch_one_show(row, days, counts, rng, 45.0)


def _surge(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    _watch_one_show(row, days, rng.poisson(strength, len(days)), rng, float(rng.choice([22.0, 45.0])))


def _drift(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    rates = 2.0 * strength * (np.arange(len(days)) + 0.5) / len(days)
    _watch_one_show(row, days, rng.poisson(rates), rng, float(rng.choice([22.0, 45.0])))


def _multiply(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    superpose(row, days, redrawn(row, days, rng, amount=strength - 1.0))


def _go_quiet(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    silence(row, days[rng.random(len(days)) < strength])


def _leave(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    return


def _lose(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    for values in row.values():
        values[days] = np.nan


_ALL = (
    Scenario(
        name="story",
        intent="The story the project began with: a series of 188 episodes watched within one week.",
        strength=188,
        unit="episodes within the week",
        duration=7,
        event=_spread,
    ),
    Scenario(
        name="marathon",
        intent="One day spent with one show.",
        strength=9,
        unit="episodes on the day",
        duration=1,
        event=_season,
    ),
    Scenario(
        name="weekend_season",
        intent="A season watched over a Saturday and Sunday.",
        strength=12,
        unit="episodes over the weekend",
        duration=2,
        first_weekday=5,
        event=_season,
    ),
    Scenario(
        name="surge_3d",
        intent="Three days in the grip of a show.",
        strength=4,
        unit="more episodes a day",
        duration=3,
        event=_surge,
    ),
    Scenario(
        name="surge_7d",
        intent="A week in the grip of a show.",
        strength=2.5,
        unit="more episodes a day",
        duration=7,
        event=_surge,
    ),
    Scenario(
        name="drift_28d",
        intent="Viewing creeps up over four weeks, from nothing more to twice the strength, and then falls back.",
        strength=1.5,
        unit="more episodes a day, on average",
        duration=28,
        event=_drift,
    ),
    Scenario(
        name="doubled",
        intent="Twice the viewing, for good: the account's own history comes on top, shifted by whole weeks.",
        strength=2,
        unit="times the former viewing",
        duration=LASTING_DAYS,
        lasting=True,
        event=_multiply,
    ),
    Scenario(
        name="going_quiet",
        intent="Viewing nearly stops, for good.",
        strength=0.9,
        unit="share of days silenced",
        duration=LASTING_DAYS,
        lasting=True,
        event=_go_quiet,
    ),
    Scenario(
        name="clean",
        intent="Nothing happens.",
        strength=1,
        unit="none",
        duration=1,
        wrong=False,
        event=_leave,
    ),
    Scenario(
        name="holiday",
        intent="A long weekend of four days lifts everybody's viewing; nothing is wrong with anybody.",
        strength=2,
        unit="times the former viewing",
        duration=4,
        wrong=False,
        event=_multiply,
    ),
    Scenario(
        name="outage",
        intent="Five days were not recorded for anybody; nothing is wrong with anybody.",
        strength=1,
        unit="none",
        duration=5,
        wrong=False,
        event=_lose,
    ),
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType({scenario.name: scenario for scenario in _ALL})
"""Scenarios by name."""
