"""Plays to days at scale: keys numbered, plays shared out into buckets of accounts, and each account's days summed."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels._compile import kernel

BUCKETS = 256
"""Parts that accounts are shared out into; an account's bucket is its number modulo this."""

TIME_BITS = 42
"""A play is packed as (account number // BUCKETS, start); starts are ms since 1970, up to the year 2109."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: multiplicative hashing (Knuth 1973, section 6.4)."""

LONGEST_INSERTION = 32
"""Rows up to which sorting by insertion is quicker than a general sort."""

Numbers: TypeAlias = NDArray[np.int32]


@kernel
def number_keys(keys: Ints, begin: int, table: Ints, known: int, numbers: Numbers, first_row: Ints) -> tuple[int, int]:
    """Give keys numbers from 0 on, in the order in which they are first seen, from row `begin` on.

    `table` is a hash table of ``(size, 2)``, size a power of 2, of keys and their numbers + 1 (0: empty); `known` keys
    are in it, and it gets at most half full. Writes `numbers`, and of each new key the `first_row`. Returns the row
    that was come to and how many keys are known: if that row is not the end, `grow_table`, and go on.
    """
    shift = _shift(table)
    old = known
    for row in range(begin, keys.size):
        place = _place(keys[row], table, shift)
        number = table[place, 1]
        if number == 0:
            if 2 * known >= table.shape[0]:
                return row, known
            table[place, 0] = keys[row]
            first_row[known - old] = row
            known += 1
            number = table[place, 1] = known
        numbers[row] = number - 1
    return keys.size, known


@kernel
def grow_table(table: Ints, larger: Ints) -> None:
    """Move all keys into a larger, empty table."""
    shift = _shift(larger)
    for slot in range(table.shape[0]):
        if table[slot, 1] > 0:
            place = _place(table[slot, 0], larger, shift)
            larger[place, 0] = table[slot, 0]
            larger[place, 1] = table[slot, 1]


@kernel
def _shift(table: Ints) -> np.uint64:
    """Return by how much a hash is shifted, so that its highest bits say the slot: they keep successive keys apart."""
    shift, size = 64, table.shape[0]
    while size > 1:
        size //= 2
        shift -= 1
    return np.uint64(shift)


@kernel
def _place(key: np.int64, table: Ints, shift: np.uint64) -> np.uint64:
    """Return the slot in which the key is, or would be."""
    last = np.uint64(table.shape[0] - 1)
    place = (np.uint64(key) * GOLDEN) >> shift
    while table[place, 1] != 0 and table[place, 0] != key:
        place = (place + np.uint64(1)) & last
    return place


@kernel
def share_out(
    numbers: Numbers,
    start: Ints,
    length: Numbers,
    item: Ints,
    show: Numbers,
    packed: Ints,
    packed_length: Numbers,
    packed_item: Ints,
    packed_show: Numbers,
) -> Ints:
    """Write plays bucket by bucket, in their order within each; return where each bucket begins, and the end.

    `start` and `length` in ms. Columns that are not wanted have no rows.
    """
    begin = np.zeros(BUCKETS + 1, np.int64)
    for row in range(numbers.size):
        begin[(numbers[row] & (BUCKETS - 1)) + 1] += 1
    for bucket in range(BUCKETS):
        begin[bucket + 1] += begin[bucket]
    to = begin[:-1].copy()
    for row in range(numbers.size):
        bucket = numbers[row] & (BUCKETS - 1)
        place = to[bucket]
        to[bucket] += 1
        packed[place] = (np.int64(numbers[row] // BUCKETS) << TIME_BITS) | start[row]
        packed_length[place] = length[row]
        if item.size:
            packed_item[place] = item[row]
        if show.size:
            packed_show[place] = show[row]
    return begin


@kernel
def sum_days(
    packed: Ints,
    length: Numbers,
    item: Ints,
    show: Numbers,
    n_accounts: int,
    borders: Ints,
    day: Ints,
    is_night: Bools,
    row: Ints,
    first_day: Ints,
    episodes: Floats,
    minutes: Floats,
    night_minutes: Floats,
    top_show: Floats,
) -> None:
    """Sum the plays of the `n_accounts` accounts of one bucket over days, as `share_out` wrote them.

    `item` says what was played, 0 if unknown (a play of its own); `show` is -1 where unknown. `borders` (ms) are the
    instants at which days or nights begin, beyond all plays on both sides; each cell after one lies on a `day`, a
    column of the panel (outside of it nothing is counted), and perhaps `is_night`. The accounts' rows in the panel are
    `row`. Writes, by these rows, the `first_day` on which a play starts, and of the measures, of shape ``(n_accounts of
    the panel, n_days)`` and 0 before, all that have rows. Time of an account counts once.
    """
    begin, packed, length, item, show = _by_account(packed, length, item, show, n_accounts)
    n_days = max(episodes.shape[1], minutes.shape[1], night_minutes.shape[1], top_show.shape[1])
    watched = np.empty(n_days, np.int64)
    night = np.empty(n_days, np.int64)
    mask = (np.int64(1) << TIME_BITS) - 1
    for account in range(n_accounts):
        low, high = begin[account], begin[account + 1]
        if low == high:
            continue
        watched[:] = 0
        night[:] = 0
        to = row[account]
        cell = np.searchsorted(borders, packed[low] & mask, side="right") - 1
        first_day[to] = day[cell]
        reach = packed[low] & mask
        spent = cell  # the cell in which `reach` lies
        since = low  # the first play of the day
        for i in range(low, high):
            start = packed[i] & mask
            if start >= borders[cell + 1]:
                before = day[cell]
                while start >= borders[cell + 1]:
                    cell += 1
                if day[cell] != before:
                    _write_titles(item, show, since, i, before, to, episodes, top_show)
                    since = i
            end = start + length[i]
            begins = max(start, reach)
            while begins < end:
                while begins >= borders[spent + 1]:
                    spent += 1
                until = min(end, borders[spent + 1])
                column = day[spent]
                if 0 <= column < n_days:
                    watched[column] += until - begins
                    if is_night[spent]:
                        night[column] += until - begins
                begins = until
            reach = max(reach, end)
        _write_titles(item, show, since, high, day[cell], to, episodes, top_show)
        if minutes.size:
            for t in range(n_days):
                minutes[to, t] = watched[t] / 60_000
        if night_minutes.size:
            for t in range(n_days):
                night_minutes[to, t] = night[t] / 60_000


@kernel
def _by_account(
    packed: Ints, length: Numbers, item: Ints, show: Numbers, n_accounts: int
) -> tuple[Ints, Ints, Numbers, Ints, Numbers]:
    """Return plays sorted by account and start, and where each account begins."""
    begin = np.zeros(n_accounts + 1, np.int64)
    for i in range(packed.size):
        begin[(packed[i] >> TIME_BITS) + 1] += 1
    for account in range(n_accounts):
        begin[account + 1] += begin[account]
    to = begin[:-1].copy()
    order = np.empty(packed.size, np.int64)
    for i in range(packed.size):
        account = packed[i] >> TIME_BITS
        order[to[account]] = i
        to[account] += 1
    packed = packed[order]
    for account in range(n_accounts):
        low, high = begin[account], begin[account + 1]
        for i in range(low + 1, high):
            if packed[i] < packed[i - 1]:
                moved = np.argsort(packed[low:high])
                packed[low:high] = packed[low:high][moved]
                order[low:high] = order[low:high][moved]
                break
    length = length[order]
    if item.size:
        item = item[order]
    if show.size:
        show = show[order]
    return begin, packed, length, item, show


@kernel
def _write_titles(
    item: Ints, show: Numbers, low: int, high: int, column: int, row: int, episodes: Floats, top_show: Floats
) -> None:
    """Write how many different items the plays `low` to `high` of a day are, and how many of them of any one show."""
    if not 0 <= column < max(episodes.shape[1], top_show.shape[1]):
        return
    count = high - low
    if item.size and count > 1:
        _sort_together(item, show, low, high)
        end = low + 1
        for i in range(low + 1, high):
            if item[i] == 0 or item[i] != item[i - 1]:
                if show.size:
                    show[end] = show[i]
                end += 1
        count = end - low
    if episodes.size:
        episodes[row, column] = count
    if top_show.size:
        most = 1
        if show.size and count > 1:
            _sort_together(show, show[:0], low, low + count)
            run = 1
            for i in range(low + 1, low + count):
                run = run + 1 if show[i] >= 0 and show[i] == show[i - 1] else 1
                most = max(most, run)
        top_show[row, column] = most


@kernel
def _sort_together(key: Any, along: Any, low: int, high: int) -> None:
    """Sort rows `low` to `high` of a key in place, and what goes along with it (nothing, if that has no rows)."""
    if high - low > LONGEST_INSERTION:
        order = low + np.argsort(key[low:high])
        key[low:high] = key[order]
        if along.size:
            along[low:high] = along[order]
        return
    for i in range(low + 1, high):
        k = i
        this = key[i]
        while k > low and key[k - 1] > this:
            key[k] = key[k - 1]
            k -= 1
        if k == i:
            continue
        key[k] = this
        if along.size:
            that = along[i]
            for j in range(i, k, -1):
                along[j] = along[j - 1]
            along[k] = that
