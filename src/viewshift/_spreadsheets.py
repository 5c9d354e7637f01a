"""Tables in which there is nothing that a spreadsheet computes."""

import re
from typing import Any, TypeVar

import pandas as pd
import polars as pl

Table = TypeVar("Table", pl.DataFrame, pd.DataFrame)

COMPUTED = r"^([=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
"""Beginnings that spreadsheets take for a formula, full-width ones included."""


def for_spreadsheets(table: Table) -> Table:
    """Return a table in which text that a spreadsheet would take for a formula begins with an apostrophe.

    Every CSV file of viewshift goes through here, names of columns too; numbers are left alone.

    Parameters
    ----------
    table
        A frame of polars or pandas.
    """
    if isinstance(table, pl.DataFrame):
        table = table.with_columns(pl.col(pl.String).str.replace(COMPUTED, "'$1"))
        return table.rename({name: _harmless(name) for name in table.columns})
    text = {
        name: column.map(_harmless, na_action="ignore")
        for name, column in table.items()
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column))
    }
    return table.assign(**{str(name): column for name, column in text.items()}).rename(columns=_harmless)


def _harmless(value: Any) -> Any:
    return re.sub(COMPUTED, r"'\1", value) if isinstance(value, str) else value
