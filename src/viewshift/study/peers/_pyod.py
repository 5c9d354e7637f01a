"""Outlier detectors of PyOD over windows of an account's days."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from viewshift._checks import check_whole
from viewshift._typing import Bools, Direction, Floats
from viewshift.detectors import Claims
from viewshift.study.peers._base import Peer, check_direction, facing, library


@dataclass(kw_only=True, eq=False, repr=False)
class PyodIForest(Peer):
    """PyOD's isolation forest over the windows of an account, as PyOD applies it to time series.

    Parameters
    ----------
    measure
        The measure to score.
    window
        Days in a window, at least 1.
    seed
        Seed of the forest, at least 0.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    ``TimeSeriesOD`` gives a day the highest score of all windows that hold it, days after it included. By default it
    flags the tenth of the days with the highest scores (``contamination=0.1``). Missing days are left out.
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "pyod.models.ts_od"
    package: ClassVar[str] = "pyod"
    setting: ClassVar[str] = "TimeSeriesOD(IForest(), window_size=3)"
    verdict: ClassVar[str] = "contamination=0.1"
    least: ClassVar[int] = 28
    measure: str = "episodes"
    window: int = 3
    seed: int = 0
    most_accounts: int | None = 60

    def _check_parameters(self) -> None:
        check_whole("window", self.window, least=1)
        check_whole("seed", self.seed, least=0)

    def _fitted(self, days: Floats) -> Any:
        forest = library("pyod.models.iforest").IForest(random_state=self.seed)
        return library(self.module).TimeSeriesOD(forest, window_size=self.window).fit(days)

    def _series(self, days: Floats) -> Floats:
        return np.asarray(self._fitted(days).decision_scores_, dtype=np.float64)

    def _flagged(self, days: Floats) -> Bools:
        return np.asarray(self._fitted(days).labels_ == 1)


@dataclass(kw_only=True, eq=False, repr=False)
class PyodEcod(Peer):
    """PyOD's ECOD over the windows of an account: how far out a window lies in the tails of each of its days.

    Parameters
    ----------
    measure
        The measure to score.
    window
        Days in a window, at least 1.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    As for `PyodIForest`: ``TimeSeriesOD`` gives a day the highest score of all windows that hold it, days after it
    included, and flags the tenth of the days with the highest scores. Missing days are left out.
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "pyod.models.ts_od"
    package: ClassVar[str] = "pyod"
    setting: ClassVar[str] = "TimeSeriesOD(ECOD(), window_size=3)"
    verdict: ClassVar[str] = "contamination=0.1"
    least: ClassVar[int] = 28
    measure: str = "episodes"
    window: int = 3
    most_accounts: int | None = None

    def _check_parameters(self) -> None:
        check_whole("window", self.window, least=1)

    def _fitted(self, days: Floats) -> Any:
        tails = library("pyod.models.ecod").ECOD()
        return library(self.module).TimeSeriesOD(tails, window_size=self.window).fit(days)

    def _series(self, days: Floats) -> Floats:
        return np.asarray(self._fitted(days).decision_scores_, dtype=np.float64)

    def _flagged(self, days: Floats) -> Bools:
        return np.asarray(self._fitted(days).labels_ == 1)


@dataclass(kw_only=True, eq=False, repr=False)
class PyodMad(Peer):
    """PyOD's MAD, the modified z-score, of an account's sums over the days up to the scored one.

    Parameters
    ----------
    measure
        The measure to score.
    window
        Days in a sum, at least 1.
    direction
        "up" scores sums above the account's median, "down" below it, "both" either.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    The detector takes a single feature, so a window is told by the logarithm of its sum and 1. By default a modified
    z-score above 3.5 is flagged. A median absolute deviation of 0, which short windows have on most accounts, makes
    every other score infinite (PyOD gives 1.8e308): such an account gets no opinion here, but is flagged as PyOD flags
    it. Missing days are left out.
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "pyod.models.mad"
    package: ClassVar[str] = "pyod"
    setting: ClassVar[str] = "MAD() of log1p of 14-day sums"
    verdict: ClassVar[str] = "threshold=3.5"
    least: ClassVar[int] = 28
    usual_warnings: ClassVar[tuple[str, ...]] = (
        "divide by zero encountered",
        "invalid value encountered",
        "overflow encountered",
    )
    measure: str = "episodes"
    window: int = 14
    direction: Direction = "up"
    most_accounts: int | None = None

    def _check_parameters(self) -> None:
        check_whole("window", self.window, least=1)
        check_direction(self.direction)

    def _fitted(self, days: Floats) -> tuple[Any, Floats]:
        """Return the fitted detector, and whether each sum lies in the direction: 1, 0, -1."""
        sums = np.log1p(np.lib.stride_tricks.sliding_window_view(days, self.window).sum(axis=1))
        fitted = library(self.module).MAD().fit(sums[:, None])
        return fitted, facing(np.sign(sums - fitted.median_), self.direction)

    def _series(self, days: Floats) -> Floats:
        fitted, side = self._fitted(days)
        scores = np.full(len(days), np.nan)
        if fitted.median_diff_ != 0:
            scores[self.window - 1 :] = np.maximum(side, 0.0) * fitted.decision_scores_
        return scores

    def _flagged(self, days: Floats) -> Bools:
        fitted, side = self._fitted(days)
        flagged = np.zeros(len(days), dtype=bool)
        flagged[self.window - 1 :] = (fitted.labels_ == 1) & (side > 0)
        return flagged
