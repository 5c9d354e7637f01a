"""Finished units in a folder, each under a key of all that it depends on, so that a study goes on where it ended."""

import gzip
import inspect
import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewshift import simulate
from viewshift._files import write_whole
from viewshift._provenance import fingerprint
from viewshift.study.setup import Setup
from viewshift.study.trial import Job, Unit

_ARRAYS = {"_frombuffer", "_reconstruct", "scalar", "ndarray", "dtype"}
"""What NumPy's pickles call."""


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
        key = fingerprint(asked)
        return None if key is None else self.folder / f"{key}.unit"


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
