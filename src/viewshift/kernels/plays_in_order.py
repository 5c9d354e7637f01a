"""Plays to days at scale, as they come: each account's in order of time."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels._compile import kernel
from viewshift.kernels.plays import Numbers

Counts: TypeAlias = NDArray[np.uint16]

NEVER = np.int64(-(2**62))
"""Instant before all others."""

MOST_TITLES = 256
"""Titles of a day that are looked through one by one; more are for sorting."""

MOST_PLAYS = 65_535
"""Plays of a day that are counted in 16 bits."""

ROWS_AT_ONCE = 64
"""Accounts whose days are written together, so that what was read stays in the cache."""


@kernel
def add_plays(
    numbers: Numbers,
    start: Ints,
    length: Numbers,
    item: Ints,
    show: Numbers,
    borders: Ints,
    day: Ints,
    first_day: int,
    is_night: Bools,
    state: Ints,
    seen: Numbers,
    titles: Ints,
    of_titles: Numbers,
    used: int,
    episodes: Counts,
    watched: Numbers,
    night: Numbers,
    top_show: Counts,
) -> int:
    """Add plays to days of accounts whose plays come in order of time.

    Arguments are those of `share_out` and `sum_days`, but that a `day` is one since 1970, and totals have shape
    ``(n_days, n_accounts)``, from `first_day` on, and are whole: plays, and ms. Of each account `state` holds the start
    of its last play and the instant up to which its time is counted (`NEVER` before any); `seen` the day of its last
    title, how many titles that day has so far, the place of the first of them, and the day of its first play. `titles`
    are those of all accounts, `used` so far, with room for all plays; `of_titles` their shows, and the place of the
    account's next title (-1: none yet).

    Returns how many titles are used, or -1 if a play comes before another of its account, or a day has more than
    `MOST_TITLES` or `MOST_PLAYS`; totals are of no use then.
    """
    n_days = np.uint64(max(episodes.shape[0], watched.shape[0], night.shape[0], top_show.shape[0]))
    cell, opens, closes = 0, borders[0], borders[1]
    for i in range(numbers.size):
        account = np.uint64(numbers[i])  # places without a sign need not be told from those counted from the end
        at, last, reach = start[i], state[account, np.uint64(0)], state[account, np.uint64(1)]
        if at < last:
            return -1
        if not opens <= at < closes:
            cell = np.searchsorted(borders, at, side="right") - 1
            opens, closes = borders[cell], borders[cell + 1]
        to = np.uint64(day[cell] - first_day)  # huge before the first
        if last == NEVER:
            seen[account, 3] = day[cell]
        state[account, np.uint64(0)] = at
        of_show = 1
        if item.size or show.size:
            this, its_show = (item[i] if item.size else 0), (show[i] if show.size else -1)
            if this != 0 or its_show >= 0:
                of_show, used = _place_title(this, its_show, day[cell], numbers[i], seen, titles, of_titles, used)
        if of_show > 0 and to < n_days:
            if episodes.size:
                if episodes[to, account] == MOST_PLAYS:
                    return -1
                episodes[to, account] += 1
            if top_show.size:
                top_show[to, account] = max(top_show[to, account], of_show)
        elif of_show < 0:
            return -1
        begins, end = max(at, reach), at + length[i]
        if begins >= end:
            continue
        state[account, np.uint64(1)] = end
        if end <= closes:
            if to < n_days and watched.size:
                watched[to, account] += end - begins
            if to < n_days and night.size and is_night[cell]:
                night[to, account] += end - begins
            continue
        spent = cell
        while begins < end:
            while begins >= borders[spent + 1]:
                spent += 1
            until = min(end, borders[spent + 1])
            to = np.uint64(day[spent] - first_day)
            if to < n_days and watched.size:
                watched[to, account] += until - begins
            if to < n_days and night.size and is_night[spent]:
                night[to, account] += until - begins
            begins = until
    return used


@kernel
def _place_title(
    title: int, show: int, day: int, account: int, seen: Numbers, titles: Ints, of_titles: Numbers, used: int
) -> tuple[int, int]:
    """Return how many titles of a show an account has seen on a day with this one, and how many titles are used.

    The first is 0 if it has seen the title on that day, and -1 if it has seen too many.
    """
    count = seen[account, 1] if seen[account, 0] == day else 0
    before, place, of_show = -1, seen[account, 2], 1
    for _ in range(count):
        if title != 0 and titles[place] == title:
            return 0, used
        if show >= 0 and of_titles[place, 0] == show:
            of_show += 1
        before, place = place, of_titles[place, 1]
    if count == MOST_TITLES:
        return -1, used
    if place < 0:
        place = used
        used += 1
        of_titles[place, 1] = -1
        if before < 0:
            seen[account, 2] = place
        else:
            of_titles[before, 1] = place
    titles[place] = title
    of_titles[place, 0] = show
    seen[account, 0], seen[account, 1] = day, count + 1
    return of_show, used


@kernel
def write_days(
    totals: Any, low: int, high: int, day: int, unit: float, first_day: Ints, row: Ints, measure: Floats
) -> None:
    """Write what `add_plays` made of the accounts `low` to `high`, over `unit`, to their rows of a measure.

    The measure begins with `day`, counted from the first of the totals; it is NaN before the account's `first_day`,
    counted from its own first.
    """
    n_days = measure.shape[1]
    for first in range(low, high, ROWS_AT_ONCE):
        last = min(first + ROWS_AT_ONCE, high)
        for t in range(n_days):
            has_totals = 0 <= day + t < totals.shape[0]
            for account in range(first, last):
                measure[row[account], t] = totals[day + t, account] / unit if has_totals else 0.0
    for account in range(low, high):
        for t in range(min(n_days, first_day[account])):
            measure[row[account], t] = np.nan
