"""How far out in the tail of its prediction a day lies."""

from dataclasses import dataclass, field
from typing import ClassVar, get_args

import numpy as np
from sklearn.base import clone

from viewshift._checks import check_choice
from viewshift._typing import Direction, Floats, State
from viewshift.baselines import Baseline, Hurdle
from viewshift.detectors._base import Claims
from viewshift.detectors._on_baseline import OnBaseline
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class PredictiveTail(OnBaseline):
    r"""Rarity of a day under what a baseline predicted for it: :math:`-\log_{10} P(Y_t \ge y_t)`.

    Scores are comparable between accounts as far as the baseline fits each of them, and there is one from an account's
    first observed day on. The sharpest score for single days; a surge of many modest days stays in the middle of the
    tail, the more so as a baseline of short memory gets used to it.

    Parameters
    ----------
    baseline
        What predicts the days; fitted anew, the given one stays as it is.
    direction
        "up" takes P(Y >= y), "down" P(Y <= y), "both" the smaller of the two.

    Attributes
    ----------
    baseline_ : Baseline
        The fitted baseline.

    References
    ----------
    Box, G. E. P. (1980). Sampling and Bayes' inference in scientific modelling and robustness. Journal of the Royal
    Statistical Society A 143, 383-430, section 2.1 (predictive tail probability). doi:10.2307/2982063

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.PredictiveTail().fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    baseline: Baseline = field(default_factory=Hurdle)
    direction: Direction = "up"

    def _fit(self, panel: Panel) -> None:
        check_choice("direction", self.direction, get_args(Direction))
        self.baseline_: Baseline = clone(self.baseline).fit(panel)

    def _start(self, n_accounts: int) -> State:
        return self.baseline_.start(n_accounts)

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        state, prediction = self.baseline_.advance(state, panel)
        values = panel[self.measure]
        tails = {"up": (prediction.logsf,), "down": (prediction.logcdf,), "both": (prediction.logsf, prediction.logcdf)}
        logs = np.minimum.reduce([tail(values) for tail in tails[self.direction]])
        return state, -logs / np.log(10)
