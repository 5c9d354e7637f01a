"""Panels to test with: realistic, flat and sparse accounts and awkward cells, all drawn from a seed.

Hypothesis draws the seed, the kinds of account and the number of days, never the cells: its `arrays` fills most cells
with one value, and a panel of equal cells hides faults.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from viewshift import Panel

Row = NDArray[np.float64]
Generator = np.random.Generator

WEEK = np.array([0.9, 0.9, 0.9, 0.95, 1.05, 1.1, 1.2])
"""Ratio of the days of a week to a mean day; every panel here starts on a Monday."""


def realistic(rng: Generator, n_days: int) -> Row:
    """Spells of viewing and of none; on active days an overdispersed count (some two days of three are empty)."""
    mean = rng.lognormal(0.6, 0.7)
    stay, active = rng.uniform(0.6, 0.9), rng.random() < 0.5
    row = np.zeros(n_days)
    for day in range(n_days):
        active = active if rng.random() < stay else rng.random() < 0.35
        if active:
            row[day] = 1 + rng.poisson(rng.gamma(0.7, mean * WEEK[day % 7] / 0.7))
    return row


def steady(rng: Generator, n_days: int) -> Row:
    """Some episodes every day, of about Poisson spread."""
    return rng.poisson(rng.uniform(4, 9) * WEEK[np.arange(n_days) % 7]).astype(float)


def heavy(rng: Generator, n_days: int) -> Row:
    """Counts as large as minutes, of Poisson spread: a day of nothing is far from usual."""
    return rng.poisson(rng.uniform(40, 80) * WEEK[np.arange(n_days) % 7]).astype(float)


def sparse(rng: Generator, n_days: int) -> Row:
    """A day with one or two episodes every month or two."""
    return (rng.random(n_days) < 1 / rng.uniform(25, 60)) * rng.integers(1, 3, n_days).astype(float)


def flat(rng: Generator, n_days: int) -> Row:
    """The same number every day: no spread at all."""
    return np.full(n_days, float(rng.integers(1, 6)))


def flat_then_one(rng: Generator, n_days: int) -> Row:
    """The same number every day and one episode more on a single day."""
    row = flat(rng, n_days)
    row[rng.integers(n_days)] += 1
    return row


def zero(rng: Generator, n_days: int) -> Row:
    """Nothing watched, ever."""
    return np.zeros(n_days)


def zero_then_some(rng: Generator, n_days: int) -> Row:
    """Nothing watched until the last days."""
    row = np.zeros(n_days)
    row[-rng.integers(1, 10) :] = rng.integers(1, 9)
    return row


def giant(rng: Generator, n_days: int) -> Row:
    """A day with a value that no person reaches."""
    row = realistic(rng, n_days)
    row[rng.integers(n_days)] = 10.0 ** rng.integers(4, 8)
    return row


def gaps(rng: Generator, n_days: int) -> Row:
    """Runs of days without a record, short and long, and scattered single ones."""
    row = realistic(rng, n_days)
    for _ in range(rng.integers(1, 5)):
        first = rng.integers(n_days)
        row[first : first + rng.choice([1, 2, 5, 10, 40])] = np.nan
    row[rng.random(n_days) < 0.03] = np.nan
    return row


def late(rng: Generator, n_days: int) -> Row:
    """An account that opened in the middle of the panel."""
    row = realistic(rng, n_days)
    row[: rng.integers(n_days)] = np.nan
    return row


def five_days(rng: Generator, n_days: int) -> Row:
    """Only five days on record, in one run."""
    row = np.full(n_days, np.nan)
    first = rng.integers(max(1, n_days - 5))
    row[first : first + 5] = rng.integers(0, 6, 5)[: n_days - first]
    return row


def one_day(rng: Generator, n_days: int) -> Row:
    """A single day on record."""
    row = np.full(n_days, np.nan)
    row[rng.integers(n_days)] = rng.integers(0, 9)
    return row


def unseen(rng: Generator, n_days: int) -> Row:
    """No day on record."""
    return np.full(n_days, np.nan)


KINDS: dict[str, Callable[[Generator, int], Row]] = {
    draw.__name__: draw
    for draw in (
        realistic,
        steady,
        heavy,
        sparse,
        flat,
        flat_then_one,
        zero,
        zero_then_some,
        giant,
        gaps,
        late,
        five_days,
        one_day,
        unseen,
    )
}


def to_panel(episodes: NDArray[np.float64], *, seed: int, dtype: type = np.float64) -> Panel:
    """Return a panel of all four measures with these episodes; the others follow from them and the seed."""
    rng = np.random.default_rng(seed)
    known = ~np.isnan(episodes)
    counts = np.where(known, episodes, 0)
    minutes = counts * rng.uniform(20, 60, counts.shape)
    measures = {
        "episodes": counts,
        "minutes": minutes,
        "night_minutes": minutes * np.maximum(0, rng.uniform(-1, 1, counts.shape)),
        "top_show_episodes": np.ceil(counts * rng.uniform(0.3, 1, counts.shape)),
    }
    return Panel(
        {name: values.astype(dtype) for name, values in measures.items()},
        accounts=[f"v{row}" for row in range(len(episodes))],
        start="2024-01-01",
        observed=known,
    )


@dataclass(frozen=True)
class Draw:
    """A recipe for a panel: the same draw gives the same panel."""

    seed: int
    kinds: tuple[str, ...] = tuple(KINDS)
    n_days: int = 150

    def rng(self) -> Generator:
        """Return a generator for the choices that a check makes itself."""
        return np.random.default_rng((self.seed, 1))

    def panel(self) -> Panel:
        """Return one account of each kind; float32 for odd seeds."""
        rng = np.random.default_rng((self.seed, 0))
        rows = [KINDS[kind](rng, self.n_days) for kind in self.kinds]
        return to_panel(np.array(rows), seed=self.seed, dtype=(np.float64, np.float32)[self.seed % 2])


def many(kind: str, n_accounts: int, n_days: int, *, seed: int) -> NDArray[np.float64]:
    """Return the episodes of several accounts of one kind, ``(n_accounts, n_days)``."""
    rng = np.random.default_rng(seed)
    return np.array([KINDS[kind](rng, n_days) for _ in range(n_accounts)])


def population() -> Panel:
    """Return the panel that detectors are fitted on: mostly realistic accounts and some of every other kind."""
    rows = [many(kind, 40 if kind == "realistic" else 2, 200, seed=i) for i, kind in enumerate(KINDS)]
    return to_panel(np.concatenate(rows), seed=0)


draws = st.builds(
    Draw,
    seed=st.integers(0, 2**32 - 1),
    kinds=st.lists(st.sampled_from(list(KINDS)), min_size=2, max_size=6).map(tuple),
    n_days=st.integers(70, 180),
)
