"""The largest likelihood ratio for a shift that began on any of the last days and is of any size."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

import numpy as np
from sklearn.base import clone

from viewshift._checks import check_choice, check_whole
from viewshift._typing import Direction, Floats, State
from viewshift.baselines import Baseline, Predictive, UsualLevel
from viewshift.detectors._base import Claims, empty_past
from viewshift.detectors._on_baseline import OnBaseline, advance_within, start_within
from viewshift.detectors._trailing import with_past
from viewshift.kernels.counts import credible, nb_size
from viewshift.kernels.focus import change_gain
from viewshift.kernels.segmentation import NB, NORMAL, POISSON
from viewshift.panel import Panel

_FAMILY = {"normal": NORMAL, "poisson": POISSON, "nb": NB}
_SIGNS = {"up": (1,), "down": (-1,), "both": (1, -1)}


@dataclass(kw_only=True, eq=False, repr=False)
class Focus(OnBaseline):
    r"""CUSUM for every size of shift at once, or a moving window of every length at once.

    .. math:: S_t = \max_{t - \text{longest} < s \le t} \; \max_\theta \; \log
        \frac{L_\theta(y_s, \ldots, y_t)}{L_0(y_s, \ldots, y_t)}

    with the baseline's prediction as :math:`L_0`. Where a CUSUM must be told the size of the shift to look for, and a
    window sum its length, this one takes the best of each. Take it when shifts of all lengths matter alike; at a given
    length and size a detector made for them finds a little more.

    Parameters
    ----------
    baseline
        What predicts the usual level; fitted anew, the given one stays as it is.
    family
        "poisson": the shift multiplies all predicted means. "nb": negative binomial days of one size, whose usual level
        is the same on all days of the window: the mean of the predictions for them. "normal": the shift adds the
        same number of predicted standard deviations to every day.
    warm_up
        Observed days of an account, at least 0, that are left out because the baseline does not know it yet.
    longest
        Days to which a shift is traced back, at least 1: an older one counts with its last `longest` days.
    direction
        "up" looks for a higher level, "down" for a lower one, "both" is the larger of the two.

    Attributes
    ----------
    baseline_ : Baseline
        The fitted baseline.
    floor_ : float
        Smallest predicted mean used (for "normal", standard deviation), in units of the measure: the lower quartile of
        the population's.
    size_ : float
        Negative binomial size at which the population's days are most likely, given their means one day ahead.

    Notes
    -----
    On unobserved days the score is NaN and nothing is added. Thanks to pruning a day costs few additions and at
    most some ln(`longest`) logarithms on average, while levels have no trend; where they rise day after day, up to
    `longest`. The state is the last days, and the score exactly the maximum above.

    With a fixed size, negative binomial days of unequal means are no exponential family, which pruning needs. So "nb"
    has neither weekdays nor trends within the window, and divides days by the exposure; the other two are exact with
    a mean of its own, exposure included, for every day.

    Differs from the source: shifts older than `longest` days are cut off, since a forgotten binge of long ago would
    otherwise hide all that follows; and the level before the shift is the baseline's.

    References
    ----------
    Romano, G., Eckley, I. A., Fearnhead, P. and Rigaill, G. (2023). Fast online changepoint detection via functional
    pruning CUSUM statistics. Journal of Machine Learning Research 24(81), 1-36, section 3.

    Ward, K., Romano, G., Eckley, I. and Fearnhead, P. (2024). A constant-per-iteration likelihood ratio test for online
    changepoint detection for exponential family models. Statistics and Computing 34, 99.
    doi:10.1007/s11222-024-10416-y

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.Focus().fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    cumulative: ClassVar[bool] = True
    baseline: Baseline = field(default_factory=UsualLevel)
    family: Literal["normal", "poisson", "nb"] = "nb"
    warm_up: int = 28
    longest: int = 56
    direction: Direction = "up"

    def _fit(self, panel: Panel) -> None:
        check_choice("family", self.family, tuple(_FAMILY))
        check_whole("warm_up", self.warm_up, least=0)
        check_whole("longest", self.longest, least=1)
        check_choice("direction", self.direction, get_args(Direction))
        self.baseline_: Baseline = clone(self.baseline).fit(panel)
        prediction = self.baseline_.predict(panel)
        usual = prediction.std if self.family == "normal" else self._unexposed(prediction.mean, panel)
        known = panel.observed
        self.floor_ = float(np.quantile(usual[known], 0.25)) if known.any() else 1.0
        self.size_ = 1.0
        if self.family == "nb":
            values = self._unexposed(panel[self.measure].astype(np.float64), panel)
            known = credible(values)
            self.size_ = nb_size(values[known], np.maximum(usual[known], self.floor_))

    def _start(self, n_accounts: int) -> State:
        before = self.longest - 1
        own = {"means": np.full((n_accounts, before), np.nan), "seen": np.zeros(n_accounts)}
        return empty_past(n_accounts, before) | own | start_within(self.baseline_, n_accounts)

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        within, prediction = advance_within(self.baseline_, state, panel)
        seen = state["seen"][:, None] + np.cumsum(panel.observed, axis=1)
        own_values = np.where(seen > self.warm_up, self._values(panel, prediction), np.nan)
        past, values = with_past(state["past"], own_values)
        past_means, means = with_past(state["means"], self._means(panel, prediction))
        gains = [
            change_gain(values, means, panel.n_days, _FAMILY[self.family], self.size_, sign)
            for sign in _SIGNS[self.direction]
        ]
        after = {"past": past, "means": past_means, "seen": state["seen"] + panel.observed.sum(axis=1)}
        return after | within, np.maximum.reduce(gains)

    def _values(self, panel: Panel, prediction: Predictive) -> Floats:
        values = panel[self.measure].astype(np.float64)
        if self.family == "poisson":
            return values
        if self.family == "nb":
            return self._unexposed(values, panel)
        return (values - prediction.mean) / np.maximum(prediction.std, self.floor_)

    def _means(self, panel: Panel, prediction: Predictive) -> Floats:
        if self.family == "normal":
            return np.ones(panel.observed.shape)
        means = np.maximum(self._unexposed(prediction.mean, panel), self.floor_)
        return means * panel.exposure if self.family == "poisson" and panel.exposure is not None else means

    @staticmethod
    def _unexposed(values: Floats, panel: Panel) -> Floats:
        return values if panel.exposure is None else values / panel.exposure
