"""The rolling z-score, as people write it with pandas."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from viewshift._checks import check_whole
from viewshift._typing import Bools, Direction, Floats
from viewshift.detectors import Claims
from viewshift.study.peers._base import Peer, check_direction, facing, library


@dataclass(kw_only=True, eq=False, repr=False)
class PandasRollingZ(Peer):
    """Distance of a day from the mean of the days before it, in their standard deviations.

    Parameters
    ----------
    measure
        The measure to score.
    window
        Days in the mean and the standard deviation, at least 2; those before the scored day.
    direction
        "up" scores days above the mean, "down" below it, "both" either.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    By default people flag what lies more than 3 standard deviations away. Where the standard deviation is 0 there is no
    opinion, which spares the infinite scores that dividing by 0 gives; a window that holds a missing day is undefined
    in pandas unless `min_periods` is given, so half of it is enough.
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "pandas"
    package: ClassVar[str] = "pandas"
    setting: ClassVar[str] = "rolling(90) on the days before, min_periods=45"
    verdict: ClassVar[str] = "z > 3"
    missing: ClassVar[Literal["left out", "bridged", "passed on"]] = "passed on"
    measure: str = "episodes"
    window: int = 90
    direction: Direction = "up"
    most_accounts: int | None = None

    def _check_parameters(self) -> None:
        check_whole("window", self.window, least=2)
        check_direction(self.direction)

    def _series(self, days: Floats) -> Floats:
        series = library(self.module).Series(days)
        before = series.shift(1).rolling(self.window, min_periods=(self.window + 1) // 2)
        z = (series - before.mean()) / before.std().replace(0, np.nan)
        return facing(z.to_numpy(), self.direction)

    def _flagged(self, days: Floats) -> Bools:
        return self._series(days) > 3.0
