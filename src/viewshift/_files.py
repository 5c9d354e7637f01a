"""Files that are there whole or not at all."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def existing_file(name: str, path: Any) -> Path:
    """Return a path, or raise if it is none or there is no file.

    Parameters
    ----------
    name
        Of the parameter, for the message.
    path
        What must be the path of a file.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"`{name}` must be a path, got {path!r}.")
    file = Path(path)
    if not file.is_file():
        found = "a folder there; name a file in it" if file.is_dir() else "nothing there; check its name and folder"
        raise FileNotFoundError(f"{file} must be a file, found {found}.")
    return file


def write_files(*jobs: tuple[Path, Callable[[Path], object]], gone: Sequence[Path] = ()) -> None:
    """Write each file under a temporary name in its folder, then rename all; leave nothing behind on failure.

    The content is on the disk before the name points to it, so a power cut leaves the old file or the new one. What a
    killed process left of the same file goes too. Errors of the system name the path that was given.

    Parameters
    ----------
    *jobs
        Path and the function that writes to a path.
    gone
        Files to delete once all others are written, before any gets its name.
    """
    targets = [path.resolve() for path, _ in jobs]
    partials = [path.with_name(f".{path.name}.{os.getpid()}.partial{path.suffix}") for path in targets]
    if folder := next((target for target in targets if target.is_dir()), None):
        raise IsADirectoryError(f"{folder} must be the name of a file, found a folder there.")
    try:
        for partial, (path, write) in zip(partials, jobs, strict=True):
            with _named(path):
                partial.touch()
                write(partial)
                _flush(partial, os.O_RDWR)
        for path in gone:
            path.unlink()
        for partial, target, (path, _) in zip(partials, targets, jobs, strict=True):
            with _named(path):
                partial.replace(target)
            _remove_leftovers(target)
    finally:
        for partial in partials:
            partial.unlink(missing_ok=True)
    if os.name == "posix":  # elsewhere a folder cannot be opened, nor a process be asked for
        for folder in {target.parent for target in targets}:
            _flush(folder, os.O_RDONLY)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write one file whole or not at all; missing folders are made, an existing file is replaced.

    Parameters
    ----------
    path
        File to write.
    content
        Text (UTF-8) or bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_files((path, lambda partial: partial.write_bytes(content.encode() if isinstance(content, str) else content)))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Have errors of the system speak of a path, and not of the temporary one in its place."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None


def _flush(path: Path, flags: int) -> None:
    """Wait until the file or folder is on the disk."""
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_leftovers(target: Path) -> None:
    """Remove the temporary files of this target whose process no longer runs."""
    ours = re.compile(rf"\.{re.escape(target.name)}\.(\d+)\.partial{re.escape(target.suffix)}")
    for found in target.parent.iterdir() if os.name == "posix" else ():
        match = ours.fullmatch(found.name)
        if match and not _runs(int(match[1])):
            found.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True
