"""Small tables as rows: what a CSV, JSON or Parquet file or a frame holds, cell by cell."""

import csv
import json
import math
import re
from collections.abc import Iterator
from datetime import date, datetime
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
import polars as pl

from viewshift._files import existing_file
from viewshift._spreadsheets import COMPUTED

Table: TypeAlias = str | PathLike[str] | pd.DataFrame | pl.DataFrame
Row: TypeAlias = dict[str, Any]


def read_rows(name: str, table: Table, columns: tuple[str, ...]) -> Iterator[tuple[str, Row]]:
    """Yield each row of a table and its place; names of columns are in lower case, and what is empty is None.

    Parameters
    ----------
    name
        Of the parameter, for messages.
    table
        A .csv, .json or .parquet, or a frame.
    columns
        Those that it must have.

    Raises
    ------
    ValueError
        If the table cannot be read, or lacks a column.
    """
    rows, where = _read(name, table)
    if rows and (lacking := [column for column in columns if column not in rows[0]]):
        have = ", ".join(map(repr, rows[0])) or "none"
        raise ValueError(f"{where} must have a column {lacking[0]!r}; it has {have}.")
    for number, row in enumerate(rows, start=1):
        yield f"row {number} of {where}", {key: _cell(value) for key, value in row.items()}


def as_day(value: Any) -> date | None:
    """Return a day, or None if the value names none: a date, or text such as 2025-07-31, with or without a time.

    Parameters
    ----------
    value
        A cell.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(value.strip()).date()
    except (AttributeError, ValueError):
        return None


def _read(name: str, table: Table) -> tuple[list[Row], str]:
    if isinstance(table, pd.DataFrame | pl.DataFrame):
        records = table.to_dict("records") if isinstance(table, pd.DataFrame) else table.to_dicts()
        columns = dict.fromkeys(map(str, table.columns))
        return _lowered([columns | {str(key): value for key, value in row.items()} for row in records]), f"`{name}`"
    path = existing_file(name, table)
    readers = {".csv": _read_csv, ".json": _read_json, ".parquet": _read_parquet}
    if path.suffix.lower() not in readers:
        raise ValueError(f"`{name}` must end in .csv, .json or .parquet, got {path.name!r}.")
    try:
        rows = readers[path.suffix.lower()](path)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, json.JSONDecodeError, csv.Error, RecursionError):
        raise ValueError(f"{path.name}: the file must be a table as its ending says, but cannot be read so.") from None
    return _lowered(rows), path.name


def _read_csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        first = stream.readline()
        stream.seek(0)
        reader = csv.reader(stream, delimiter=max(",;\t", key=first.count), strict=True)
        head = next(reader, [])
        rows = []
        for fields in reader:
            if len(fields) > len(head):
                raise ValueError(
                    f"{path.name}: line {reader.line_num} must have {len(head)} fields, got {len(fields)}."
                )
            if any(fields):
                rows.append(dict.fromkeys(head) | {key: _bare(text) for key, text in zip(head, fields, strict=False)})
        return rows


def _bare(text: str) -> str:
    """Take away the apostrophe that keeps a spreadsheet from taking text for a formula."""
    return text[1:] if text.startswith("'") and re.match(COMPUTED, text[1:]) else text


def _read_json(path: Path) -> list[Row]:
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    rows = content.get("alarms") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{path.name}: the file must hold a list of rows, or 'alarms' with such a list.")
    keys = dict.fromkeys(key for row in rows for key in row)
    return [keys | row for row in rows]


def _read_parquet(path: Path) -> list[Row]:
    return pl.read_parquet(path).to_dicts()


def _lowered(rows: list[Row]) -> list[Row]:
    return [{key.strip().lower(): value for key, value in row.items()} for row in rows]


def _cell(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return (value.strip() or None) if isinstance(value, str) else value
