"""Median and spread about it over a trailing window of earlier days, which is kept in order.

Shapes, window and missing days are those of `kernels.rolling`.
"""

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel

_LANES = 16
"""Loops run over a multiple of so many places, so that none is left over for the slow end of a vectorised loop."""


@kernel
def _deviation(window: Floats, count: int, median: float, high: int, rank: int) -> float:
    """Return the deviation from `median` of this rank, from 0 on; `high` is the first place not below the median.

    Those below and above are in order, so that it is known by bisection how many of the smallest lie below.
    """
    low, most = max(0, rank + 1 - (count - high)), min(rank + 1, high)
    while low < most:
        n = (low + most) // 2
        if median - window[high - 1 - n] < window[high + rank - n] - median:
            low = n + 1
        else:
            most = n
    below = median - window[high - low] if low > 0 else 0.0
    return max(below, window[high + rank - low] - median) if low <= rank else below


@kernel
def mad_of_sorted(window: Floats, count: int, median: float) -> float:
    """Return the median absolute deviation of sorted values, in O(log n)."""
    high = int(np.searchsorted(window[:count], median))
    outer = _deviation(window, count, median, high, count // 2)
    return outer if count % 2 else 0.5 * (_deviation(window, count, median, high, count // 2 - 1) + outer)


@kernel
def _replace(before: Floats, after: Floats, width: int, old: float, new: float) -> None:
    """Write `before`, places 1 to `width` in ascending order, into `after` without one `old` but with `new`.

    Without a branch: place j - 1 or j, by whether `old` was there or before, and `new` among them.
    """
    for j in range(1, width + 1):
        low = before[j - 1] if before[j - 1] < old else before[j]
        high = before[j] if before[j] < old else before[j + 1]
        high = high if high < new else new
        after[j] = low if low > high else high


@kernel
def _reach(ordered: Floats, count: int, median: float, width: int, reach: Floats, bits: Ints) -> float:
    """Return the `count`-th smallest deviation from `median`: the least reach of `count` neighbours in order.

    `bits` are those of `reach`; numbers above 0 are in the order of their bits, whose least is found without a branch.
    """
    for i in range(width):
        below = median - ordered[np.uint64(i) + np.uint64(1)]
        above = ordered[np.uint64(i) + np.uint64(count)] - median
        reach[i] = below if below > above else above
    least = bits[0]
    for i in range(width):
        least = least if least < bits[i] else bits[i]
    bits[0] = least
    found: float = reach[0]
    return found


@kernel
def _middle(ordered: Floats, count: int, reach: Floats, bits: Ints) -> tuple[float, float]:
    """Return median and median absolute deviation of the `count` values that begin at place 1."""
    half = count // 2
    if count % 2:
        median = ordered[1 + half]
        return median, _reach(ordered, half + 1, median, len(reach), reach, bits)
    median = 0.5 * (ordered[half] + ordered[half + 1])
    inner = _reach(ordered, half, median, len(reach), reach, bits)
    return median, 0.5 * (inner + _reach(ordered, half + 1, median, len(reach), reach, bits))


@kernel
def _follow(row: Floats, window: int, least: int, median: Floats, mad: Floats) -> None:
    """Write median and MAD of the windows that begin at the first columns of `row`; NaN for too few values.

    Two arrays hold the window in turn, from place 1 on, with infinity after its values and for missing ones.
    """
    width = (window + _LANES - 1) // _LANES * _LANES
    reach = np.empty((window // 2 + _LANES) // _LANES * _LANES)
    bits = reach.view(np.int64)
    one = np.full(2 + width + 2 * len(reach), np.inf)
    one[0] = -np.inf
    two = one.copy()
    in_two = False
    count = 0
    centre = spread = np.nan
    for t in range(1 - window, len(median)):
        old = row[t - 1] if t > 0 else np.nan
        new = row[t + window - 1]
        if np.isnan(old):
            old = np.inf
        else:
            count -= 1
        if np.isnan(new):
            new = np.inf
        else:
            count += 1
        changed = old != new
        if changed:
            if in_two:
                _replace(two, one, width, old, new)
            else:
                _replace(one, two, width, old, new)
            in_two = not in_two
        if t < 0:
            continue
        if count < least:
            median[t] = mad[t] = centre = np.nan
            continue
        if changed or np.isnan(centre):
            if in_two:
                centre, spread = _middle(two, count, reach, bits)
            else:
                centre, spread = _middle(one, count, reach, bits)
        median[t] = centre
        mad[t] = spread


def trailing_median_mad(values: Floats, window: int, guard: int, least: int) -> tuple[Floats, Floats]:
    """Return median and median absolute deviation (unscaled), each ``(n_accounts, n_days)`` float64; both exact.

    Each day one value leaves the ordered window and one enters: O(window) a day, and nothing where they are equal.
    """
    shape = len(values), values.shape[1] - window - guard
    median, mad = np.empty(shape), np.empty(shape)
    _median_mad(values, window, least, median, mad)
    return median, mad


@parallel_kernel
def _median_mad(values: Floats, window: int, least: int, median: Floats, mad: Floats) -> None:
    for i in prange(len(values)):
        _follow(values[i], window, least, median[i], mad[i])


def trailing_robust_z(values: Floats, window: int, guard: int, least: int, floor: float) -> Floats:
    """Return the excess over the median in units of 1.4826 MAD, but at least `floor`: ``(n_accounts, n_days)``."""
    z = np.empty((len(values), values.shape[1] - window - guard))
    _robust_z(values, window, least, floor, z)
    return z


@parallel_kernel
def _robust_z(values: Floats, window: int, least: int, floor: float, z: Floats) -> None:
    n_days = z.shape[1]
    lead = values.shape[1] - n_days
    for i in prange(len(values)):
        spread = np.empty(n_days)
        _follow(values[i], window, least, z[i], spread)
        for t in range(n_days):
            scale = 1.4826 * spread[t]
            z[i, t] = (values[i, lead + t] - z[i, t]) / (floor if scale < floor else scale)
