"""Where local days and nights begin, for as long a time as plays need."""

from datetime import time
from typing import TypeAlias

import numpy as np

from viewshift._typing import Bools, Ints
from viewshift.local_days import day_cells

Cells: TypeAlias = tuple[Ints, Ints, Bools]
"""Borders (ms), and of the cell after each: its day since 1970, and whether it is night."""

MARGIN = 366 * 86_400_000
"""Milliseconds at least by which a calendar goes on after what it must cover."""


class Calendar:
    """Borders of days in a time zone.

    Parameters
    ----------
    tz, day_start
        The zone, and when days begin.
    with_night
        Whether nights count; if not, they have no borders.
    """

    def __init__(self, tz: str, day_start: time, *, with_night: bool) -> None:
        self._tz, self._day_start, self._with_night = tz, day_start, with_night
        self._first, self._last = 0, -1
        self._cells: Cells

    def cover(self, first: int, last: int) -> Cells:
        """Return the cells around these instants (ms), and perhaps more."""
        if self._first <= first and last <= self._last:
            return self._cells
        grows = max(MARGIN, self._last - self._first)
        if self._first > self._last:
            self._first, self._last = first, last + MARGIN
        if first < self._first:
            self._first = min(first, max(0, self._first - grows))
        if last > self._last:
            self._last = max(last, self._last) + grows
        borders, number, is_night, origin = day_cells(self._first, self._last, self._tz, self._day_start)
        is_night &= self._with_night
        is_border = np.append(True, (number[1:] != number[:-1]) | (is_night[1:] != is_night[:-1]))
        day = number + origin.astype(np.int64)
        self._cells = borders[is_border], day[is_border], is_night[is_border]
        return self._cells

    def day(self, instant: int) -> int:
        """Return the day since 1970 on which an instant (ms) lies."""
        borders, day, _ = self.cover(instant, instant)
        return int(day[np.searchsorted(borders, instant, side="right") - 1])
