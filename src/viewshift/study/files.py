"""Files that are there whole or not at all."""

import os
from pathlib import Path

import pandas as pd


def write_whole(path: Path, content: str | bytes) -> None:
    """Write under a temporary name in the same folder, then rename.

    Parameters
    ----------
    path
        File to write; an existing one is replaced, missing folders are made.
    content
        Text (UTF-8) or bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_bytes(content.encode() if isinstance(content, str) else content)
    os.replace(partial, path)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV with six significant digits.

    Parameters
    ----------
    path
        File to write.
    table
        The table, without its index.
    """
    write_whole(path, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
