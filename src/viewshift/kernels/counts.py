"""The negative binomial distribution, discounted sums, and counter-based random bits.

NB(mean m, size r) has variance m + m^2 / r. The formulas need no whole numbers, so minutes pass through as well.
"""

from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from viewshift._typing import Bools, Floats
from viewshift.kernels._compile import parallel_kernel


def nb_log_ratio(values: Floats, mean: Floats, ratio: float, size: float) -> Floats:
    """Return log NB(y; ratio * mean, size) - log NB(y; mean, size), elementwise and broadcast; NaN stays NaN."""
    odds = (size + ratio * mean) / (size + mean)
    return values * np.log(ratio / odds) - size * np.log(odds)


def credible(values: Floats) -> Bools:
    """Return which values are at most ten times the 99.9 % quantile of those above 0; others are errors, as is NaN."""
    positive = values[values > 0]
    return np.asarray(values <= (10.0 * np.quantile(positive, 0.999) if positive.size else 0.0))


def nb_size(values: Floats, mean: Floats) -> float:
    """Return the size in [0.01, 1000] at which values with these known means (both 1-D, no NaN) are most likely.

    Maximum likelihood by bounded search over log size. Of more than 300,000 values every k-th is used, k no multiple
    of 7, so that no weekday is preferred. Without any value the answer is 1.
    """
    if not values.size:
        return 1.0
    step = 1 + values.size // 300_000
    step += step % 7 == 0
    values, mean = values[::step], mean[::step]
    distinct, times = np.unique(values, return_counts=True)

    def loss(log_size: float) -> float:
        r = np.exp(log_size)
        bounded = gammaln(distinct + r) - gammaln(r)
        return float(np.sum((values + r) * np.log1p(mean / r)) + values.sum() * log_size - np.sum(times * bounded))

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.01), np.log(1000.0)), method="bounded").x))


def mixed_bits(counter: NDArray[np.uint64]) -> NDArray[Any]:
    """Return SplitMix64's scrambling of 64-bit counters (same shape): close inputs give unrelated outputs."""
    z = counter.copy()
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


@parallel_kernel
def discounted_sums(start: Floats, values: Floats, factors: Floats, keep: float) -> tuple[Floats, Floats, Floats]:
    """Return sums of each day's earlier values and of their factors, ``(n_accounts, n_days)``, and the last of both.

    Both shrink by `keep` with every day; a NaN adds to neither. `start` and the last sums are ``(n_accounts, 2)``.
    """
    past, days, sums = np.empty(values.shape), np.empty(values.shape), start.copy()
    for i in prange(values.shape[0]):
        for t in range(values.shape[1]):
            past[i, t], days[i, t] = sums[i]
            sums[i] *= keep
            if not np.isnan(values[i, t]):
                sums[i, 0] += values[i, t]
                sums[i, 1] += factors[i, t]
    return past, days, sums
