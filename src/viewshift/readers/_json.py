"""Lists of objects in JSON, read one entry at a time, so that memory does not grow with the file."""

import codecs
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, Protocol, TypeAlias

import polars as pl

from viewshift.readers._archive import Readable

Entry: TypeAlias = dict[str, Any]


class Openable(Protocol):
    """A named file."""

    @property
    def name(self) -> str:
        """For messages."""

    def open(self) -> AbstractContextManager[Readable]:
        """Open the content for reading."""


PIECE = 1 << 20
"""Bytes read at a time."""

LONGEST = 1 << 22
"""Characters of an entry, at most; those of exports have a thousand."""

ROWS = 1 << 16
"""Entries that become columns at a time."""

FIRST, NEXT = re.compile(r"[ \t\n\r]*\[[ \t\n\r]*(?=\{)"), re.compile(r"[ \t\n\r]*,[ \t\n\r]*(?=\{)")
NOTHING, END = re.compile(r"[ \t\n\r]*\[[ \t\n\r]*\][ \t\n\r]*"), re.compile(r"[ \t\n\r]*\][ \t\n\r]*")
DECODER = json.JSONDecoder(parse_int=float, parse_constant=lambda _: None)
FETCH = "fetch the export again"


def entries(stream: Readable, name: str) -> Iterator[Entry]:
    """Yield the objects of a list, or raise if the content (UTF-8) is no such list.

    Parameters
    ----------
    stream
        The content.
    name
        Name of the file, for messages.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    text, at, lines, number = "", 0, 1, 0
    while True:
        piece = stream.read(PIECE)
        lines += text.count("\n", 0, at)
        text, at = text[at:] + decoder.decode(piece, final=not piece), 0
        while before := (NEXT if number else FIRST).match(text, at):
            try:
                entry, at = DECODER.raw_decode(text, before.end())
            except (json.JSONDecodeError, RecursionError) as error:
                if isinstance(error, RecursionError):
                    raise ValueError(_refusal(error, text, at, name, lines, number)) from None
                break  # the rest of it may be in the next piece
            number += 1
            yield entry
        if not piece or len(text) - at > LONGEST:
            break
    if not (END if number else NOTHING).fullmatch(text, at):
        raise ValueError(_refusal(None, text, at, name, lines, number))


def entries_of(sources: Iterable[Openable]) -> Iterator[Entry]:
    """Yield the objects of the lists in several files, one after the other."""
    for source in sources:
        with source.open() as stream:
            yield from entries(stream, source.name)


def first_keys(head: bytes) -> frozenset[str]:
    """Return the keys of the first few whole entries of a list of which only the beginning is known."""
    keys: set[str] = set()
    try:
        for entry in islice(entries(io.BytesIO(head), ""), 20):
            keys |= set(entry)
    except ValueError:
        pass
    return frozenset(keys)


def as_frame(
    rows: Iterable[Entry], schema: Mapping[str, pl.DataType], fields: Callable[[Entry], tuple[Any, ...]]
) -> pl.DataFrame:
    """Return the fields of each entry as columns.

    Parameters
    ----------
    rows
        The entries.
    schema
        Name and type of each column.
    fields
        What the columns hold for an entry; what is not of their type becomes null.
    """
    left, parts = iter(rows), [pl.DataFrame(schema=schema)]
    while batch := [fields(entry) for entry in islice(left, ROWS)]:
        columns = zip(schema.items(), zip(*batch, strict=True), strict=True)
        parts.append(pl.DataFrame([_column(name, kind, values) for (name, kind), values in columns]))
    return pl.concat(parts)


def inner(entry: Any, *path: str | int) -> Any:
    """Return what is at the end of a path of keys and places, or None if there is nothing."""
    try:
        for step in path:
            entry = entry[step]
    except (KeyError, IndexError, TypeError):
        return None
    return entry


def _column(name: str, kind: pl.DataType, values: tuple[Any, ...]) -> pl.Series:
    """Return a column; values of another type are null, and half a pair of surrogates is a question mark."""
    try:
        return pl.Series(name, values, dtype=kind)
    except (TypeError, UnicodeEncodeError, pl.exceptions.PolarsError):
        wanted = str if kind == pl.String else float
        right = (value if isinstance(value, wanted) else None for value in values)
        mended = [value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in right]
        return pl.Series(name, mended, dtype=kind)


def _refusal(error: Exception | None, text: str, at: int, name: str, lines: int, number: int) -> str:
    """Say where and why a list cannot be read on."""
    if number == 0 and not FIRST.match(text, at):
        return f"{name}, line 1: the file must be a list of objects, [{{...}}, ...]; {FETCH} as JSON."
    before = (NEXT if number else FIRST).match(text, at)
    place = f"entry {number + 1:,} (line {lines + text.count(chr(10), 0, before.end() if before else at):,})"
    if isinstance(error, RecursionError):
        return f"{name}, {place}: the entry is nested too deeply, which no export is; {FETCH}."
    if len(text) - at > LONGEST:
        return (
            f"{name}, {place}: an entry must have at most {LONGEST:,} characters, and this one does not end; {FETCH}."
        )
    if number and (END.match(text, at)):
        return (
            f"{name}, {place}: the file must end with its list, and more follows, as when files were joined; {FETCH}."
        )
    if not text.rstrip().endswith("]"):
        return f"{name}, {place}: the file ends before the list does, as when a download was cut off; {FETCH}."
    try:
        DECODER.raw_decode(text, before.end() if before else at)
        reason = "no end of the list"
    except json.JSONDecodeError as broken:
        reason = broken.msg[0].lower() + broken.msg[1:]
    return f"{name}, {place}: the entry is no object in JSON ({reason}); {FETCH}."
