"""The largest likelihood ratio for a shift of any size that began on any of the last days, each of its own mean."""

from dataclasses import dataclass, field
from typing import ClassVar, get_args

import numpy as np
from sklearn.base import clone

from viewshift._checks import check_choice, check_whole
from viewshift._typing import Direction, Floats, State
from viewshift.baselines import Baseline, UsualLevel
from viewshift.detectors._base import Claims, empty_past
from viewshift.detectors._on_baseline import OnBaseline, advance_within, start_within
from viewshift.detectors._trailing import with_past
from viewshift.kernels.counts import credible, nb_size
from viewshift.kernels.glr import shift_gain
from viewshift.panel import Panel

_SIGNS = {"up": (1,), "down": (-1,), "both": (1, -1)}


@dataclass(kw_only=True, eq=False, repr=False)
class Glr(OnBaseline):
    r"""Negative binomial CUSUM for every size of shift at once: the means of all days are multiplied by any factor.

    With :math:`\mu_d` the mean that the baseline predicted for day d, exposure included, and r a pooled size,

    .. math:: S_t = \max_{t - \text{window} < s \le t} \; \max_{\theta \ge 1} \; \sum_{d=s}^{t}
        \log \frac{NB(y_d; \theta \mu_d, r)}{NB(y_d; \mu_d, r)}.

    Take it instead of `Focus` with ``family="nb"``, which takes the days of a window to share one mean, where weekdays,
    trends or exposures make the means differ; with equal means the two are the same. `Cusum` with ``increments="nb"``
    is cheaper, and looks for one :math:`\theta`.

    Parameters
    ----------
    baseline
        What predicts the days; fitted anew, the given one stays as it is. One of long memory does not get used to the
        shift that is being sought.
    warm_up
        Observed days of an account, at least 0, that are left out because the baseline does not know it yet.
    window
        Days to which the start of a shift is traced back, at least 1: an older shift counts with its last `window`
        days.
    shortest
        Observed days that a shift has lasted at least, from 1 to `window`. More than 1 keeps a single day from scoring
        on its own: the same factor must suit the days around it.
    direction
        "up" looks for a factor of at least 1, "down" for one of at most 1, "both" is the larger of the two.

    Attributes
    ----------
    baseline_ : Baseline
        The fitted baseline.
    size_ : float
        Negative binomial size at which the population's days are most likely, given their means one day ahead.

    Notes
    -----
    On unobserved days the score is NaN and nothing is added. A day costs `window` additions and a search for
    :math:`\theta` at the few start days that come into question, some five of 56 on simulated viewers; the state is the
    last days and their means.

    The gain of a window is concave in :math:`\log \theta` and found to 1e-12 of its size by steps that never pass its
    peak. Start days are skipped only where a bound shows that they cannot be best, so the score is the maximum above.
    More viewing on day t raises, at any :math:`\theta \ge 1`, the gain of every window that ends there by
    :math:`\log [\theta (r + \mu_t) / (r + \theta \mu_t)] \ge 0` for each unit, and so never lowers the score.

    Differs from the source: the usual means come from a baseline that goes on learning, starts of shifts lie within the
    window, and nothing restarts after an alarm, of which a detector knows nothing.

    References
    ----------
    Höhle, M. and Paul, M. (2008). Count data regression charts for the monitoring of surveillance time series.
    Computational Statistics & Data Analysis 52, 4357-4368. doi:10.1016/j.csda.2008.02.015

    Bach, F. (2010). Self-concordant analysis for logistic regression. Electronic Journal of Statistics 4, 384-414,
    section 2 (the bounds). doi:10.1214/09-EJS521

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.Glr().fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    cumulative: ClassVar[bool] = True
    baseline: Baseline = field(default_factory=UsualLevel)
    warm_up: int = 28
    window: int = 56
    shortest: int = 1
    direction: Direction = "up"

    def _fit(self, panel: Panel) -> None:
        check_whole("warm_up", self.warm_up, least=0)
        check_whole("window", self.window, least=1)
        if check_whole("shortest", self.shortest, least=1) > self.window:
            raise ValueError(f"`shortest` must be at most `window`, {self.window}, got {self.shortest}.")
        check_choice("direction", self.direction, get_args(Direction))
        self.baseline_: Baseline = clone(self.baseline).fit(panel)
        values = panel[self.measure].astype(np.float64)
        known = credible(values)
        self.size_ = nb_size(values[known], self.baseline_.predict(panel).mean[known])

    def _start(self, n_accounts: int) -> State:
        before = self.window - 1
        own = {"means": np.full((n_accounts, before), np.nan), "seen": np.zeros(n_accounts)}
        return empty_past(n_accounts, before) | own | start_within(self.baseline_, n_accounts)

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        within, prediction = advance_within(self.baseline_, state, panel)
        seen = state["seen"][:, None] + np.cumsum(panel.observed, axis=1)
        own_values = np.where(seen > self.warm_up, panel[self.measure].astype(np.float64), np.nan)
        past, values = with_past(state["past"], own_values)
        past_means, means = with_past(state["means"], prediction.mean)
        gains = [
            shift_gain(values, means, panel.n_days, self.size_, sign, self.shortest) for sign in _SIGNS[self.direction]
        ]
        after = {"past": past, "means": past_means, "seen": state["seen"] + panel.observed.sum(axis=1)}
        return after | within, np.maximum.reduce(gains)
