"""The largest likelihood ratio for a common factor on negative binomial days whose means differ.

For days y of means mu and one size r, the gain of the log factor k is

    g(k) = sum of y k - (y + r) log((r + e^k mu) / (r + mu)).

With p = e^k mu / (r + e^k mu) its slope is the sum of y - (y + r) p, and minus its second derivative, the bend, that of
(y + r) p (1 - p): g is concave. Since p (1 - p) has a relative slope of 1 - 2 p, a move of h changes the bend by a
factor of at most e^|h| (self-concordance; Bach, 2010), which bounds both how far a step may go and what g can reach.

A missing day is one of value 0 and mean 0: it gains nothing at any factor.
"""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import kernel, parallel_kernel


@kernel
def gain_at(values: Floats, means: Floats, size: float, rise: float) -> tuple[float, float, float]:
    """Return gain, slope and bend of days (both arrays 1-D) at the log factor `rise`, which may be -inf."""
    factor = math.exp(rise)
    gain, slope, bend = 0.0, 0.0, 0.0
    for d in range(values.size):
        y, mean, usual = values[d], factor * means[d], size + means[d]
        rest = size / (size + mean)
        odds = math.log1p((mean - means[d]) / usual)
        gain += (y * (rise - odds) if y > 0.0 else 0.0) - size * odds
        slope += (y - mean) * rest
        bend += (y + size) * rest * mean / (size + mean)
    return gain, slope, bend


@kernel
def most(gain: float, slope: float, bend: float) -> float:
    """Return a bound on the gain at any factor, given gain, slope and bend at one: exact where the slope is 0.

    The bend within h is at least bend e^-|h|, so that g rises by at most bend (x + (1 - x) log(1 - x)) if
    x = |slope| / bend is below 1.
    """
    x = abs(slope) / bend if slope != 0.0 else 0.0
    return gain + bend * (x + (1.0 - x) * math.log1p(-x)) if x < 1.0 else math.inf


@kernel
def best_rise(values: Floats, means: Floats, size: float, rise: float) -> float:
    """Return the log factor that gains most (both arrays 1-D), sought from `rise`; -inf if no value is above 0.

    One step of Fisher scoring, exact for equal means, then Newton's, x = slope / bend shortened to log(1 + |x|): the
    bend within h is at most bend e^|h|, so that no step passes the peak. A step leaves a slope of at most bend x^2 and
    so a gain short by about bend x^4 / 2, which ends the search below 1e-13.
    """
    factor = math.exp(rise)
    total, expected = 0.0, 0.0
    for d in range(values.size):
        weight = 1.0 / (size + factor * means[d])
        total += weight * values[d]
        expected += weight * means[d]
    if total == 0.0:
        return -math.inf
    rise = math.log(total / expected)
    for _ in range(200):
        factor = math.exp(rise)
        slope, bend = 0.0, 0.0
        for d in range(values.size):
            mean = factor * means[d]
            rest = size / (size + mean)
            slope += (values[d] - mean) * rest
            bend += (values[d] + size) * rest * mean / (size + mean)
        x = slope / bend
        rise += math.copysign(math.log1p(abs(x)), x)
        if bend * x**4 < 1e-13:
            break
    return rise


@parallel_kernel
def shift_gain(values: Floats, means: Floats, n_days: int, size: float, sign: int, shortest: int) -> Floats:
    """Return the largest gain of days s..t by a common factor on their means, over all s, ``(n_accounts, n_days)``.

    For each of the last `n_days` columns t, s runs over t and the columns before it, as many as precede the first of
    the last `n_days` columns; the factor must be at least 1 (`sign` 1) or at most 1 (-1), and s..t hold `shortest`
    observed days. 0 where nothing gains. `values` and `means` (above 0) are ``(n_accounts, lead + n_days)``; where a
    value is NaN the day is left out and its own result is NaN.

    Only some s are tried. If the slopes at factor 1 of the days s..u add up to no gain in the wanted direction, then
    by concavity s..u gain nothing at any factor, and u+1..t, if they are long enough, gain at least as much as s..t: so
    s can be best only where the slopes, added backwards from t, reach a new high. Of these, s is skipped if its bound
    at the factor that was best for the last one is no larger than the largest gain so far.
    """
    n_accounts, n_columns = values.shape
    lead = n_columns - n_days
    gains = np.full((n_accounts, n_days), np.nan)
    for i in prange(n_accounts):
        missing = np.isnan(values[i])
        y, mu = np.where(missing, 0.0, values[i]), np.where(missing, 0.0, means[i])
        for t in range(n_days):
            end = lead + t + 1
            if missing[end - 1]:
                continue
            best, rise, high, slopes = 0.0, 0.0, 0.0, 0.0
            gain, slope, bend = 0.0, 0.0, 0.0
            first, days = end, 0
            for s in range(end - 1, t - 1, -1):
                slopes += sign * (y[s] - mu[s]) / (size + mu[s])
                days += not missing[s]
                if days < shortest or slopes <= high:
                    continue
                high = slopes
                more = gain_at(y[s:first], mu[s:first], size, rise)
                gain, slope, bend, first = gain + more[0], slope + more[1], bend + more[2], s
                best = max(best, gain)
                if most(gain, slope, bend) > best:
                    rise = best_rise(y[s:end], mu[s:end], size, rise)
                    gain, slope, bend = gain_at(y[s:end], mu[s:end], size, rise)
                    best = max(best, gain)
            gains[i, t] = best
    return gains
