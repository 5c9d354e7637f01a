"""Discords: the matrix profile of STUMPY."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from viewshift._checks import check_whole
from viewshift._typing import Bools, Direction, Floats
from viewshift.detectors import Claims
from viewshift.study.peers._base import Peer, check_direction, facing, library


@dataclass(kw_only=True, eq=False, repr=False)
class StumpyDiscords(Peer):
    """How far the days up to the scored one lie from the most similar stretch anywhere in the account's history.

    Parameters
    ----------
    measure
        The measure to score.
    window
        Days in a stretch, at least 3, which is STUMPY's smallest.
    direction
        "up" scores stretches whose mean is above the account's, "down" below it, "both" all.
    most_accounts
        Accounts on which the peer can be run in reasonable time; None for any number.

    Notes
    -----
    Distances are plain ones (``normalize=False``): z-normalised stretches of mostly empty days are all alike or
    all unlike. The account's days are divided by their standard deviation first, which changes no discord but makes
    accounts comparable. By default the discord is the one stretch with the largest distance, and its days are flagged.
    STUMPY knows missing days: a stretch that holds one has no score.
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    module: ClassVar[str] = "stumpy"
    package: ClassVar[str] = "stumpy"
    setting: ClassVar[str] = "stump(m=7, normalize=False), days over their standard deviation"
    verdict: ClassVar[str] = "the one discord"
    missing: ClassVar[Literal["left out", "bridged", "passed on"]] = "passed on"
    idle: ClassVar[bool] = False
    least: ClassVar[int] = 29
    usual_warnings: ClassVar[tuple[str, ...]] = ("A large number of values in",)
    measure: str = "episodes"
    window: int = 7
    direction: Direction = "up"
    most_accounts: int | None = 100

    def _check_parameters(self) -> None:
        check_whole("window", self.window, least=3)
        check_direction(self.direction)

    def _series(self, days: Floats) -> Floats:
        scaled = days / (np.nanstd(days) or 1.0)
        distance = library(self.module).stump(scaled, self.window, normalize=False)[:, 0].astype(np.float64)
        stretches = np.lib.stride_tricks.sliding_window_view(days, self.window).mean(axis=1)
        sided = facing(np.sign(stretches - np.nanmean(days)), self.direction) > 0
        profile = np.full(len(days), np.nan)
        profile[self.window - 1 :] = np.where(sided, distance, 0.0)
        profile[self.window - 1 :][np.isnan(stretches)] = np.nan
        return profile

    def _flagged(self, days: Floats) -> Bools:
        profile = self._series(days)
        flagged = np.zeros(len(days), dtype=bool)
        if np.nanmax(profile, initial=0.0) > 0:
            last = int(np.nanargmax(profile))
            flagged[last - self.window + 1 : last + 1] = True
        return flagged
