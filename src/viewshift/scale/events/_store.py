"""Plays shared out into buckets of accounts: in memory as long as they fit, else in a temporary file."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from viewshift._typing import Ints
from viewshift.kernels.plays import BUCKETS, Numbers, share_out

Packed: TypeAlias = tuple[Ints, Numbers, Ints, Numbers]
"""Account and start, length, item and show of plays, as `share_out` writes them."""

HELD = 1 << 30
"""Bytes of plays held in memory; what is more goes to a temporary file, 12 to 24 bytes a play."""


class Store:
    """Plays of many accounts, added in any order and given back bucket by bucket; a context, at whose end all is gone.

    Parameters
    ----------
    with_items, with_shows
        Whether plays have an item and a show.
    """

    def __init__(self, *, with_items: bool, with_shows: bool) -> None:
        kinds = ((np.int64, True), (np.int32, True), (np.int64, with_items), (np.int32, with_shows))
        self._size = HELD // sum(np.dtype(kind).itemsize for kind, is_wanted in kinds if is_wanted)
        # memory that is not written to is not taken
        self._columns: list[NDArray[Any]] = [
            np.empty(self._size if is_wanted else 0, kind) for kind, is_wanted in kinds
        ]
        self._used = 0
        self._runs: list[Future[Ints]] = []
        self._worker = ThreadPoolExecutor(1)
        self._file: Any = None
        self._spilled: list[tuple[list[int], Ints]] = []
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.shutdown()
        self._columns = []
        if self._file is not None:
            self._file.close()

    def add(self, numbers: Numbers, start: Ints, length: Numbers, item: Ints, show: Numbers) -> None:
        """Add plays by the number of their account; another thread writes them. Columns not wanted are empty."""
        plays = (numbers, start, length, item, show)
        for low in range(0, len(numbers), self._size):  # at once, but for a store smaller than a batch
            part = [column[low : low + self._size] for column in plays]
            if self._used + len(part[0]) > self._size:
                self._spill()
            if len(self._runs) > 1:
                self._runs[-2].result()  # no more than two batches wait
            self._runs.append(self._worker.submit(self._write, self._used, part))
            self._used += len(part[0])

    def _write(self, at: int, plays: list[NDArray[Any]]) -> Ints:
        """Write plays from row `at` on; return where each bucket begins, and the end."""
        begin: Ints = share_out(*plays, *(column[at : at + len(plays[0])] for column in self._columns))
        return at + begin

    def bucket(self, number: int) -> Packed:
        """Return the plays of the accounts whose number modulo `BUCKETS` this is, in the order in which they came."""
        spilled = [self._read(places, begin, number) for places, begin in self._spilled]
        packed, length, item, show = (
            np.concatenate([*(part[k] for part in spilled), *self._parts(column, number)])
            for k, column in enumerate(self._columns)
        )
        return packed, length, item, show

    def _parts(self, column: NDArray[Any], number: int) -> Iterator[NDArray[Any]]:
        yield column[:0]
        for run in self._runs if column.size else []:
            begin = run.result()
            yield column[begin[number] : begin[number + 1]]

    def _spill(self) -> None:
        """Write what is in memory to the file, each bucket in one piece."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="viewshift-plays-")  # noqa: SIM115
        sizes = np.sum([np.diff(run.result()) for run in self._runs], axis=0)
        places = []
        for column in self._columns:
            places.append(self._file.tell())
            for number in range(BUCKETS):
                for part in self._parts(column, number):
                    self._file.write(part.data)
        self._spilled.append((places, np.append(0, np.cumsum(sizes))))
        self._runs, self._used = [], 0

    def _read(self, places: list[int], begin: Ints, number: int) -> list[NDArray[Any]]:
        parts: list[NDArray[Any]] = []
        for place, column in zip(places, self._columns, strict=True):
            count = int(begin[number + 1] - begin[number]) if column.size else 0
            with self._lock:
                self._file.seek(place + int(begin[number]) * column.itemsize)
                parts.append(np.frombuffer(self._file.read(count * column.itemsize), column.dtype))
        return parts
