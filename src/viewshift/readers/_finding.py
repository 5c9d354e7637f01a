"""From a path to the files of an export: one file, a folder, or a zip archive as it was downloaded."""

from collections.abc import Callable
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from viewshift._files import existing_file
from viewshift._plain_text import number_of, plain
from viewshift.readers._archive import HEAD, MOST_BYTES, MOST_MEMBERS, Member, is_archive, members
from viewshift.readers._source import Location, Source

Test: TypeAlias = Callable[[Source], bool]

ENDINGS = (".csv", ".tsv", ".txt", ".json", ".html", ".db", ".sqlite", ".sqlite3", ".parquet", ".pq")
"""Files of a folder or an archive that are looked into."""

SHOWN = 5

LONGEST = 100
"""Letters that are shown of a name in an archive."""

HTML = "ask for the export as CSV, and for that of YouTube as JSON, since the dates of pages are local text"

ADVICE = {
    "UTF-16": "save it as 'CSV UTF-8'",
    "HTML": HTML,
    "a gzip archive": "unpack it first",
    "a PDF": "ask for the export as CSV or JSON",
    "binary data": "name the file of the export itself",
}


def find_sources(path: Location) -> list[Source]:
    """Return the file, or the files in a folder or a zip archive that may be exports.

    A path may lead into an archive: "report.zip/CONTENT_INTERACTION/ViewingActivity.csv".

    Raises
    ------
    FileNotFoundError
        If there is nothing.
    ValueError
        If the archive cannot be unpacked or is no export, or the file is too large.
    """
    if isinstance(path, str | PathLike) and Path(path).is_dir():
        return _in_folder(Path(path))
    if isinstance(path, str | PathLike) and not Path(path).exists():
        archive = next((parent for parent in Path(path).parents if parent.is_file() and is_archive(parent)), None)
        if archive is not None:
            name = _within(archive, Path(path).relative_to(archive).as_posix())
            found = [source for source in _archived(archive) if source.name == name]
            if not found:
                raise FileNotFoundError(f"{name} must be a file in the archive, found nothing there.")
            return found
    file = existing_file("path", path)
    return _archived(file) if is_archive(file) else [_plain_file(file, file.name)]


def find_all(path: Location, is_wanted: Test, wanted: str) -> list[Source]:
    """Return all files under a path that pass a test, in the order of their names, or raise if none does.

    Parameters
    ----------
    path
        As in `find_sources`.
    is_wanted
        The test.
    wanted
        What passes it, in words.
    """
    sources = find_sources(path)
    found = sorted(filter(is_wanted, sources), key=lambda source: source.name)
    if not found:
        raise ValueError(why_none(path, sources, wanted))
    sizes = [s.content.stat().st_size if isinstance(s.content, Path) else s.content.info.file_size for s in found]
    if sum(sizes) > MOST_BYTES:
        raise ValueError(f"{found[0].name} and others must have at most {MOST_BYTES >> 30} GiB; read them one by one.")
    return found


def find_one(path: Location, is_wanted: Test, wanted: str) -> Source:
    """Return the one file under a path that passes a test, or raise if none or several do; as `find_all`."""
    found = find_all(path, is_wanted, wanted)
    if len(found) > 1:
        raise ValueError(which(found))
    return found[0]


def which(found: list[Source]) -> str:
    """Say that there are several files to choose from, and how to name one."""
    names = [source.name for source in found[:SHOWN]] + ["others"] * (len(found) > SHOWN)
    return f"there must be one file to read, found {' and '.join(names)}; name one of them as the path."


def why_none(path: Location, sources: list[Source], wanted: str) -> str:
    """Say that no file is what was wanted, and what there is instead."""
    if len(sources) != 1 or isinstance(sources[0].content, Member):
        pages = f"; {HTML}" if any(source.kind == "HTML" for source in sources) else ""
        name, searched = plain(Path(path).resolve().name), number_of(len(sources), "file")
        return f"{name}: there must be {wanted}, found none in {searched}{pages}."
    source = sources[0]
    place = ", line 1" if source.kind in {"text", "HTML"} else ""
    begin = f"{source.name}{place}: the file must be {wanted}, got"
    if source.kind == "nothing":
        return f"{source.name}: the file is empty; fetch the export again."
    if source.kind in ADVICE:
        return f"{begin} {source.kind}; {ADVICE[source.kind]}."
    if source.kind == "text":  # whose first line may be no header but a title, which is not told
        return f"{begin} {number_of(len(source.columns), 'column')} under other names, or no header."
    return f"{begin} {source.kind}{' of another form' * (source.kind == 'JSON')}."


def _plain_file(file: Path, name: str) -> Source:
    if (size := file.stat().st_size) > MOST_BYTES:
        raise ValueError(
            f"{plain(name)}: a file must have at most {MOST_BYTES >> 30} GiB, got {size / (1 << 30):,.1f} GiB; split "
            "it by account."
        )
    with file.open("rb") as stream:
        return Source(plain(name), file, stream.read(HEAD)).with_columns()


def _archived(file: Path) -> list[Source]:
    return [
        Source(_within(file, member.info.filename), member, head).with_columns()
        for member, head in members(file, ENDINGS)
    ]


def _within(archive: Path, name: str) -> str:
    """Return the name of a file in an archive, for messages: of one beyond measure, the beginning."""
    return f"{archive.name}/{plain(name if len(name) <= LONGEST else f'{name[:LONGEST]}...')}"


def _in_folder(folder: Path) -> list[Source]:
    entries = list(islice(folder.rglob("*"), MOST_MEMBERS + 1))
    if len(entries) > MOST_MEMBERS:
        raise ValueError(f"{folder} must hold at most {MOST_MEMBERS:,} files; name the file of the export itself.")
    files = [e for e in entries if e.is_file() and not e.is_symlink() and e.name.lower().endswith(ENDINGS)]
    return [
        _plain_file(file, f"{folder.resolve().name}/{file.relative_to(folder).as_posix()}") for file in sorted(files)
    ]
