"""Detectors that fail or dawdle on purpose."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from sklearn.base import clone

from viewshift.detectors import Claims, Detector


@dataclass(kw_only=True, eq=False, repr=False)
class Refusing(Detector):
    """Scores the panels of simulated accounts until it is asked for one with missing days, or refuses to be fitted."""

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=False)
    measure: str = "episodes"
    step: str = "score"
    helper: Detector | None = None

    def _fit(self, panel):
        if self.step == "fit":
            raise ArithmeticError("no fit today,\nnor tomorrow")

    def _score(self, panel):
        if not panel.observed.all():
            raise ArithmeticError("a day is missing")
        return np.asarray(panel[self.measure], dtype=np.float64)


@dataclass(kw_only=True, eq=False, repr=False)
class Dying(Detector):
    """Takes its whole process down, as the kernel does where memory ends."""

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=False)
    measure: str = "episodes"

    def _fit(self, panel):
        os.kill(os.getpid(), signal.SIGKILL)

    def _score(self, panel):
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(kw_only=True, eq=False, repr=False)
class InCompany(Detector):
    """Leaves files of its process's name, and goes on with the second once two processes are at it and a file `go` is
    beside the folder; alone, where there is no such folder.
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=False)
    helper: Detector
    folder: str
    measure: str = "episodes"

    def _fit(self, panel):
        self.helper_ = clone(self.helper).fit(panel)

    def _score(self, panel):
        if (folder := Path(self.folder)).exists():
            (folder / f"{os.getpid()}-{time.monotonic_ns()}").touch()
            limit = time.monotonic() + 300
            own = len(list(folder.glob(f"{os.getpid()}-*")))
            while not self._may(folder, own) and time.monotonic() < limit:
                time.sleep(0.02)
        return self.helper_.score(panel)

    @staticmethod
    def _may(folder, own):
        in_company = len({mark.name.split("-")[0] for mark in folder.iterdir()}) > 1
        return in_company and (own == 1 or (folder.parent / "go").exists())
