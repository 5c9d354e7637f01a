"""Plays of all accounts, in any order: collected from a log, then summed over local days bucket by bucket."""

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np

from viewshift._typing import Floats, Ints
from viewshift.kernels.plays import BUCKETS, sum_days
from viewshift.scale.events._calendar import Calendar
from viewshift.scale.events._clean import Cleaner
from viewshift.scale.events._in_order import MEASURES
from viewshift.scale.events._store import Store


class Collected:
    """All plays of a log, by account.

    Parameters
    ----------
    cleaner
        Where plays come from.
    calendar
        Where days begin.
    store
        Where to put plays.
    """

    def __init__(self, cleaner: Cleaner, calendar: Calendar, store: Store) -> None:
        self._cleaner, self._calendar, self._store = cleaner, calendar, store
        for plays in cleaner.plays():
            store.add(plays.numbers, plays.start, plays.length, plays.item, plays.show)

    def sum(self, opens: int, rows: Ints, n_days: int, measures: set[str]) -> tuple[dict[str, Floats], Ints]:
        """Return measures, ``(n_accounts, n_days)`` from the day `opens` on, account i in row ``rows[i]``.

        And the day of each account's first play, counted from `opens`, by row.
        """
        borders, day, is_night = self._calendar.cover(
            self._cleaner.earliest, self._cleaner.latest + self._cleaner.longest
        )
        day = day - opens
        first_day = np.empty(len(rows), np.int64)
        unwanted = np.empty((0, 0), np.float32)
        sums: dict[str, Floats] = {name: np.zeros((len(rows), n_days), np.float32) for name in measures}
        totals = [sums.get(name, unwanted) for name in MEASURES]

        def sum_bucket(bucket: int) -> None:
            mine = rows[bucket::BUCKETS]
            if len(mine):
                plays = self._store.bucket(bucket)
                sum_days(*plays, len(mine), borders, day, is_night, mine, first_day, *totals)

        with ThreadPoolExecutor(numba.get_num_threads()) as pool:
            list(pool.map(sum_bucket, range(BUCKETS)))
        for measure in sums.values():
            measure[np.arange(n_days) < first_day[:, None]] = np.nan
        return sums, first_day
