"""Extreme studentised deviates: the outliers of each account's whole history (Rosner, 1983).

Step i = 1, 2, ... takes the day farthest from the centre of those left, R_i spreads away, and removes it. With L the
last step on which R_i exceeds its critical value, the first L days removed are outliers, the masked ones too.
"""

import numpy as np
from numba import prange
from scipy import stats

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.ordered import mad_of_sorted

FEWEST = 15
"""Observed days without which there is no test: Rosner's critical values hold from 15 to 25 on."""


def critical_values(alpha: float, n_days: int, sides: int) -> Floats:
    """Return the critical value of R for each number of days left, ``(n_days + 1,)``; infinite below 3.

    Equation 2.5 of Rosner (1983): with n days left, (n - 1) t / sqrt(n (n - 2 + t^2)), where Student's t with n - 2
    degrees of freedom exceeds t with probability alpha / (2 n), or alpha / n if only one side is tested.
    """
    n = np.arange(3, n_days + 1, dtype=np.float64)
    t = stats.t.isf(alpha / (sides * n), n - 2)
    return np.concatenate([np.full(min(3, n_days + 1), np.inf), (n - 1) * t / np.sqrt(n * (n - 2 + t * t))])


@kernel
def _centre_spread(ordered: Floats, robust: bool) -> tuple[float, float]:
    """Return mean and sample standard deviation of ascending values, or median and 1.4826 times their MAD."""
    n = len(ordered)
    if robust:
        centre = 0.5 * (ordered[(n - 1) // 2] + ordered[n // 2])
        return centre, 1.4826 * mad_of_sorted(ordered, n, centre)
    total = 0.0
    for y in ordered:
        total += y
    centre = total / n
    squares = 0.0
    for y in ordered:
        squares += (y - centre) ** 2
    return centre, np.sqrt(squares / (n - 1))


@kernel
def _sums(values: Floats, origin: float) -> tuple[Floats, Floats]:
    """Return the sums of the first 0, 1, ... values less `origin`, and of the squares of these."""
    total, squares = np.zeros(len(values) + 1), np.zeros(len(values) + 1)
    for j in range(len(values)):
        off = values[j] - origin
        total[j + 1] = total[j] + off
        squares[j + 1] = squares[j] + off * off
    return total, squares


@parallel_kernel
def spreads(values: Floats, robust: bool) -> Floats:
    """Return the standard deviation of each account's observed days, or 1.4826 times their MAD, ``(n_accounts,)``.

    NaN with fewer than `FEWEST` of them.
    """
    result = np.full(values.shape[0], np.nan)
    for i in prange(values.shape[0]):
        seen = np.sort(values[i][~np.isnan(values[i])])
        if seen.size >= FEWEST:
            result[i] = _centre_spread(seen, robust)[1]
    return result


@parallel_kernel
def extreme_deviates(
    values: Floats, critical: Floats, floor: float, share: float, side: int, robust: bool
) -> tuple[Bools, Ints, Floats, Floats]:
    """Return who is an outlier, the step on which each day was removed, its R then, and how far off it lies.

    All have the shape of `values`, ``(n_accounts, n_days)``, where NaN is no day. Steps go on up to `share` of an
    account's days; 0 and NaN stand for days never removed. The distance is that from the centre of the days that are no
    outliers, in their spreads; NaN for accounts with fewer than `FEWEST` days. `critical` is indexed by the number of
    days left, a spread is at least `floor`, `robust` takes median and MAD for mean and standard deviation. `side` 1
    removes only high days, -1 only low ones, 0 both: then of two days equally far off the higher first. Of equal days
    above the centre the earliest goes first, below it the latest.
    """
    n_accounts, n_days = values.shape
    outlier = np.zeros((n_accounts, n_days), dtype=np.bool_)
    step = np.zeros((n_accounts, n_days), dtype=np.int64)
    statistic = np.full((n_accounts, n_days), np.nan)
    distance = np.full((n_accounts, n_days), np.nan)
    for i in prange(n_accounts):
        day = np.flatnonzero(~np.isnan(values[i]))[::-1]
        n = day.size
        if n < FEWEST:
            continue
        day = day[np.argsort(values[i][day], kind="mergesort")]
        ordered = values[i][day]
        low, high = 0, n
        inner_low, inner_high, last = 0, n, 0
        n_steps = int(share * n)
        # sums from the median, a day that stays, outwards: exact for counts, and nothing large is taken from them
        origin = ordered[n // 2]
        low_total, low_squares = _sums(ordered[: n // 2][::-1], origin)
        high_total, high_squares = _sums(ordered[n // 2 :], origin)
        for s in range(1, n_steps + 1):
            n_left = high - low
            if robust:
                centre, spread = _centre_spread(ordered[low:high], True)
            else:
                n_low, n_high = n // 2 - low, high - n // 2
                off = (low_total[n_low] + high_total[n_high]) / n_left
                squares = low_squares[n_low] + high_squares[n_high] - n_left * off * off
                centre, spread = origin + off, np.sqrt(max(squares, 0.0) / (n_left - 1))
            above, below = ordered[high - 1] - centre, centre - ordered[low]
            if side > 0 or (side == 0 and above >= below):
                high -= 1
                far, deviation = day[high], above
            else:
                far, deviation = day[low], below
                low += 1
            step[i, far] = s
            statistic[i, far] = deviation / max(spread, floor) if deviation > 0.0 else 0.0
            if statistic[i, far] > critical[n_left]:
                inner_low, inner_high, last = low, high, s
        centre, spread = _centre_spread(ordered[inner_low:inner_high], robust)
        for d in day:
            outlier[i, d] = 0 < step[i, d] <= last
            distance[i, d] = (values[i, d] - centre) / max(spread, floor) if values[i, d] != centre else 0.0
    return outlier, step, statistic, distance
