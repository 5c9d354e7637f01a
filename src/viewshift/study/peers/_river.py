"""The streaming anomaly and drift detectors of river."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from viewshift._checks import check_positive, check_whole
from viewshift._typing import Bools, Direction, Floats
from viewshift.detectors import Claims
from viewshift.study.peers._base import Peer, check_direction, facing, library

THRESHOLDS = tuple(np.geomspace(2.0, 200.0, 27).round(2).tolist())
"""Thresholds that Page-Hinkley is run with."""

WARM_UP = 30
"""Days that only feed the scaler."""


@dataclass(kw_only=True, eq=False, repr=False)
class RiverGaussianScorer(Peer):
    r"""Distance of a day from the mean of all earlier ones, in their standard deviations.

    Parameters
    ----------
    measure
        The measure to score.
    grace
        Days before the first score, at least 2.
    direction
        "up" scores days above the mean, "down" below it, "both" either.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    The scorer's own score is :math:`2 |\Phi(z) - 1/2|`, which is 1 for all z above 8.3; z is taken from its
    distribution instead, in the same order and without ties. river has no default threshold for it; the example of its
    ``ThresholdFilter`` takes .995, which is flagged here. Missing days are left out: one of them would make all later
    scores undefined. Days after nothing but equal days have no score.
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "river.anomaly"
    package: ClassVar[str] = "river"
    setting: ClassVar[str] = "GaussianScorer(), the whole past, grace_period=100"
    verdict: ClassVar[str] = "score >= .995"
    usual_warnings: ClassVar[tuple[str, ...]] = ("invalid value encountered", "divide by zero encountered")
    measure: str = "episodes"
    grace: int = 100
    direction: Direction = "up"
    most_accounts: int | None = None

    def _check_parameters(self) -> None:
        check_whole("grace", self.grace, least=2)
        check_direction(self.direction)

    def _replayed(self, days: Floats) -> Iterator[tuple[Any, float]]:
        """Give the scorer as it is before each day, and the day."""
        scorer = library(self.module).GaussianScorer(grace_period=self.grace)
        for day in days.tolist():
            yield scorer, day
            scorer.learn_one(None, day)

    def _series(self, days: Floats) -> Floats:
        z = [
            (day - scorer.gaussian.mu) / scorer.gaussian.sigma
            if scorer.gaussian.n_samples >= self.grace and scorer.gaussian.sigma > 0
            else np.nan
            for scorer, day in self._replayed(days)
        ]
        return facing(np.array(z), self.direction)

    def _flagged(self, days: Floats) -> Bools:
        own = np.array([scorer.score_one(None, day) for scorer, day in self._replayed(days)])
        return (own >= 0.995) & (self._series(days) > 0)


@dataclass(kw_only=True, eq=False, repr=False)
class RiverPageHinkley(Peer):
    """The largest of many thresholds at which a Page-Hinkley test signals a drift on the day; 0 where none does.

    Parameters
    ----------
    measure
        The measure to score.
    delta
        Departure from the mean that is tolerated, in running standard deviations, above 0.
    direction
        Which drifts of the mean are sought.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    The test starts afresh after each drift, so that its threshold is part of what it does: it is run once for each of
    `THRESHOLDS`. Days are standardised first by river's own ``StandardScaler``, which knows the days before only;
    without it one threshold would have to serve all accounts. The first 30 days only feed the scaler. Missing days are
    left out. By default it is left as it comes, with the counts as they are: its threshold of 50 is meant for data in
    their own unit.
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "river.drift"
    package: ClassVar[str] = "river"
    setting: ClassVar[str] = 'StandardScaler, PageHinkley(delta=1, mode="up")'
    verdict: ClassVar[str] = 'PageHinkley(mode="up") of the counts as they are'
    measure: str = "episodes"
    delta: float = 1.0
    direction: Direction = "up"
    most_accounts: int | None = 100

    def _check_parameters(self) -> None:
        check_positive("delta", self.delta)
        check_direction(self.direction)

    def _standardised(self, days: Floats) -> list[float]:
        scaler = library("river.preprocessing").StandardScaler()
        scaled = []
        for day in days.tolist():
            scaled.append(scaler.transform_one({"day": day})["day"])
            scaler.learn_one({"day": day})
        return scaled

    def _drifts(self, days: list[float], **options: float) -> Bools:
        test = library(self.module).PageHinkley(mode=self.direction, **options)
        found = np.zeros(len(days), dtype=bool)
        for place, day in enumerate(days):
            test.update(day)
            found[place] = test.drift_detected
        return found

    def _series(self, days: Floats) -> Floats:
        scaled = self._standardised(days)[WARM_UP:]
        scores = np.zeros(len(days))
        for threshold in THRESHOLDS:
            scores[WARM_UP:][self._drifts(scaled, delta=self.delta, threshold=threshold)] = threshold
        scores[:WARM_UP] = np.nan
        return scores

    def _flagged(self, days: Floats) -> Bools:
        return self._drifts(days.tolist())
