"""The folder in which a result grows, hidden beside its place until it is whole."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from viewshift._files import write_files, write_whole
from viewshift.scale._arrow import pq

MANIFEST = "manifest.json"
KEY = "key.json"


@dataclass(frozen=True)
class Work:
    """A result on its way: parts that are there whole or not at all, under a key of all that they depend on.

    Parameters
    ----------
    out
        Where the whole result will be.
    key
        Of input, rule, options and versions.
    """

    out: Path
    key: str

    @property
    def folder(self) -> Path:
        """Where the parts are until all are there."""
        return self.out.with_name(f".{self.out.name}.partial")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other calls away from the same place while the block runs; a killed one keeps nobody away.

        Raises
        ------
        ValueError
            If another call is at work there.
        """
        self.out.parent.mkdir(parents=True, exist_ok=True)
        path = self.out.with_name(f".{self.out.name}.lock")
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise ValueError(f"`out` must be for one call at a time, but another is writing {self.out} now.") from None
        try:
            yield
        finally:
            with suppress(OSError):  # a file that is open cannot go on Windows
                path.unlink()
            lock.release()

    def begin(self) -> bool:
        """Make the folder, and empty it of what another input, rule or version has left; say if the result is there.

        Raises
        ------
        FileExistsError
            If there is something else in its place.
        """
        if self.out.exists() or self.out.is_symlink():
            if _key_in(self.out / MANIFEST) == self.key:
                return True
            raise FileExistsError(
                f"`out` must be the name of a new folder, but {self.out} exists, and holds something else than what is "
                "asked for now; remove it, or choose another name."
            )
        if self.folder.exists() and self.key not in (_key_in(self.folder / name) for name in (KEY, MANIFEST)):
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / KEY, json.dumps({"key": self.key}))
        return False

    def has(self, *names: str) -> bool:
        """Whether files are there already.

        Parameters
        ----------
        *names
            Below the folder.
        """
        return all((self.folder / name).is_file() for name in names)

    def write(self, tables: Mapping[str, Any]) -> None:
        """Write tables as Parquet, each whole or not at all.

        Parameters
        ----------
        tables
            By their names below the folder.
        """
        for name in tables:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_files(*((self.folder / name, _writer(table)) for name, table in tables.items()))

    def finish(self, manifest: Mapping[str, Any], parts: Mapping[str, list[str]]) -> None:
        """Remove what is no part of the result, and put it in its place.

        Parameters
        ----------
        manifest
            What the result is and came from.
        parts
            What is to stay: names of the parts in each folder; for a file beside them, none.
        """
        write_whole(self.folder / MANIFEST, json.dumps({**manifest, "key": self.key}, indent=2) + "\n")
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in parts:
                shutil.rmtree(path)
            elif path.is_dir():
                for left in {one.name for one in path.iterdir()} - set(parts[path.name]):
                    (path / left).unlink()
            elif path.name not in (MANIFEST, *parts):
                path.unlink()
        self.folder.rename(self.out)


def _writer(table: Any) -> Callable[[Path], object]:
    return lambda path: pq.write_table(table, path, compression="zstd")


def _key_in(path: Path) -> str | None:
    """Return the key in a file, None if there is none."""
    try:
        found: str | None = json.loads(path.read_text())["key"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found
