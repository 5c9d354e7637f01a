"""`viewshift forget`: an account is taken out of monitors, tables, ledgers and drafts; of all of them or of none."""

import csv
import io
import json as json_text
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import NamedTuple, TypeAlias

import polars as pl
import typer
from markupsafe import escape

from viewshift import __version__
from viewshift._files import existing_file, write_files
from viewshift._spreadsheets import for_spreadsheets
from viewshift.checkin import Ledger
from viewshift.cli import INCOMPLETE
from viewshift.cli.terminal import answer, say
from viewshift.saved import load_monitor

Without: TypeAlias = tuple[Callable[[Path], object], int]
"""What writes a file without the account, and how many rows that takes out."""

_KNOWN = "a monitor, a table (.csv, .json or .parquet), a ledger (.jsonl) or the folder of a check-in"


class Found(NamedTuple):
    """What a file has of the account, and how the file is written without it; None if it goes altogether."""

    path: Path
    what: str
    write: Callable[[Path], object] | None


def forget(account: str, paths: Sequence[Path], *, column: str, keep_out: bool, json: bool) -> None:
    """Take an account out of files, and say what was taken from where.

    Parameters
    ----------
    account
        Its name.
    paths
        Monitors, tables, ledgers, and folders of check-ins.
    column
        Column of tables that holds names of accounts.
    keep_out
        Whether ledgers are to remember, without its name, that it is not to be written to.
    json
        Whether to say it in JSON.
    """
    files = list(dict.fromkeys(file for path in paths for file in _files_of(path)))
    books = [file for file in files if file.suffix == ".jsonl"]
    if keep_out and not books:
        raise ValueError("`keep_out` must come with a ledger that can remember it, got none among the files.")
    with ExitStack() as stack:
        ledgers = [stack.enter_context(Ledger(book)) for book in books]
        names = {name for ledger in ledgers for name in ledger.names(account)}
        found = [one for ledger in ledgers for one in _in_ledger(ledger, account, keep_out=keep_out)]
        found += [one for file in files if file not in books for one in _in_file(file, account, column, names)]
        if not found:
            say(f"The account is in none of {_counted(len(files), 'file')}; nothing was changed.", aside=True)
            raise typer.Exit(INCOMPLETE)
        jobs = ((one.path, one.write) for one in found if one.write is not None)
        write_files(*jobs, gone=[one.path for one in found if one.write is None])
    if json:
        answer({"viewshift": __version__, "files": [{"file": one.path, "what": one.what} for one in found]})
    for one in () if json else found:
        say(f"{one.path}: {one.what}.")


def _files_of(path: Path) -> Iterator[Path]:
    """Yield the file, or what a check-in wrote into the folder."""
    if not path.is_dir():
        yield existing_file("file", path)
        return
    wanted = [path / "ledger.jsonl", path / "review.csv", path / "review.html", *sorted(path.glob("drafts/*.eml"))]
    if not any(file.is_file() for file in wanted):
        raise ValueError(f"{path} must be a file, or the folder of a check-in; it holds nothing of one.")
    yield from (file for file in wanted if file.is_file())


def _in_ledger(ledger: Ledger, account: str, *, keep_out: bool) -> Iterator[Found]:
    text, taken = ledger.without(account, datetime.now(UTC), keep_out=keep_out)
    if taken or keep_out:
        why = "to keep it out for good" if keep_out else "so that it is not written to anew"
        what = f"{_counted(taken, 'line')} taken out; a keyed hash of the name stays, {why}"
        yield Found(ledger.path, what, lambda path: path.write_text(text, encoding="utf-8"))


def _in_file(file: Path, account: str, column: str, names: set[str]) -> Iterator[Found]:
    ending = file.suffix.lower()
    if ending == ".eml":
        if str(message_from_bytes(file.read_bytes()).get("Message-ID", ""))[1:].partition("@")[0] in names:
            yield Found(file, "deleted, a draft to the account", None)
    elif file.name == "review.html":
        if str(escape(account)) in file.read_text(encoding="utf-8"):
            yield Found(file, "deleted, it names the account; the next check-in writes it anew", None)
    elif ending in _TABLES:
        write, taken = _TABLES[ending](file, account, column)
        if taken:
            yield Found(file, f"{_counted(taken, 'row')} taken out", write)
    elif zipfile.is_zipfile(file):
        monitor = load_monitor(file)
        if account in monitor.accounts:
            monitor.forget(account)
            yield Found(file, "the account taken out of the monitor", monitor.save)
    else:
        raise ValueError(f"{file} must be {_KNOWN}, but is something else; nothing was changed.")


def _without_csv(file: Path, account: str, column: str) -> Without:
    """Leave out rows; the others stay as they are, to the byte."""
    lines = list(io.StringIO(file.read_bytes().decode("utf-8", errors="surrogateescape"), newline=""))
    delimiter = max(",;\t", key=(lines or [""])[0].count)
    written = {account, *for_spreadsheets(pl.DataFrame({"name": [account]}))["name"]}
    rows = csv.reader(lines, delimiter=delimiter)
    place = _place(file, [name.lstrip("\ufeff") for name in next(rows, [])], column)
    kept, taken, end = lines[: rows.line_num], 0, rows.line_num
    for fields in rows:
        begin, end = end, rows.line_num
        if len(fields) > place and fields[place] in written:
            taken += 1
        else:
            kept += lines[begin:end]
    text = "".join(kept).encode("utf-8", errors="surrogateescape")
    return lambda path: path.write_bytes(text), taken


def _without_json(file: Path, account: str, column: str) -> Without:
    text = file.read_text(encoding="utf-8-sig")
    try:
        content = json_text.loads(text)
    except json_text.JSONDecodeError:
        raise ValueError(f"{file} must hold JSON, but cannot be read so; nothing was changed.") from None
    rows = content.get("alarms") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{file} must hold a list of rows, or 'alarms' with such a list; nothing was changed.")
    kept = rows
    if rows:
        name = list(rows[0])[_place(file, list(rows[0]), column)]
        kept = [row for row in rows if str(row.get(name)) != account]
    content = content | {"alarms": kept} if isinstance(content, dict) else kept
    new = json_text.dumps(content, indent=2 if "\n" in text.strip() else None, ensure_ascii=False)
    return lambda path: path.write_text(new + "\n", encoding="utf-8"), len(rows) - len(kept)


def _without_parquet(file: Path, account: str, column: str) -> Without:
    try:
        table = pl.read_parquet(file)
    except pl.exceptions.PolarsError:
        raise ValueError(f"{file} must be a Parquet table, but cannot be read so; nothing was changed.") from None
    name = table.columns[_place(file, table.columns, column)]
    kept = table.filter(pl.col(name).cast(pl.String).ne_missing(account))
    return kept.write_parquet, len(table) - len(kept)


_TABLES: dict[str, Callable[[Path, str, str], Without]] = {
    ".csv": _without_csv,
    ".json": _without_json,
    ".parquet": _without_parquet,
}


def _place(file: Path, columns: Sequence[str], wanted: str) -> int:
    found = [name.strip().lower() for name in columns]
    if wanted.strip().lower() not in found:
        have = ", ".join(map(repr, columns)) or "none"
        raise ValueError(f"{file} must have the column {wanted!r} (`column`), it has {have}; nothing was changed.")
    return found.index(wanted.strip().lower())


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
