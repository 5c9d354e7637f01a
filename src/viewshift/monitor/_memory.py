"""The last days of every account, in place of the oldest."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewshift._typing import Floats, Ints
from viewshift.monitor._kinds import alike, kept, narrow, narrowed, told, widened


class Memory:
    """Named numbers of every account on each of the last `n_days` days.

    Each name is kept in the smallest kind in which every number is exact; one whose numbers all equal its filling takes
    no place. Days are whole numbers; a day and the one `n_days` later share a place.

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
            empty = np.full((self.n_days, more), kept(np.float64(self.fillings[name]), column.dtype))
            self.columns[name] = np.concatenate([column, empty], axis=1)
        self.n_accounts = n_accounts

    def keep(self, rows: Ints) -> None:
        """Drop all accounts but some, and what was kept on account of the others only.

        Parameters
        ----------
        rows
            Rows of those that stay.
        """
        self.n_accounts = len(rows)
        for name, column in list(self.columns.items()):
            theirs = narrowed(column[:, rows])
            if (theirs == kept(np.float64(self.fillings[name]), theirs.dtype)).all():
                del self.columns[name]
            else:
                self.columns[name] = theirs

    def forget(self, first: int, n_days: int) -> None:
        """Fill some days anew, for all accounts.

        Parameters
        ----------
        first, n_days
            The first of them, and how many.
        """
        for name, column in self.columns.items():
            column[self._places(first, n_days)] = kept(np.float64(self.fillings[name]), column.dtype)

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
            if alike(values, np.float64(self.fillings[name])).all():
                return
            filling = narrow(np.array([self.fillings[name]]))
            self.columns[name] = np.tile(filling, (self.n_days, self.n_accounts))
        column = self.columns[name] = widened(self.columns[name], values)
        column[np.ix_(self._places(first, values.shape[1]), rows)] = kept(values, column.dtype).T

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
        return np.ascontiguousarray(told(found).T)

    def _places(self, first: int, n_days: int) -> Ints:
        return (first + np.arange(n_days, dtype=np.int64)) % self.n_days
