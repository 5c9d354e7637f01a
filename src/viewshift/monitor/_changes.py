"""What a day changed about the alarms."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from viewshift._typing import Bools


class Changes(NamedTuple):
    """The alarms that an update opened, continued and closed: three frames with the columns of `AlarmRule.alarms`.

    An alarm is known by account and day of detection. A closed one has the status "closed" or "lasting", or
    "withdrawn" if a correction showed that it never was.
    """

    opened: pd.DataFrame
    continued: pd.DataFrame
    closed: pd.DataFrame

    def __repr__(self) -> str:
        return f"Changes({', '.join(f'{name}: {_names(table)}' for name, table in self._asdict().items())})"


def _names(table: pd.DataFrame) -> str:
    shown = table["account"].tolist()[:3]
    return " ".join([*shown, f"and {len(table) - 3} more"] if len(table) > 3 else shown) or "none"


def compare(before: pd.DataFrame, after: pd.DataFrame) -> Changes:
    """Return what became of the alarms of some accounts.

    Parameters
    ----------
    before, after
        Alarms of the same accounts, as they were known before and are known now.
    """
    is_open, was_open = after["status"] == "open", among(after, before[before["status"] == "open"])
    key = ["account", "detected", "status"]
    closed = after[~is_open & ~among(after, before, key)]
    gone = before[~among(before, after)].assign(status="withdrawn")
    return Changes(after[is_open & ~was_open], after[is_open & was_open], stacked(closed, gone))


def stacked(*tables: pd.DataFrame) -> pd.DataFrame:
    """Return tables of alarms one below the other.

    Parameters
    ----------
    *tables
        At least one; pandas warns about the columns of empty ones.
    """
    filled = [table for table in tables if len(table)]
    return pd.concat(filled) if filled else tables[0]


def among(some: pd.DataFrame, others: pd.DataFrame, key: Sequence[str] = ("account", "detected")) -> Bools:
    """Return which alarms of one table are in another too.

    Parameters
    ----------
    some, others
        Tables of alarms.
    key
        Columns by which they are the same.
    """
    known = set(_keys(others, key))
    return np.array([one in known for one in _keys(some, key)], dtype=bool)


def _keys(table: pd.DataFrame, key: Sequence[str]) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name].tolist() for name in key), strict=True))
