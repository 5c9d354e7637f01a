"""Change points and anomalous stretches by skchange."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from viewshift._checks import check_whole
from viewshift._typing import Bools, Direction, Floats, Ints
from viewshift.detectors import Claims
from viewshift.study.peers._base import Peer, change_scores, check_direction, facing, library

SCORERS = "skchange.interval_scorers"


@dataclass(kw_only=True, eq=False, repr=False)
class SkchangePelt(Peer):
    """What the Poisson cost falls by at a change point of skchange's PELT, 0 on other days.

    Parameters
    ----------
    measure
        The measure to score; whole numbers.
    direction
        "up" scores changes to a higher mean, "down" to a lower one, "both" either.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    skchange has no negative binomial cost. Its default penalty is that of BIC, 2 log n; all changes at it are flagged.
    Missing days are left out.
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "skchange.detectors"
    package: ClassVar[str] = "skchange"
    setting: ClassVar[str] = "PELT(PoissonCost())"
    verdict: ClassVar[str] = "BIC penalty"
    least: ClassVar[int] = 8
    measure: str = "episodes"
    direction: Direction = "up"
    most_accounts: int | None = 100

    def _check_parameters(self) -> None:
        check_direction(self.direction)

    def _series(self, days: Floats) -> Floats:
        column = days[:, None]
        search = library(self.module).PELT(library(SCORERS).PoissonCost()).fit(column)
        changes = search.predict(column)
        ends = np.array([0, *changes, len(days)])
        known = search.cost_.precompute(column)

        def cost(first: Ints, after: Ints) -> Floats:
            return np.asarray(search.cost_.evaluate(known, np.column_stack([first, after])))[:, 0]

        parts = cost(ends[:-1], ends[1:])
        gains = cost(ends[:-2], ends[2:]) - parts[:-1] - parts[1:] if len(changes) else np.empty(0)
        return change_scores(days, changes, gains, self.direction)

    def _flagged(self, days: Floats) -> Bools:
        return self._series(days) > 0


@dataclass(kw_only=True, eq=False, repr=False)
class SkchangeCapa(Peer):
    """What an anomalous stretch or day of skchange's CAPA saves over the account's mean, on the day it begins.

    Parameters
    ----------
    measure
        The measure to score; whole numbers.
    direction
        "up" scores anomalies above the account's mean, "down" below it, "both" either.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    The saving is the Poisson one over the account's mean. Its own choice, the median, is 0 for who is idle on most days
    (replaced by 1e-10): then every day of viewing is an anomaly. Single anomalous days are asked for. All days of the
    anomalies found at the default penalties are flagged. Missing days are left out, and so are accounts that never
    watched: their mean is refused.
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "skchange.detectors"
    package: ClassVar[str] = "skchange"
    setting: ClassVar[str] = "CAPA(PoissonSaving(mean), include_point_anomalies=True)"
    verdict: ClassVar[str] = "chi-squared penalties"
    idle: ClassVar[bool] = False
    least: ClassVar[int] = 8
    measure: str = "episodes"
    direction: Direction = "up"
    most_accounts: int | None = 100

    def _check_parameters(self) -> None:
        check_direction(self.direction)

    def _anomalies(self, days: Floats) -> tuple[Any, Ints]:
        """Return the fitted search and first day and day after each anomaly in the direction."""
        column, mean = days[:, None], float(days.mean())
        saving = library(SCORERS).PoissonSaving(mean)
        search = library(self.module).CAPA(saving, include_point_anomalies=True).fit(column)
        found = np.asarray(search.predict_segment_anomalies(column), dtype=np.int64).reshape(-1, 2)
        excess = np.array([days[first:after].mean() - mean for first, after in found])
        return search, found[facing(excess, self.direction) > 0]

    def _series(self, days: Floats) -> Floats:
        search, found = self._anomalies(days)
        scores = np.zeros(len(days))
        if len(found):
            saving = search.segment_saving_
            scores[found[:, 0]] = saving.evaluate(saving.precompute(days[:, None]), found)[:, 0]
        return scores

    def _flagged(self, days: Floats) -> Bools:
        flagged = np.zeros(len(days), dtype=bool)
        for first, after in self._anomalies(days)[1]:
            flagged[first:after] = True
        return flagged


@dataclass(kw_only=True, eq=False, repr=False)
class SkchangeMovingWindow(Peer):
    """The rank score at a change point of skchange's moving window, 0 on other days.

    Parameters
    ----------
    measure
        The measure to score.
    bandwidths
        Days on either side of a change, each at least 2.
    direction
        "up" scores changes to a higher mean, "down" to a lower one, "both" either.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    Ranks suit counts of any distribution. All changes at the default penalty (BIC, 2 log n) are flagged. Missing days
    are left out.
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "skchange.detectors"
    package: ClassVar[str] = "skchange"
    setting: ClassVar[str] = "MovingWindow(RankScore(), bandwidth=[7, 28])"
    verdict: ClassVar[str] = "BIC penalty"
    measure: str = "episodes"
    bandwidths: tuple[int, ...] = (7, 28)
    direction: Direction = "up"
    most_accounts: int | None = 60

    def _check_parameters(self) -> None:
        for bandwidth in self.bandwidths:
            check_whole("bandwidths", bandwidth, least=2)
        check_direction(self.direction)

    def _series(self, days: Floats) -> Floats:
        if len(days) < 2 * min(self.bandwidths):  # skchange refuses so few
            return np.full(len(days), np.nan)
        column = days[:, None]
        score = library(SCORERS).RankScore()
        search = library(self.module).MovingWindow(score, bandwidth=list(self.bandwidths)).fit(column)
        found = search.predict_all(column)
        best = np.full(len(days), -np.inf)
        np.maximum.at(best, found["splits"], found["scores"])
        changes = found["changepoints"]
        return change_scores(days, changes, best[changes] + float(np.ravel(search.penalty_)[0]), self.direction)

    def _flagged(self, days: Floats) -> Bools:
        return self._series(days) > 0
