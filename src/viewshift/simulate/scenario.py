"""What a scenario is: an event, when it befalls which accounts, and what is true afterwards."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd

from viewshift._checks import check_choice, check_positive, check_whole
from viewshift._typing import Bools, Floats, Ints
from viewshift.panel import Panel
from viewshift.simulate.events import Event, Setting
from viewshift.simulate.viewers import viewers

EARLIEST_ONSET = 200
LASTING_DAYS = 60

Onset = Literal["own", "shared", "first"]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A kind of event, put into accounts; or a disturbance in which nothing is wrong with any of them.

    Parameters
    ----------
    name
        Its name in `SCENARIOS`; its first seven letters number its random streams.
    intent
        What it stands for.
    expect
        What should alarm, and what should not.
    strength
        The default strength.
    strengths
        Strengths for a power curve, weakest first; empty where strength means nothing.
    most
        The largest strength that means something.
    unit
        What the strength measures.
    duration
        Days an event takes; for a change for good, days after the onset within which it should be found.
    offsets
        Days from the onset at which each of an account's events begins, 0 first.
    wrong
        False if the truth is that nothing is wrong with any account.
    lasting
        True for a change for good.
    onset
        "own", a day of its own for each account; "shared", one day for all; "first", the first day there is: it was
        always so.
    first_weekday
        Weekday (Monday 0) on which it must begin, if any.
    share
        Share of the accounts it befalls; each is drawn by itself.
    needs
        Measures that a panel must have.
    setting
        What is so with an account whether or not the event comes; its clean twin has it too.
    event
        What it does to an account's days.

    Raises
    ------
    ValueError
        If `onset` is none of the three, `share` does not lie in (0, 1], or the events of `offsets` overlap.
    """

    name: str
    intent: str
    expect: str = ""
    strength: float
    strengths: tuple[float, ...] = ()
    most: float = float("inf")
    unit: str
    duration: int
    offsets: tuple[int, ...] = (0,)
    wrong: bool = True
    lasting: bool = False
    onset: Onset = "own"
    first_weekday: int | None = None
    share: float = 1.0
    needs: tuple[str, ...] = ()
    setting: Setting | None = field(default=None, repr=False)
    event: Event = field(repr=False)

    def __post_init__(self) -> None:
        """Check what would go wrong in silence."""
        check_choice("onset", self.onset, get_args(Onset))
        if not 0 < self.share <= 1:
            raise ValueError(f"`share` must lie in (0, 1], got {self.share}.")
        apart = np.diff(self.offsets)
        if self.offsets[:1] != (0,) or (apart < self.duration).any() or (self.lasting and len(apart)):
            raise ValueError(
                f"`offsets` must begin with 0 and leave {self.duration} days to each event, and a change for good is "
                f"the only one, got {self.offsets}."
            )

    def inject(self, panel: Panel, *, seed: int = 0, strength: float | None = None) -> tuple[Panel, pd.DataFrame]:
        """Return the panel with the events of its accounts, and the truth.

        The onset is uniform over the days from day 200 (or the middle of a shorter panel) to the last that leaves
        the events uncut; row k of any panel draws from its own streams, and onsets do not depend on the strength.
        Measures stay consistent: night minutes <= minutes <= 1,440, top-show episodes <= episodes; days that were not
        observed stay so.

        Parameters
        ----------
        panel
            Histories; measures that a scenario knows nothing of are left as they are.
        seed
            Seed, at least 0.
        strength
            Strength, above 0 and at most `most`; default the scenario's own.

        Returns
        -------
        The panel, and a frame with the columns account, onset and end (both days included), one row per event in
        the order of accounts and days; accounts that it does not befall have none, and no account has where nothing is
        wrong. For a change for good, `end` is the last day on which finding it counts: 60 days from the onset, or the
        panel's last day.

        Raises
        ------
        ValueError
            If the panel is too short for the events or lacks a measure, or `strength` is out of range.
        """
        check_whole("seed", seed, least=0)
        strength = check_positive("strength", self.strength if strength is None else strength)
        if strength > self.most:
            raise ValueError(f"`strength` of {self.name!r} must be at most {self.most:g} {self.unit}, got {strength}.")
        twin, onsets, befallen = self.twin(panel, seed=seed), self._onsets(panel, seed), self._befallen(panel, seed)
        begin = onsets[:, None] + np.array(self.offsets)
        end = np.minimum(begin + self.duration, panel.n_days) - 1
        arrays = _writable(twin)
        for k in np.flatnonzero(befallen):
            rng = self._stream(seed, int(k), 1)
            row = {name: values[k] for name, values in arrays.items()}
            for first, last in zip(begin[k], end[k], strict=True):
                self.event(row, np.arange(first, (panel.n_days - 1 if self.lasting else last) + 1), rng, strength)
        rows = np.repeat(np.flatnonzero(befallen & self.wrong), len(self.offsets))
        stamps = panel.days.astype("datetime64[s]")
        onset, last_day = (stamps[days[befallen & self.wrong]].ravel() for days in (begin, end))
        truth = pd.DataFrame({"account": panel.accounts[rows], "onset": onset, "end": last_day})
        return _changed(panel, arrays), truth

    def twin(self, panel: Panel, *, seed: int = 0) -> Panel:
        """Return the panel as it is without the events, but in their setting; what is found there is found by chance.

        Parameters
        ----------
        panel
            Histories.
        seed
            The seed given to `inject`.

        Raises
        ------
        ValueError
            If the panel is too short for the events or lacks a measure.
        """
        for name in self.needs:
            if name not in panel.measures:
                have = ", ".join(map(repr, panel.measures))
                raise ValueError(
                    f"`panel` must have the measure {name!r} for the scenario {self.name!r}, got {have}; leave it out."
                )
        onsets = self._onsets(panel, seed)
        if self.setting is None:
            return panel
        arrays = _writable(panel)
        for k, onset in enumerate(onsets.tolist()):
            self.setting({name: values[k] for name, values in arrays.items()}, onset, self._stream(seed, k, 2))
        return _changed(panel, arrays)

    def sample(
        self,
        n_accounts: int,
        n_days: int,
        *,
        seed: int = 0,
        strength: float | None = None,
        population: str = "sessions",
    ) -> tuple[Panel, pd.DataFrame]:
        """Return simulated viewers with the events, and the truth.

        ``viewers(n_accounts, n_days, seed=seed, population=population)`` are the same accounts without them.

        Parameters
        ----------
        n_accounts
            Number of accounts.
        n_days
            Number of days.
        seed
            Seed of viewers and events, at least 0.
        strength
            Strength, above 0 and at most `most`; default the scenario's own.
        population
            Which simulated viewers: "sessions" or "markov".
        """
        panel = viewers(n_accounts, n_days, seed=seed, population=population)
        return self.inject(panel, seed=seed, strength=strength)

    def _onsets(self, panel: Panel, seed: int) -> Ints:
        """Return the first day of each account's first event."""
        earliest = 0 if self.onset == "first" else min(EARLIEST_ONSET, panel.n_days // 2)
        n_days = self.offsets[-1] + self.duration
        latest = panel.n_days - n_days
        if self.lasting:
            latest = max(latest, min(earliest + 6, panel.n_days - 1))
        possible = np.arange(earliest, latest + 1)
        if self.first_weekday is not None:
            possible = possible[panel.weekday[possible] == self.first_weekday]
        if not len(possible):
            raise ValueError(
                f"`panel` must have room for {n_days} days of {self.name!r} after day {earliest}, "
                f"got {panel.n_days} days; give it more."
            )
        if self.onset == "first":
            return np.full(panel.n_accounts, possible[0])
        streams = range(panel.n_accounts) if self.onset == "own" else [0] * panel.n_accounts
        draws = np.array([self._stream(seed, k, 0).random() for k in streams])
        return possible[(draws * len(possible)).astype(np.int64)]

    def _befallen(self, panel: Panel, seed: int) -> Bools:
        """Tell which accounts it befalls."""
        if self.share == 1:
            return np.ones(panel.n_accounts, dtype=bool)
        draws = np.array([self._stream(seed, k, 3).random() for k in range(panel.n_accounts)])
        return draws < self.share

    def _stream(self, seed: int, row: int, purpose: int) -> np.random.Generator:
        """Return a row's source of chance; scenarios of one seed draw apart, and so do a row's purposes."""
        return np.random.default_rng([seed, int.from_bytes(self.name.encode()[:7], "little"), row, purpose])


def _writable(panel: Panel) -> dict[str, Floats]:
    return {name: values.astype(np.float64) for name, values in panel.measures.items()}


def _changed(panel: Panel, arrays: dict[str, Floats]) -> Panel:
    return Panel(
        {name: values.astype(panel.measures[name].dtype) for name, values in arrays.items()},
        accounts=panel.accounts,
        start=panel.start,
        exposure=panel.exposure,
        widening=panel.widening,
    )
