"""Location and spread over a trailing window of earlier days.

All kernels here take `values` of shape ``(n_accounts, lead + n_days)`` with ``lead = window + guard``: the first
`lead` columns are the past. Day t (column ``lead + t``) sees the columns ``t .. t + window - 1``, so `guard` days lie
between window and day. NaN is left out; with fewer than `least` values the result is NaN.
"""

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import parallel_kernel


@parallel_kernel
def trailing_mean_std(values: Floats, window: int, guard: int, least: int) -> tuple[Floats, Floats]:
    """Return mean and sample standard deviation (divisor n - 1), each ``(n_accounts, n_days)`` float64.

    Each window is summed afresh in two passes, so that one huge value leaves no trace once it has left the window.
    """
    n_accounts, n_columns = values.shape
    n_days = n_columns - window - guard
    mean = np.full((n_accounts, n_days), np.nan)
    std = np.full((n_accounts, n_days), np.nan)
    for i in prange(n_accounts):
        row = values[i]
        for t in range(n_days):
            count = 0
            total = 0.0
            for j in range(t, t + window):
                if not np.isnan(row[j]):
                    count += 1
                    total += row[j]
            if count < least:
                continue
            centre = total / count
            squares = 0.0
            for j in range(t, t + window):
                if not np.isnan(row[j]):
                    squares += (row[j] - centre) ** 2
            mean[i, t] = centre
            std[i, t] = np.sqrt(squares / (count - 1)) if count > 1 else np.nan
    return mean, std
