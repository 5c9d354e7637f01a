"""The quasi-Poisson regression of each account's past on trend and weekday, with past outbreaks weighed down.

Of day d in the window, with time t_d, weekday w_d and exposure x_d, the expected count is x_d A[w_d] exp(b t_d). Given
the slope b the best levels A are sums over sums, which leaves a concave function of b alone: its maximum is that of the
generalised linear model with eight coefficients, found without a matrix; a weekday without any viewing does no harm.
"""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import kernel, parallel_kernel

RESIDUAL = 2.58
"""Anscombe residual above which a past day counts for less (Noufaily et al., 2013, section 3.3)."""

STEEPEST = 30.0
"""Largest change of the log level over the window; only windows whose every active day is their last come near."""


@kernel
def _sums(y: Floats, x: Floats, weights: Floats, slope: float, sums: Floats) -> None:
    """Write for each weekday the weighted sums of counts, of x exp(slope t), and of this times t and t^2: (7, 4).

    Weekdays are counted from that of the window's first day, t up to 0 on its last; NaN in `y` is no day.
    """
    sums[:] = 0.0
    n = len(y)
    factor = math.exp(slope)
    growth = math.exp(-slope * (n - 1))
    for d in range(n):
        if not np.isnan(y[d]):
            w = d % 7
            t = d - n + 1.0
            part = weights[d] * x[d] * growth
            sums[w, 0] += weights[d] * y[d]
            sums[w, 1] += part
            sums[w, 2] += part * t
            sums[w, 3] += part * t * t
        growth *= factor


@kernel
def _slope(y: Floats, x: Floats, weights: Floats, sums: Floats) -> float:
    """Return the slope at which the weighted Poisson likelihood is largest, and leave its sums in `sums`.

    Newton's method within a bracket, on the derivative of the concave profile likelihood.
    """
    n = len(y)
    timed = 0.0
    for d in range(n):
        if not np.isnan(y[d]):
            timed += weights[d] * y[d] * (d - n + 1.0)
    low, high = -STEEPEST / n, STEEPEST / n
    slope = 0.0
    for _ in range(100):
        _sums(y, x, weights, slope, sums)
        gradient = timed
        curvature = 0.0
        for w in range(7):
            if sums[w, 0] > 0.0:
                centre = sums[w, 2] / sums[w, 1]
                gradient -= sums[w, 0] * centre
                curvature += sums[w, 0] * (sums[w, 3] / sums[w, 1] - centre * centre)
        if gradient > 0.0:
            low = slope
        else:
            high = slope
        step = gradient / curvature if curvature > 0.0 else 0.0
        following = slope + step
        if following <= low or following >= high:
            following = 0.5 * (low + high)
        if abs(step) * n < 1e-10 or (high - low) * n < 1e-10:
            break
        slope = following
    return slope


@kernel
def _dispersion(y: Floats, x: Floats, weights: Floats, slope: float, sums: Floats, trend: bool) -> float:
    """Return Pearson's statistic over its degrees of freedom, at least 1."""
    n = len(y)
    days, total = 0, 0.0
    for d in range(n):
        if not np.isnan(y[d]):
            w = d % 7
            days += 1
            mean = sums[w, 0] / sums[w, 1] * x[d] * math.exp(slope * (d - n + 1.0))
            if mean > 0.0:
                total += weights[d] * (y[d] - mean) ** 2 / mean
    coefficients = int(trend)
    for w in range(7):
        coefficients += sums[w, 1] > 0.0
    return max(1.0, total / (days - coefficients)) if days > coefficients else 1.0


@kernel
def _weigh(y: Floats, x: Floats, weights: Floats, slope: float, sums: Floats, phi: float, trend: bool) -> None:
    """Write the weights of a second fit from the first, unweighted one: 1 / s^2 where s > `RESIDUAL`, mean 1.

    s = 1.5 (y^(2/3) mu^(-1/6) - mu^(1/2)) / sqrt(phi (1 - h)) with leverage h: the standardised Anscombe residual.
    """
    n = len(y)
    squares = 0.0
    for w in range(7):
        if sums[w, 0] > 0.0:
            squares += sums[w, 0] * (sums[w, 3] / sums[w, 1] - (sums[w, 2] / sums[w, 1]) ** 2)
    days, total = 0, 0.0
    for d in range(n):
        if np.isnan(y[d]):
            continue
        days += 1
        w = d % 7
        t = d - n + 1.0
        share = x[d] * math.exp(slope * t) / sums[w, 1]
        mean = sums[w, 0] * share
        if y[d] > mean:
            leverage = share
            if trend and squares > 0.0:
                leverage += mean * (t - sums[w, 2] / sums[w, 1]) ** 2 / squares
            residual = 1.5 * (y[d] ** (2.0 / 3.0) * mean ** (-1.0 / 6.0) - math.sqrt(mean))
            if leverage < 1.0 - 1e-9 and residual > RESIDUAL * math.sqrt(phi * (1.0 - leverage)):
                weights[d] = phi * (1.0 - leverage) / (residual * residual)
        total += weights[d]
    for d in range(n):
        weights[d] *= days / total


@kernel
def fit_window(y: Floats, x: Floats, ahead: int, trend: bool) -> tuple[float, float]:
    """Return the level `ahead` days after the window's last, for an exposure of 1, and the dispersion."""
    weights = np.ones(len(y))
    sums = np.zeros((7, 4))
    slope, phi = 0.0, 1.0
    for weighted in range(2):
        if trend:
            slope = _slope(y, x, weights, sums)
        else:
            _sums(y, x, weights, 0.0, sums)
        phi = _dispersion(y, x, weights, slope, sums, trend)
        if weighted == 0:
            _weigh(y, x, weights, slope, sums, phi, trend)
    w = (len(y) - 1 + ahead) % 7
    return sums[w, 0] / sums[w, 1] * math.exp(slope * ahead), phi


@parallel_kernel
def expected_counts(values: Floats, exposure: Floats, window: int, guard: int, least: int) -> tuple[Floats, Floats]:
    """Return each day's expected count for an exposure of 1, and the dispersion, ``(n_accounts, n_days)`` each.

    `values` and `exposure` are ``(n_accounts, window + guard + n_days)``; `guard` days lie between a day and its
    window. NaN where under `least` of the window's days, or none of the day's own weekday, were observed. A trend that
    would lead above every day of the window is left out.
    """
    n_accounts, n_columns = values.shape
    n_days = n_columns - window - guard
    mean = np.full((n_accounts, n_days), np.nan)
    dispersion = np.full((n_accounts, n_days), np.nan)
    for i in prange(n_accounts):
        for t in range(n_days):
            y = values[i, t : t + window]
            x = exposure[i, t : t + window]
            days, largest = 0, 0.0
            for d in range(window):
                if not np.isnan(y[d]):
                    days += 1
                    largest = max(largest, y[d] / x[d])
            if days < least:
                continue
            level, phi = fit_window(y, x, guard + 1, True)
            if level > largest:
                level, phi = fit_window(y, x, guard + 1, False)
            mean[i, t] = level
            dispersion[i, t] = phi if not np.isnan(level) else np.nan
    return mean, dispersion
