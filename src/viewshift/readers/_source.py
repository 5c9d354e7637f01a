"""Files of comma-separated text: found, recognised by their header, and scanned with the numbers of their lines."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import polars as pl

from viewshift._files import existing_file

Location: TypeAlias = str | PathLike[str]

EXPORTS = re.compile(r"(ViewingActivity|NetflixViewingHistory)[^/]*\.csv$", re.IGNORECASE)
DELIMITERS = ",;\t"

LINE, EXCESS = "#line", "#excess"
"""Names of the columns that a scan adds."""


@dataclass(frozen=True)
class Source:
    """A file of comma-separated text; `columns` are the fields of its first line, in lower case, without blanks around.

    Formats without a header look at the `first_line` itself, replace `columns` by names of their own, and say that
    that line is a row.
    """

    name: str
    content: Path | bytes
    columns: tuple[str, ...]
    delimiter: str
    first_line: str = ""
    has_header: bool = True
    is_quoted: bool = True

    def scan(self, *wanted: str) -> pl.DataFrame:
        """Return `LINE` and the wanted columns as text without blanks around, null where empty.

        `EXCESS` is true where a line has more fields than the header. Blank lines are left away.
        """
        names = [
            name if name and name not in self.columns[:i] else f"{name}#{i}" for i, name in enumerate(self.columns)
        ]
        rows = self._parsed([*names, EXCESS], wanted)
        text = [pl.col(name).str.strip_chars().replace("", None) for name in wanted]
        rows = rows.with_columns(*text, pl.col(EXCESS).is_not_null())
        return rows.filter(~pl.all_horizontal(pl.col(wanted).is_null()))

    def _parsed(self, names: list[str], wanted: tuple[str, ...]) -> pl.DataFrame:
        try:
            rows = (
                self._scan(names, separator=self.delimiter, missing_columns="insert", quote_char=self._mark)
                .select(LINE, *wanted, EXCESS)
                .collect()
            )
        except pl.exceptions.ComputeError:
            return self._parsed_by_line(names, wanted)
        if any(rows[name].str.contains("\n", literal=True).any() for name in wanted):
            return self._parsed_by_line(names, wanted)  # a quotation mark is not closed where it should be
        return rows

    def _parsed_by_line(self, names: list[str], wanted: tuple[str, ...]) -> pl.DataFrame:
        """Parse each line by itself, so that a stray quotation mark spoils no line but its own (ten times slower)."""
        mark = re.escape(self.delimiter)
        field = f'(?:"((?:[^"]|"")*)"|([^"{mark}][^{mark}]*|))'
        pattern = "^" + mark.join([field] * (len(names) - 1)) + "$"
        groups = self._scan(["raw"], separator="\x01", quote_char=None).with_columns(
            pl.col("raw").str.extract_groups(pattern).struct.unnest()
        )
        place = {name: 2 * names.index(name) + 1 for name in wanted}
        text = [
            pl.coalesce(pl.col(str(k)).str.replace_all('""', '"', literal=True), pl.col(str(k + 1))).alias(name)
            for name, k in place.items()
        ]
        # a line that does not parse keeps its text in the first column, so that it is seen and counted
        broken = pl.col("1").is_null() & pl.col("2").is_null()
        return groups.select(
            LINE,
            pl.when(broken).then("raw").otherwise(text[0]).alias(wanted[0]),
            *text[1:],
            pl.when(broken).then("raw").alias(EXCESS),
        ).collect()

    @property
    def _mark(self) -> str | None:
        return '"' if self.is_quoted else None

    def _scan(self, names: list[str], **options: object) -> pl.LazyFrame:
        return pl.scan_csv(
            self.content if isinstance(self.content, Path) else io.BytesIO(self.content),
            has_header=False,
            skip_lines=int(self.has_header),
            schema={name: pl.String() for name in names},
            truncate_ragged_lines=True,
            encoding="utf8-lossy",
            row_index_name=LINE,
            row_index_offset=1 + int(self.has_header),
            **options,  # type: ignore[arg-type]
        )


def open_text(path: Location) -> Source:
    """Find the file, or the one Netflix file within a zip archive, and read its header.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or no text, or the archive holds no Netflix file, or several.
    """
    file = existing_file("path", path)
    if zipfile.is_zipfile(file):
        return _from_archive(file)
    with file.open("rb") as stream:
        return _with_header(file.name, file, stream.read(1 << 16))


def _from_archive(file: Path) -> Source:
    try:
        with zipfile.ZipFile(file) as archive:
            if "xl/workbook.xml" in archive.namelist():
                raise ValueError(f"{file.name}: the file must be CSV, got a spreadsheet workbook; save it as CSV.")
            members = [n for n in archive.namelist() if EXPORTS.search(n) and not n.startswith("__MACOSX/")]
            if len(members) != 1:
                found = " and ".join(members) or "none"
                raise ValueError(
                    f"{file.name}: a zip archive must hold exactly one ViewingActivity.csv or "
                    f"NetflixViewingHistory.csv, found {found}; unpack it and name the file."
                )
            content = archive.read(members[0])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise ValueError(f"{file.name}: the zip archive cannot be unpacked ({error}); fetch it again.") from None
    return _with_header(f"{file.name}/{members[0]}", content, content[: 1 << 16])


def _with_header(name: str, content: Path | bytes, head: bytes) -> Source:
    if not head.strip():
        raise ValueError(f"{name}: the file is empty; fetch the export again.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(f"{name}: the text must be UTF-8, got UTF-16; save it as 'CSV UTF-8'.")
    if b"\0" in head or re.search(rb"[\x01-\x08\x0e-\x1f]", head[:1024]):
        raise ValueError(f"{name}: the file must be comma-separated text, got binary data; name the CSV file itself.")
    text = head.decode("utf-8-sig", errors="replace")
    if text.lstrip().startswith("<"):
        raise ValueError(f"{name}: line 1 must be a header of CSV columns, got HTML; download the export as CSV.")
    first = text.splitlines()[0]
    delimiter = max(DELIMITERS, key=first.count)
    fields = next(csv.reader([first], delimiter=delimiter), [])
    return Source(name, content, tuple(field.strip().lower() for field in fields), delimiter, first)
