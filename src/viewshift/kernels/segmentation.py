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

PATIENCE = 16
"""Days after which all candidates are looked through at the latest."""
NEAR = 3.0
"""How much dearer than the best a candidate may be to be costed daily."""
BLOCK = 16
"""Candidates are costed so many at a time: loops of known length run on vectors without rest."""


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
    model: int, t: int, days: Floats, size: float, first: int, end: int, candidates: Floats, costs: Floats
) -> float:
    """Write what it costs to get to day t through candidates `first` to `end`, without the prices; return the lowest.

    Days and candidates are columns of four: the day, sum and sum of squares of the days before it, and the cost of
    getting there. What fills up the last `BLOCK` is costed too, with a cost of infinity where it is to lose.
    """
    until, powers_until = days[1, t], days[2, t]
    place, sums, powers, reached = candidates[0], candidates[1], candidates[2], candidates[3]
    lowest = np.int64(np.iinfo(np.int64).max)  # of integers, since the order of floats keeps the loop from vectors
    stop = end + (first - end) % BLOCK
    if model == 0:
        for c in range(first, stop):
            own = until - sums[c]
            costs[c] = reached[c] + ((powers_until - powers[c]) - own * own / (t - place[c]))
            lowest = min(lowest, sort_key(costs[c]))
    elif model == 1:
        for c in range(first, stop):
            own = until - sums[c]
            costs[c] = reached[c] - 2.0 * own * inline_log(own / (t - place[c]))
            lowest = min(lowest, sort_key(costs[c]))
    else:
        for c in range(first, stop):
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


@kernel
def _between(model: int, days: Floats, start: int, end: int, size: float) -> float:
    """Return the cost of the segment of days `start` to `end`."""
    return _cost(model, end - start, days[1, end] - days[1, start], days[2, end] - days[2, start], size)


@inline_kernel
def _thin(t: int, due: float, bound: float, count: int, live: Floats, costs: Floats, beaten: Floats) -> int:
    """Drop candidates that can win no more after day t; return how many are left."""
    for c in range(count):
        beaten[c] = min(beaten[c], due if costs[c] > bound else np.inf)
    kept = 0
    while kept < count and beaten[kept] > t + 1:
        kept += 1
    for c in range(kept, count):
        for row in range(4):
            live[row, kept] = live[row, c]
        beaten[kept] = beaten[c]
        kept += beaten[c] > t + 1
    live[3, kept:count] = np.inf
    return kept


@inline_kernel
def _choose(edge: float, count: int, live: Floats, priced: Floats, close: int, near: Floats) -> tuple[int, float]:
    """Copy candidates priced up to `edge` to `near`; return how many, and the lowest price among the rest."""
    far = np.int64(np.iinfo(np.int64).max)
    for c in range(count):
        far = min(far, sort_key(priced[c] if priced[c] > edge else np.inf))
    chosen = 0
    for c in range(count):
        if priced[c] <= edge:
            for row in range(4):
                near[row, chosen] = live[row, c]
            chosen += 1
    near[3, chosen:close] = np.inf
    return chosen, value_of(far)


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
    the winner's later on (Killick, Fearnhead and Eckley 2012, section 3). Among equals the earliest candidate wins.

    Nor are all candidates costed daily. A segment parted in two is never dearer (their equation 4, K = 0) and its price
    by length only rises, so a look through all candidates on one day bounds them on later ones: whoever is further than
    `NEAR` from the best will cost at least the lowest such cost plus that of the segment since. Only those near and
    those newer are costed, until the bound reaches the lowest of these or `PATIENCE` days have passed. Sums as they are
    held obey the inequality as true ones do; what is left is the rounding of some 20 operations, 5e-15 of the largest
    term in a cost, and the slack is twice that. A winner is thus never passed over, and all results are those of
    costing every candidate.
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
        room = n + 1 + BLOCK
        days = np.zeros((4, room))
        days[3] = np.inf
        for t in range(n):
            days[0, t + 1] = t + 1.0
            days[1, t + 1] = days[1, t] + values[i, day[t]]
            days[2, t + 1] = days[2, t] + values[i, day[t]] ** 2
        beta = penalty * np.log(n)
        days[3, 0] = -beta
        rounding = 1e-14 * (days[2, n] if model == 0 else 64.0 * days[1, n] + n * (1.0 + size))
        live, near = np.zeros((4, room)), np.zeros((4, room))
        live[0], near[0] = -1.0, -1.0
        live[3], near[3] = np.inf, np.inf
        beaten, costs, priced = np.empty(room), np.empty(room), np.empty(room)
        oldest = np.zeros(n + 1, dtype=np.int64)
        count, close, looked, far = 0, 0, 0, -np.inf
        for t in range(min(least, n), n + 1):
            newest = max(t - least, 0)
            if newest == 0 or newest >= least:
                for row in range(4):
                    live[row, count] = near[row, close] = days[row, newest]
                beaten[count] = np.inf
                count += 1
                close += 1
            oldest[t] = int(live[0, 0])
            lowest = _through(model, t, days, size, 0, close, near, costs)
            if by_length != 0.0:
                lowest = _priced(t, by_length, n, 0, close, near[0], costs, priced)
            slack = 1e-9 * (1.0 + abs(lowest)) + rounding
            if t % PATIENCE == 0 or far + _between(model, days, looked, t, size) <= lowest + slack:
                lowest = _through(model, t, days, size, 0, count, live, costs)
                prices = costs
                if by_length != 0.0:
                    lowest, prices = _priced(t, by_length, n, 0, count, live[0], costs, priced), priced
                close, far = _choose(lowest + NEAR, count, live, prices, close, near)
                looked = t
                if t % PATIENCE == 0:
                    bound = lowest + beta + 1e-9 * (1.0 + abs(lowest + beta)) + rounding
                    count = _thin(t, float(t + least), bound, count, live, costs, beaten)
            days[3, t] = lowest + beta
        objective[i] = days[3, n]
        end, middle = n, n
        while middle > 0:
            first, last = oldest[middle], max(middle - least, 0) + 1
            _through(model, middle, days, size, first, last, days, costs)
            if by_length != 0.0:
                _priced(middle, by_length, n, first, last, days[0], costs, costs)
            start = first
            for s in range(first + 1, last):
                if costs[s] < costs[start]:
                    start = s
            begins[i, day[start]] = True
            if middle < n:
                whole, before, after = (
                    _between(model, days, start, end, size),
                    _between(model, days, start, middle, size),
                    _between(model, days, middle, end, size),
                )
                rise = (days[1, end] - days[1, middle]) / (end - middle)
                rise -= (days[1, middle] - days[1, start]) / (middle - start)
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
