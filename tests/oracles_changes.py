"""Slow, obvious twins of the changepoint kernels: every change is tried, every sum taken from the days themselves."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import minimize_scalar

Array = NDArray[Any]


def log_likelihood(days: Array, mean: Array | float, family: str, size: float) -> float:
    """Return the log-likelihood of days with these means, up to what no mean changes."""
    if family == "normal":
        return float(-0.5 * np.sum((days - mean) ** 2))
    mean = mean + np.zeros(len(days))
    if family == "poisson":
        return float(np.sum(special.xlogy(days, mean) - mean))
    return float(np.sum(special.xlogy(days, mean / (size + mean)) - size * np.log1p(mean / size)))


def own_gain(days: Array, means: Array, family: str, size: float, sign: int) -> float:
    """Return what days gain by their best level above (1), below (-1) or on any side (0) of the usual; at least 0."""
    if family == "poisson":
        ratio = days.sum() / means.sum()
        best, rises = ratio * means, ratio - 1
    else:
        best = np.full(len(days), days.mean())
        rises = days.mean() - means[0]
    if sign * rises < 0:
        return 0.0
    return log_likelihood(days, best, family, size) - log_likelihood(days, means, family, size)


def largest_gain(values: Array, means: Array, longest: int, family: str, size: float, sign: int) -> Array:
    """Return the largest gain of each day over all first days of a change within the last `longest`, ``(n_days,)``."""
    gains = np.full(len(values), np.nan)
    for t in range(len(values)):
        if np.isnan(values[t]):
            continue
        first = max(0, t - longest + 1)
        seen = np.flatnonzero(~np.isnan(values[first : t + 1])) + first
        usual = means[seen]
        if family == "normal":
            usual = np.zeros(len(seen))
        if family == "nb":
            usual = np.full(len(seen), usual.mean())
        every = [own_gain(values[seen[k:]], usual[k:], family, size, sign) for k in range(len(seen))]
        gains[t] = max(0.0, *every)
    return gains


def largest_shift_gain(values: Array, means: Array, window: int, size: float, sign: int, shortest: int) -> Array:
    """Return the largest gain of each day by a factor on all means since some day of the window, ``(n_days,)``.

    Every first day is tried, and the factor found by Brent's bounded search over its logarithm, up to e^40 or down to
    e^-40, and by trying its limit 1.
    """
    gains = np.full(len(values), np.nan)
    for t in np.flatnonzero(~np.isnan(values)):
        gains[t] = 0.0
        for first in range(max(0, t - window + 1), t + 1):
            seen = np.flatnonzero(~np.isnan(values[first : t + 1])) + first
            if len(seen) >= shortest:
                gains[t] = max(gains[t], shift_gain_of(values[seen], means[seen], size, sign))
    return gains


def shift_gain_of(days: Array, means: Array, size: float, sign: int) -> float:
    """Return what these negative binomial days gain by their best factor above (1) or below (-1) 1."""
    usual = log_likelihood(days, means, "nb", size)

    def loss(log_factor: float) -> float:
        return usual - log_likelihood(days, np.exp(log_factor) * means, "nb", size)

    limits = (0.0, 40.0) if sign > 0 else (-40.0, 0.0)
    return -float(minimize_scalar(loss, bounds=limits, method="bounded", options={"xatol": 1e-9}).fun)


def best_costs(days: Array, family: str, size: float, least: int) -> Array:
    """Return the lowest cost of all segmentations with 0, 1, 2, ... changes, ``(most + 1,)``: every cut is tried."""
    n = len(days)
    cost = np.full((n + 1, n + 1), np.inf)
    for first in range(n):
        for end in range(first + least, n + 1):
            own = days[first:end]
            cost[first, end] = -2 * log_likelihood(own, max(own.mean(), 1e-300), family, size)
    best = [cost[0]]
    while np.isfinite(best[-1]).any():
        best.append(np.min(best[-1][:, None] + cost, axis=0))
    return np.array([until[n] for until in best[:-1]])


def best_cuts(days: Array, family: str, size: float, least: int, penalty: float, by_length: float) -> tuple[Any, float]:
    """Return the starts of the best segments, and how much they save over one: all ways to cut the days are tried."""
    n = len(days)
    cost = {
        (a, b): -2 * log_likelihood(days[a:b], max(days[a:b].mean(), 1e-300), family, size)
        for a, b in itertools.combinations(range(n + 1), 2)
    }
    ways = []
    for n_changes in range(n // least):
        for cuts in itertools.combinations(range(least, n - least + 1), n_changes):
            ends = (0, *cuts, n)
            lengths = np.diff(ends)
            if (lengths >= least).all():
                priced = sum(cost[pair] for pair in itertools.pairwise(ends))
                priced += penalty * n_changes * np.log(n) + by_length * np.log(lengths / n).sum()
                ways.append((priced, [0, *cuts]))
    least_priced = min(ways)
    return least_priced[1], ways[0][0] - least_priced[0]


def difference_autocorrelation(values: Array, lag: int) -> float:
    """Return 1 - v(1) / v(lag) of one account, v(k) being the mean of the known squared differences k days apart."""
    squares = []
    for apart in (1, lag):
        pairs = [(a - b) ** 2 for a, b in zip(values, values[apart:], strict=False) if not np.isnan(a - b)]
        squares.append(np.mean(pairs) if pairs else np.nan)
    return float(1 - squares[0] / squares[1]) if squares[1] > 0 else np.nan


def best_anomalies(
    values: Array,
    weights: Array,
    null: float,
    family: str,
    size: float,
    sign: int,
    prices: tuple[float, float],
    least: int,
    longest: int,
) -> tuple[list[tuple[int, int]], float]:
    """Return (first day, number of days) of the anomalies that save most, and the total: all choices are tried."""
    best: list[tuple[float, list[tuple[int, int]]]] = [(0.0, [])]
    for end in range(1, len(values) + 1):
        choices = [best[end - 1]]
        for days in range(1, min(longest, end) + 1):
            if 1 < days < least:
                continue
            first = end - days
            usual = null * weights[first:end]
            saving = 2 * own_gain(values[first:end], usual, family, size, sign)
            total, found = best[first]
            choices.append((total + saving - prices[days == 1], [*found, (first, days)]))
        best.append(max(choices, key=lambda choice: choice[0]))
    return best[-1][1], best[-1][0]
