"""Location and spread over a trailing window of earlier days.

All kernels here take `values` of shape ``(n_accounts, lead + n_days)`` with ``lead = window + guard``: the first
`lead` columns are the past. Day t (column ``lead + t``) sees the columns ``t .. t + window - 1``, so `guard` days lie
between window and day. NaN is left out; with fewer than `least` values the result is NaN.
"""

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel


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


@kernel
def _put(window: Floats, count: int, value: float) -> None:
    """Insert `value` into the first `count` places of `window`, which are in ascending order."""
    j = count
    while j > 0 and window[j - 1] > value:
        window[j] = window[j - 1]
        j -= 1
    window[j] = value


@kernel
def _drop(window: Floats, count: int, value: float) -> None:
    """Remove one `value` from the first `count` places of `window`, which are in ascending order."""
    j = np.searchsorted(window[:count], value)
    while j < count - 1:
        window[j] = window[j + 1]
        j += 1


@kernel
def mad_of_sorted(window: Floats, count: int, median: float) -> float:
    """Return the median absolute deviation of sorted values: a walk from the median outwards to the middle ranks."""
    high = np.searchsorted(window[:count], median)
    low = high - 1
    inner = 0.0
    outer = 0.0
    for _ in range(count // 2 + 1):
        inner = outer
        if high >= count or (low >= 0 and median - window[low] < window[high] - median):
            outer = median - window[low]
            low -= 1
        else:
            outer = window[high] - median
            high += 1
    return outer if count % 2 else 0.5 * (inner + outer)


@parallel_kernel
def trailing_median_mad(values: Floats, window: int, guard: int, least: int) -> tuple[Floats, Floats]:
    """Return median and median absolute deviation (unscaled), each ``(n_accounts, n_days)`` float64; both exact.

    The window is kept in order; each day one value leaves and one enters: O(window) a day.
    """
    n_accounts, n_columns = values.shape
    n_days = n_columns - window - guard
    median = np.full((n_accounts, n_days), np.nan)
    mad = np.full((n_accounts, n_days), np.nan)
    for i in prange(n_accounts):
        row = values[i]
        ordered = np.empty(window + 1)
        count = 0
        for t in range(1 - window, n_days):
            if t > 0 and not np.isnan(row[t - 1]):
                _drop(ordered, count, row[t - 1])
                count -= 1
            enters = t + window - 1
            if not np.isnan(row[enters]):
                _put(ordered, count, row[enters])
                count += 1
            if t < 0 or count < least:
                continue
            half = count // 2
            centre = ordered[half] if count % 2 else 0.5 * (ordered[half - 1] + ordered[half])
            median[i, t] = centre
            mad[i, t] = mad_of_sorted(ordered, count, centre)
    return median, mad


@parallel_kernel
def window_mean(values: Floats, length: int, n_days: int, least: int) -> Floats:
    """Return the mean over the last `length` columns up to each of the last `n_days`, ``(n_accounts, n_days)`` float64.

    Unlike the other kernels here, the window ends on the day itself; `values` has at least ``length - 1`` columns
    before the first day asked for.
    """
    n_accounts, n_columns = values.shape
    mean = np.full((n_accounts, n_days), np.nan)
    for i in prange(n_accounts):
        row = values[i]
        for t in range(n_days):
            count = 0
            total = 0.0
            end = n_columns - n_days + t + 1
            for j in range(end - length, end):
                if not np.isnan(row[j]):
                    count += 1
                    total += row[j]
            if count >= least:
                mean[i, t] = total / count
    return mean


@parallel_kernel
def trailing_sums(values: Floats, factors: Floats, lengths: Ints, n_days: int) -> tuple[Floats, Floats, Floats]:
    """Return sums, mean factors and numbers of the values in windows that end on each of the last `n_days`.

    `lengths` ascend, ``(n_lengths,)``; `values` and `factors` have at least ``lengths[-1] - 1`` columns before the
    first day asked for. All results are ``(n_lengths, n_accounts, n_days)``. A NaN adds nothing, nor does its factor;
    the mean factor's divisor is the length all the same. Each sum is added up from its last day backwards.
    """
    n_accounts, n_columns = values.shape
    shape = (len(lengths), n_accounts, n_days)
    sums, shares, counts = np.empty(shape), np.empty(shape), np.empty(shape)
    for i in prange(n_accounts):
        for t in range(n_days):
            end = n_columns - n_days + t
            total, factor, count, j = 0.0, 0.0, 0.0, 0
            for k in range(len(lengths)):
                while j < lengths[k]:
                    if not np.isnan(values[i, end - j]):
                        total += values[i, end - j]
                        factor += factors[i, end - j]
                        count += 1.0
                    j += 1
                sums[k, i, t] = total
                shares[k, i, t] = factor / lengths[k]
                counts[k, i, t] = count
    return sums, shares, counts
