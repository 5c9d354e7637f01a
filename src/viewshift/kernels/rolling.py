"""Location and spread over a trailing window of earlier days.

All kernels here take `values` of shape ``(n_accounts, lead + n_days)`` with ``lead = window + guard``: the first
`lead` columns are the past. Day t (column ``lead + t``) sees the columns ``t .. t + window - 1``, so `guard` days lie
between window and day. NaN is left out; with fewer than `least` values the result is NaN. Large
results are made by NumPy, which asks for large pages, and filled by a kernel: that saves 3 nanoseconds a number.
"""

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel

LANES = 32
"""Windows that are summed side by side."""


def deflated(past: Floats, values: Floats, factors: Floats) -> Floats:
    """Return the past, and after it the values divided by their factors, ``(n_accounts, lead + n_days)`` float64.

    `factors` has one row for each account, or one for all.
    """
    history = np.empty((len(values), past.shape[1] + values.shape[1]))
    _deflate(past, values, factors, history)
    return history


@parallel_kernel
def _deflate(past: Floats, values: Floats, factors: Floats, history: Floats) -> None:
    lead = past.shape[1]
    for i in prange(len(values)):
        own = factors[i % len(factors)]
        for j in range(lead):
            history[i, j] = past[i, j]
        for t in range(values.shape[1]):
            history[i, lead + t] = values[i, t] / own[t]


@kernel
def add_windows(row: Floats, window: int, first: int, total: Floats) -> None:
    """Add to `total` the sums of the `LANES` windows that begin at `first` and the columns after it; no NaN.

    They are made side by side, each from its first day to its last, four days at a time.
    """
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)  # places without a sign are not asked for it
    for j in range(0, window - 3, 4):
        for i in range(LANES):
            k = np.uint64(first) + np.uint64(j) + np.uint64(i)
            total[i] = (((total[i] + row[k]) + row[k + one]) + row[k + two]) + row[k + three]
    for j in range(window // 4 * 4, window):
        for i in range(LANES):
            total[i] += row[np.uint64(first) + np.uint64(j) + np.uint64(i)]


@kernel
def _sum_windows(row: Floats, window: int, least: int, mean: Floats, std: Floats) -> None:
    """Write mean and standard deviation of the windows that begin at the first columns of `row`."""
    n_days = len(mean)
    filled, seen = np.zeros(n_days + window + LANES), np.zeros(n_days + window + LANES)
    for j in range(n_days + window - 1):
        if not np.isnan(row[j]):
            filled[j] = row[j]
            seen[j] = 1.0
    count = seen[: window - 1].sum()
    centre, total = np.zeros(LANES), np.empty(LANES)
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for first in range(0, n_days, LANES):
        total[:] = 0.0
        add_windows(filled, window, first, total)
        n_here = min(LANES, n_days - first)
        for i in range(n_here):
            count += seen[first + i + window - 1]
            centre[i] = total[i] / count if count >= least else np.nan
            mean[first + i] = centre[i]
            std[first + i] = count - 1.0
            count -= seen[first + i]
        total[:] = 0.0
        for j in range(0, window - 3, 4):
            for i in range(LANES):
                k = np.uint64(first) + np.uint64(j) + np.uint64(i)
                a = (filled[k] - centre[i]) * seen[k]
                b = (filled[k + one] - centre[i]) * seen[k + one]
                c = (filled[k + two] - centre[i]) * seen[k + two]
                d = (filled[k + three] - centre[i]) * seen[k + three]
                total[i] = (((total[i] + a * a) + b * b) + c * c) + d * d
        for j in range(window // 4 * 4, window):
            for i in range(LANES):
                k = np.uint64(first) + np.uint64(j) + np.uint64(i)
                a = (filled[k] - centre[i]) * seen[k]
                total[i] += a * a
        for t in range(first, first + n_here):
            std[t] = np.sqrt(total[t - first] / std[t]) if std[t] > 0.0 else np.nan


def trailing_mean_std(values: Floats, window: int, guard: int, least: int) -> tuple[Floats, Floats]:
    """Return mean and sample standard deviation (divisor n - 1), each ``(n_accounts, n_days)`` float64.

    Each window is summed afresh in two passes, so that one huge value leaves no trace once it has left the window.
    """
    shape = len(values), values.shape[1] - window - guard
    mean, std = np.empty(shape), np.empty(shape)
    _mean_std(values, window, least, mean, std)
    return mean, std


@parallel_kernel
def _mean_std(values: Floats, window: int, least: int, mean: Floats, std: Floats) -> None:
    for i in prange(len(values)):
        _sum_windows(values[i], window, least, mean[i], std[i])


def trailing_z(values: Floats, window: int, guard: int, least: int, floor: float) -> Floats:
    """Return the excess over the mean in standard deviations, but at least `floor`: ``(n_accounts, n_days)``."""
    z = np.empty((len(values), values.shape[1] - window - guard))
    _z(values, window, least, floor, z)
    return z


@parallel_kernel
def _z(values: Floats, window: int, least: int, floor: float, z: Floats) -> None:
    n_days = z.shape[1]
    lead = values.shape[1] - n_days
    for i in prange(len(values)):
        std = np.empty(n_days)
        _sum_windows(values[i], window, least, z[i], std)
        for t in range(n_days):
            scale = floor if std[t] < floor else std[t]
            z[i, t] = (values[i, lead + t] - z[i, t]) / scale


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
