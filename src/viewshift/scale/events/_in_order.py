"""Plays summed over local days as they come, as long as each account's come in order of time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from viewshift._typing import Floats, Ints
from viewshift.kernels.plays_in_order import NEVER, add_plays, write_days
from viewshift.scale.events._calendar import Calendar
from viewshift.scale.events._clean import Plays

Totals: TypeAlias = NDArray[Any]
S = TypeVar("S", bound=np.generic)

MEASURES = ("episodes", "minutes", "night_minutes", "top_show_episodes")
MS = {"minutes", "night_minutes"}
"""Measures whose totals are milliseconds."""

NOTHING: dict[str, Totals] = {name: np.empty((0, 0), np.int32 if name in MS else np.uint16) for name in MEASURES}

SHARE = 1024
"""Accounts whose days a thread writes at once."""


class InOrder:
    """Totals of days by accounts, which grow with the plays added.

    Parameters
    ----------
    measures
        Names of those wanted.
    calendar
        Where days begin.
    since, until
        First and last day wanted, from 1970 on; None if that is the first or last play's.
    """

    def __init__(self, measures: set[str], calendar: Calendar, since: int | None, until: int | None) -> None:
        self._calendar, self._since, self._until = calendar, since, until
        self._first_day, self._days = 0, slice(0, 0)
        self._totals = {name: nothing for name, nothing in NOTHING.items() if name in measures}
        self._state, self._seen = np.empty((0, 2), np.int64), np.empty((0, 4), np.int32)
        self._titles, self._of_titles, self._used = np.empty(0, np.int64), np.empty((0, 2), np.int32), 0

    def add(self, plays: Plays) -> bool:
        """Add plays; return whether that could be: not if one is not in order, or a day has very many titles."""
        first, last = int(plays.start.min()), int(plays.start.max()) + int(plays.length.max())
        borders, day, is_night = self._calendar.cover(first, last)
        self._make_room(*(int(day[np.searchsorted(borders, ms, side="right") - 1]) for ms in (first, last)))
        self._make_room_for_accounts(int(plays.numbers.max()) + 1)
        if len(plays.item) or len(plays.show):
            room = self._used + len(plays.start)
            if room > len(self._titles):
                size = max(room, len(self._titles) * 3 // 2)
                self._titles, self._of_titles = _grown(self._titles, size), _grown(self._of_titles, size)
        self._used = add_plays(
            plays.numbers, plays.start, plays.length, plays.item, plays.show, borders, day, self._first_day, is_night,
            self._state, self._seen, self._titles, self._of_titles, self._used,
            *(self._totals.get(name, nothing) for name, nothing in NOTHING.items()),
        )  # fmt: skip
        return self._used >= 0

    def _make_room(self, first: int, last: int) -> None:
        """Have room for these days, as far as they are wanted."""
        first = first if self._since is None else max(first, self._since)
        last = last if self._until is None else min(last, self._until)
        if first > last:
            return
        n_days, n_accounts = next(iter(self._totals.values())).shape
        if not n_days:
            self._first_day = first
        before = max(0, self._first_day - first)
        after = max(0, last + 1 - self._first_day - n_days)
        if before or after:
            before, after = (max(extra, n_days // 2) if extra else 0 for extra in (before, after))
            if self._since is not None:
                before = self._first_day - self._since
            if self._until is not None:
                after = self._until + 1 - self._first_day - n_days
            self._reshape(before, before + n_days + after, n_accounts)
        row, end = first - self._first_day, last + 1 - self._first_day
        used = self._days
        self._days = slice(min(row, used.start), max(end, used.stop)) if used.stop else slice(row, end)

    def _make_room_for_accounts(self, count: int) -> None:
        known = len(self._state)
        if count <= known:
            return
        size = max(count, known + known // 4)
        self._state, self._seen = _grown(self._state, size), _grown(self._seen, size)
        self._state[known:] = NEVER
        self._seen[known:] = 0, 0, -1, 0
        self._reshape(0, next(iter(self._totals.values())).shape[0], size)

    def _reshape(self, before: int, n_days: int, n_accounts: int) -> None:
        """Move totals into larger ones, with so many days before; what no play has touched takes no memory."""
        to = slice(self._days.start + before, self._days.stop + before)
        for name, old in self._totals.items():
            self._totals[name] = np.zeros((n_days, n_accounts), old.dtype)
            self._totals[name][to, : old.shape[1]] = old[self._days]
        self._first_day, self._days = self._first_day - before, to

    def sum(self, opens: int, rows: Ints, n_days: int, measures: set[str]) -> tuple[dict[str, Floats], Ints]:
        """Return measures, ``(n_accounts, n_days)`` from the day `opens` on, account i in row ``rows[i]``.

        And the day of each account's first play, counted from `opens`, by row. What was added is gone then.
        """
        since = self._seen[: len(rows), 3].astype(np.int64) - opens
        sums: dict[str, Floats] = {}
        spare = np.empty(0, np.float32)
        for name in sorted(measures, key=lambda name: name not in MS):
            totals, size = self._totals.pop(name), len(rows) * n_days
            # memory that was in use before is quicker than new
            measure = (spare[:size] if size <= spare.size else np.empty(size, np.float32)).reshape(len(rows), n_days)
            _write(totals, opens - self._first_day, 60_000.0 if name in MS else 1.0, since, rows, measure)
            spare = totals.reshape(-1).view(np.float32) if name in MS else spare[:0]
            sums[name] = measure
        first_day = np.empty(len(rows), np.int64)
        first_day[rows] = since
        return sums, first_day


def _write(totals: Totals, day: int, unit: float, first_day: Ints, rows: Ints, measure: Floats) -> None:
    """Write a measure on all threads."""

    def write(low: int) -> None:
        write_days(totals, low, min(low + SHARE, len(rows)), day, unit, first_day, rows, measure)

    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        list(pool.map(write, range(0, len(rows), SHARE)))


def _grown(array: NDArray[S], size: int) -> NDArray[S]:
    """Return an array of so many rows that begins with those given."""
    larger = np.empty((size, *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
