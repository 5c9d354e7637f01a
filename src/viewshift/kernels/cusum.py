"""The cumulative sum that restarts at zero."""

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import parallel_kernel


@parallel_kernel
def cumulative_sum(start: Floats, increments: Floats) -> tuple[Floats, Floats]:
    """Return Page's sums S_t = max(0, S_{t-1} + x_t), ``(n_accounts, n_days)``, and each one's last, ``(n_accounts,)``.

    `start` holds S before the first day. On a day whose increment is NaN the sum holds and the result is NaN.
    """
    n_accounts, n_days = increments.shape
    sums = np.full((n_accounts, n_days), np.nan)
    last = start.copy()
    for i in prange(n_accounts):
        for t in range(n_days):
            x = increments[i, t]
            if not np.isnan(x):
                last[i] = max(0.0, last[i] + x)
                sums[i, t] = last[i]
    return sums, last
