"""Runs of days at or above a threshold, kept together until enough quiet days have passed.

`surprise` has shape ``(n_accounts, n_days)``; NaN days ("no opinion") neither open, continue nor close a run. Where
there is a `sign` of the same shape, a day at or above that goes the other way than the run's first opens the next run.
"""

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints, Signs
from viewshift.kernels._compile import kernel, parallel_kernel


@kernel
def runs_above(surprise: Floats, threshold: float, quiet: int, sign: Signs | None = None) -> tuple[Ints, Ints, Ints]:
    """Return row, first and last day at or above `threshold` of each run, in order of row and day.

    A run ends once `quiet` days with an opinion in a row lie below the threshold; its last day is the last at or
    above it.
    """
    n_accounts, n_days = surprise.shape
    rows, first, last = [0][:0], [0][:0], [0][:0]
    for i in range(n_accounts):
        below = quiet
        for t in range(n_days):
            value = surprise[i, t]
            if np.isnan(value):
                continue
            if value < threshold:
                below += 1
                continue
            turns = False
            if sign is not None and below < quiet:
                turns = sign[i, first[-1]] * sign[i, t] < 0
            if below >= quiet or turns:
                rows.append(i)
                first.append(t)
                last.append(t)
            else:
                last[-1] = t
            below = 0
    return np.array(rows, dtype=np.int64), np.array(first, dtype=np.int64), np.array(last, dtype=np.int64)


@parallel_kernel
def count_runs(surprise: Floats, thresholds: Floats, quiet: int) -> Ints:
    """Return how many runs each account has at each threshold, shape ``(n_accounts, n_thresholds)``.

    `thresholds` ascend.
    """
    n_accounts, n_days = surprise.shape
    n_thresholds = len(thresholds)
    counts = np.zeros((n_accounts, n_thresholds), dtype=np.int64)
    for i in prange(n_accounts):
        scored = 0
        last = np.full(n_thresholds, -quiet - 1, dtype=np.int64)
        for t in range(n_days):
            value = surprise[i, t]
            if np.isnan(value):
                continue
            scored += 1
            for k in range(n_thresholds):
                if value < thresholds[k]:
                    break
                if scored - last[k] > quiet:
                    counts[i, k] += 1
                last[k] = scored
    return counts


@parallel_kernel
def follow_runs(
    opened: Ints, below: Ints, way: Signs, surprise: Floats, sign: Signs, first_day: int, threshold: float, quiet: int
) -> tuple[Ints, Ints, Signs]:
    """Carry the latest run of each account over more days; the first three, ``(n_accounts,)``, are returned anew.

    `opened` is the first day of the latest run, as a number that `first_day` gives to the first column; `below` counts
    the days with an opinion since its last day at or above, and is `quiet` before there was any; `way` is the sign of
    its first day.
    """
    n_accounts, n_days = surprise.shape
    opened, below, way = opened.copy(), below.copy(), way.copy()
    for i in prange(n_accounts):
        for t in range(n_days):
            value = surprise[i, t]
            if np.isnan(value):
                continue
            if value < threshold:
                below[i] = min(below[i] + 1, quiet)
                continue
            if below[i] >= quiet or way[i] * sign[i, t] < 0:
                opened[i] = first_day + t
                way[i] = sign[i, t]
            below[i] = 0
    return opened, below, way
