"""The largest likelihood ratio for a change within the last days, over all days on which it may have begun."""

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.gains import level_gain
from viewshift.kernels.rolling import add_windows

Pools = tuple[Floats, Floats, Ints]
"""Sum of the values of each pool, sum of their weights, and the column of its first value."""


@kernel
def _rises(total: float, weight: float, before: float, weight_before: float, sign: int) -> bool:
    """Return whether one level lies beyond another, by more than rounding: equal ones are equal in whatever order."""
    own, other = total * weight_before, before * weight
    return sign * (own - other) > 1e-12 * (abs(own) + abs(other) + weight * weight_before)


@kernel
def _pool(
    values: Floats, means: Floats, begin: int, end: int, model: int, sign: int, head: int, count: int, pools: Pools
) -> int:
    """Add the days from `begin` to before `end` to a ring of `count` pools, the first at `head`; return their number.

    A new pool joins the one before it until levels rise.
    """
    total, weight, column = pools
    ring = len(total) - 1
    for j in range(begin, end):
        if np.isnan(values[j]):
            continue
        own, weighs, first = values[j], means[j] if model == 1 else 1.0, j
        while count > 0:
            last = (head + count - 1) & ring
            if _rises(own, weighs, total[last], weight[last], sign):
                break
            own, weighs, first = total[last] + own, weight[last] + weighs, column[last]
            count -= 1
        last = (head + count) & ring
        total[last], weight[last], column[last] = own, weighs, first
        count += 1
    return count


@kernel
def _leave(
    values: Floats, means: Floats, end: int, model: int, sign: int, head: int, count: int, pools: Pools, part: Pools
) -> tuple[int, int]:
    """Take the first day off the pools of the days before `end`; return their head and number.

    Days on which later pools begin stay such; those of the first pool are pooled anew.
    """
    total, weight, column = pools
    ring = len(total) - 1
    if count > 1:
        end = column[(head + 1) & ring]
    n = _pool(values, means, column[head] + 1, end, model, sign, 0, 0, part)
    head = (head + 1 - n) & ring
    for k in range(n):
        place = (head + k) & ring
        total[place], weight[place], column[place] = part[0][k], part[1][k], part[2][k]
    return head, count - 1 + n


@kernel
def _usual(values: Floats, means: Floats, lead: int, null: Floats) -> None:
    """Write the mean of `means` over the known days of each window of ``lead + 1`` days."""
    known, filled = np.zeros(len(values)), np.zeros(len(values))
    for j in range(len(values)):
        if not np.isnan(values[j]):
            known[j], filled[j] = 1.0, means[j]
    counts = np.empty(len(null))
    add_windows(known, lead + 1, counts)
    add_windows(filled, lead + 1, null)
    null /= counts


@kernel
def _follow(
    values: Floats,
    means: Floats,
    lead: int,
    model: int,
    size: float,
    sign: int,
    gain: Floats,
    pools: Pools,
    part: Pools,
) -> None:
    """Write the gain of each day of one account."""
    if len(gain) == 0:
        return
    total, weight, column = pools
    ring = len(total) - 1
    null = np.full(len(gain), 0.0 if model == 0 else 1.0)
    if model == 2:
        _usual(values, means, lead, null)
    least = null.copy()  # of that day and all later ones: what is not beyond it begins no surge any more
    for t in range(len(gain) - 2, -1, -1):
        if sign * (least[t] - least[t + 1]) > 0.0:
            least[t] = least[t + 1]
    head, count = 0, 0
    for j in range(lead + len(gain)):
        t = j - lead
        if count > 0 and column[head] < t:
            head, count = _leave(values, means, j, model, sign, head, count, pools, part)
        if np.isnan(values[j]):
            if t >= 0:
                gain[t] = np.nan
            continue
        count = _pool(values, means, j, j + 1, model, sign, head, count, pools)
        floor = least[max(t, 0)]
        while count > 0 and not _rises(total[head], weight[head], floor, 1.0, sign):
            head = (head + 1) & ring
            count -= 1
        if t < 0:
            continue
        best, all_total, all_weight = 0.0, 0.0, 0.0
        for k in range(count - 1, -1, -1):
            c = (head + k) & ring
            if not _rises(total[c], weight[c], null[t], 1.0, sign):
                break
            all_total += total[c]
            all_weight += weight[c]
            best = max(best, level_gain(model, all_total, all_weight, null[t], size))
        gain[t] = best


@parallel_kernel
def _change_gain(values: Floats, means: Floats, model: int, size: float, sign: int, gain: Floats) -> None:
    n_accounts, n_days = gain.shape
    lead = values.shape[1] - n_days
    ring = 2
    while ring < lead + 3:
        ring *= 2
    for i in prange(n_accounts):
        pools = np.empty(ring), np.empty(ring), np.empty(ring, dtype=np.int64)
        part = np.empty(ring), np.empty(ring), np.empty(ring, dtype=np.int64)
        _follow(values[i], means[i], lead, model, size, sign, gain[i], pools, part)


def change_gain(values: Floats, means: Floats, n_days: int, model: int, size: float, sign: int) -> Floats:
    """Return max over s of log L(days s..t at a level of their own) - log L(the same at the usual one), each day t.

    For each of the last `n_days` columns t, s runs over t and the columns before it, as many as precede the first of
    the last `n_days` columns; the own level must lie above (`sign` 1) or below (-1) the usual one, else the gain is 0.
    `values` and `means` are ``(n_accounts, lead + n_days)``; where a value is NaN the day is left out and its own
    result is NaN. Normal values are standardised; Poisson days have the means as usual level, negative binomial ones
    the mean of `means` over the window.

    Functional pruning (Romano et al., 2023; Ward et al., 2024): s can be best only as a corner of the convex minorant
    of the cumulative sums, so neighbouring days are pooled until the pools' levels rise; and pools at or under the
    usual level begin no surge, nor do they when more days have joined them. Logarithms are taken of what remains: of
    days without a trend at most some ln(lead) candidates on average, of levels that rise day after day up to all. A day
    that leaves the window splits the first pool only. Pools are those of the window alone, to the bit, wherever the
    first of the columns is.
    """
    gain = np.empty((len(values), n_days))
    _change_gain(values, means, model, size, sign, gain)
    return gain
