"""The exponentially weighted sum and its variance."""

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import parallel_kernel


@parallel_kernel
def weighted_sums(start: Floats, values: Floats, weight: float) -> tuple[Floats, Floats, Floats]:
    """Return E_t = (1 - w) E_{t-1} + w x_t, its variance for independent x of variance 1, and the last of both.

    E and variance are ``(n_accounts, n_days)``, `start` and the last ones ``(n_accounts, 2)``. On a day whose value is
    NaN both only decay, and the results are NaN.
    """
    n_accounts, n_days = values.shape
    sums = np.full((n_accounts, n_days), np.nan)
    variances = np.full((n_accounts, n_days), np.nan)
    last = start.copy()
    keep = 1.0 - weight
    for i in prange(n_accounts):
        for t in range(n_days):
            last[i, 0] *= keep
            last[i, 1] *= keep * keep
            x = values[i, t]
            if not np.isnan(x):
                last[i, 0] += weight * x
                last[i, 1] += weight * weight
                sums[i, t], variances[i, t] = last[i]
    return sums, variances, last
