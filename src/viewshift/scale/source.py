"""Parquet in a file, a folder of files, or a folder of folders such as ``country=DE``: what it holds, and its rows."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from viewshift.scale._arrow import pa, pc, pq
from viewshift.scale._fields import is_number, is_text

ENDINGS = (".parquet", ".pq")
NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Bounds:
    """Bounds of a column's values in a row group, and how many are missing; all None where that is not known."""

    low: Any = None
    high: Any = None
    missing: int | None = None


@dataclass(frozen=True)
class Group:
    """A row group: the number of its file, its own number there, its rows, and the bounds of its accounts and days."""

    file: int
    number: int
    rows: int
    account: Bounds
    clock: Bounds


@dataclass(frozen=True)
class Source:
    """Parquet files with the same columns.

    Parameters
    ----------
    root
        The file or folder.
    files
        Their paths below it, in order.
    told
        What folders such as ``country=DE`` tell of each file.
    schema
        Of a table of all rows.
    """

    root: Path
    files: tuple[str, ...]
    told: tuple[dict[str, str | None], ...]
    schema: Any

    def identity(self) -> list[tuple[str, int, int]]:
        """Return path, bytes and time of the last change (ns) of each file."""
        stats = ((name, os.stat(self._path(name))) for name in self.files)
        return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]

    def groups(self, account: str, clock: str) -> list[Group]:
        """Return all row groups, as their files' footers have them.

        Parameters
        ----------
        account, clock
            Columns whose bounds are wanted.
        """
        found = []
        for file, (name, told) in enumerate(zip(self.files, self.told, strict=True)):
            footer = self._open(name).metadata
            first = footer.row_group(0) if footer.num_row_groups else None
            place = {first.column(k).path_in_schema: k for k in range(first.num_columns)} if first else {}
            for number in range(footer.num_row_groups):
                group = footer.row_group(number)
                bounds = [
                    Bounds(told[column], told[column], group.num_rows * (told[column] is None))
                    if column in told
                    else _bounds(group.column(place[column]).statistics)
                    for column in (account, clock)
                ]
                found.append(Group(file, number, group.num_rows, *bounds))
        return [group for group in found if group.rows]

    def batches(self, group: Group, columns: Sequence[str], at_once: int) -> Iterator[Any]:
        """Yield the rows of a group as tables.

        Parameters
        ----------
        group
            From `groups`.
        columns
            Those wanted.
        at_once
            Rows of a table, at most.
        """
        name, told = self.files[group.file], self.told[group.file]
        own = [column for column in columns if column not in told]
        with self._open(name) as file:
            try:
                for batch in file.iter_batches(at_once, row_groups=[group.number], columns=own, use_threads=False):
                    yield self._table(batch, told, columns)
            except (pa.ArrowException, OSError) as error:
                raise ValueError(f"{self._path(name)} cannot be read: {_first_line(error)}.") from None

    def read(self, groups: Sequence[Group], columns: Sequence[str]) -> Any:
        """Return the rows of some groups, in their order.

        Parameters
        ----------
        groups, columns
            Those wanted.
        """
        tables = [table for group in groups for table in self.batches(group, columns, 1 << 20)]
        wanted = pa.schema([self.schema.field(column) for column in columns])
        return pa.concat_tables([wanted.empty_table(), *tables])

    def _table(self, batch: Any, told: dict[str, str | None], columns: Sequence[str]) -> Any:
        arrays = [
            pa.array([told[name]], pa.string()).take(pa.array(np.zeros(len(batch), dtype=np.int64)))
            if name in told
            else batch.column(name)
            for name in columns
        ]
        return pa.table(
            [pc.cast(one, self.schema.field(k).type) for one, k in zip(arrays, columns, strict=True)], columns
        )

    def _open(self, name: str) -> Any:
        return _open(self._path(name))

    def _path(self, name: str) -> Path:
        return self.root / name if name else self.root


def open_source(path: str | os.PathLike[str]) -> Source:
    """Return the Parquet files at a path, or raise if there are none or their columns disagree.

    Parameters
    ----------
    path
        A file, or a folder; files and folders in it whose names begin with a dot or an underscore are left alone.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"`path` must be the path of a Parquet file or of a folder of such, got {type(path).__name__}.")
    root = Path(path)
    if root.is_file():
        files: list[str] = [""]
    elif root.is_dir():
        found = sorted(p.relative_to(root) for p in root.rglob("*") if p.suffix.lower() in ENDINGS)
        files = [p.as_posix() for p in found if not any(part[0] in "._" for part in p.parts) and (root / p).is_file()]
    else:
        raise FileNotFoundError(f"`path` must be a Parquet file or a folder of such, found nothing at {root}.")
    if not files:
        raise ValueError(f"`path` must hold files that end with .parquet, found none in {root}.")
    told = [_told(Path(name).parent) for name in files]
    schema = _plain(_open(root / files[0] if files[0] else root).schema_arrow, told[0])
    for name, of in zip(files[1:], told[1:], strict=True):
        schema = _united(schema, _plain(_open(root / name).schema_arrow, of), root / name)
    return Source(root, tuple(files), tuple(told), schema)


def _open(path: Path) -> Any:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path} cannot be read as Parquet: {_first_line(error)}.") from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")


def _told(folder: Path) -> dict[str, str | None]:
    """Return the columns that folders such as ``country=DE`` name."""
    pairs = (part.split("=", 1) for part in folder.parts if "=" in part)
    return {unquote(name): None if value == NULL else unquote(value) for name, value in pairs}


def _plain(schema: Any, told: dict[str, str | None]) -> Any:
    """Return a file's schema with what its folders tell, text and numbers in the widest type of their kind."""
    fields = [(field.name, _widest(field.type)) for field in schema if field.name not in told]
    return pa.schema([*fields, *((name, pa.string()) for name in told)])


def _widest(kind: Any) -> Any:
    if is_text(kind):
        return pa.string()
    if pa.types.is_integer(kind):
        return pa.int64()
    return pa.float64() if is_number(kind) else kind


def _united(schema: Any, other: Any, path: Path) -> Any:
    """Return the columns that both have; raise if they are of different kinds."""
    fields = []
    for field in schema:
        if field.name not in other.names:
            continue
        kinds = {field.type, other.field(field.name).type}
        if len(kinds) > 1 and kinds != {pa.int64(), pa.float64()}:
            raise ValueError(
                f"column {field.name!r} must be of one type in all files, got {other.field(field.name).type} in {path} "
                f"and {field.type} in those before it."
            )
        fields.append((field.name, pa.float64() if len(kinds) > 1 else field.type))
    return pa.schema(fields)


def _bounds(statistics: Any) -> Bounds:
    if statistics is None or not statistics.has_min_max:
        return Bounds(missing=statistics.null_count if statistics is not None and statistics.has_null_count else None)
    try:
        return Bounds(statistics.min, statistics.max, statistics.null_count if statistics.has_null_count else None)
    except (ValueError, pa.ArrowException):  # cut text that ends within a character
        return Bounds()
