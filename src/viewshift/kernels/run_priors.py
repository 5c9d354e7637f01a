"""What levels of runs are drawn from, learned from many accounts; models and priors as in `kernels.bocpd`."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from viewshift._typing import Floats
from viewshift.kernels.segmentation import NORMAL, POISSON

BOUND = 10.0
"""Of the logarithms of a prior's positive parameters."""
MOST = 20_000
"""Stretches that a prior is learned from; of more, every k-th is used."""
LEAST = 1e-3
"""Smallest variance of square roots, and ratio of variances, that a prior believes in."""


def day_terms(model: int, prior: Floats, size: float, most: int) -> Floats:
    """Return what a predictive owes to the number n of earlier days alone, for n = 0 .. most."""
    n = np.arange(most + 1.0)
    if model == POISSON:
        return np.zeros(n.size)
    if model == NORMAL:
        kappa, alpha = prior[1] + n, prior[2] + n / 2
        normal: Floats = gammaln(alpha + 0.5) - gammaln(alpha) + 0.5 * np.log(kappa / (kappa + 1))
        return normal
    nb: Floats = gammaln(prior[0] + (n + 1) * size) - gammaln(prior[0] + n * size)
    return nb


def log_evidence(model: int, prior: Floats, size: float, n: Floats, total: Floats, exposure: Floats) -> Floats:
    """Return log-likelihoods of stretches of POISSON or NB days of one level each, without prior-free factors.

    Arrays ``(n_stretches,)``: number of days, their sum, and the sum of their exposures (POISSON).
    """
    a, b = prior
    if model == POISSON:
        poisson: Floats = gammaln(a + total) - gammaln(a) + a * np.log(b) - (a + total) * np.log(b + exposure)
        return poisson
    own = gammaln(a + n * size) + gammaln(b + total) - gammaln(a + b + n * size + total)
    nb: Floats = own - (gammaln(a) + gammaln(b) - gammaln(a + b))
    return nb


def fit_prior(model: int, size: float, n: Floats, total: Floats, exposure: Floats) -> Floats:
    """Return the POISSON or NB prior under which stretches (see `log_evidence`) are most likely; ones without any."""
    seen = np.flatnonzero(n > 0)
    seen = seen[:: 1 + seen.size // MOST]
    n, total, exposure = n[seen], total[seen], exposure[seen]

    def loss(logs: Floats) -> float:
        return -float(np.mean(log_evidence(model, np.exp(logs), size, n, total, exposure)))

    if not seen.size:
        return np.ones(2)
    mean = max(total.sum() / exposure.sum(), 1e-3)
    start = np.log([1.0, 1.0 / mean] if model == POISSON else [1.0, mean / size])
    found: Floats = np.exp(minimize(loss, start, method="L-BFGS-B", bounds=[(-BOUND, BOUND)] * 2).x)
    return found


def normal_prior(n: Floats, total: Floats, squares: Floats) -> Floats:
    """Return the NORMAL prior by moments of the stretches' means and variances; a default without two days in any.

    `squares` are sums of squares about the own mean. The likeliest prior would not do: stretches of nothing but zeros,
    which are many, make it believe in variances near 0, and then any day of viewing is a change.
    """
    known = n > 1
    if not known.any():
        return np.ones(4) * [0.0, 1.0, 3.0, 2.0]
    mean, variance = total[known] / n[known], squares[known] / (n[known] - 1)
    usual = max(float(variance.mean()), LEAST)
    alpha = 2.0 + min(usual**2 / max(float(variance.var()), LEAST), 1 / LEAST)
    between = float(mean.var() - np.mean(variance / n[known]))
    kappa = usual / max(between, LEAST * usual)
    return np.array([mean.mean(), kappa, alpha, usual * (alpha - 1.0)])
