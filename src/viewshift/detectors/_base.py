"""What every detector is: parameters, what `fit` learned, and claims that the contract suite proves."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from viewshift._learner import Learner, Stepwise
from viewshift._typing import Direction, Floats, Signs, State
from viewshift.panel import Panel

SIGNS = {"up": 1, "down": -1, "both": 0}


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a detector promises about its scores; every claim is a property test.

    Parameters
    ----------
    causal
        The scores of a prefix of the days are a prefix of the scores.
    per_account
        A row scored alone scores the same as in company.
    monotone
        More viewing on a day never lowers that day's score (for ``direction="up"``).
    streaming
        Days handed over one at a time give the same scores, bit for bit, as all at once.
    """

    causal: bool
    per_account: bool
    monotone: bool
    streaming: bool


class Detector(Learner):
    """Scores account-days; higher is more anomalous, NaN is "no opinion".

    A concrete detector is a final keyword-only dataclass with parameters as fields. What `fit` learns ends in an
    underscore and is a NumPy array, a float, an int, a string, a fitted baseline or a tuple of fitted detectors, so
    that a fitted rule can be saved without pickling.
    """

    claims: ClassVar[Claims]
    cumulative: ClassVar[bool] = False
    """Whether a score adds up the evidence of several days, so that high scores come in runs."""

    @final
    def fit(self, panel: Panel) -> Self:
        """Learn what accounts share (weekday profile, spread floor, forest); bind no account.

        Parameters
        ----------
        panel
            Histories of a reference population, none of them singled out.

        Raises
        ------
        ValueError
            If the panel lacks a measure or a parameter is out of range.
        """
        self._check_measures(panel)
        self._fit(panel)
        self.fitted_ = 1
        return self

    @final
    def score(self, panel: Panel) -> Floats:
        """Score each account-day against that account's own earlier days in the same panel.

        Parameters
        ----------
        panel
            Histories to score; accounts need not have been seen by `fit`.

        Returns
        -------
        Scores, float64 of shape ``(n_accounts, n_days)``; NaN where not observed or in the warm-up.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        ValueError
            If the panel lacks a measure.
        """
        self._check_fitted()
        self._check_measures(panel)
        return self._score(panel)

    @final
    def score_signed(self, panel: Panel) -> tuple[Floats, Signs]:
        """Return the scores of `score`, and which way each speaks: 1 of more, -1 of less, 0 of either.

        Parameters
        ----------
        panel
            As for `score`.
        """
        self._check_fitted()
        self._check_measures(panel)
        return self._score_signed(panel)

    def _score_signed(self, panel: Panel) -> tuple[Floats, Signs]:
        return self._score(panel), _alike(self, panel)

    @abstractmethod
    def _fit(self, panel: Panel) -> None: ...

    @abstractmethod
    def _score(self, panel: Panel) -> Floats: ...


class StreamingDetector(Detector, Stepwise[Floats]):
    """A causal detector written as a step: ``state, scores = advance(state, days)``.

    Scoring a panel is one advance over all its days from `start`; a monitor advances day by day.
    """

    @final
    def advance_signed(self, state: State, panel: Panel) -> tuple[State, Floats, Signs]:
        """Return what `advance` returns, and which way each score speaks: 1 of more, -1 of less, 0 of either.

        Parameters
        ----------
        state, panel
            As for `advance`.
        """
        self._check_fitted()
        self._check_measures(panel)
        return self._advance_signed(state, panel)

    def _advance_signed(self, state: State, panel: Panel) -> tuple[State, Floats, Signs]:
        after, scores = self._advance(state, panel)
        return after, scores, _alike(self, panel)

    @final
    def _score(self, panel: Panel) -> Floats:
        return self._advance(self._start(panel.n_accounts), panel)[1]

    @final
    def _score_signed(self, panel: Panel) -> tuple[Floats, Signs]:
        return self._advance_signed(self._start(panel.n_accounts), panel)[1:]


def _alike(detector: Detector, panel: Panel) -> Signs:
    return np.broadcast_to(np.int8(SIGNS[direction_of(detector)]), panel.observed.shape)


def direction_of(detector: Detector) -> Direction:
    """Return the way in which a detector looks, "both" if it does not say."""
    found: Direction = getattr(detector, "direction", "both")
    return found


def empty_past(n_accounts: int, n_days: int) -> State:
    """Return a state that remembers the last `n_days` values of each account, none observed yet."""
    return {"past": np.full((n_accounts, n_days), np.nan)}


def in_groups(state: State, panel: Panel, n: int) -> Iterator[tuple[slice, State, Panel]]:
    """Yield rows, states and histories of `n` accounts after another, at least one."""
    n = max(1, n)
    for first in range(0, panel.n_accounts, n):
        rows = slice(first, first + n)
        yield rows, {name: values[rows] for name, values in state.items()}, panel.take(rows)
