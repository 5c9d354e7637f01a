"""The states of a rule's accounts, kept small: what a rule remembers are for the most part days of whole numbers."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from viewshift._typing import Ints, State
from viewshift.monitor._kinds import kept, narrow, narrowed, told, widened


class States:
    """Each account's arrays by name, those of days in the smallest kind in which their numbers are exact.

    Parameters
    ----------
    kinds
        Name to what the array was before.
    columns
        Name to array, accounts first, from `narrow`.
    """

    def __init__(self, kinds: dict[str, np.dtype[Any]], columns: dict[str, NDArray[Any]]) -> None:
        self.kinds, self.columns = kinds, columns

    @classmethod
    def of(cls, state: State) -> Self:
        """Return a state, kept small.

        Parameters
        ----------
        state
            Arrays by name, accounts first.
        """
        kinds = {name: values.dtype for name, values in state.items()}
        return cls(kinds, {name: narrow(values) if values.ndim > 1 else values for name, values in state.items()})

    @classmethod
    def joined(cls, several: Sequence[Self]) -> Self:
        """Return the states of several groups of accounts as one.

        Parameters
        ----------
        several
            At least one, all with the same names.
        """
        kinds, columns = several[0].kinds, {}
        for name, kind in kinds.items():
            parts = [one.columns[name] for one in several]
            widest = max(parts, key=lambda column: column.dtype.itemsize).dtype
            columns[name] = np.concatenate(
                [part if part.dtype == widest else kept(told(part, kind), widest) for part in parts]
            )
        return cls(kinds, columns)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return an array, of all accounts."""
        return np.array(told(self.columns[name], self.kinds[name]))

    def read(self, rows: Ints) -> State:
        """Return the state of some accounts.

        Parameters
        ----------
        rows
            Their rows.
        """
        return {name: told(column[rows], self.kinds[name]) for name, column in self.columns.items()}

    def taken(self, rows: Ints) -> Self:
        """Return the states of some accounts, kept as small as theirs allow.

        Parameters
        ----------
        rows
            Their rows.
        """
        columns = {
            name: narrowed(column[rows], self.kinds[name]) if column.ndim > 1 else column[rows]
            for name, column in self.columns.items()
        }
        return type(self)(self.kinds, columns)

    def replaced(self, rows: Ints, state: State) -> Self:
        """Return the states with others for some accounts.

        Parameters
        ----------
        rows
            Their rows.
        state
            Theirs.
        """
        columns = {}
        for name, values in state.items():
            small = self.kinds[name] == np.float64
            columns[name] = widened(self.columns[name], values).copy() if small else self.columns[name].copy()
            columns[name][rows] = kept(values, columns[name].dtype)
        return type(self)(self.kinds, columns)
