"""Views put on top of an account's days, with every measure kept consistent with the others."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from viewshift._typing import Floats, Ints

DAY_MINUTES = 1440.0


class Views(NamedTuple):
    """What is watched on some days on top of the rest, one entry per day.

    `top_show_episodes` counts episodes of a show that the account's own days do not have.
    """

    episodes: Floats
    minutes: Floats
    night_minutes: Floats
    top_show_episodes: Floats


def one_show(counts: Ints, rng: np.random.Generator, *, running_time: float, night: float = 0.15) -> Views:
    """Return views of one show.

    Parameters
    ----------
    counts
        Episodes on each day.
    rng
        Source of chance.
    running_time
        Minutes of an episode; each is watched to the end, give or take a tenth.
    night
        Share of the episodes that are begun between midnight and six.
    """
    each = running_time * rng.uniform(0.9, 1.0, size=len(counts))
    episodes = counts.astype(np.float64)
    return Views(episodes, episodes * each, rng.binomial(counts, night) * each, episodes)


def redrawn(row: Mapping[str, Floats], days: Ints, rng: np.random.Generator, *, amount: float) -> Views:
    """Return the account's own viewing a second time: its history shifted by whole weeks, thinned to an amount.

    Parameters
    ----------
    row
        The account's measures, one array over all days each.
    days
        The days wanted.
    rng
        Source of chance: the shift, and which episodes are kept.
    amount
        How much of it: 1 for all, 0.5 for half of the episodes, 2 for two redraws.
    """
    total = Views(*(np.zeros(len(days)) for _ in Views._fields))
    n_weeks = max(1, len(next(iter(row.values()))) // 7)
    while amount > 0:
        again = watched(row, (days + 7 * rng.integers(1, max(2, n_weeks))) % (7 * n_weeks))
        total = Views(*(a + b for a, b in zip(total, _thinned(again, min(1.0, amount), rng), strict=True)))
        amount -= 1.0
    return total


def superpose(row: Mapping[str, Floats], days: Ints, views: Views) -> None:
    """Add views to the given days of one account's measures, in place; what the panel lacks is left out.

    Days that were not observed stay so. A day holds 1,440 minutes at most.
    """
    added = views._asdict()
    for name, values in row.items():
        if name == "top_show_episodes":
            values[days] = np.maximum(values[days], added[name])
        elif name in added:
            values[days] += added[name]
    if "minutes" in row:
        row["minutes"][days] = np.minimum(row["minutes"][days], DAY_MINUTES)
    if "night_minutes" in row:
        most = row["minutes"][days] if "minutes" in row else DAY_MINUTES
        row["night_minutes"][days] = np.minimum(row["night_minutes"][days], most)


def silence(row: Mapping[str, Floats], days: Ints) -> None:
    """Take all viewing from the given days of one account, in place; unobserved days stay unobserved."""
    for values in row.values():
        values[days] = np.where(np.isnan(values[days]), np.nan, 0.0)


def watched(row: Mapping[str, Floats], days: Ints) -> Views:
    """Return the account's own views on the days; what was not observed or is not measured is none.

    Parameters
    ----------
    row
        The account's measures, one array over all days each.
    days
        The days wanted.
    """
    nothing = np.zeros(len(days))
    return Views(*(np.nan_to_num(row[name][days]) if name in row else nothing for name in Views._fields))


def part(views: Views, episodes: Ints) -> Views:
    """Return so many of the episodes of each day, with their share of the minutes.

    Parameters
    ----------
    views
        Of some days.
    episodes
        How many to take, on each day at most those there are.
    """
    share = np.divide(episodes, views.episodes, out=np.zeros(len(episodes)), where=views.episodes > 0)
    top = np.maximum(np.round(views.top_show_episodes * share), views.top_show_episodes > 0)
    return Views(
        episodes.astype(np.float64), views.minutes * share, views.night_minutes * share, np.minimum(top, episodes)
    )


def _thinned(views: Views, keep: float, rng: np.random.Generator) -> Views:
    if keep >= 1.0:
        return views
    if not views.episodes.any():  # the panel does not count them
        return Views(*(keep * values for values in views))
    return part(views, rng.binomial(views.episodes.astype(np.int64), keep))
