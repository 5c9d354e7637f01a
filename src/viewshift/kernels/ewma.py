"""The exponentially weighted sum and its variance."""

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import parallel_kernel


def weighted_sums(start: Floats, values: Floats, weight: float) -> tuple[Floats, Floats, Floats]:
    """Return E_t = (1 - w) E_{t-1} + w x_t, its variance for independent x of variance 1, and the last of both.

    E and variance are ``(n_accounts, n_days)``, `start` and the last ones ``(n_accounts, 2)``. On a day whose value is
    NaN both only decay, and the results are NaN.
    """
    sums, variances, last = np.empty(values.shape), np.empty(values.shape), np.empty(start.shape)
    _weigh(start, values, weight, sums, variances, last)
    return sums, variances, last


@parallel_kernel
def _weigh(start: Floats, values: Floats, weight: float, sums: Floats, variances: Floats, last: Floats) -> None:
    keep = 1.0 - weight
    for i in prange(len(values)):
        total, variance = start[i, 0], start[i, 1]
        for t in range(values.shape[1]):
            x = values[i, t]
            total *= keep
            variance *= keep * keep
            known = x == x  # noqa: PLR0124 (a choice without a branch)
            total = total + weight * x if known else total
            variance = variance + weight * weight if known else variance
            sums[i, t] = total if known else np.nan
            variances[i, t] = variance if known else np.nan
        last[i, 0] = total
        last[i, 1] = variance
