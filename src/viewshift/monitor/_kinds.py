"""Numbers kept in the smallest kind in which each is exact."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32), np.dtype(np.float64))
"""What numbers may be kept as, the smallest first; the largest whole number of a kind stands for NaN."""

FEW = 100
"""So many rows are looked at first: mostly they show that a kind is too small for the rest."""


def narrow(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers in the smallest kind in which they are exact, from where `told` returns them.

    Parameters
    ----------
    values
        Any shape; only float64 is kept otherwise.
    """
    if values.dtype == np.float64:
        for kind in KINDS[:-1]:
            if is_exact(values[:FEW], kind) and is_exact(values, kind):
                return kept(values, kind)
    return values


def widened(column: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Return kept numbers in a kind in which others are exact too: themselves if theirs is such a kind.

    Parameters
    ----------
    column
        From `narrow` or `kept`.
    values
        Others, not yet kept.
    """
    if column.dtype not in KINDS or is_exact(values, column.dtype):
        return column
    whole, wider = told(column), KINDS[KINDS.index(column.dtype) + 1 :]
    return kept(whole, next(kind for kind in wider if is_exact(values, kind) and is_exact(whole, kind)))


def is_exact(values: Any, kind: np.dtype[Any]) -> bool:
    """Return whether every number is kept by a kind as it is.

    Parameters
    ----------
    values
        Numbers.
    kind
        One of `KINDS`.
    """
    if kind.kind == "f":
        with np.errstate(over="ignore"):  # beyond the kind is infinite, and not alike
            return bool(alike(values.astype(kind), values).all())
    below = np.isnan(values) | ((values >= 0) & (values < np.iinfo(kind).max) & (values == np.floor(values)))
    return bool(below.all())


def kept(values: Any, kind: np.dtype[Any]) -> NDArray[Any]:
    """Return numbers as a kind keeps them.

    Parameters
    ----------
    values
        Numbers that are exact in the kind.
    kind
        One of `KINDS`, or any that no NaN can be kept in.
    """
    if kind.kind == "u":
        values = np.where(np.isnan(values), np.iinfo(kind).max, values)
    found: NDArray[Any] = np.asarray(values).astype(kind, copy=False)
    return found


def told(column: NDArray[Any], kind: Any = np.float64) -> NDArray[Any]:
    """Return the numbers that are kept so; themselves where they are kept as they were.

    Parameters
    ----------
    column
        From `narrow` or `kept`.
    kind
        What they were.
    """
    values: NDArray[Any] = column.astype(kind, copy=False)
    if column.dtype.kind == "u" and column.dtype != kind:
        values[column == np.iinfo(column.dtype).max] = np.nan
    return values


def narrowed(column: NDArray[Any], kind: Any = np.float64) -> NDArray[Any]:
    """Return kept numbers in the smallest kind in which they are exact.

    Parameters
    ----------
    column
        From `narrow` or `kept`.
    kind
        What they were.
    """
    return column if column.dtype == KINDS[0] else narrow(told(column, kind))


def alike(one: Any, other: Any) -> NDArray[np.bool_]:
    """Return where numbers are the same; NaN equals NaN.

    Parameters
    ----------
    one, other
        Arrays of one shape, or numbers.
    """
    found: NDArray[np.bool_] = (one == other) | (np.isnan(one) & np.isnan(other))
    return found
