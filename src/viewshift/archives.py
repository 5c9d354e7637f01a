"""Archives: one versioned file of a JSON header and arrays, written whole, refused when damaged or unknown."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from viewshift import baselines, detectors
from viewshift._files import existing_file, write_whole

FORMATS = {"rule": 3, "monitor": 2, "baseline": 1}
"""What an archive may hold, and the format of it that this version writes and reads."""

_HOMES = (baselines, detectors)


def write_archive(path: str | Path, kind: str, header: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write header and arrays to one file, whole or not at all.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    kind
        A key of `FORMATS`.
    header
        What JSON can hold; NumPy numbers become Python's, and infinite ones are kept.
    arrays
        Arrays, numbers or strings by name.
    """
    text = json.dumps({"kind": kind, "format": FORMATS[kind], **header}, default=lambda number: number.item())
    buffer = io.BytesIO()
    np.savez_compressed(buffer, header=np.array(text), **arrays)
    write_whole(Path(path), buffer.getvalue())


def read_archive(path: str | Path, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and arrays of a file that `write_archive` wrote; numbers and strings among them as such.

    Parameters
    ----------
    path
        The file.
    kind
        What it must hold.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, holds something else, or has a format that this version does not read.
    """
    content = existing_file("path", path).read_bytes()
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
        arrays = {name: value if value.ndim else value.item() for name, value in found.items()}
        header = json.loads(arrays.pop("header"))
        held, version = header.get("kind", "rule"), header["format"]
    except Exception:  # whatever a damaged archive makes zipfile, zlib, NumPy or json raise
        raise ValueError(f"{path} must be a {kind} saved by viewshift, but it is damaged or something else.") from None
    if held != kind:
        remedy = "; read it with `vs.load_monitor`" if held == "monitor" else ""
        raise ValueError(f"{path} must be a {kind} saved by viewshift, but it holds a {held}{remedy}.")
    if version != FORMATS[kind]:
        raise ValueError(
            f"{path} has {kind} format {version}, but this version reads format {FORMATS[kind]}; make it again."
        )
    return header, arrays


def joined(**parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the items of all parts under names such as ``"detector.past"``.

    Parameters
    ----------
    **parts
        Arrays by name, of each part.
    """
    return {f"{part}.{name}": value for part, values in parts.items() for name, value in values.items()}


def part(items: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the items of one part that `joined` put among others.

    Parameters
    ----------
    items
        From `joined`.
    name
        The part's name.
    """
    return {key.removeprefix(f"{name}."): value for key, value in items.items() if key.startswith(f"{name}.")}


def described(learner: BaseEstimator) -> dict[str, Any]:
    """Return class and parameters of a detector or baseline, for a header; a parameter may be one itself.

    Parameters
    ----------
    learner
        One of `viewshift.detectors` or `viewshift.baselines`; what it learned is left out.
    """
    parameters = learner.get_params(deep=False)
    return {"class": type(learner).__name__, "parameters": {name: _plain(value) for name, value in parameters.items()}}


def made(description: Mapping[str, Any]) -> Any:
    """Return the unfitted detector or baseline that `described` told of.

    Parameters
    ----------
    description
        From `described`.

    Raises
    ------
    KeyError, TypeError
        If this version has no such class, or the class no such parameters.
    """
    name = description["class"]
    found = next((vars(home)[name] for home in _HOMES if name in home.__all__), None)
    if found is None:
        raise KeyError(name)
    return found(**{name: _rich(value) for name, value in description["parameters"].items()})


def _plain(value: Any) -> Any:
    if isinstance(value, BaseEstimator):
        return described(value)
    return {"tuple": [_plain(one) for one in value]} if isinstance(value, tuple) else value


def _rich(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return tuple(_rich(one) for one in value["tuple"]) if "tuple" in value else made(value)
