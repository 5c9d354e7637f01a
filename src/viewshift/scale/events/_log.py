"""Logs of plays too large to hold: files and frames, opened without being read and gone through in batches."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from viewshift._files import existing_file
from viewshift.readers._columns import from_frame
from viewshift.readers._source import DELIMITERS, EXCESS, LINE

BATCH = 1 << 18
"""Rows of a batch, about."""

SCANS: dict[str, Callable[..., pl.LazyFrame]] = {
    ".parquet": pl.scan_parquet,
    ".pq": pl.scan_parquet,
    ".arrow": pl.scan_ipc,
    ".feather": pl.scan_ipc,
    ".ipc": pl.scan_ipc,
}

BROKEN = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)


@dataclass(frozen=True)
class Log:
    """A log of plays that is read batch by batch.

    Parameters
    ----------
    name
        Of the file, or of the kind of frame, for messages.
    place
        What `LINE` counts: "line" of a text file or "row".
    schema
        Columns and their types.
    parts
        The rows, in one frame or several.
    """

    name: str
    place: str
    schema: pl.Schema
    parts: Iterable[pl.LazyFrame]

    @property
    def can_be_read_again(self) -> bool:
        """Whether the rows are there a second time."""
        return not isinstance(self.parts, Iterator)

    def batches(self, columns: list[pl.Expr]) -> Iterator[pl.DataFrame]:
        """Yield the rows with the wanted columns, in their order."""
        try:
            for part in self.parts:
                yield from part.select(columns).collect_batches(chunk_size=BATCH)
        except BROKEN as error:
            raise ValueError(f"{self.name}: the log cannot be read; fetch or write it again.") from error


def open_log(source: Any) -> Log:
    """Open a file, folder, frame or iterator of frames.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError
        If it is none of these.
    ValueError
        If the file cannot be read, or the iterator is at its end.
    """
    if isinstance(source, str | PathLike):
        return _open_path(Path(source))
    name = f"{type(source).__module__.split('.')[0]} frame"
    if isinstance(source, Iterator):
        first = next(source, None)
        if first is None:
            raise ValueError("`source` must hold at least one frame, got an iterator at its end.")
        opened = _lazy(first)
        return Log("iterator of frames", "row", opened.collect_schema(), _chain(opened, source))
    opened = _lazy(source)
    return Log(name, "row", opened.collect_schema(), [opened])


def _chain(first: pl.LazyFrame, others: Iterator[Any]) -> Iterator[pl.LazyFrame]:
    yield first
    yield from map(_lazy, others)


def _lazy(frame: Any) -> pl.LazyFrame:
    return frame if isinstance(frame, pl.LazyFrame) else from_frame(frame).drop(LINE).lazy()


def _open_path(path: Path) -> Log:
    if not path.is_dir():
        existing_file("source", path)
    elif not any(found.is_file() for found in path.rglob("*")):
        raise ValueError(f"`source` must hold Parquet files, found none in the folder {path.name}.")
    scan = pl.scan_parquet if path.is_dir() else SCANS.get(path.suffix.lower())
    if scan is None:
        return _open_text(path)
    try:
        opened = scan(path)
        return Log(path.name, "row", opened.collect_schema(), [opened])
    except BROKEN as error:
        raise ValueError(f"{path.name}: the log cannot be read; fetch or write it again.") from error


def _open_text(path: Path) -> Log:
    """Open comma-separated text (or semicolons, or tabs) whose header names the columns."""
    with path.open("rb") as stream:
        head = stream.readline(1 << 16)
    if b"\0" in head or not head.strip():
        raise ValueError(f"{path.name}: a log must be Parquet, Arrow or comma-separated text with a header line.")
    first = head.decode("utf-8-sig", errors="replace").strip("\r\n")
    delimiter = max(DELIMITERS, key=first.count)
    fields = [field.strip().lower() for field in next(csv.reader([first], delimiter=delimiter))]
    names = [name if name and name not in fields[:i] else f"{name}#{i}" for i, name in enumerate(fields)]
    schema = pl.Schema({LINE: pl.UInt32(), **dict.fromkeys([*names, EXCESS], pl.String())})
    rows = pl.scan_csv(
        path,
        has_header=False,
        skip_lines=1,
        schema={name: pl.String() for name in [*names, EXCESS]},
        separator=delimiter,
        missing_columns="insert",
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
        row_index_name=LINE,
        row_index_offset=2,
    )
    blank = pl.all_horizontal(pl.col(names).is_null())
    text = pl.col(names).str.strip_chars()
    return Log(path.name, "line", schema, [rows.filter(~blank).with_columns(pl.when(text != "").then(text))])
