"""Long and wide data frames of pandas, polars or Arrow to arrays of accounts x days."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from viewshift._typing import Days, Floats, Ints, Strings

Arrays = tuple[dict[str, Floats], Strings, np.datetime64]


def column_names(frame: Any) -> list[str]:
    """Return the column names of a pandas, polars or Arrow table; of pandas labels that are no text, their text."""
    return [str(name) for name in _labels(frame)]


def _labels(frame: Any) -> list[Any]:
    labels = getattr(frame, "column_names", getattr(frame, "columns", None))
    if labels is None:
        raise TypeError(f"`frame` must be a table of pandas, polars or Arrow, got {type(frame).__name__}.")
    return list(labels)


def _column(frame: Any, name: str) -> Any:
    for label, text in zip(_labels(frame), column_names(frame), strict=True):
        if text == name:
            return frame[label]
    have = ", ".join(map(repr, column_names(frame))) or "none"
    raise ValueError(f"the frame must have a column {name!r}; it has {have}.")


def _numbers(frame: Any, name: str) -> Floats:
    values = _column(frame, name).to_numpy()
    if values.dtype.kind in "fiu":
        return np.asarray(values, dtype=np.float64)
    try:
        numbers: Floats = pd.Series(values).astype("Float64").to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {name!r} must hold numbers: {error}.") from None
    return numbers


def _names(frame: Any, name: str) -> tuple[Strings, Ints]:
    """Return the distinct names of a column, sorted, and the place of each row's name among them."""
    column = _column(frame, name)
    if hasattr(column, "dictionary_encode"):  # Arrow
        encoded = column.dictionary_encode().combine_chunks()
        code = encoded.indices.fill_null(-1).to_numpy() if encoded.null_count else encoded.indices.to_numpy()
        values = encoded.dictionary.to_numpy(zero_copy_only=False)
    else:
        code, values = pd.factorize(column.to_numpy())
    if (missing := code < 0).any():
        raise ValueError(f"column {name!r} must name an account in every row, got none in row {missing.argmax()}.")
    used = np.zeros(len(values), dtype=bool)
    used[code] = True
    names, place = np.unique(np.asarray(values)[used].astype(np.str_), return_inverse=True)
    row = np.zeros(len(values), dtype=np.int64)
    row[used] = place
    return names, row[code]


def _local_days(values: Any, name: str) -> Days:
    array = np.asarray(values)
    if array.size and array.dtype.kind in "biuf":
        raise ValueError(f"{name} must hold days such as 2025-07-31, got numbers such as {array[:1]}.")
    if array.dtype == np.dtype("datetime64[D]") and not np.isnat(array).any():
        return array
    how = "ISO8601" if array.dtype.kind in "OUT" else None
    try:
        stamps = pd.DatetimeIndex(pd.to_datetime(array, format=how))
    except (TypeError, ValueError):
        unread = pd.isna(pd.to_datetime(array, format=how, errors="coerce", utc=True)) & ~pd.isna(array)
        got = repr(array[unread][0]) if unread.any() else "several time zones"
        raise ValueError(f"{name} must hold days such as 2025-07-31, got {got}.") from None
    if stamps.tz is not None or _time_zone(values) or (stamps.notna() & (stamps != stamps.normalize())).any():
        raise ValueError(f"{name} must hold local days without time of day; make them local days first.")
    if stamps.isna().any():
        raise ValueError(f"{name} must name a day in every row, got none in row {stamps.isna().argmax()}.")
    days: Days = stamps.to_numpy().astype("datetime64[D]")
    return days


def _time_zone(column: Any) -> str | None:
    """Return the time zone of a column of polars or Arrow, whose arrays forget it."""
    kind = getattr(column, "type", getattr(column, "dtype", None))
    zone: str | None = getattr(kind, "tz", None) or getattr(kind, "time_zone", None)
    return zone


def long_to_arrays(
    frame: Any,
    account: str | None,
    day: str,
    measures: Sequence[str] | None,
    since: np.datetime64 | None = None,
    until: np.datetime64 | None = None,
) -> Arrays:
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
    since, until
        First and last day wanted; default those of the frame. Rows of other days are left out.

    Returns
    -------
    Arrays by measure, account names and the first day.
    """
    days = _local_days(_column(frame, day), f"column {day!r}")
    if not len(days):
        raise ValueError("the frame must have at least one row, got none.")
    accounts, row = (np.array(["me"]), np.zeros(len(days), np.int64)) if account is None else _names(frame, account)
    first = days.min() if since is None else since
    n_days = max(0, int(((days.max() if until is None else until) - first).astype(np.int64)) + 1)
    place = (days - first).astype(np.int64)
    outside = (place < 0) | (place >= n_days)
    inside = ~outside if outside.any() else slice(None)
    shape = (len(accounts), n_days)
    cell = (row * n_days + place)[inside]
    taken = np.zeros(len(accounts) * n_days, dtype=bool)
    taken[cell] = True
    if np.count_nonzero(taken) < len(cell):
        distinct, count = np.unique(cell, return_counts=True)
        twice = int(distinct[count > 1][0])
        name, date = accounts[twice // n_days], first + twice % n_days
        raise ValueError(f"an account must have one row per day, got two for account {str(name)!r} on {date}.")
    wanted = measures if measures is not None else _numeric(frame, {account, day})
    arrays: dict[str, Floats] = {}
    for name in wanted:
        grid = np.full(shape, np.nan)
        grid.reshape(-1)[cell] = _numbers(frame, name)[inside]
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
    days = _local_days(np.array(names, dtype=object), "the columns of a wide frame")
    first = days.min()
    place = (days - first).astype(np.int64)
    _, count = np.unique(place, return_counts=True)
    if (count > 1).any():
        twice = first + np.unique(place)[count > 1][0]
        raise ValueError(f"a wide frame must have one column per day, got two for {twice}.")
    accounts, row = _names(frame, account)
    grid = np.full((len(row), int(place.max()) + 1), np.nan)
    for name, column in zip(names, place.tolist(), strict=True):
        grid[:, column] = _numbers(frame, name)
    return {measure: grid}, accounts[row], first


def _numeric(frame: Any, others: set[str | None]) -> list[str]:
    return [name for name in column_names(frame) if name not in others and _is_numeric(_column(frame, name))]


def _is_numeric(column: Any) -> bool:
    if isinstance(column, pd.Series):
        return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return bool(np.issubdtype(column.to_numpy().dtype, np.number))
