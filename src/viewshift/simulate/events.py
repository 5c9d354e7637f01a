"""What an event does to the days of one account, in place and by a strength."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from viewshift._typing import Floats, Ints
from viewshift.simulate.binges import one_show, redrawn, silence, superpose

Row: TypeAlias = Mapping[str, Floats]
"""One account's measures, an array over all days each."""

Event: TypeAlias = Callable[[Row, Ints, np.random.Generator, float], None]
"""Changes a row on the days given; the last argument is the strength."""


def _watch_one_show(row: Row, days: Ints, counts: Ints, rng: np.random.Generator, minutes: float) -> None:
    superpose(row, days, one_show(counts, rng, running_time=minutes))


def spread(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch so many episodes of a half-hour show in all, each on any of the days."""
    counts = rng.multinomial(max(1, round(strength)), np.full(len(days), 1 / len(days)))
    superpose(row, days, one_show(counts, rng, running_time=22.0, night=0.25))


def season(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch so many episodes of an hour-long show in all, each on any of the days."""
    counts = rng.multinomial(max(1, round(strength)), np.full(len(days), 1 / len(days)))
    _watch_one_show(row, days, counts, rng, 45.0)


def surge(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch that many more episodes of one show a day, on average."""
    _watch_one_show(row, days, rng.poisson(strength, len(days)), rng, float(rng.choice([22.0, 45.0])))


def drift(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch more and more of one show: from nothing to twice the strength a day."""
    rates = 2.0 * strength * (np.arange(len(days)) + 0.5) / len(days)
    _watch_one_show(row, days, rng.poisson(rates), rng, float(rng.choice([22.0, 45.0])))


def multiply(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch that many times as much as before."""
    superpose(row, days, redrawn(row, days, rng, amount=strength - 1.0))


def go_quiet(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch nothing on that share of the days."""
    silence(row, days[rng.random(len(days)) < strength])


def leave(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Leave everything as it is."""


def lose(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Lose the record of the days."""
    for values in row.values():
        values[days] = np.nan
