"""What an event does to the days of one account, in place and by a strength; and what may be so with it besides."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from viewshift._typing import Floats, Ints
from viewshift.simulate.binges import Views, one_show, part, redrawn, silence, superpose, watched
from viewshift.simulate.habits import SESSION_HOURS
from viewshift.simulate.viewers import MEASURES, viewers

Row: TypeAlias = Mapping[str, Floats]
"""One account's measures, an array over all days each."""

Event: TypeAlias = Callable[[Row, Ints, np.random.Generator, float], None]
"""Changes a row on the days given; the last argument is the strength."""

Setting: TypeAlias = Callable[[Row, int, np.random.Generator], None]
"""Changes a row, given the day on which its event begins."""

NIGHT_HOURS, NIGHT_MINUTES = 6, 360.0
"""The night lasts from midnight to six."""

RAMP_DAYS = 56
A_YEAR = 364


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


def climb(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch more and more of one show over eight weeks, and so much more a day from then on."""
    rates = strength * np.minimum((np.arange(len(days)) + 0.5) / RAMP_DAYS, 1.0)
    _watch_one_show(row, days, rng.poisson(rates), rng, float(rng.choice([22.0, 45.0])))


def run_on(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Let an hour-long show run for that many hours of each day, a quarter of them in the night."""
    counts = np.floor(60.0 * strength / 45.0 + rng.random(len(days))).astype(np.int64)
    superpose(row, days, one_show(counts, rng, running_time=45.0, night=0.25))


def join(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Let another simulated viewer watch as well, so many times over; the first of the days is a Monday."""
    other = viewers(1, max(len(days), A_YEAR), seed=int(rng.integers(2**31)))
    their_row = {name: other[name][0].astype(np.float64) for name in MEASURES}
    superpose(row, days, redrawn(their_row, np.arange(len(days)), rng, amount=strength))


def binge_weekends(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch that many more episodes of one show on each of the first two days of every week, on average."""
    surge(row, days[(days - days[0]) % 7 < 2], rng, strength)


def turn_night(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch by night on that share of the days: what was watched by day falls between midnight and six."""
    turned = days[rng.random(len(days)) < strength]
    by_night = np.minimum(row["minutes"][turned], NIGHT_MINUTES)
    row["night_minutes"][turned] = np.maximum(row["night_minutes"][turned], by_night)


def rewatch(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch one film on that share of the days, each in the place of another title as long as there are any."""
    days = days[~np.isnan(row["episodes"][days])]
    films = (rng.random(len(days)) < strength).astype(np.int64)
    own = watched(row, days)
    counts = own.episodes.astype(np.int64)
    n_left = max(0, int(counts.sum() - films.sum()))
    left = rng.multivariate_hypergeometric(counts, n_left) if n_left else np.zeros(len(days), dtype=np.int64)
    silence(row, days)
    superpose(row, days, part(own, left))
    _watch_one_show(row, days, films, rng, 100.0)


def watch_later(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Begin every title that many hours later; what then begins after midnight counts on the next day.

    Each day has its own share of viewing by night; within night and day the hours are those of all simulated viewers.
    """
    own = watched(row, days)
    counts = own.episodes.astype(np.int64)
    until = np.append(0.0, np.cumsum(SESSION_HOURS / SESSION_HOURS.sum()))
    night = until[NIGHT_HOURS]
    share = np.full(len(days), night)
    if {"minutes", "night_minutes"} <= row.keys():
        np.divide(own.night_minutes, own.minutes, out=share, where=own.minutes > 0)
    place = np.repeat(np.arange(len(days)), counts)
    slept, at = rng.random(len(place)) >= share[place], rng.random(len(place))
    begin = np.interp(np.where(slept, night + (1 - night) * at, night * at), until, np.arange(25.0)) + strength
    by_night = begin % 24 < NIGHT_HOURS
    silence(row, days)
    for later in (0, 1):
        titles, of_night = (
            np.bincount(place[(begin // 24 == later) & chosen], minlength=len(days)) for chosen in (True, by_night)
        )
        views = part(own, titles)
        views = views._replace(night_minutes=views.minutes * of_night / np.maximum(titles, 1))
        there = days + later < len(row["episodes"])
        superpose(row, days[there] + later, Views(*(values[there] for values in views)))


def begin_late(row: Row, onset: int, rng: np.random.Generator, history: int) -> None:
    """Let the account be unknown until that many days before its event."""
    lose(row, np.arange(max(0, onset - history)), rng, 1.0)


def pause(row: Row, onset: int, rng: np.random.Generator, length: int) -> None:
    """Watch nothing for that many days before the event."""
    silence(row, np.arange(max(0, onset - length), onset))


def lose_share(row: Row, onset: int, rng: np.random.Generator, share: float) -> None:
    """Lose the record of that share of all days, one by one."""
    lose(row, np.flatnonzero(rng.random(len(next(iter(row.values())))) < share), rng, 1.0)
