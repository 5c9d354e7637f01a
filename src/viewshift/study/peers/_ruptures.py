"""Kernel change points by ruptures."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from viewshift._checks import check_positive
from viewshift._typing import Bools, Direction, Floats
from viewshift.detectors import Claims
from viewshift.study.peers._base import Peer, change_scores, check_direction, library

PENALTY = 1.0
"""Price of a change, in units of the kernel cost: a day costs at most 1."""


@dataclass(kw_only=True, eq=False, repr=False)
class RupturesKernelCpd(Peer):
    """What the kernel cost falls by at a change point, 0 on other days.

    Parameters
    ----------
    measure
        The measure to score.
    gamma
        Of the kernel exp(-gamma d^2), above 0, in units of 1 over the account's variance: large values see whether a
        day was active, small ones by how much.
    direction
        "up" scores changes to a higher mean, "down" to a lower one, "both" either.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    The kernel is Gaussian. The library's own gamma, 1 over the median squared distance, calls two days different from
    where half of them are, which with counts that are mostly 0 is one episode: a binge then differs no more from an
    ordinary evening than that from none. ruptures has no default penalty (``predict()`` returns nothing without one);
    its example for this kernel takes 1, and so does the peer: all changes at it are flagged. Missing days are left out:
    with one of them ruptures finds no change at all, and says nothing.
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "ruptures"
    package: ClassVar[str] = "ruptures"
    setting: ClassVar[str] = 'KernelCPD("rbf", gamma=0.03 / variance), pen=1'
    verdict: ClassVar[str] = "pen=1 of its example"
    least: ClassVar[int] = 8
    measure: str = "episodes"
    gamma: float = 0.03
    direction: Direction = "up"
    most_accounts: int | None = 100

    def _check_parameters(self) -> None:
        check_positive("gamma", self.gamma)
        check_direction(self.direction)

    def _series(self, days: Floats) -> Floats:
        width = {"gamma": self.gamma / (days.var() or 1.0)}
        search = library(self.module).KernelCPD(kernel="rbf", params=width).fit(days)
        changes = np.array(search.predict(pen=PENALTY)[:-1], dtype=np.int64)
        ends = [0, *changes.tolist(), len(days)]
        cost = search.cost.error
        gains = [cost(a, c) - cost(a, b) - cost(b, c) for a, b, c in zip(ends[:-2], ends[1:-1], ends[2:], strict=True)]
        return change_scores(days, changes, np.array(gains), self.direction)

    def _flagged(self, days: Floats) -> Bools:
        return self._series(days) > 0
