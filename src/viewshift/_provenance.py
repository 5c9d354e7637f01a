"""What a result depends on: versions of packages, the library's own code, and files that define what is not its own."""

import hashlib
import inspect
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import machine, python_version, system
from typing import Any

import viewshift

PACKAGES = ("numpy", "scipy", "numba", "pandas", "polars", "pyarrow", "scikit-learn", "statsmodels")
PEERS = ("pyod", "river", "ruptures", "skchange", "stumpy")
"""What numbers may depend on besides viewshift itself."""


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of Python, viewshift and the packages that numbers may depend on, and the kind of machine."""
    found = {"python": python_version(), "viewshift": viewshift.__version__}
    for name in (*PACKAGES, *PEERS):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # peers are optional
            continue
    return found | {"platform": f"{system()} {machine()}"}


def fingerprint(asked: Any) -> str | None:
    """Return a hash of a value, of all code that it is made of, and of the versions that results depend on.

    Parameters
    ----------
    asked
        What can be pickled.

    Returns
    -------
    None if it cannot be told, as for a class made in a notebook.
    """
    import joblib  # noqa: PLC0415 - slow to import

    try:
        found: str = joblib.hash((asked, sorted(_files_of(asked).items()), _own_code(), versions()), hash_name="sha1")
    except (OSError, TypeError, AttributeError, pickle.PicklingError):
        return None
    return found


@cache
def _own_code() -> str:
    """Return the hash of viewshift's own modules."""
    root = Path(viewshift.__file__).parent
    paths = sorted(root.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _files_of(asked: Any) -> dict[str, str]:
    """Return the hashes of the files that define what is not viewshift's own; raise if there is no such file."""
    found = {}
    for thing in _defined(asked):
        if thing.__module__.split(".")[0] not in ("viewshift", "builtins", "numpy"):
            path = Path(inspect.getfile(thing))
            found[f"{thing.__module__}.{thing.__qualname__}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _defined(value: Any) -> Iterator[Any]:
    """Yield the classes and functions that a value is made of."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, partial):
        value = (value.func, value.args, tuple(value.keywords.values()))
    if isinstance(value, tuple | list):
        for one in value:
            yield from _defined(one)
    elif inspect.isfunction(value) or inspect.isclass(value):
        yield value
    elif is_dataclass(value):
        yield type(value)
        for one in fields(value):
            yield from _defined(getattr(value, one.name))
    elif not isinstance(value, str | int | float | None):
        yield type(value)
