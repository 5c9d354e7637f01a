"""Result tables as files."""

from pathlib import Path

import pandas as pd

from viewshift._files import write_whole


def as_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV with six significant digits.

    Parameters
    ----------
    table
        The table, without its index.
    """
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")


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
