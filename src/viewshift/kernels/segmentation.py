"""Optimal segmentation of each account's history by penalised cost (PELT), exact with a minimum segment.

The cost of a segment of n values with sum s is twice its negative log-likelihood at its best mean m = s / n, up to
terms that no segmentation changes: for a normal mean with known variance the residual sum of squares (values in units
of their standard deviation), for Poisson counts -2 s log m, for negative binomial counts of size r
-2 [s log(m / (r + m)) + n r log(r / (r + m))].
"""

from typing import Final

import numpy as np
from numba import prange

from viewshift._typing import Bools, Floats
from viewshift.kernels._compile import inline_kernel, kernel, parallel_kernel
from viewshift.kernels.inline import inline_log, sort_key, value_of

NORMAL: Final = 0
POISSON: Final = 1
NB: Final = 2

PATIENCE = 8
"""Days after which candidates are looked through again for those that can win no more."""


@kernel
def _cost(model: int, n: int, total: float, squares: float, size: float) -> float:
    """Return the cost of one segment from its length, sum and sum of squares."""
    if model == 0:
        return float(squares - total * total / n)
    if total <= 0.0:
        return 0.0
    if model == 1:
        return float(-2.0 * total * np.log(total / n))
    both = total + n * size
    return float(-2.0 * (total * np.log(total / both) + n * size * np.log(n * size / both)))


@inline_kernel
def _through(
    model: int,
    t: int,
    total: Floats,
    squares: Floats,
    size: float,
    first: int,
    end: int,
    place: Floats,
    sums: Floats,
    powers: Floats,
    reached: Floats,
    costs: Floats,
) -> float:
    """Write what it costs to get to day t through candidates `first` to `end`, without the prices; return the lowest.

    A candidate is told by its place, the cost of getting there, and sum and sum of squares of the days before it.
    """
    until, powers_until = total[t], squares[t]
    lowest = np.int64(np.iinfo(np.int64).max)  # of integers, since the order of floats keeps the loop from vectors
    if model == 0:
        for c in range(first, end):
            own = until - sums[c]
            costs[c] = reached[c] + ((powers_until - powers[c]) - own * own / (t - place[c]))
            lowest = min(lowest, sort_key(costs[c]))
    elif model == 1:
        for c in range(first, end):
            own = until - sums[c]
            costs[c] = reached[c] - 2.0 * own * inline_log(own / (t - place[c]))
            lowest = min(lowest, sort_key(costs[c]))
    else:
        for c in range(first, end):
            own, failures = until - sums[c], (t - place[c]) * size
            both = own + failures
            gain = own * inline_log(own / both) + failures * inline_log(failures / both)
            costs[c] = reached[c] - 2.0 * gain
            lowest = min(lowest, sort_key(costs[c]))
    return value_of(lowest)


@kernel
def _priced(
    t: int, by_length: float, n: int, first: int, end: int, place: Floats, costs: Floats, priced: Floats
) -> float:
    """Write the costs with the price of their last segment's length, and return the lowest."""
    lowest = np.int64(np.iinfo(np.int64).max)
    for c in range(first, end):
        priced[c] = costs[c] + by_length * inline_log((t - place[c]) / n)
        lowest = min(lowest, sort_key(priced[c]))
    return value_of(lowest)


@parallel_kernel
def segment(
    values: Floats, model: int, size: float, penalty: float, least: int, by_length: float = 0.0
) -> tuple[Bools, Floats, Floats]:
    """Return where segments begin, the signed gain of each change, and the objective.

    Minimises, per account, the sum of segment costs plus `penalty` times log n for each change, n being the number of
    observed days, plus `by_length`, at least 0, times log(days / n) for each segment; segments hold at least `least` of
    these days (a shorter history is one segment). Days of `values`
    (n_accounts, n_days) that are NaN are skipped. The first two results have the shape of `values`: True on the first
    observed day of each segment; on the first day of each but the first, the log-likelihood gained by parting the two
    neighbours, negative if the mean falls, and 0 elsewhere. The objective has shape (n_accounts,).

    A candidate for the last change is given up only `least` days after it was beaten: the winner cannot take its
    place earlier. It is beaten at its cost before its last segment's price by length, which is never lower than that of
    the winner's later on. Who is beaten is asked every `PATIENCE` days. Among equals the earliest candidate wins.
    """
    n_accounts, n_days = values.shape
    begins = np.zeros((n_accounts, n_days), dtype=np.bool_)
    gain = np.zeros((n_accounts, n_days))
    objective = np.zeros(n_accounts)
    for i in prange(n_accounts):
        day = np.flatnonzero(~np.isnan(values[i]))
        n = day.size
        if n == 0:
            continue
        total = np.zeros(n + 1)
        squares = np.zeros(n + 1)
        for t in range(n):
            total[t + 1] = total[t] + values[i, day[t]]
            squares[t + 1] = squares[t] + values[i, day[t]] ** 2
        beta = penalty * np.log(n)
        best = np.full(n + 1, np.inf)
        best[0] = -beta
        place, sums, powers, reached = np.empty(n + 1), np.empty(n + 1), np.empty(n + 1), np.empty(n + 1)
        beaten, costs, priced = np.empty(n + 1), np.empty(n + 1), np.empty(n + 1)
        oldest = np.zeros(n + 1, dtype=np.int64)
        count = 0
        for t in range(min(least, n), n + 1):
            newest = max(t - least, 0)
            if newest == 0 or newest >= least:
                place[count], sums[count], powers[count] = newest, total[newest], squares[newest]
                reached[count], beaten[count] = best[newest], np.inf
                count += 1
            lowest = _through(model, t, total, squares, size, 0, count, place, sums, powers, reached, costs)
            if by_length != 0.0:
                lowest = _priced(t, by_length, n, 0, count, place, costs, priced)
            best[t] = lowest + beta
            oldest[t] = int(place[0])
            if t % PATIENCE == 0:
                bound, due = best[t] + 1e-9 * (1.0 + abs(best[t])), float(t + least)
                for c in range(count):
                    beaten[c] = min(beaten[c], due if costs[c] > bound else np.inf)
                kept = 0
                while kept < count and beaten[kept] > t + 1:
                    kept += 1
                for c in range(kept, count):
                    place[kept], sums[kept], powers[kept] = place[c], sums[c], powers[c]
                    reached[kept], beaten[kept] = reached[c], beaten[c]
                    kept += beaten[c] > t + 1
                count = kept
        objective[i] = best[n]
        every = np.arange(n + 1).astype(np.float64)
        end, middle = n, n
        while middle > 0:
            first, last = oldest[middle], max(middle - least, 0) + 1
            _through(model, middle, total, squares, size, first, last, every, total, squares, best, costs)
            if by_length != 0.0:
                _priced(middle, by_length, n, first, last, every, costs, costs)
            start = first
            for s in range(first + 1, last):
                if costs[s] < costs[start]:
                    start = s
            begins[i, day[start]] = True
            if middle < n:
                whole = _cost(model, end - start, total[end] - total[start], squares[end] - squares[start], size)
                before = _cost(
                    model, middle - start, total[middle] - total[start], squares[middle] - squares[start], size
                )
                after = _cost(model, end - middle, total[end] - total[middle], squares[end] - squares[middle], size)
                rise = (total[end] - total[middle]) / (end - middle) - (total[middle] - total[start]) / (middle - start)
                gain[i, day[middle]] = 0.5 * (whole - before - after) * (1.0 if rise > 0 else -1.0)
            end, middle = middle, start
    return begins, gain, objective


@parallel_kernel
def difference_spread(values: Floats) -> Floats:
    """Return a standard deviation of each account that changes of mean do not raise, ``(n_accounts,)``.

    1.4826 / sqrt(2) times the median absolute difference between consecutive observed days; NaN without any.
    """
    n_accounts = values.shape[0]
    spread = np.full(n_accounts, np.nan)
    for i in prange(n_accounts):
        seen = values[i][~np.isnan(values[i])]
        if seen.size > 1:
            spread[i] = 1.4826 / np.sqrt(2.0) * np.median(np.abs(np.diff(seen)))
    return spread


@parallel_kernel
def difference_autocorrelation(values: Floats, lag: int) -> Floats:
    """Return an autocorrelation of consecutive days that changes of mean hardly raise, ``(n_accounts,)``.

    1 - v(1) / v(lag), v(k) being the mean squared difference of observed days k days apart; NaN where there are no such
    days, or those `lag` apart are all alike.
    """
    n_accounts, n_days = values.shape
    found = np.full(n_accounts, np.nan)
    for i in prange(n_accounts):
        squares = np.zeros(2)
        pairs = np.zeros(2)
        for which in range(2):
            apart = lag if which else 1
            for t in range(apart, n_days):
                difference = values[i, t] - values[i, t - apart]
                if not np.isnan(difference):
                    squares[which] += difference * difference
                    pairs[which] += 1
        if squares[1] > 0.0:  # without consecutive days 0 / 0, NaN
            found[i] = 1.0 - (squares[0] / pairs[0]) / (squares[1] / pairs[1])
    return found
