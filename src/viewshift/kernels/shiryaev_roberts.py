"""The sum, over all days a shift may have begun on, of its likelihood ratio."""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import parallel_kernel


@parallel_kernel
def log_ratio_sums(start: Floats, log_ratios: Floats) -> tuple[Floats, Floats]:
    """Return log R_t of R_t = (1 + R_{t-1}) exp(x_t), ``(n_accounts, n_days)``, and each one's last, ``(n_accounts,)``.

    `start` holds log R before the first day; minus infinity for R = 0. On a day whose x is NaN the sum holds and the
    result is NaN.
    """
    n_accounts, n_days = log_ratios.shape
    sums = np.full((n_accounts, n_days), np.nan)
    last = start.copy()
    for i in prange(n_accounts):
        for t in range(n_days):
            x = log_ratios[i, t]
            if not np.isnan(x):
                last[i] = max(last[i], 0.0) + math.log1p(math.exp(-abs(last[i]))) + x
                sums[i, t] = last[i]
    return sums, last
