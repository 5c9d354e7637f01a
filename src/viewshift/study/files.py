"""Result tables as files."""

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from viewshift._files import write_files, write_whole
from viewshift._spreadsheets import for_spreadsheets

TWINS = (".csv", ".parquet", ".json")
"""Endings of a table's files."""


def as_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV with six significant digits, safe to open in a spreadsheet.

    Parameters
    ----------
    table
        The table, without its index.
    """
    return for_spreadsheets(table).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV with six significant digits.

    Parameters
    ----------
    path
        File to write.
    table
        The table, without its index.
    """
    write_whole(path, as_csv(table))


def write_twins(stem: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, Parquet and JSON, which hold the same numbers, of six significant digits.

    Parameters
    ----------
    stem
        Path without an ending.
    table
        The table, without its index; text, numbers and yes or no.

    Notes
    -----
    What is not known is an empty field in CSV, and null in the others.
    """
    columns = {str(name): _column(values) for name, values in table.items()}
    whole = pl.DataFrame(columns)
    write_csv(stem.with_suffix(".csv"), table)
    write_files(
        (stem.with_suffix(".parquet"), whole.write_parquet),
        (stem.with_suffix(".json"), whole.write_json),
    )


def _column(values: "pd.Series[Any]") -> pl.Series:
    """Return a column with None for what is not known."""
    plain = [None if missing else value for value, missing in zip(values.tolist(), values.isna(), strict=True)]
    if pd.api.types.is_bool_dtype(values):
        return pl.Series(plain, dtype=pl.Boolean)
    if pd.api.types.is_integer_dtype(values):
        return pl.Series(plain, dtype=pl.Int64)
    if pd.api.types.is_float_dtype(values):
        return pl.Series([None if one is None else float(f"{one:.6g}") for one in plain], dtype=pl.Float64)
    return pl.Series(plain, dtype=pl.String)
