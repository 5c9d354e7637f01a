"""How long ago an account's present level began: the posterior over all lengths of the present run of days.

A run is a row of five numbers: log probability, length in days, observed days among them (n), and two statistics.

=======  ==========================================  ===========================  =====================  =======
model    days                                        prior                        statistics             level
=======  ==========================================  ===========================  =====================  =======
NORMAL   normal of unknown mean and variance         [m, kappa, alpha, beta]      m, beta                m
POISSON  Poisson of mean level times exposure        [alpha, beta], gamma         alpha, beta            alpha / beta
NB       negative binomial, size r, P(success) = p   [a, b], p ~ Beta(a, b)       b, log Gamma(a + b)    b / (a + b)
=======  ==========================================  ===========================  =====================  =======

kappa, alpha (of NORMAL) and a follow from n: kappa + n, alpha + n / 2, a + n r. Predictives are Student's t, negative
binomial and beta negative binomial, up to factors that are the same for all runs. They need no whole numbers.
"""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.nb_tail import HALF_LOG_TWO_PI

COLUMNS = 5


@kernel
def log_gamma(x: float) -> float:
    """Return log Gamma(x) for x above 0; Stirling's series from 16 on, where its error is below 1e-15 of the result."""
    if x < 16.0:
        return math.lgamma(x)
    s = 1.0 / (x * x)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - s / 1188) * s) * s) * s) / x
    return (x - 0.5) * math.log(x) - x + HALF_LOG_TWO_PI + series


@kernel
def log_rising(x: float, y: float) -> float:
    """Return log Gamma(x + y) - log Gamma(x) for x above 0 and y at least 0; a product where y is small and whole."""
    if y == 0.0:
        return 0.0
    if y <= 16.0 and y == math.floor(y) and x < 1e15:
        product = 1.0
        for k in range(int(y)):
            product *= x + k
        return math.log(product)
    return log_gamma(x + y) - log_gamma(x)


@kernel
def begin(run: Floats, model: int, prior: Floats, log_probability: float) -> None:
    """Make `run` one that has seen no day yet."""
    run[0] = log_probability
    run[1] = 0.0
    run[2] = 0.0
    if model == 2:
        run[3] = prior[1]
        run[4] = log_gamma(prior[0] + prior[1])
    else:
        run[3] = prior[0]
        run[4] = prior[1] if model == 1 else prior[3]


@kernel
def observe(run: Floats, model: int, prior: Floats, size: float, term: float, y: float, exposure: float) -> float:
    """Return log of a day's predictive density, without the run-free factors, and let the run learn from the day."""
    first, second = float(run[3]), float(run[4])
    if model == 0:
        kappa = prior[1] + run[2]
        alpha = prior[2] + 0.5 * run[2]
        away = y - first
        run[3] = first + away / (kappa + 1.0)
        run[4] = second + 0.5 * away * away * kappa / (kappa + 1.0)
        found = term + alpha * math.log(second) - (alpha + 0.5) * math.log(run[4])
    elif model == 1:
        run[3] = first + y
        run[4] = second + exposure
        found = log_rising(first, y) - first * math.log1p(exposure / second) - y * math.log(run[4])
    else:
        run[3] = first + y
        run[4] = log_gamma(prior[0] + (run[2] + 1.0) * size + run[3])
        found = term + log_rising(first, y) - (run[4] - second)
    run[2] += 1.0
    return float(found)


@kernel
def _level(run: Floats, model: int, prior: Floats, size: float) -> float:
    """Return the posterior mean of the run's level; for NB of 1 - p, which rises with the level."""
    first = float(run[3])
    if model == 0:
        return first
    if model == 1:
        return first / float(run[4])
    return first / float(prior[0] + run[2] * size + first)


@kernel
def _log_sum(x: float, y: float) -> float:
    """Return log(exp(x) + exp(y)) of finite numbers."""
    return max(x, y) + math.log1p(math.exp(-abs(x - y)))


@kernel
def _next_day(runs: Floats, count: int, model: int, prior: Floats, hazard: float) -> int:
    """Age the runs by a day, on which each may end; merge the oldest two where both are too long; return the count."""
    longest = runs.shape[0]
    if count > 1 and runs[1, 1] >= longest - 1:
        both = _log_sum(runs[0, 0], runs[1, 0])
        if runs[1, 0] > runs[0, 0]:
            runs[0] = runs[1]
        runs[0, 0] = both
        for j in range(1, count - 1):
            runs[j] = runs[j + 1]
        count -= 1
    for j in range(count):
        runs[j, 0] += math.log1p(-hazard)
        runs[j, 1] += 1.0
    begin(runs[count], model, prior, math.log(hazard))
    runs[count, 1] = 1.0
    return count + 1


@kernel
def _log_odds(
    runs: Floats, count: int, model: int, prior: Floats, size: float, hazard: float, recent: int, sign: int
) -> tuple[float, float, int]:
    """Return log odds that the run began within `recent` days and its level departs as `sign` says.

    Beside them log of the sum of the probabilities, and which of the older runs is the likeliest (0 without any: then
    the odds are NaN). The departure is from the mean level of the older runs; 0 takes either. The run that begins
    tomorrow, of probability `hazard`, counts as departing.
    """
    n_old, likeliest = 0, 0
    top_old, top = -np.inf, -np.inf
    for j in range(count):
        if runs[j, 1] > recent:
            n_old += 1
            if runs[j, 0] > top_old:
                top_old = runs[j, 0]
                likeliest = j
        top = max(top, runs[j, 0])
    old, level = 0.0, 0.0
    for j in range(n_old):
        p = math.exp(runs[j, 0] - top_old)
        old += p
        level += p * _level(runs[j], model, prior, size)
    departed, others = 0.0, 0.0
    for j in range(n_old, count):
        p = math.exp(runs[j, 0] - top)
        if sign == 0 or sign * (_level(runs[j], model, prior, size) * old - level) > 0.0:
            departed += p
        else:
            others += p
    total = departed + others + (math.exp(top_old - top) * old if n_old > 0 else 0.0)
    log_total = top + math.log(total)
    if n_old == 0:
        return np.nan, log_total, 0
    log_rest = top_old + math.log(old)
    if others > 0.0:
        log_rest = _log_sum(log_rest, top + math.log(others))
    return math.log(hazard / (1.0 - hazard) + departed / total) - (log_rest - log_total), log_total, likeliest


@kernel
def _drop(runs: Floats, count: int, log_total: float, least: float, heir: int) -> int:
    """Norm the probabilities, drop runs below `least` in favour of the heir, and return how many are left."""
    kept, inherited, place = 0, 0.0, 0
    for j in range(count):
        runs[j, 0] -= log_total
        if j == heir:
            place = kept
        elif runs[j, 0] < least:
            inherited += math.exp(runs[j, 0])
            continue
        if kept < j:
            runs[kept] = runs[j]
        kept += 1
    if inherited > 0.0:
        runs[place, 0] = _log_sum(runs[place, 0], math.log(inherited))
    return kept


@parallel_kernel
def run_odds(
    start: Floats,
    values: Floats,
    exposures: Floats,
    model: int,
    prior: Floats,
    size: float,
    terms: Floats,
    hazard: float,
    recent: int,
    sign: int,
    prune: float,
) -> tuple[Floats, Floats]:
    """Return each day's log odds of a recent departure, ``(n_accounts, n_days)``, and the runs after the last day.

    `start` and the runs are ``(n_accounts, longest, COLUMNS)``, oldest first, rows of length 0 unused. A run departs if
    it began within the last `recent` days and its level lies above (`sign` 1) or below (-1) the mean level of the older
    runs; with 0 in any case.

    Nothing has been seen before the first value that is no NaN. On a NaN the runs grow and may end, and the result is
    NaN. Probabilities are of the run to which the day belongs, and sum to 1. `terms` come from `run_priors.day_terms`,
    for every n there is. `exposures` have the shape of `values` and serve POISSON. Runs of a probability below `prune`
    are dropped after the day; the likeliest of those older than `recent` days inherits it.
    """
    n_accounts, n_days = values.shape
    odds = np.full((n_accounts, n_days), np.nan)
    after = start.copy()
    least = math.log(prune) if prune > 0.0 else -np.inf
    for i in prange(n_accounts):
        runs = after[i]
        count = 0
        while count < runs.shape[0] and runs[count, 1] > 0.0:
            count += 1
        for t in range(n_days):
            y = values[i, t]
            if count > 0:
                count = _next_day(runs, count, model, prior, hazard)
            elif np.isnan(y):
                continue
            else:
                begin(runs[0], model, prior, 0.0)
                runs[0, 1] = 1.0
                count = 1
            if np.isnan(y):
                continue
            for j in range(count):
                runs[j, 0] += observe(runs[j], model, prior, size, terms[int(runs[j, 2])], y, exposures[i, t])
            odds[i, t], log_total, heir = _log_odds(runs, count, model, prior, size, hazard, recent, sign)
            count = _drop(runs, count, log_total, least, heir)
        runs[count:] = 0.0
    return odds, after
