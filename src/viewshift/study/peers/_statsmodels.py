"""Residuals of a robust seasonal decomposition by statsmodels."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from viewshift._checks import check_whole
from viewshift._typing import Bools, Direction, Floats
from viewshift.detectors import Claims
from viewshift.study.peers._base import Peer, check_direction, facing, library


@dataclass(kw_only=True, eq=False, repr=False)
class StatsmodelsStl(Peer):
    """What a robust STL of the whole history leaves of a day, in standard deviations of what it leaves.

    Parameters
    ----------
    measure
        The measure to score.
    trend
        Days over which the trend is smoothed, odd, at least 9. The library's own choice of 15 takes a week of binging
        for the trend.
    direction
        "up" scores days above season and trend, "down" below them, "both" either.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    It sees the future: fitting a decomposition anew for each day would make it causal, at a thousand times the time.
    Missing days are bridged by straight lines, since one of them makes every residual missing. Where nothing is left
    over, all days score 0.
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "statsmodels.tsa.seasonal"
    package: ClassVar[str] = "statsmodels"
    setting: ClassVar[str] = "STL(period=7, trend=57, robust=True), counts as they are"
    verdict: ClassVar[str] = "residual > 3 standard deviations"
    missing: ClassVar[Literal["left out", "bridged", "passed on"]] = "bridged"
    least: ClassVar[int] = 15
    measure: str = "episodes"
    trend: int = 57
    direction: Direction = "up"
    most_accounts: int | None = 60

    def _check_parameters(self) -> None:
        if check_whole("trend", self.trend, least=9) % 2 == 0:
            raise ValueError(f"`trend` must be odd, got {self.trend}.")
        check_direction(self.direction)

    def _series(self, days: Floats) -> Floats:
        stl = library(self.module).STL(days, period=7, trend=self.trend, robust=True)
        residual = stl.fit().resid
        excess, spread = residual - residual.mean(), residual.std()
        return facing(excess / spread if spread != 0 else np.zeros(len(days)), self.direction)

    def _flagged(self, days: Floats) -> Bools:
        return self._series(days) > 3.0
