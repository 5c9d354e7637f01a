"""SQLite databases of strangers, read without trust: no locks, no writes, no code of theirs, no value without bound."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import polars as pl

from viewshift._files import existing_file
from viewshift.readers._source import LINE, Location

MAGIC = b"SQLite format 3\0"
LONGEST = 1 << 24
"""Bytes of the longest value or row that is read."""

CUT = 1_000
"""Characters that are kept of a text."""

BATCH = 50_000
"""Rows that are Python objects at a time."""

PATIENCE = 60.0, 1.0
"""Seconds that reading may take, and more for each MB: a hundred times what it does take."""


def is_sqlite(file: Path) -> bool:
    """Whether the file begins as SQLite databases do."""
    with file.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


@dataclass(frozen=True)
class Database:
    """An open database and the names, in lower case, of its tables: real ones, of which each row lies in the file."""

    name: str
    connection: sqlite3.Connection
    tables: frozenset[str]

    def columns(self, table: str) -> set[str]:
        """Return the names, in lower case, of the columns that lie in the file; none if there is no such table.

        Generated columns are left away: they are code of whoever made the file.
        """
        if table not in self.tables:
            return set()
        found = self.connection.execute("SELECT lower(name) FROM pragma_table_xinfo(?) WHERE hidden = 0", (table,))
        return {name for (name,) in found}

    def read(self, table: str, *, numbers: tuple[str, ...] = (), texts: tuple[str, ...] = ()) -> pl.DataFrame:
        """Return columns of a table with the number of each row, from 1, in `LINE`.

        Parameters
        ----------
        table
            Its name.
        numbers
            Columns to read as floats; null where there is no number.
        texts
            Columns to read as text without blanks around; null where there is neither text nor a whole number, or
            nothing is left.

        Returns
        -------
        The rows, in the order in which the file has them.

        Raises
        ------
        ValueError
            If a column is missing.
        """
        missing = [name for name in (*numbers, *texts) if name not in self.columns(table)]
        if missing:
            raise ValueError(
                f"{self.name}: the table {table} must have the column {missing[0]!r}, found none; fetch the database "
                "again, from a version of the program that is up to date."
            )
        wanted = [f"CASE WHEN typeof({name}) IN ('integer', 'real') THEN CAST({name} AS REAL) END" for name in numbers]
        short, digits = f"WHEN 'text' THEN substr({{0}}, 1, {CUT})", "WHEN 'integer' THEN CAST({0} AS TEXT)"
        wanted += [f"CASE typeof({{0}}) {short} {digits} END".format(name) for name in texts]
        schema: dict[str, pl.DataType] = dict.fromkeys(numbers, pl.Float64()) | dict.fromkeys(texts, pl.String())
        order = f"SELECT {', '.join(wanted)} FROM {table}"
        try:
            frame = self._selected(order, schema)
        except sqlite3.OperationalError as error:
            if hasattr(error, "sqlite_errorcode"):
                raise
            self.connection.text_factory = _with_marks  # some text is no UTF-8; this takes twice as long
            frame = self._selected(order, schema)
        return frame.with_columns(pl.col(texts).str.strip_chars().replace("", None))

    def _selected(self, order: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
        cursor = self.connection.execute(order)
        parts = [pl.DataFrame(schema=schema)]
        while rows := cursor.fetchmany(BATCH):
            parts.append(pl.DataFrame(rows, schema=schema, orient="row"))
        return pl.concat(parts).with_row_index(LINE, offset=1)


@contextmanager
def open_database(path: Location) -> Iterator[Database]:
    """Open a database for reading, as it lies there: nothing is locked, nothing beside it is looked at.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no SQLite database, is damaged, or is being written.
    """
    file = existing_file("path", path)
    if not is_sqlite(file):
        raise ValueError(f"{file.name}: the file must be an SQLite database, got something else; name the .db file.")
    if _is_there(file, "-journal"):
        raise ValueError(
            f"{file.name}: the database must not be in the middle of a change, found {file.name}-journal beside it; "
            "end the program that writes it, or take a backup made by it."
        )
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    try:
        yield _trusting_nothing(connection, file)
    except (sqlite3.Error, OverflowError) as error:
        raise ValueError(f"{file.name}: {_why(error)}") from None
    finally:
        connection.close()


def has_log(path: Location) -> bool:
    """Whether a write-ahead log with rows that are not in the file yet lies beside it."""
    return _is_there(Path(path), "-wal")


def _is_there(file: Path, ending: str) -> bool:
    beside = file.with_name(file.name + ending)
    return beside.is_file() and beside.stat().st_size > 0


def _trusting_nothing(connection: sqlite3.Connection, file: Path) -> Database:
    """Bound what the file can make us do, check that it is sound, and find its real tables."""
    fixed, per_mb = PATIENCE
    ends = monotonic() + fixed + per_mb * file.stat().st_size / 1e6
    connection.set_progress_handler(lambda: monotonic() > ends, 10_000)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    if connection.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
        raise sqlite3.DatabaseError
    # views and virtual tables have no page of their own: what they would give is code of whoever made the file
    real = connection.execute("SELECT lower(name) FROM sqlite_master WHERE type = 'table' AND rootpage > 0")
    return Database(file.name, connection, frozenset(name for (name,) in real))


def _with_marks(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _why(error: Exception) -> str:
    """Return what is wrong in words of our own: those of SQLite may quote what is in the file."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_INTERRUPT:
        return "reading the database takes far longer than its size explains; fetch it again."
    if code == sqlite3.SQLITE_TOOBIG:
        return f"values of the database must be shorter than {LONGEST >> 20} MB, found a longer one; fetch it again."
    if code == sqlite3.SQLITE_NOTADB:
        return "the file must be an SQLite database, got one that is encrypted or damaged; fetch it again."
    return "the database is damaged or only half there; fetch it again, from a backup made by the program itself."
