"""The cumulative sum that restarts at zero."""

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import kernel, parallel_kernel


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


@kernel
def _next(total: float, increment: float, sign: float, cap: float, less: float) -> tuple[float, float]:
    """Return the sum after a day, and what is told of it: choices, not branches."""
    x = sign * increment
    x = (cap if x > cap else x) - less
    known = x == x  # noqa: PLR0124 (isnan would be a branch)
    total += x if known else 0.0
    total = total if total > 0.0 else 0.0
    return total, total if known else np.nan


@parallel_kernel
def _add_up(
    start: Floats, increments: Floats, sign: float, cap: float, less: float, sums: Floats, last: Floats
) -> None:
    """Write the sums of two accounts at a time, as each waits for its own last one; an odd one is made twice."""
    n_accounts, n_days = increments.shape
    for pair in prange((n_accounts + 1) // 2):
        i = 2 * pair
        j = min(i + 1, n_accounts - 1)
        one, two = start[i], start[j]
        for t in range(n_days):
            one, sums[i, t] = _next(one, increments[i, t], sign, cap, less)
            two, sums[j, t] = _next(two, increments[j, t], sign, cap, less)
        last[i], last[j] = one, two
