"""Empirical Bayes for rates: each account's own rate, shrunk towards the population's."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from viewshift._checks import check_positive
from viewshift._typing import Floats, State
from viewshift.baselines._base import Baseline
from viewshift.baselines.predictive import Predictive
from viewshift.baselines.weekday import expected_factors, weekday_factors
from viewshift.kernels.counts import discounted_sums
from viewshift.panel import Panel

BOUNDS = ((-12.0, 12.0), (-12.0, 12.0))
"""Of log a and log b."""


@dataclass(kw_only=True, eq=False, repr=False)
class GammaPoisson(Baseline):
    r"""Poisson days whose rate is the account's own, drawn from a gamma distribution over accounts.

    With x the account's discounted sum of earlier days and d that of their weekday factors times exposures, the day
    with factor w is predicted as

    .. math:: Y \sim NB\left(\text{size } a + x,\ \text{success probability } \frac{b + d}{b + d + w}\right).

    It knows how little it knows of a new account, and nothing of restless ones: days are more spread than Poisson.

    Parameters
    ----------
    measure
        The measure to predict.
    half_life
        In days: after so long a day's weight has halved; ``float("inf")`` forgets nothing.

    Attributes
    ----------
    weekday_ : ndarray of shape (7,)
        Population factor of each weekday, Monday first.
    shape_, rate_ : float
        Shape a and rate b (in days) of the gamma distribution over accounts, by maximum likelihood of the days, each
        given the earlier ones: without forgetting the marginal likelihood of the accounts.

    Notes
    -----
    On unobserved days x and d are discounted as on others, so that the prediction drifts back to the population's.

    References
    ----------
    Robbins, H. (1956). An empirical Bayes approach to statistics. Proc. Third Berkeley Symposium 1, 157-163.

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.baselines.GammaPoisson().fit(viewers).predict(viewers).mean.shape
    (20, 120)
    """

    measure: str = "episodes"
    half_life: float = 90.0

    def _fit(self, panel: Panel) -> None:
        if self.half_life != np.inf:
            check_positive("half_life", self.half_life)
        self.weekday_ = weekday_factors(panel, self.measure)
        _, past, days, factors = self._sums(self._start(panel.n_accounts)["sums"], panel)
        known = panel.observed
        start = max(float(np.nanmean(panel[self.measure])), 1e-3) if known.any() else 1.0
        values = panel[self.measure][known].astype(np.float64)
        self.shape_, self.rate_ = fit_gamma(values, factors[known], past[known], days[known], start)

    def _start(self, n_accounts: int) -> State:
        return {"sums": np.zeros((n_accounts, 2))}

    def _advance(self, state: State, panel: Panel) -> tuple[State, Predictive]:
        sums, past, days, factors = self._sums(state["sums"], panel)
        size = self.shape_ + past
        mean = factors * size / (self.rate_ + days)
        active = np.clip(-np.expm1(-size * np.log1p(mean / size)), 1e-300, 1 - 1e-15)  # neither side is ever impossible
        return {"sums": sums}, Predictive(active, mean, size)

    def _sums(self, state: Floats, panel: Panel) -> tuple[Floats, Floats, Floats, Floats]:
        factors = np.broadcast_to(expected_factors(panel, self.weekday_), panel.observed.shape)
        keep = 0.5 ** (1 / self.half_life)
        past, days, sums = discounted_sums(state, panel[self.measure].astype(np.float64), factors.copy(), keep)
        return sums, past, days, factors


def fit_gamma(values: Floats, factors: Floats, past: Floats, days: Floats, mean: float) -> tuple[float, float]:
    """Return shape and rate of the gamma distribution under which the days are most likely, all arrays ``(n,)``.

    Each day is NB(a + past, (b + days) / (b + days + factor)) given the earlier ones; the search starts from `mean`.
    """

    def loss(logs: Floats) -> float:
        a, b = np.exp(logs) + np.zeros(2)
        size, before = a + past, b + days
        ratios = gammaln(size + values) - gammaln(size)
        return -float(np.mean(ratios + size * np.log(before / (before + factors)) - values * np.log(before + factors)))

    if not values.size:
        return 1.0, 1.0
    found = minimize(loss, np.log([1.0, 1.0 / mean]), method="L-BFGS-B", bounds=BOUNDS)
    shape, rate = np.exp(found.x)
    return float(shape), float(rate)
