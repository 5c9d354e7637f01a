"""How long ago an account's present level began: the posterior over all lengths of the present run of days.

A run is five numbers: log probability, length in days, observed days among them (n), and two statistics. In a state it
is a row; here it is a column, so that loops go over runs side by side. Older runs come first.

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
from viewshift.kernels.inline import inline_exp, inline_log, inline_log_gamma, sort_key, value_of
from viewshift.kernels.nb_tail import HALF_LOG_TWO_PI

COLUMNS = 5
FEW = 16.0
"""Up to so many, a whole count's rising factorial is a product."""


@kernel
def log_gamma(x: float) -> float:
    """Return log Gamma(x) for x above 0; Stirling's series from 16 on, where its error is below 1e-15 of the result."""
    if x < 16.0:
        return math.lgamma(x)
    s = 1.0 / (x * x)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - s / 1188) * s) * s) * s) / x
    return (x - 0.5) * math.log(x) - x + HALF_LOG_TWO_PI + series


@kernel
def begin(runs: Floats, j: int, model: int, prior: Floats, log_probability: float) -> None:
    """Make run j one that has seen no day yet."""
    runs[0, j] = log_probability
    runs[1, j], runs[2, j] = 0.0, 0.0
    if model == 2:
        runs[3, j] = prior[1]
        runs[4, j] = log_gamma(prior[0] + prior[1])
    else:
        runs[3, j] = prior[0]
        runs[4, j] = prior[1] if model == 1 else prior[3]


@kernel
def observe(
    runs: Floats, count: int, model: int, prior: Floats, size: float, terms: Floats, y: float, exposure: float
) -> None:
    """Add the log of a day's predictive density, without the run-free factors, to the log probability of each run.

    The runs learn from the day.
    """
    logs, n, first, second = runs[0, :count], runs[2, :count], runs[3, :count], runs[4, :count]
    whole = int(y) if 0.0 <= y <= FEW and y == math.floor(y) else -1
    if model != 1:
        for j in range(count):  # on its own: a look-up keeps a loop from vectors
            logs[j] += terms[int(n[j])]
    if model == 0:
        for j in range(count):
            kappa, alpha = prior[1] + n[j], prior[2] + 0.5 * n[j]
            away, before = y - first[j], second[j]
            first[j] += away / (kappa + 1.0)
            second[j] = before + 0.5 * away * away * kappa / (kappa + 1.0)
            logs[j] += alpha * inline_log(before) - (alpha + 0.5) * inline_log(second[j])
    elif model == 1:
        for j in range(count):
            rate = second[j] + exposure
            logs[j] += first[j] * inline_log(second[j] / rate)
            second[j] = rate
        rise(logs, first, y, whole, second)
    else:
        rise(logs, first, y, whole, np.ones(0))
        for j in range(count):
            both = inline_log_gamma(prior[0] + (n[j] + 1.0) * size + first[j])
            logs[j] -= both - second[j]
            second[j] = both
    for j in range(count):
        n[j] += 1.0


@kernel
def rise(logs: Floats, first: Floats, y: float, whole: int, over: Floats) -> None:
    """Add log Gamma(x + y) - log Gamma(x) - y log(over) to `logs`, x being `first`, and y to this.

    `whole` is y if it is a small whole count, else -1. Without any `over` it is 1.
    """
    if whole >= 0:
        product = np.ones(logs.size)
        for k in range(whole):
            if over.size:
                for j in range(logs.size):
                    product[j] *= (first[j] + k) / over[j]
            else:
                for j in range(logs.size):
                    product[j] *= first[j] + k
        if whole > 0:
            for j in range(logs.size):
                logs[j] += inline_log(product[j])
    else:
        for j in range(logs.size):
            logs[j] += inline_log_gamma(first[j] + y) - inline_log_gamma(first[j])
        if over.size:
            for j in range(logs.size):
                logs[j] -= y * inline_log(over[j])
    for j in range(logs.size):
        first[j] += y


@kernel
def _levels(runs: Floats, count: int, model: int, prior: Floats, size: float, levels: Floats) -> None:
    """Write the posterior mean of each run's level; for NB of 1 - p, which rises with the level."""
    n, first, second = runs[2, :count], runs[3, :count], runs[4, :count]
    for j in range(count):
        if model == 0:
            levels[j] = first[j]
        elif model == 1:
            levels[j] = first[j] / second[j]
        else:
            levels[j] = first[j] / (prior[0] + n[j] * size + first[j])


@kernel
def _log_sum(x: float, y: float) -> float:
    """Return log(exp(x) + exp(y)) of finite numbers."""
    return max(x, y) + math.log1p(math.exp(-abs(x - y)))


@kernel
def _next_day(runs: Floats, count: int, model: int, prior: Floats, log_stays: float, log_ends: float) -> int:
    """Age the runs by a day, on which each may end; merge the oldest two where both are too long; return the count."""
    longest = runs.shape[1]
    if count > 1 and runs[1, 1] >= longest - 1:
        both = _log_sum(runs[0, 0], runs[0, 1])
        if runs[0, 1] > runs[0, 0]:
            runs[:, 0] = runs[:, 1]
        runs[0, 0] = both
        for k in range(COLUMNS):
            for j in range(1, count - 1):
                runs[k, j] = runs[k, j + 1]
        count -= 1
    for j in range(count):
        runs[0, j] += log_stays
        runs[1, j] += 1.0
    begin(runs, count, model, prior, log_ends)
    runs[1, count] = 1.0
    return count + 1


@kernel
def _highest(logs: Floats) -> float:
    """Return the largest of finite numbers, minus infinity without any."""
    highest = sort_key(-np.inf)  # of integers, since the order of floats keeps the loop from vectors
    for j in range(logs.size):
        highest = max(highest, sort_key(logs[j]))
    return value_of(highest)


@kernel
def _log_odds(
    runs: Floats, count: int, levels: Floats, weights: Floats, hazard: float, recent: int, sign: int
) -> tuple[float, float, int]:
    """Return log odds that the run began within `recent` days and its level departs as `sign` says.

    Beside them log of the sum of the probabilities, and which of the older runs is the likeliest (0 without any: then
    the odds are NaN). The departure is from the mean level of the older runs; 0 takes either. The run that begins
    tomorrow, of probability `hazard`, counts as departing. `weights` are room for as many numbers.
    """
    logs, length, n_old = runs[0], runs[1], 0
    for j in range(count):
        n_old += length[j] > recent
    top_old = _highest(logs[:n_old])
    top = max(top_old, _highest(logs[n_old:count]))
    for j in range(n_old):
        weights[j] = inline_exp(logs[j] - top_old)
    for j in range(n_old, count):
        weights[j] = inline_exp(logs[j] - top)
    old, level, likeliest = 0.0, 0.0, 0
    for j in range(n_old):
        old += weights[j]
        level += weights[j] * levels[j]
    for j in range(n_old):
        if logs[j] == top_old:
            likeliest = j
            break
    departed, others = 0.0, 0.0
    for j in range(n_old, count):
        if sign == 0 or sign * (levels[j] * old - level) > 0.0:
            departed += weights[j]
        else:
            others += weights[j]
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
        own = runs[0, j] - log_total
        if j == heir:
            place = kept
        elif own < least:
            inherited += math.exp(own)
            continue
        runs[0, kept] = own
        if kept < j:
            for k in range(1, COLUMNS):
                runs[k, kept] = runs[k, j]
        kept += 1
    if inherited > 0.0:
        runs[0, place] = _log_sum(runs[0, place], math.log(inherited))
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
    after = np.zeros(start.shape)
    least = math.log(prune) if prune > 0.0 else -np.inf
    log_stays, log_ends = math.log1p(-hazard), math.log(hazard)
    for i in prange(n_accounts):
        runs = np.empty((COLUMNS, start.shape[1]))
        levels, weights = np.empty(start.shape[1]), np.empty(start.shape[1])
        count = 0
        while count < start.shape[1] and start[i, count, 1] > 0.0:
            runs[:, count] = start[i, count]
            count += 1
        for t in range(n_days):
            y = values[i, t]
            if count > 0:
                count = _next_day(runs, count, model, prior, log_stays, log_ends)
            elif np.isnan(y):
                continue
            else:
                begin(runs, 0, model, prior, 0.0)
                runs[1, 0] = 1.0
                count = 1
            if np.isnan(y):
                continue
            observe(runs, count, model, prior, size, terms, y, exposures[i, t])
            _levels(runs, count, model, prior, size, levels)
            odds[i, t], log_total, heir = _log_odds(runs, count, levels, weights, hazard, recent, sign)
            count = _drop(runs, count, log_total, least, heir)
        after[i, :count] = runs[:, :count].T
    return odds, after
