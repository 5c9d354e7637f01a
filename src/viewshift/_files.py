"""Files that are there whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path


def write_files(*jobs: tuple[Path, Callable[[Path], object]]) -> None:
    """Write each file under a temporary name in its folder, then rename all; leave nothing behind on failure.

    Parameters
    ----------
    *jobs
        Path and the function that writes to a path.
    """
    partials = [path.resolve().with_name(f".{path.name}.{os.getpid()}.partial{path.suffix}") for path, _ in jobs]
    try:
        for partial, (_, write) in zip(partials, jobs, strict=True):
            write(partial)
        for partial, (path, _) in zip(partials, jobs, strict=True):
            partial.replace(path.resolve())
    finally:
        for partial in partials:
            partial.unlink(missing_ok=True)


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
