"""Finished units in a folder, each under a key of all that it depends on, so that a study goes on where it ended."""

import gzip
import hashlib
import inspect
import io
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import machine, python_version, system
from typing import Any

import joblib

import viewshift
from viewshift import simulate
from viewshift._files import write_whole
from viewshift.study.setup import Setup
from viewshift.study.trial import Job, Unit

PACKAGES = ("numpy", "scipy", "numba", "pandas", "polars", "scikit-learn", "statsmodels")
PEERS = ("pyod", "river", "ruptures", "skchange", "stumpy")
"""What numbers may depend on besides viewshift itself."""

_ARRAYS = {"_frombuffer", "_reconstruct", "scalar", "ndarray", "dtype"}
"""What NumPy's pickles call."""


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


@dataclass(frozen=True)
class Store:
    """Units of studies, a file each, written whole.

    Parameters
    ----------
    folder
        Made when the first unit is kept.
    setup
        Sizes of the study.
    scenarios
        By name.
    """

    folder: Path
    setup: Setup
    scenarios: Mapping[str, simulate.Scenario]

    def get(self, job: Job) -> Unit | None:
        """Return what came of this job before, under the same code, versions, scenarios and sizes; None if unknown.

        Parameters
        ----------
        job
            Detector and seed.
        """
        path = self._path(job)
        try:
            return None if path is None else _unpacked(path.read_bytes())
        except FileNotFoundError:
            return None
        except Exception:  # whatever a damaged file makes gzip or pickle raise: it is made again
            return None

    def keep(self, job: Job, unit: Unit) -> None:
        """Write what came of a job; nothing if it cannot be told what it depends on.

        Parameters
        ----------
        job
            Detector and seed.
        unit
            What came of it.
        """
        path = self._path(job)
        if path is not None:
            write_whole(path, gzip.compress(pickle.dumps(unit, protocol=5), compresslevel=1, mtime=0))

    def _path(self, job: Job) -> Path | None:
        asked = (tuple(job), dict(self.scenarios), self.setup)
        try:
            key = joblib.hash((asked, sorted(_files_of(asked).items()), _own_code(), versions()), hash_name="sha1")
        except (OSError, TypeError, AttributeError, pickle.PicklingError):  # made in a notebook, say
            return None
        return self.folder / f"{key}.unit"


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


class _Reader(pickle.Unpickler):
    """Builds arrays and classes of viewshift, nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module.split(".", 1)[0] in ("numpy", "viewshift") else None
        own = inspect.isclass(found) and found.__module__ == module and module.startswith("viewshift.")
        if not own and not (module.startswith("numpy") and name in _ARRAYS):
            raise pickle.UnpicklingError(f"{module}.{name} has no place among results")
        return found


def _unpacked(content: bytes) -> Unit:
    unit = _Reader(io.BytesIO(gzip.decompress(content))).load()
    if not isinstance(unit, Unit):
        raise TypeError(f"a unit was expected, got {type(unit).__name__}")
    return unit
