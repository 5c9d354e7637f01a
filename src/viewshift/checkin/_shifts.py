"""The alarms that letters are about: the few cells that are needed of each."""

from datetime import date
from typing import Any, NamedTuple

from viewshift.checkin._rows import Row, Table, as_day, read_rows
from viewshift.sentences import is_clear

COLUMNS = ("account", "onset", "detected", "status", "kind", "surprise", "usual", "observed", "ratio")


class Shift(NamedTuple):
    """What a letter needs of an alarm."""

    account: str
    onset: date
    detected: date
    end: date | None
    status: str
    kind: str
    surprise: float
    usual: float | None
    observed: float
    is_clear: bool


def read_alarms(table: Table) -> list[Shift]:
    """Read alarms from a table as `viewshift detect --out` writes it.

    Parameters
    ----------
    table
        A .csv, .json or .parquet with the columns of `AlarmRule.alarms`, or such a frame.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it cannot be read, lacks a column, or a cell holds no account, day or number where there must be one.

    Examples
    --------
    >>> import pandas as pd
    >>> (shift,) = read_alarms(pd.DataFrame([dict(
    ...     account="ada", onset="2025-05-12", detected="2025-05-12", status="open", kind="surge", surprise=4.0,
    ...     usual=0.8, observed=27.0, ratio=20.0)]))
    >>> print(shift.account, shift.onset, shift.usual)
    ada 2025-05-12 0.8
    """
    return [_shift(place, row) for place, row in read_rows("alarms", table, COLUMNS)]


def _shift(place: str, row: Row) -> Shift:
    if row["account"] is None:
        raise ValueError(f"{place} must name an account, got none.")
    usual, ratio = (_number(place, row, name, least=0) for name in ("usual", "ratio"))
    numbers = {"usual": usual, "observed": _known(place, row, "observed"), "ratio": ratio}
    return Shift(
        account=str(row["account"]),
        onset=_day(place, row, "onset"),
        detected=_day(place, row, "detected"),
        end=as_day(row.get("end")),
        status=str(row["status"]),
        kind=str(row["kind"]),
        surprise=_known(place, row, "surprise"),
        usual=usual,
        observed=numbers["observed"] or 0.0,
        is_clear=usual is not None and (usual == 0 or (ratio is not None and is_clear(numbers))),
    )


def _day(place: str, row: Row, name: str) -> date:
    day = as_day(row[name])
    if day is None:
        raise ValueError(f"{place} must hold a day such as 2025-07-31 in column {name!r}, got {row[name]!r}.")
    return day


def _known(place: str, row: Row, name: str) -> float:
    number = _number(place, row, name, least=0)
    if number is None:
        raise ValueError(f"{place} must hold a number in column {name!r}, got none.")
    return number


def _number(place: str, row: Row, name: str, *, least: float) -> float | None:
    value: Any = row[name]
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not number >= least:
        raise ValueError(f"{place} must hold a number of at least {least:g} in column {name!r}, got {value!r}.")
    return number if number < float("inf") else None
