"""Files written: refused early if they cannot be, safe to open in a spreadsheet."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pandas as pd
import polars as pl

from viewshift._spreadsheets import for_spreadsheets
from viewshift.panel import Panel

TABLES = (".csv", ".parquet", ".json")


def check_target(path: Path, endings: Sequence[str], *, source: Path | None = None) -> None:
    """Raise before any work if `path` cannot be written: unknown ending, no folder, or the file that is read."""
    if path.suffix.lower() not in endings:
        raise ValueError(f"`out` must end in {', '.join(endings[:-1])} or {endings[-1]}, got {str(path)!r}.")
    folder = path.resolve().parent
    if path.is_dir() or not _takes_files(folder):
        raise ValueError(f"`out` must name a file in a folder that can be written to, got {str(path)!r}.")
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise ValueError(f"`out` must not be the file that is read, got {str(path)!r}.")


def _takes_files(folder: Path) -> bool:
    """Return whether a file can be made in a folder, which its permissions alone do not tell (/proc)."""
    try:
        with TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a table by its path's ending; days are ISO dates, and what is not known is empty or null."""
    table = table.fill_nan(None)
    if path.suffix.lower() == ".parquet":
        table.write_parquet(path)
    elif path.suffix.lower() == ".json":
        table.write_json(path)
    else:
        for_spreadsheets(table.with_columns(_as_whole(table))).write_csv(path)


def panel_table(panel: Panel) -> pl.DataFrame:
    """Return the days of a panel as a long table: account, day and every measure."""
    rows = np.repeat(np.arange(panel.n_accounts), panel.n_days)
    columns = {
        "account": pl.Series(panel.accounts.tolist(), dtype=pl.String).gather(pl.Series(rows)),
        "day": pl.Series(np.tile(panel.days, panel.n_accounts)),
    }
    return pl.DataFrame(columns | {name: values.reshape(-1) for name, values in panel.measures.items()})


def frame_table(frame: pd.DataFrame) -> pl.DataFrame:
    """Return a pandas frame of days, names and numbers as a polars table."""
    columns: dict[str, pl.Series] = {}
    for name, column in frame.items():
        if pd.api.types.is_datetime64_dtype(column):
            columns[str(name)] = pl.Series(column.to_numpy().astype("datetime64[D]"))
        elif pd.api.types.is_numeric_dtype(column):
            columns[str(name)] = pl.Series(column.to_numpy())
        else:
            columns[str(name)] = pl.Series(column.to_list(), dtype=pl.String)
    return pl.DataFrame(columns)


def _as_whole(table: pl.DataFrame) -> list[pl.Series]:
    """Return the columns of whole numbers as integers: 3 and not 3.0."""
    numbers = table.select(pl.col(pl.Float32, pl.Float64)).get_columns()
    return [column.cast(pl.Int64) for column in numbers if (column.drop_nulls() % 1 == 0).all()]
