"""Tails of the negative binomial and of the hurdle built on it, in logarithms, so that none is too small to say.

NB(mean m, size r) has variance m + m^2 / r and P(Y >= y) = I_x(y, r) with x = m / (m + r), the regularised incomplete
beta function (Johnson, Kemp and Kotz, 2005, eq. 5.31). It needs no whole y, so minutes pass through as well. The
hurdle is 0 with probability 1 - active, and else an NB that is not 0.
"""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import kernel, parallel_kernel

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


@kernel
def _stirling_error(z: float) -> float:
    """Return log Gamma(z + 1) less Stirling's (z + 1/2) log z - z + log(2 pi) / 2 (Loader, 2000)."""
    if z < 16.0:
        return math.lgamma(z + 1.0) - (z + 0.5) * math.log(z) + z - HALF_LOG_TWO_PI
    s = 1.0 / (z * z)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188 - s * 691 / 360360) * s) * s) * s) * s) / z


@kernel
def _deviance(a: float, b: float) -> float:
    """Return a log(a / b) + b - a without cancellation where a is near b."""
    d = a - b
    if abs(d) > 0.1 * (a + b):
        return a * math.log(a / b) - d
    v = d / (a + b)
    total = d * v
    term = 2.0 * a * v
    for k in range(3, 41, 2):
        term *= v * v
        following = total + term / k
        if following == total:
            break
        total = following
    return total


@kernel
def _log_beta_density(a: float, b: float, m: float, r: float) -> float:
    """Return log of x^a (1 - x)^b / Beta(a, b), x = m / (m + r), by Loader's saddle point."""
    n = a + b
    errors = _stirling_error(n) - _stirling_error(a) - _stirling_error(b)
    near = _deviance(a, n * (m / (m + r))) + _deviance(b, n * (r / (m + r)))
    return errors - near + 0.5 * math.log(a * b / n) - HALF_LOG_TWO_PI


@kernel
def _log_fraction(a: float, b: float, x: float, excess: float) -> float:
    """Return log of the continued fraction K with I_x(a, b) = x^a (1 - x)^b / Beta(a, b) K, for x at most a / (a + b).

    DiDonato and Morris (1992), eq. 9, whose `excess` a - (a + b) x at least 0 comes without cancellation.
    """
    c = excess + 1.0
    c1 = 1.0 + 1.0 / a
    p = 1.0
    s = a + 1.0
    old_top, top, old_bottom, bottom = 0.0, 1.0, 1.0, c / c1
    ratio = c1 / c
    for n in range(1, 100_000):
        w = n * (b - n) * x
        alpha = p * (p + b / a) * (a / s) ** 2 * w * x
        beta = n + w / s + (n / a + 1.0) / (c1 + 2 * n / a) * (c + n * (2.0 - x))
        p = 1.0 + n / a
        s += 2.0
        old_top, top = top, alpha * old_top + beta * top
        old_bottom, bottom = bottom, alpha * old_bottom + beta * bottom
        before = ratio
        ratio = top / bottom
        if abs(ratio - before) <= 1e-15 * ratio:
            break
        old_top /= bottom
        old_bottom /= bottom
        top = ratio
        bottom = 1.0
    return math.log(ratio)


@kernel
def _log_one_minus_exp(log_p: float) -> float:
    """Return log(1 - exp(log_p)) for log_p at most 0."""
    if log_p >= 0.0:
        return -np.inf
    return math.log(-math.expm1(log_p)) if log_p > -0.6931471805599453 else math.log1p(-math.exp(log_p))


@kernel
def nb_log_tails(y: float, m: float, r: float) -> tuple[float, float]:
    """Return log P(Y >= y) and log P(Y < y) of NB(mean m, size r), for y above 0."""
    density = _log_beta_density(y, r, m, r)
    excess = r * abs(y - m) / (m + r)
    if y >= m:
        upper = min(0.0, density + _log_fraction(y, r, m / (m + r), excess))
        return upper, _log_one_minus_exp(upper)
    lower = min(0.0, density + _log_fraction(r, y, r / (m + r), excess))
    return _log_one_minus_exp(lower), lower


@kernel
def log_zero(m: float, r: float) -> float:
    """Return log P(Y = 0) of NB(mean m, size r)."""
    return -r * math.log1p(m / r)


@kernel
def hurdle_log_sf(y: float, active: float, m: float, r: float) -> float:
    """Return log P(Y >= y) of the hurdle; NaN where y is."""
    if np.isnan(y):
        return np.nan
    if y <= 0.0:
        return 0.0
    return math.log(active) + min(0.0, nb_log_tails(y, m, r)[0] - _log_one_minus_exp(log_zero(m, r)))


@kernel
def hurdle_log_cdf(y: float, active: float, m: float, r: float) -> float:
    """Return log P(Y <= y) of the hurdle; NaN where y is."""
    if np.isnan(y):
        return np.nan
    if y <= 0.0:
        return math.log1p(-active)
    upper, lower = nb_log_tails(y + 1.0, m, r)
    positive = _log_one_minus_exp(log_zero(m, r))
    above = min(0.0, upper - positive)  # given an active day
    if above < -0.6931471805599453:
        return math.log1p(-active * math.exp(above))
    zero = log_zero(m, r)
    below = lower + _log_one_minus_exp(min(0.0, zero - lower)) - positive
    return math.log(1.0 - active + active * math.exp(below))


@kernel
def hurdle_log_pmf(y: float, active: float, m: float, r: float) -> float:
    """Return log P(Y = y) of the hurdle; NaN where y is."""
    if np.isnan(y):
        return np.nan
    if y <= 0.0:
        return math.log1p(-active)
    pmf = _log_beta_density(y, r, m, r) - math.log(y)
    return math.log(active) + pmf - _log_one_minus_exp(log_zero(m, r))


@kernel
def hurdle_quantile(log_above: float, active: float, m: float, r: float) -> float:
    """Return the smallest whole y with P(Y > y) at most exp(log_above) under the hurdle, by bisection."""
    low = -1.0  # too small, always
    high = 0.0
    while hurdle_log_sf(high + 1.0, active, m, r) > log_above:
        low = high
        high = 2.0 * high + 1.0
    while high - low > 1.0:
        middle = math.floor(0.5 * (low + high))
        if hurdle_log_sf(middle + 1.0, active, m, r) > log_above:
            low = middle
        else:
            high = middle
    return high


@parallel_kernel
def log_sf(values: Floats, active: Floats, mean: Floats, size: Floats) -> Floats:
    """Return log P(Y >= value) of hurdles, elementwise over arrays of shape (n,); NaN where the value is."""
    result = np.empty(values.size)
    for i in prange(values.size):
        result[i] = hurdle_log_sf(values[i], active[i], mean[i], size[i])
    return result


@parallel_kernel
def log_cdf(values: Floats, active: Floats, mean: Floats, size: Floats) -> Floats:
    """Return log P(Y <= value) of hurdles, elementwise over arrays of shape (n,); NaN where the value is."""
    result = np.empty(values.size)
    for i in prange(values.size):
        result[i] = hurdle_log_cdf(values[i], active[i], mean[i], size[i])
    return result


@parallel_kernel
def log_pmf(values: Floats, active: Floats, mean: Floats, size: Floats) -> Floats:
    """Return log P(Y = value) of hurdles, elementwise over arrays of shape (n,); NaN where the value is."""
    result = np.empty(values.size)
    for i in prange(values.size):
        result[i] = hurdle_log_pmf(values[i], active[i], mean[i], size[i])
    return result


@parallel_kernel
def quantiles(log_above: float, active: Floats, mean: Floats, size: Floats) -> Floats:
    """Return the smallest whole y with P(Y > y) at most exp(log_above), per hurdle of shape (n,)."""
    result = np.empty(active.size)
    for i in prange(active.size):
        result[i] = hurdle_quantile(log_above, active[i], mean[i], size[i])
    return result


@kernel
def exposed_hurdle(active: float, m: float, r: float, factor: float) -> tuple[float, float]:
    """Return active share and NB mean of a hurdle under a day's factor.

    A factor of 1 or more multiplies the expected size of an active day, one below 1 the chance of an active day. The
    NB mean that gives m e / (1 - p0(m)) on active days is found by Newton's method, from above: the function is convex.
    """
    if factor < 1.0:
        return active * factor, m
    if not factor > 1.0:
        return active, m
    wanted = factor * m / -math.expm1(log_zero(m, r))
    m = wanted
    for _ in range(60):
        zero = math.exp(log_zero(m, r))
        positive = -math.expm1(log_zero(m, r))
        slope = (positive - m * zero * r / (m + r)) / (positive * positive)
        step = (m / positive - wanted) / slope
        m = max(m - step, 1e-9 * m)
        if abs(step) <= 1e-13 * m:
            break
    return active, m


@parallel_kernel
def exposed(active: Floats, mean: Floats, size: Floats, factor: Floats) -> tuple[Floats, Floats]:
    """Return active share and NB mean under a day's factor, all of shape (n,); see `exposed_hurdle`."""
    days = np.empty(factor.size)
    means = np.empty(factor.size)
    for i in prange(factor.size):
        days[i], means[i] = exposed_hurdle(active[i], mean[i], size[i], factor[i])
    return days, means
