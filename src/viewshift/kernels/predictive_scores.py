"""Scores of hurdle predictions that no closed form gives."""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.nb_tail import hurdle_log_pmf

MOST_TERMS = 10_000_000
"""A sum that needs more is refused."""


@kernel
def _hurdle_crps(y: float, active: float, m: float, r: float, error: float) -> float:
    total = 0.0
    below = 1.0 - active  # P(Y <= k)
    log_p = hurdle_log_pmf(1.0, active, m, r)
    share = math.log(m / (m + r))
    k = 0.0
    while y <= MOST_TERMS and k < MOST_TERMS:
        if k < y:
            total += below * below
        else:
            above = max(1.0 - below, 0.0)  # P(Y > k)
            total += above * above
            # pmf ratios fall or rise towards m / (m + r), so that P(Y > k + j) <= above * ratio^j from here on
            ratio = max(1.0, (k + 1.0 + r) / (k + 2.0)) * m / (m + r)
            if ratio < 1.0 and above * above * ratio * ratio <= error * (1.0 - ratio * ratio):
                return total
        k += 1.0
        below += math.exp(log_p)
        log_p += math.log((k + r) / (k + 1.0)) + share
    return math.inf


def hurdle_crps(values: Floats, active: Floats, mean: Floats, size: Floats, error: float) -> Floats:
    """Return the sum over k = 0, 1, ... of (P(Y <= k) - [y <= k])^2 of hurdles, elementwise over shape (n,).

    The sum ends where what is left of it is at most `error`, by a geometric bound on the tail. NaN where the value is.

    Raises
    ------
    ValueError
        If a sum needs more than 10,000,000 terms.
    """
    result = _all_crps(values, active, mean, size, error)
    for i in np.flatnonzero(np.isinf(result))[:1]:
        raise ValueError(
            f"A CRPS must not need more than {MOST_TERMS:,} terms, got the value {values[i]:g} under an NB mean of "
            f"{mean[i]:g} and size of {size[i]:g}; leave such days out, or use the logarithmic score."
        )
    return result


@parallel_kernel
def _all_crps(values: Floats, active: Floats, mean: Floats, size: Floats, error: float) -> Floats:
    result = np.full(values.size, np.nan)
    for i in prange(values.size):
        if not np.isnan(values[i]):
            result[i] = _hurdle_crps(values[i], active[i], mean[i], size[i], error)
    return result
