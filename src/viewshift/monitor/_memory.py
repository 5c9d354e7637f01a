"""The last days of every account, in place of the oldest."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewshift._typing import Floats, Ints

KINDS = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32), np.dtype(np.float64))
"""What numbers may be kept as, the smallest first; the largest whole number of a kind stands for NaN."""


class Memory:
    """Named numbers of every account on each of the last `n_days` days.

    Kept in the first of `KINDS` in which every number is exact; a name whose numbers all equal its filling takes no
    place. Days are whole numbers; a day and the one `n_days` later share a place.

    Parameters
    ----------
    n_days
        Days remembered.
    n_accounts
        Accounts to begin with.
    fillings
        Name to what stands where nothing was written.
    """

    def __init__(self, n_days: int, n_accounts: int, fillings: Mapping[str, float]) -> None:
        self.n_days, self.n_accounts = n_days, n_accounts
        self.fillings = dict(fillings)
        self.columns: dict[str, NDArray[Any]] = {}
        """Name to array of shape ``(n_days, n_accounts)``."""

    def grow(self, n_accounts: int) -> None:
        """Make place for more accounts, behind the others.

        Parameters
        ----------
        n_accounts
            How many there are to be.
        """
        more = n_accounts - self.n_accounts
        for name, column in self.columns.items():
            empty = np.full((self.n_days, more), _kept(np.float64(self.fillings[name]), column.dtype))
            self.columns[name] = np.concatenate([column, empty], axis=1)
        self.n_accounts = n_accounts

    def keep(self, rows: Ints) -> None:
        """Drop all accounts but some, and what was kept on account of the others only.

        Parameters
        ----------
        rows
            Rows of those that stay.
        """
        columns, self.columns, self.n_accounts = self.columns, {}, len(rows)
        for name, column in columns.items():
            self.write(name, np.arange(len(rows)), 0, _told(column[:, rows].T))

    def forget(self, first: int, n_days: int) -> None:
        """Fill some days anew, for all accounts.

        Parameters
        ----------
        first, n_days
            The first of them, and how many.
        """
        for name, column in self.columns.items():
            column[self._places(first, n_days)] = _kept(np.float64(self.fillings[name]), column.dtype)

    def write(self, name: str, rows: Ints, first: int, values: Floats) -> None:
        """Write the values of some accounts on some days.

        Parameters
        ----------
        name
            One of the names with a filling.
        rows
            Rows of the accounts.
        first
            Day of the first column.
        values
            Shape ``(len(rows), n_days)``.
        """
        if name not in self.columns:
            if _alike(values, np.float64(self.fillings[name])).all():
                return
            filling = np.float64(self.fillings[name])
            kind = next(kind for kind in KINDS if _is_exact(filling, kind))
            self.columns[name] = np.full((self.n_days, self.n_accounts), _kept(filling, kind))
        column = self.columns[name]
        if not _is_exact(values, column.dtype):
            wider = KINDS[KINDS.index(column.dtype) + 1 :]
            whole = _told(column)
            column = _kept(whole, next(kind for kind in wider if _is_exact(values, kind) and _is_exact(whole, kind)))
            self.columns[name] = column
        column[np.ix_(self._places(first, values.shape[1]), rows)] = _kept(values, column.dtype).T

    def read(self, name: str, rows: Ints, first: int, n_days: int) -> Floats:
        """Return what is known of some accounts on some days, float64 of shape ``(len(rows), n_days)``.

        Parameters
        ----------
        name
            One of the names with a filling.
        rows
            Rows of the accounts.
        first, n_days
            The first day, and how many.
        """
        if name not in self.columns:
            return np.full((len(rows), n_days), self.fillings[name])
        found = self.columns[name][np.ix_(self._places(first, n_days), rows)]
        return np.ascontiguousarray(_told(found).T)

    def _places(self, first: int, n_days: int) -> Ints:
        return (first + np.arange(n_days, dtype=np.int64)) % self.n_days


def _is_exact(values: Any, kind: np.dtype[Any]) -> bool:
    """Return whether every number is kept by a kind as it is."""
    if kind.kind != "u":
        return bool(_alike(values.astype(kind), values).all())
    below = np.isnan(values) | ((values >= 0) & (values < np.iinfo(kind).max) & (values == np.floor(values)))
    return bool(below.all())


def _kept(values: Any, kind: np.dtype[Any]) -> NDArray[Any]:
    """Return numbers as a kind keeps them."""
    if kind.kind == "u":
        values = np.where(np.isnan(values), np.iinfo(kind).max, values)
    kept: NDArray[Any] = np.asarray(values).astype(kind)
    return kept


def _told(kept: NDArray[Any]) -> Floats:
    """Return the numbers that are kept so, as float64."""
    values = kept.astype(np.float64)
    if kept.dtype.kind == "u":
        values[kept == np.iinfo(kept.dtype).max] = np.nan
    return values


def differ(one: Floats, other: Floats) -> NDArray[np.bool_]:
    """Return where two arrays differ; NaN equals NaN.

    Parameters
    ----------
    one, other
        Arrays of one shape.
    """
    return ~_alike(one, other)


def _alike(one: Floats, other: Any) -> NDArray[np.bool_]:
    alike: NDArray[np.bool_] = (one == other) | (np.isnan(one) & np.isnan(other))
    return alike
