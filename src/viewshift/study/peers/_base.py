"""What every peer is: another library's method behind `fit` and `score`, and the decisions it takes by itself."""

import warnings
from abc import abstractmethod
from collections.abc import Callable
from importlib import import_module
from typing import Any, ClassVar, Literal, final, get_args

import numpy as np

from viewshift._checks import check_choice
from viewshift._typing import Bools, Direction, Floats, Ints
from viewshift.detectors import Detector
from viewshift.panel import Panel


class Peer(Detector):
    """A method of another library, applied to each account alone; it learns nothing from a population.

    A concrete peer says how the library is called on one account's days (`_series`, `_flagged`); what the library
    cannot take is kept from it here: missing days are left out, bridged by a straight line or, where it knows of them,
    passed on.
    """

    module: ClassVar[str]
    """What is imported when the peer is used."""
    package: ClassVar[str]
    """Name under which the library is installed."""
    setting: ClassVar[str]
    """How the library is run, in a few words."""
    verdict: ClassVar[str]
    """What the library flags when nobody sets a threshold, in a few words."""
    missing: ClassVar[Literal["left out", "bridged", "passed on"]] = "left out"
    idle: ClassVar[bool] = True
    """Whether the library can take an account that never watched; otherwise such an account scores 0."""
    least: ClassVar[int] = 2
    """Fewest days of an account that the library can take; with fewer there is no opinion."""
    usual_warnings: ClassVar[tuple[str, ...]] = ()
    """Beginnings of warnings that the library gives on ordinary accounts."""

    most_accounts: int | None

    @final
    def decisions(self, panel: Panel) -> Bools:
        """Return the account-days that the library flags by its own default, ``(n_accounts, n_days)``.

        Parameters
        ----------
        panel
            Histories; accounts need not have been seen by `fit`.
        """
        self._check_fitted()
        self._check_measures(panel)
        flagged: Bools = self._each(panel, self._flagged) == 1.0
        return flagged

    @final
    def sub_panel(self, panel: Panel) -> Panel:
        """Return the first accounts of a panel, as many as the peer can be run on in reasonable time.

        Parameters
        ----------
        panel
            Any panel.
        """
        return panel if self.most_accounts is None else panel.take(slice(self.most_accounts))

    @final
    def _fit(self, panel: Panel) -> None:
        self._check_parameters()
        library(self.module)

    @final
    def _score(self, panel: Panel) -> Floats:
        return self._each(panel, self._series)

    def _each(self, panel: Panel, method: Callable[[Floats], Any]) -> Floats:
        """Apply a method to each account's days; NaN on unobserved days and where an account has too few."""
        result = np.full(panel.observed.shape, np.nan)
        with warnings.catch_warnings():
            for text in self.usual_warnings:
                warnings.filterwarnings("ignore", message=text)
            for row, values in enumerate(panel[self.measure].astype(np.float64)):
                day = np.flatnonzero(~np.isnan(values))
                if len(day) < self.least:
                    continue
                if self.missing != "left out":
                    day = np.arange(day[0], day[-1] + 1)
                days = _bridged(values[day]) if self.missing == "bridged" else values[day]
                watched = self.idle or np.nansum(days) > 0
                result[row, day] = method(days) if watched else 0.0
        return np.where(panel.observed, result, np.nan)

    @abstractmethod
    def _check_parameters(self) -> None: ...

    @abstractmethod
    def _series(self, days: Floats) -> Floats:
        """Score one account's days, ``(n_days,)``; NaN is no opinion."""

    @abstractmethod
    def _flagged(self, days: Floats) -> Bools:
        """Say which of one account's days the library flags by its own default, ``(n_days,)``."""


def library(module: str) -> Any:
    """Import a module of another library, or say in one sentence what to install."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise ModuleNotFoundError(
            f"This peer needs the package {error.name}, which is not installed; pip install 'viewshift[peers]'."
        ) from None


def check_direction(direction: str) -> None:
    """Raise if the direction is unknown."""
    check_choice("direction", direction, get_args(Direction))


def facing(excess: Floats, direction: Direction) -> Floats:
    """Return departures turned so that those in `direction` are high."""
    return {"up": excess, "down": -excess, "both": np.abs(excess)}[direction]


def change_scores(days: Floats, changes: Ints, gains: Floats, direction: Direction) -> Floats:
    """Return the gain of each change in `direction` on its first day, 0 on other days.

    Parameters
    ----------
    days
        One account's days, ``(n_days,)``.
    changes
        First day of each new segment, ascending, without 0.
    gains
        What each change gains, in the library's own unit, at least 0.
    direction
        Which way the mean of the new segment must depart from that of the one before.
    """
    scores = np.zeros(len(days))
    means = np.array([part.mean() for part in np.split(days, changes)])
    scores[changes] = np.maximum(facing(np.sign(np.diff(means)), direction), 0.0) * gains
    return scores


def _bridged(days: Floats) -> Floats:
    place = np.arange(len(days))
    known = ~np.isnan(days)
    return np.interp(place, place[known], days[known])
