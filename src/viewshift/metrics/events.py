"""Events found, how late, and what the alarms cost: windows against alarm intervals, by row and day numbers."""

from typing import Any

import numpy as np

from viewshift._typing import Bools, Floats, Ints

DAYS_PER_YEAR = 365.25


def first_alarm_delay(row: Ints, opened: Ints, event_row: Ints, onset: Ints, end: Ints) -> Floats:
    """Days from an event's onset to the first alarm that opens within its window.

    Only fresh alarms count: one that was already open at the onset finds nothing. The share of events with a
    delay is the event recall; the same windows on the panel without events give the recall by chance.

    Parameters
    ----------
    row
        Row of each alarm.
    opened
        Day number on which each alarm opened.
    event_row
        Row of each event.
    onset
        First day number of each event.
    end
        Last day number of each event, included.

    Returns
    -------
    Delay in days of each event, 0 at best; NaN where no alarm opens in the window.

    Examples
    --------
    >>> alarms = np.array([0, 0, 1]), np.array([3, 12, 40])
    >>> first_alarm_delay(*alarms, np.array([0, 1]), np.array([10, 10]), np.array([16, 16]))
    array([ 2., nan])
    """
    if not len(row) or not len(event_row):
        return np.full(len(event_row), np.nan)
    stride = int(max(opened.max(), end.max())) + 2
    keys = np.sort(row * stride + opened)
    place = np.searchsorted(keys, event_row * stride + onset)
    first = np.append(keys, np.iinfo(np.int64).max)[place]
    hit = first <= event_row * stride + end
    return np.where(hit, first - (event_row * stride + onset), np.nan)


def days_in_alarm(opened: Ints, last: Ints, adapt_after: int) -> Ints:
    """Days that each alarm stays up: from its opening to its last day, or until it is taken as lasting.

    Parameters
    ----------
    opened
        Day number on which each alarm opened.
    last
        Last day number at or above the threshold.
    adapt_after
        Days after which an alarm closes as a lasting shift.
    """
    days: Ints = np.minimum(last - opened + 1, adapt_after)
    return days


def per_account(row: Ints, n_accounts: int, amount: Any = None) -> Ints:
    """Count what falls on each row, or add up whole amounts.

    Parameters
    ----------
    row
        Row of each item.
    n_accounts
        Number of rows.
    amount
        Whole amount of each item; default 1 each.
    """
    return np.bincount(row, weights=amount, minlength=n_accounts).astype(np.int64)


def per_account_year(count: Any, days: Any) -> Any:
    """Events per account-year (365.25 days with a score); NaN without any such day.

    Parameters
    ----------
    count
        Number of alarms, or of days in alarm.
    days
        Account-days with a score.
    """
    days = np.asarray(days, dtype=np.float64)
    return np.divide(DAYS_PER_YEAR * np.asarray(count), days, out=np.full(days.shape, np.nan), where=days > 0)[()]


def mark_days(row: Ints, first: Ints, last: Ints, shape: tuple[int, int]) -> Bools:
    """Mark the days of windows or alarms, as the metrics over days take them.

    Parameters
    ----------
    row
        Row of each window.
    first
        First day number of each window.
    last
        Last day number of each window, included; days behind the last one of `shape` are left off.
    shape
        ``(n_accounts, n_days)``.

    Returns
    -------
    True on the days of any window, of that shape.

    Examples
    --------
    >>> mark_days(np.array([0, 1]), np.array([1, 3]), np.array([2, 9]), (2, 5)).astype(int)
    array([[0, 1, 1, 0, 0],
           [0, 0, 0, 1, 1]])
    """
    start, stop = (np.minimum(days, shape[1]) for days in (first, np.asarray(last) + 1))
    edges = np.zeros((shape[0], shape[1] + 1), dtype=np.int64)
    np.add.at(edges, (row, start), 1)
    np.add.at(edges, (row, stop), -1)
    marked: Bools = edges[:, :-1].cumsum(axis=1) > 0
    return marked


def checked_marks(name: str, marks: Any, positive: Any) -> tuple[Floats, Bools]:
    """Return marks of 1, 0 and NaN and the true days as kernels take them, or raise.

    Parameters
    ----------
    name
        What the marks are called.
    marks
        Shape ``(n_accounts, n_days)``.
    positive
        True days, same shape.
    """
    values = np.ascontiguousarray(marks, dtype=np.float64)
    days = np.ascontiguousarray(positive, dtype=np.bool_)
    if values.ndim != 2 or values.shape != days.shape:
        raise ValueError(
            f"`{name}` and the true days must have one shape (n_accounts, n_days), got {values.shape} and {days.shape}."
        )
    wrong = values[~(np.isnan(values) | (values == 0) | (values == 1))]
    if wrong.size:
        raise ValueError(f"`{name}` must hold 1, 0 or NaN, got {wrong[0]:g}; compare scores with a threshold first.")
    return values, days
