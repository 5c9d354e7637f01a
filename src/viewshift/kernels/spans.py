"""Counts, sums and largest days of spans: row a of many, days from one to another; NaN days are left out."""

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel


@kernel
def mean_and_deviation(days: Floats) -> tuple[float, float, float]:
    """Return the sum of the days, their number, and the sum of (y - mean)^2 / mean, 0 where all days are 0."""
    total, count, squares = 0.0, 0.0, 0.0
    for t in range(len(days)):
        if not np.isnan(days[t]):
            total += days[t]
            count += 1.0
    if total == 0.0:
        return total, count, 0.0
    mean = total / count
    for t in range(len(days)):
        if not np.isnan(days[t]):
            squares += (days[t] - mean) ** 2
    return total, count, squares / mean


@parallel_kernel
def two_levels(values: Floats, rows: Ints, since: Ints, onset: Ints, end: Ints) -> Floats:
    """Return what two constant levels say of the days since `since`: ``(n, 5)``.

    Columns are sum and number of the days before `onset`, the same from there to `end`, and Pearson's dispersion of all
    around the two means, at least 1.
    """
    found = np.empty((len(rows), 5))
    for a in prange(len(rows)):
        days = values[rows[a]]
        begin = max(np.int64(0), since[a])
        found[a, 0], found[a, 1], before = mean_and_deviation(days[begin : max(begin, onset[a])])
        found[a, 2], found[a, 3], during = mean_and_deviation(days[onset[a] : end[a] + 1])
        found[a, 4] = max(1.0, (before + during) / max(1.0, found[a, 1] + found[a, 3] - 2.0))
    return found


@parallel_kernel
def sums_and_counts(values: Floats, rows: Ints, first: Ints, end: Ints) -> tuple[Floats, Floats]:
    """Return the sum and the number of the days from `first` to the one before `end`."""
    sums, counts = np.zeros(len(rows)), np.zeros(len(rows))
    for a in prange(len(rows)):
        for t in range(first[a], end[a]):
            value = values[rows[a], t]
            if not np.isnan(value):
                sums[a] += value
                counts[a] += 1.0
    return sums, counts


@parallel_kernel
def first_known(values: Floats, rows: Ints, since: Ints) -> Ints:
    """Return the first day from `since` on that is not NaN; `since` itself where there is none."""
    found = since.copy()
    for a in prange(len(rows)):
        for t in range(since[a], values.shape[1]):
            if not np.isnan(values[rows[a], t]):
                found[a] = t
                break
    return found


@parallel_kernel
def largest_days(values: Floats, rows: Ints, first: Ints, last: Ints) -> Ints:
    """Return the day of the largest value from `first` to `last`, the earliest of equals."""
    found = first.copy()
    for a in prange(len(rows)):
        most = -np.inf
        for t in range(first[a], last[a] + 1):
            if values[rows[a], t] > most:
                most = values[rows[a], t]
                found[a] = t
    return found
