"""Keys, and names of accounts, to numbers 0, 1, 2, ... in the order in which they are first seen."""

import numpy as np
import polars as pl

from viewshift._arrays import frozen
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
            row, known = number_keys(frozen(keys), row, self._table, self.known, numbers, first_row)
            first_rows.append(first_row[: known - self.known])
            self.known = known
            if row == len(keys):
                return numbers, np.concatenate(first_rows)
            larger = np.zeros((4 * len(self._table), 2), np.int64)
            grow_table(self._table, larger)
            self._table = larger


class Accounts:
    """Numbers of accounts. Names that are text count without blanks around them; each is looked at once."""

    def __init__(self) -> None:
        self._written, self._named = Numbering(), Numbering()
        self._number_of = np.empty(0, np.int32)
        self._is_as_written = True
        self._names = [pl.Series(dtype=pl.String)]

    @property
    def names(self) -> pl.Series:
        """All names, in the order of their numbers."""
        return pl.concat(self._names)

    def __call__(self, names: pl.Series, keys: pl.Series) -> Numbers:
        """Return the number of each account, -1 where the name is blank.

        Parameters
        ----------
        names
            As they are written, without nulls: text or whole numbers.
        keys
            64 bits of each.
        """
        written, fresh = self._written(keys.to_numpy())
        if len(fresh):
            self._learn(names.gather(fresh))
        return written if self._is_as_written else self._number_of[written]

    def _learn(self, names: pl.Series) -> None:
        if names.dtype != pl.String:
            self._names.append(names.cast(pl.String))
            return
        names = names.str.strip_chars()
        is_name = (names != "").to_numpy()
        names = names.filter(is_name)
        numbers = np.full(len(is_name), -1, np.int32)
        numbers[is_name], fresh = self._named(key_of(names))
        self._names.append(names.gather(fresh))
        self._number_of = np.append(self._number_of, numbers)
        self._is_as_written &= bool(self._number_of[-1] == len(self._number_of) - 1)  # or a number was used twice


def key_of(names: pl.Series) -> Ints:
    """Return 64 bits that tell texts apart."""
    return names.hash(1).reinterpret(signed=True).to_numpy()
