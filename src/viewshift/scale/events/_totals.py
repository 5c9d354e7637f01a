"""Plays of all accounts: collected from a log, then summed over local days bucket by bucket."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import time

import numba
import numpy as np
import polars as pl

from viewshift._typing import Floats, Ints
from viewshift.kernels.plays import BUCKETS, sum_days
from viewshift.local_days import day_cells
from viewshift.scale.events._clean import ITEM, KEY, SHOW, Plays
from viewshift.scale.events._numbering import Numbering
from viewshift.scale.events._store import Store

MEASURES = ("episodes", "minutes", "night_minutes", "top_show_episodes")


class Collected:
    """All plays of a log, by account.

    Parameters
    ----------
    batches
        The plays.
    store
        Where to put them.
    with_items, with_shows
        Whether batches say what was played, and of which show.

    Attributes
    ----------
    accounts
        Names, in the order in which they were first seen.
    has_length, has_show
        Whether any length, and any show, is known.
    """

    def __init__(self, batches: Iterable[Plays], store: Store, *, with_items: bool, with_shows: bool) -> None:
        self.has_length = self.has_show = False
        self._store = store
        self._earliest, self._latest, self._longest = np.iinfo(np.int64).max, 0, 0
        number, number_show = Numbering(), Numbering()
        names = []
        nothing = np.empty(0, np.int64)
        for plays in batches:
            if not len(plays.start):
                continue
            numbers, fresh = number(plays.frame[KEY].to_numpy())
            names.append(plays.frame["account"].gather(fresh).cast(pl.String))
            item = plays.frame[ITEM].to_numpy() if with_items else nothing
            show = nothing.astype(np.int32)
            if with_shows:
                keys = plays.frame[SHOW].to_numpy()
                show = np.where(keys == 0, np.int32(-1), number_show(keys)[0])
                self.has_show |= bool(keys.any())
            self.has_length |= plays.has_length
            self._earliest = min(self._earliest, int(plays.start.min()))
            self._latest = max(self._latest, int(plays.start.max()))
            self._longest = max(self._longest, int(plays.length.max()))
            self._store.add(numbers, plays.start, plays.length, item, show)
        self.accounts = pl.concat(names)

    def lay_out(self, tz: str, day_start: time) -> tuple[np.datetime64, np.datetime64]:
        """Find the borders of local days; return the days on which the first and the last play start."""
        self._cells = day_cells(self._earliest, self._latest + self._longest, tz, day_start)
        borders, number, _, origin = self._cells
        first, last = number[np.searchsorted(borders, [self._earliest, self._latest], side="right") - 1]
        return origin + first, origin + last

    def sum(self, opens: np.datetime64, rows: Ints, measures: dict[str, Floats]) -> Ints:
        """Write measures, ``(n_accounts, n_days)`` from the day `opens` on, account i to row ``rows[i]``.

        Returns the day of each account's first play, counted from `opens`, by row.
        """
        borders, number, is_night, origin = self._cells
        is_night &= "night_minutes" in measures
        is_border = np.append(True, (number[1:] != number[:-1]) | (is_night[1:] != is_night[:-1]))
        borders, number, is_night = borders[is_border], number[is_border], is_night[is_border]
        day = number + (origin - opens).astype(np.int64)
        first_day = np.empty(len(rows), np.int64)
        unwanted = np.empty((0, 0), np.float32)
        totals = [measures.get(name, unwanted) for name in MEASURES]

        def sum_bucket(bucket: int) -> None:
            mine = rows[bucket::BUCKETS]
            if len(mine):
                plays = self._store.bucket(bucket)
                sum_days(*plays, len(mine), borders, day, is_night, mine, first_day, *totals)

        with ThreadPoolExecutor(numba.get_num_threads()) as pool:
            list(pool.map(sum_bucket, range(BUCKETS)))
        return first_day
