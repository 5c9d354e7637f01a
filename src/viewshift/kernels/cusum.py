"""The cumulative sum that restarts at zero."""

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import parallel_kernel


def cumulative_sum(
    start: Floats, increments: Floats, sign: float = 1.0, cap: float = np.inf, less: float = 0.0
) -> tuple[Floats, Floats]:
    """Return Page's sums S_t = max(0, S_{t-1} + x_t), ``(n_accounts, n_days)``, and each one's last, ``(n_accounts,)``.

    x is `sign` times the increment, at most `cap`, less `less`. `start` holds S before the first day. On a day whose
    increment is NaN the sum holds and the result is NaN.
    """
    sums, last = np.empty(increments.shape), np.empty(len(increments))
    _add_up(start, increments, sign, cap, less, sums, last)
    return sums, last


@parallel_kernel
def _add_up(
    start: Floats, increments: Floats, sign: float, cap: float, less: float, sums: Floats, last: Floats
) -> None:
    for i in prange(len(increments)):
        total = start[i]
        for t in range(increments.shape[1]):
            x = sign * increments[i, t]
            x = (cap if x > cap else x) - less
            known = x == x  # noqa: PLR0124 (a choice without a branch)
            total += x if known else 0.0
            total = total if total > 0.0 else 0.0
            sums[i, t] = total if known else np.nan
        last[i] = total
