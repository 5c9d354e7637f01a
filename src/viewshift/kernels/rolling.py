"""Location and spread over a trailing window of earlier days.

All kernels here take `values` of shape ``(n_accounts, lead + n_days)`` with ``lead = window + guard``: the first
`lead` columns are the past. Day t (column ``lead + t``) sees the columns ``t .. t + window - 1``, so `guard` days lie
between window and day. NaN is left out; with fewer than `least` values the result is NaN. Large
results are made by NumPy, which asks for large pages, and filled by a kernel: 3 nanoseconds a number less.
"""

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel


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
def add_windows(row: Floats, window: int, sums: Floats) -> None:
    """Write the sums of the windows that begin at each of the first columns of a row without NaN.

    Sums of 2, 4, 8, ... days are made of two of half as many, and a window's of those that its length is made of: log
    window additions a day, side by side. No sum knows more than its own days, so none rounds by what was before.
    """
    now, then = row.copy(), np.empty(len(row))
    sums[:] = 0.0
    width = 1
    before = 0
    while True:
        if window & width:
            part = now[before:]
            for t in range(len(sums)):
                sums[t] += part[t]
            before += width
        if 2 * width > window:
            return
        after = now[width:]
        for t in range(len(row) - 2 * width + 1):
            then[t] = now[t] + after[t]
        now, then = then, now
        width *= 2


@kernel
def _known(row: Floats, window: int, filled: Floats, counts: Floats) -> None:
    """Write the values of a row, 0 for missing ones, and how many are known in the windows at its first columns."""
    for j in range(len(filled)):
        filled[j] = 0.0 if np.isnan(row[j]) else row[j]
    count = 0.0
    for j in range(window - 1):
        count += 0.0 if np.isnan(row[j]) else 1.0
    for t in range(len(counts)):
        count += 0.0 if np.isnan(row[t + window - 1]) else 1.0
        counts[t] = count
        count -= 0.0 if np.isnan(row[t]) else 1.0


@kernel
def _about_mean(row: Floats, first: int, window: int, mean: float) -> float:
    """Return the sum of squared deviations from `mean` in the window from `first` on."""
    squares = 0.0
    for j in range(first, first + window):
        if not np.isnan(row[j]):
            squares += (row[j] - mean) ** 2
    return squares


@kernel
def _moments(row: Floats, window: int, least: int, mean: Floats, std: Floats) -> None:
    """Write mean and standard deviation of the windows that begin at the first columns of `row`.

    Squares are summed as they are, and about the mean where that would lose more than three digits.
    """
    n_days = len(mean)
    filled, counts, squares = np.empty(n_days + window - 1), np.empty(n_days), np.empty(n_days)
    _known(row, window, filled, counts)
    add_windows(filled, window, mean)
    add_windows(filled * filled, window, squares)
    for t in range(n_days):
        total = mean[t]
        mean[t] = total / counts[t] if counts[t] >= least else np.nan
        std[t] = squares[t] - total * mean[t]
    for t in range(n_days):
        if std[t] < 1e-3 * squares[t]:
            std[t] = _about_mean(row, t, window, mean[t])
    for t in range(n_days):
        std[t] = np.sqrt(std[t] / (counts[t] - 1.0))


def trailing_mean_std(values: Floats, window: int, guard: int, least: int) -> tuple[Floats, Floats]:
    """Return mean and sample standard deviation (divisor n - 1), each ``(n_accounts, n_days)`` float64.

    Each window is summed afresh, so that one huge value leaves no trace once it has left the window.
    """
    shape = len(values), values.shape[1] - window - guard
    mean, std = np.empty(shape), np.empty(shape)
    _mean_std(values, window, least, mean, std)
    return mean, std


@parallel_kernel
def _mean_std(values: Floats, window: int, least: int, mean: Floats, std: Floats) -> None:
    for i in prange(len(values)):
        _moments(values[i], window, least, mean[i], std[i])


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
        _moments(values[i], window, least, z[i], std)
        for t in range(n_days):
            scale = floor if std[t] < floor else std[t]
            z[i, t] = (values[i, lead + t] - z[i, t]) / scale


def window_mean(values: Floats, length: int, n_days: int, least: int) -> Floats:
    """Return the mean over the last `length` columns up to each of the last `n_days`, ``(n_accounts, n_days)`` float64.

    Unlike the other kernels here, the window ends on the day itself; `values` has at least ``length - 1`` columns
    before the first day asked for.
    """
    mean = np.empty((len(values), n_days))
    _window_mean(values, length, least, mean)
    return mean


@parallel_kernel
def _window_mean(values: Floats, length: int, least: int, mean: Floats) -> None:
    n_days = mean.shape[1]
    for i in prange(len(values)):
        filled, counts = np.empty(n_days + length - 1), np.empty(n_days)
        row = values[i, values.shape[1] - len(filled) :]
        _known(row, length, filled, counts)
        add_windows(filled, length, mean[i])
        for t in range(n_days):
            mean[i, t] = mean[i, t] / counts[t] if counts[t] >= least else np.nan


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
