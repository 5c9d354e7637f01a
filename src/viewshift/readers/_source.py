"""Files, in a zip archive or not: what is in them by their first bytes, and text scanned with the numbers of lines."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Self, TypeAlias

import polars as pl

from viewshift.readers._archive import Member, Readable
from viewshift.readers._json import first_keys

Location: TypeAlias = str | PathLike[str]

DELIMITERS = ",;\t"

PARQUET, SQLITE = "a Parquet table", "an SQLite database"

SIGNATURES = {
    PARQUET: (b"PAR1",),
    SQLITE: (b"SQLite format 3\0",),
    "a gzip archive": (b"\x1f\x8b",),
    "a PDF": (b"%PDF-",),
    "UTF-16": (b"\xff\xfe", b"\xfe\xff"),
}
"""How files begin that are no text."""

MOST_CONTROLS = 50
"""One control character in so many bytes at most is text: a name may hold a few, but none that parts whole lines."""

LINE, EXCESS = "#line", "#excess"
"""Names of the columns that a scan adds."""


@dataclass(frozen=True)
class Source:
    """A file, or one within a zip archive, and what its first bytes say of it.

    Parameters
    ----------
    name
        For messages.
    content
        Where it is.
    head
        Its first bytes.
    columns
        The fields of the first line of text, in lower case, without blanks around; empty for other files. Formats
        without a header replace them by names of their own.
    delimiter
        What stands between fields.
    first_line
        The first line of text as it is, for formats without a header.
    has_header
        Whether the first line is no row.
    is_quoted
        Whether quotation marks around a field are none of it.
    """

    name: str
    content: Path | Member
    head: bytes
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    first_line: str = ""
    has_header: bool = True
    is_quoted: bool = True

    @property
    def path(self) -> Path:
        """Where the file is, for what has to be read out of order; raise if it is in an archive."""
        if isinstance(self.content, Path):
            return self.content
        raise ValueError(f"{self.name}: {self.kind} must not be in an archive; unpack it and name the file.")

    @property
    def depth(self) -> int:
        """In how many folders of an archive or folder the file is."""
        return self.name.count("/")

    @contextmanager
    def open(self) -> Iterator[Readable]:
        """Open the content for reading from its beginning."""
        with self.content.open("rb") if isinstance(self.content, Path) else self.content.open() as stream:
            yield stream

    @cached_property
    def kind(self) -> str:
        """What the file holds: "text", "JSON", or what readers of text cannot read."""
        for kind, begins in SIGNATURES.items():
            if self.head.startswith(begins):
                return kind
        controls = len(re.findall(rb"[\x01-\x08\x0e-\x1f]", self.head[:1024]))
        if re.search(rb"[\0\x01]", self.head) or controls > len(self.head[:1024]) / MOST_CONTROLS:
            return "binary data"
        begin = self.head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not begin:
            return "nothing"
        return {b"<": "HTML", b"[": "JSON", b"{": "JSON"}.get(begin[:1], "text")

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of the first entries of a list of objects in JSON; empty for other files."""
        return first_keys(self.head) if self.kind == "JSON" else frozenset()

    def with_columns(self) -> Self:
        """Return the source with the header of its text."""
        if self.kind != "text":
            return self
        first = self.head.decode("utf-8-sig", errors="replace").splitlines()[0]
        delimiter = max(DELIMITERS, key=first.count)
        fields = next(csv.reader([first], delimiter=delimiter), [])
        columns = tuple(_only_a_name(field.strip().lower()) for field in fields)
        return replace(self, columns=columns, delimiter=delimiter, first_line=first)

    def scan(self, *wanted: str) -> pl.DataFrame:
        """Return `LINE` and the wanted columns as text without blanks around, null where empty.

        `EXCESS` is true where a line has more fields than the header, or an open quotation mark. Blank lines are left
        away.
        """
        names: list[str] = []
        for i, name in enumerate(self.columns):
            names.append(name if name and name not in names else f"{name}#{i} ")
        content = self.content if isinstance(self.content, Path) else self.content.read()
        lines = self._scan(content, ["raw"], separator="\x01", quote_char=None)
        rows = self._parsed(content, lines, [*names, EXCESS], wanted)
        text = [pl.col(name).str.strip_chars().replace("", None) for name in wanted]
        rows = rows.with_columns(*text, pl.col(EXCESS).is_not_null())
        bare = rows.filter(pl.all_horizontal(pl.col(wanted).is_null()))[LINE]
        if bare.is_empty():
            return rows
        among = pl.col(LINE).is_in(bare.implode())
        text_left = pl.col("raw").str.strip_chars(f'{self.delimiter}" \t\r').fill_null("")
        blank = lines.filter(among & (text_left == "")).select(LINE).collect().to_series()
        return rows.filter(~pl.col(LINE).is_in(blank.implode()))

    def _parsed(
        self, content: Path | bytes, lines: pl.LazyFrame, names: list[str], wanted: tuple[str, ...]
    ) -> pl.DataFrame:
        mark = '"' if self.is_quoted else None
        parsed = self._scan(content, names, separator=self.delimiter, missing_columns="insert", quote_char=mark)
        try:
            rows = parsed.select(LINE, *wanted, EXCESS).collect()
            if len(rows) == lines.select(pl.len()).collect().item():
                return rows
        except pl.exceptions.PolarsError:  # more fields than the header, for one
            pass
        return self._parsed_by_line(lines, names, wanted)  # a quotation mark is not closed where it should be

    def _parsed_by_line(self, lines: pl.LazyFrame, names: list[str], wanted: tuple[str, ...]) -> pl.DataFrame:
        """Parse each line by itself, so that a stray quotation mark spoils no line but its own (ten times slower)."""
        mark = re.escape(self.delimiter)
        field = f'(?:"((?:[^"]|"")*)"|([^"{mark}][^{mark}]*|))'
        pattern = "^" + mark.join([field] * (len(names) - 1)) + "$"
        groups = lines.with_columns(pl.col("raw").str.extract_groups(pattern).struct.unnest())
        place = {name: 2 * names.index(name) + 1 for name in wanted}
        text = [
            pl.coalesce(pl.col(str(k)).str.replace_all('""', '"', literal=True), pl.col(str(k + 1))).alias(name)
            for name, k in place.items()
        ]
        # a line that does not parse keeps its text in the first column, so that it is seen and counted
        broken = pl.col("1").is_null() & pl.col("2").is_null()
        if self.is_quoted:  # the first or the last line of a field that runs over several
            broken |= pl.col("raw").str.count_matches('"', literal=True) % 2 == 1
        return groups.select(
            LINE,
            pl.when(broken).then("raw").otherwise(text[0]).alias(wanted[0]),
            *text[1:],
            pl.when(broken).then("raw").alias(EXCESS),
        ).collect()

    def _scan(self, content: Path | bytes, names: list[str], **options: object) -> pl.LazyFrame:
        return pl.scan_csv(
            content if isinstance(content, Path) else io.BytesIO(content),
            glob=False,  # "history[1].csv" is a name
            has_header=False,
            skip_lines=int(self.has_header),
            schema={name: pl.String() for name in names},
            truncate_ragged_lines=True,
            encoding="utf8-lossy",
            row_index_name=LINE,
            row_index_offset=1 + int(self.has_header),
            **options,  # type: ignore[arg-type]
        )


def _only_a_name(name: str) -> str:
    """Return a name that is none of ours and that polars takes for one column, not for several as `*` and `^...$`."""
    return f"{name} " if name in {"*", LINE, EXCESS} or (name.startswith("^") and name.endswith("$")) else name
