"""The likelihood ratio of a shift, summed over all days it may have begun on."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

import numpy as np
from sklearn.base import clone

from viewshift._checks import check_choice, check_positive
from viewshift._typing import Direction, Floats, State
from viewshift.baselines import Baseline, Predictive, UsualLevel
from viewshift.detectors._base import Claims
from viewshift.detectors._on_baseline import OnBaseline, advance_within, start_within
from viewshift.kernels.counts import credible, nb_log_ratio, nb_size
from viewshift.kernels.shiryaev_roberts import log_ratio_sums
from viewshift.panel import Panel

_SIDES: dict[str, tuple[str, ...]] = {"up": ("up",), "down": ("down",), "both": ("up", "down")}


@dataclass(kw_only=True, eq=False, repr=False)
class ShiryaevRoberts(OnBaseline):
    r"""Log of the likelihood ratio of a shift, summed over all the days on which it may have begun.

    .. math:: R_t = (1 + R_{t-1}) e^{x_t}, \quad R_0 = 0, \quad \text{score} = \log R_t,

    with :math:`x_t` the day's log-likelihood ratio of a shifted level to the one that `baseline` predicted. A
    cumulative sum takes the one most likely beginning, this chart gives all of them the same weight: it is the limit of
    Bayes' rule where a shift is rare and may come on any day, and quickest on average for shifts that come late.

    With ``increments="nb"``, :math:`x_t = \log NB(y_t; \text{shift} \cdot \mu_t, r) - \log NB(y_t; \mu_t, r)`, where
    :math:`\mu_t` is the predicted mean. With ``increments="normal"``, :math:`x_t = \text{shift} \cdot z_t -
    \text{shift}^2 / 2`, where z is the excess over it in units of the predicted standard deviation, at most `cap`.

    Parameters
    ----------
    baseline
        What predicts the days; fitted anew, the given one stays as it is.
    increments
        "nb": likelihood ratio of negative binomial counts. "normal": of standardised excess.
    shift
        The shift to look for: for "nb" above 1, as ratio of the shifted to the usual mean; for "normal" above 0, in
        standard deviations.
    cap
        For "normal", the excess in standard deviations beyond which a day counts no more; infinite for the textbook
        form.
    direction
        "up" looks for a raised level, "down" for one lowered by as much, "both" is the larger of the two scores.

    Attributes
    ----------
    baseline_ : Baseline
        The fitted baseline.
    size_ : float
        For "nb": the size r at which the population's credible days are most likely, given the predicted means.

    Notes
    -----
    On unobserved days R holds and the score is NaN.

    Differs from the source: the level before the shift is predicted, days depend on each other, and z is cut; the mean
    of R_t is then no longer t, nor do run-length tables hold. Take thresholds from `AlarmRule`.

    References
    ----------
    Shiryaev, A. N. (1963). On optimum methods in quickest detection problems. Theory of Probability and Its
    Applications 8, 22-46. doi:10.1137/1108002

    Roberts, S. W. (1966). A comparison of some control chart procedures. Technometrics 8, 411-430.
    doi:10.1080/00401706.1966.10490374

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.ShiryaevRoberts().fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    cumulative: ClassVar[bool] = True
    baseline: Baseline = field(default_factory=UsualLevel)
    increments: Literal["normal", "nb"] = "nb"
    shift: float = 2.0
    cap: float = 3.0
    direction: Direction = "up"

    def _fit(self, panel: Panel) -> None:
        check_choice("increments", self.increments, ("normal", "nb"))
        check_positive("shift", self.shift)
        if self.increments == "nb" and self.shift <= 1:
            raise ValueError(f'`shift` must be above 1 with increments="nb" (a ratio of means), got {self.shift}.')
        if self.cap != np.inf:
            check_positive("cap", self.cap)
        check_choice("direction", self.direction, get_args(Direction))
        self.baseline_: Baseline = clone(self.baseline).fit(panel)
        if self.increments == "nb":
            values = panel[self.measure].astype(np.float64)
            known = credible(values)
            self.size_ = nb_size(values[known], self.baseline_.predict(panel).mean[known])

    def _start(self, n_accounts: int) -> State:
        sums = {side: np.full(n_accounts, -np.inf) for side in _SIDES[self.direction]}
        return {**start_within(self.baseline_, n_accounts), **sums}

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        after, prediction = advance_within(self.baseline_, state, panel)
        scores = []
        for side in _SIDES[self.direction]:
            log_ratios = self._log_ratios(panel[self.measure], prediction, 1 if side == "up" else -1)
            sums, after[side] = log_ratio_sums(state[side], log_ratios)
            scores.append(sums)
        return after, np.maximum.reduce(scores)

    def _log_ratios(self, values: Floats, prediction: Predictive, sign: int) -> Floats:
        if self.increments == "nb":
            return nb_log_ratio(values, prediction.mean, float(self.shift) ** sign, self.size_)
        z = np.minimum(sign * (values - prediction.mean) / prediction.std, self.cap)
        return np.asarray(self.shift * z - self.shift**2 / 2)
