"""Long and wide data frames of pandas, polars or Arrow to arrays of accounts x days."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from viewshift._typing import Floats, Strings

Arrays = tuple[dict[str, Floats], Strings, np.datetime64]


def column_names(frame: Any) -> list[str]:
    """Return the column names of a pandas, polars or Arrow table."""
    return [str(name) for name in getattr(frame, "column_names", frame.columns)]


def _column(frame: Any, name: str) -> Any:
    if name not in column_names(frame):
        have = ", ".join(map(repr, column_names(frame)))
        raise ValueError(f"the frame must have a column {name!r}; it has {have}.")
    return frame[name].to_numpy()


def _local_days(values: Any, name: str) -> Any:
    try:
        stamps = pd.DatetimeIndex(pd.to_datetime(values))
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {name!r} must hold days such as 2025-07-31: {error}.") from None
    if stamps.tz is not None or (stamps != stamps.normalize()).any():
        raise ValueError(f"column {name!r} must hold local days without time of day; make them local days first.")
    if stamps.isna().any():
        raise ValueError(f"column {name!r} must name a day in every row, got none in row {stamps.isna().argmax()}.")
    return stamps.to_numpy().astype("datetime64[D]")


def long_to_arrays(frame: Any, account: str | None, day: str, measures: Sequence[str] | None) -> Arrays:
    """Scatter a frame with one row per account and day; account-days without a row become NaN.

    Parameters
    ----------
    frame
        A pandas, polars or Arrow table.
    account
        Column of account names, or None for a single account named "me".
    day
        Column of local days.
    measures
        Columns to take; None for all others that are numeric.

    Returns
    -------
    Arrays by measure, account names and the first day.
    """
    days = _local_days(_column(frame, day), day)
    if not len(days):
        raise ValueError("the frame must have at least one row, got none.")
    owners = np.full(len(days), "me") if account is None else _column(frame, account).astype(np.str_)
    accounts, row = np.unique(owners, return_inverse=True)
    first = days.min()
    place = (days - first).astype(np.int64)
    shape = (len(accounts), int(place.max()) + 1)
    cell, count = np.unique(row * shape[1] + place, return_counts=True)
    if (count > 1).any():
        twice = int(cell[count > 1][0])
        name, date = accounts[twice // shape[1]], first + twice % shape[1]
        raise ValueError(f"an account must have one row per day, got two for account {str(name)!r} on {date}.")
    wanted = measures if measures is not None else _numeric(frame, {account, day})
    arrays: dict[str, Floats] = {}
    for name in wanted:
        grid = np.full(shape, np.nan)
        grid[row, place] = _column(frame, name).astype(np.float64)
        arrays[name] = grid
    if not arrays:
        raise ValueError("the frame must have a numeric column to measure viewing by, got none.")
    return arrays, accounts, first


def wide_to_arrays(frame: Any, account: str, measure: str) -> Arrays:
    """Read a frame with one row per account and one column per day, in any order and with gaps.

    Parameters
    ----------
    frame
        A pandas, polars or Arrow table whose columns but `account` are named by days.
    account
        Column of account names.
    measure
        Name of the one measure that the cells hold.

    Returns
    -------
    Arrays by measure, account names and the first day.
    """
    names = [name for name in column_names(frame) if name != account]
    if not names:
        raise ValueError("a wide frame must have a column for each day, got none.")
    place = _local_days(names, "names of columns")
    first = place.min()
    accounts = _column(frame, account).astype(np.str_)
    grid = np.full((len(accounts), int((place.max() - first).astype(int)) + 1), np.nan)
    for name, day in zip(names, place, strict=True):
        grid[:, int((day - first).astype(int))] = _column(frame, name)
    return {measure: grid}, accounts, first


def _numeric(frame: Any, others: set[str | None]) -> list[str]:
    return [
        name
        for name in column_names(frame)
        if name not in others and np.issubdtype(np.asarray(frame[name].to_numpy()).dtype, np.number)
    ]
