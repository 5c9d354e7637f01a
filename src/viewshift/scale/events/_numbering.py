"""Keys to numbers 0, 1, 2, ... in the order in which they are first seen."""

import numpy as np

from viewshift._typing import Ints
from viewshift.kernels.plays import Numbers, grow_table, number_keys

SLOTS = 1 << 16


class Numbering:
    """A hash table of 64-bit keys that grows."""

    def __init__(self) -> None:
        self._table = np.zeros((SLOTS, 2), np.int64)
        self.known = 0

    def __call__(self, keys: Ints) -> tuple[Numbers, Ints]:
        """Return the number of each key, and the rows of those that were not seen before, in the order of numbers."""
        numbers = np.empty(len(keys), np.int32)
        first_rows, row = [], 0
        while True:
            first_row = np.empty(len(keys), np.int64)
            row, known = number_keys(keys, row, self._table, self.known, numbers, first_row)
            first_rows.append(first_row[: known - self.known])
            self.known = known
            if row == len(keys):
                return numbers, np.concatenate(first_rows)
            larger = np.zeros((4 * len(self._table), 2), np.int64)
            grow_table(self._table, larger)
            self._table = larger
