"""Zip archives as they were downloaded: members are read in place and within limits, never unpacked to a disk."""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MOST_BYTES = 2 << 30
"""Bytes that are read of one path, at most: ten million rows, for which four times as much memory is enough."""

MOST_RATIO, FREE = 200, 64 << 20
"""A member must not be more than so many times as long as it is packed, if it is longer than `FREE`."""

MOST_MEMBERS = 50_000
"""Files that are looked into, at most."""

HEAD = 1 << 16
"""Bytes by which a file is recognised."""

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
"""What reading a damaged member raises."""

ENCRYPTED = 0x1
SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")


class Readable(Protocol):
    """What content is read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes."""


@dataclass(frozen=True)
class Member:
    """A file within a zip archive."""

    archive: Path
    info: zipfile.ZipInfo

    @contextmanager
    def open(self) -> Iterator[Readable]:
        """Open the member for reading, or raise if it is encrypted, damaged, or swells beyond all measure."""
        name, size = self.archive.name, self.info.file_size
        packed = max(min(self.info.compress_size, self.archive.stat().st_size), 1)
        if size > MOST_BYTES or (size > FREE and size / packed > MOST_RATIO):
            raise ValueError(
                f"{name}: a file in a zip archive must have at most {MOST_BYTES >> 30} GiB and {MOST_RATIO} times its "
                f"packed size, got {size / (1 << 20):,.0f} MiB from {packed / (1 << 20):,.1f} MiB, which is no export."
            )
        with zipfile.ZipFile(self.archive) as archive:
            yield _opened(archive, self.info, name)

    def read(self) -> bytes:
        """Return the content, a piece at a time, so that a false size does no harm."""
        whole = io.BytesIO()
        with self.open() as stream:
            while piece := stream.read(1 << 20):
                whole.write(piece)
        return whole.getvalue()


class _Stream:
    """A member that is being unpacked, whose errors are sentences."""

    def __init__(self, stream: Readable, name: str) -> None:
        self.stream = stream
        self.name = name

    def read(self, size: int, /) -> bytes:
        with _repeating_errors(self.name):
            return self.stream.read(size)


def is_archive(file: Path) -> bool:
    """Whether a file begins as a zip archive does."""
    with file.open("rb") as stream:
        return stream.read(4) in SIGNATURES


def members(file: Path, endings: tuple[str, ...]) -> list[tuple[Member, bytes]]:
    """Return the files in an archive whose names end so, with their first bytes.

    Links, folders and what a Mac adds are left away; archives within it are not opened.
    """
    with _repeating_errors(file.name):
        archive = zipfile.ZipFile(file)
    with archive:
        names = [info.filename for info in archive.infolist()]
        if "xl/workbook.xml" in names:
            raise ValueError(f"{file.name}: the file must be CSV, got a spreadsheet workbook; save it as CSV.")
        found = [info for info in archive.infolist() if info.filename.lower().endswith(endings) and _is_file(info)]
        if len(found) > MOST_MEMBERS:
            raise ValueError(
                f"{file.name}: a zip archive must hold at most {MOST_MEMBERS:,} tables, got {len(found):,}; unpack it "
                "and name the file."
            )
        if not found and any(name.lower().endswith(".zip") for name in names):
            raise ValueError(f"{file.name}: the archive holds another archive; unpack it and name the inner one.")
        return [(Member(file, info), _opened(archive, info, file.name).read(HEAD)) for info in found]


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> _Stream:
    if info.flag_bits & ENCRYPTED:
        raise ValueError(f"{name}: the zip archive is encrypted; unpack it with its password and name the file.")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:  # others swell without a limit
        raise ValueError(f"{name}: the zip archive is packed in a rare way; unpack it and name the file.")
    with _repeating_errors(name):
        return _Stream(archive.open(info), name)


@contextmanager
def _repeating_errors(name: str) -> Iterator[None]:
    """Say in one sentence that an archive is damaged, in words of our own: those of zipfile quote what is in it."""
    try:
        yield
    except BROKEN:
        raise ValueError(f"{name}: the zip archive cannot be unpacked (it is damaged); fetch it again.") from None


def _is_file(info: zipfile.ZipInfo) -> bool:
    mode = info.external_attr >> 16
    return not (info.is_dir() or stat.S_ISLNK(mode) or info.filename.startswith("__MACOSX/"))
