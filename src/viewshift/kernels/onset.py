"""When did a shift begin and end, and how large is it, by likelihoods of negative-binomial days at two levels."""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel

N_LEVELS = 24
"""Levels that are tried for the days of a shift."""

SIZES = np.array([1.0, 8.0, 64.0])
"""Sizes tried for the days of a shift, as multiples of the account's own: during a binge days are more alike."""

_STEPS = 12


@kernel
def log_weights(days: Floats, size: float) -> Floats:
    """Return log Gamma(y + size) / Gamma(size) of each day, 0 for NaN."""
    out, none = np.zeros(len(days)), math.lgamma(size)
    for t in range(len(days)):
        if days[t] > 0.0:
            out[t] = math.lgamma(days[t] + size) - none
    return out


@kernel
def own_size(days: Floats, mean: float, size: float, spread: float, temper: float) -> float:
    """Return the most likely negative-binomial size of an account's days, shrunk to the population's.

    The log-likelihood of the days is divided by `temper`; the log of the size has the prior N(log `size`, `spread`),
    and is sought within 3 of it in steps of 1/4.
    """
    best, found = -np.inf, size
    active = np.sort(days[days > 0.0])  # few numbers, many times each
    total, seen = active.sum(), np.count_nonzero(~np.isnan(days))
    for k in range(-_STEPS, _STEPS + 1):
        r = size * math.exp(0.25 * k)
        none, weight = math.lgamma(r), 0.0
        fit = total * math.log(mean / (r + mean)) - seen * r * math.log1p(mean / r)
        for t in range(len(active)):
            if t == 0 or active[t] != active[t - 1]:
                weight = math.lgamma(active[t] + r) - none
            fit += weight
        fit = fit / temper - 0.5 * (0.25 * k / spread) ** 2
        if fit > best:
            best, found = fit, r
    return found


@kernel
def ratio_quantiles(log_ratio: Floats, log_weight: Floats, at: Floats) -> Floats:
    """Return quantiles of weighted points, linear between the middles of their steps, as ratios."""
    possible = log_weight > -np.inf
    points, weight = log_ratio[possible], np.exp(log_weight[possible] - log_weight.max())
    order = np.argsort(points)
    weight = weight[order] / weight.sum()
    return np.exp(np.interp(at, np.cumsum(weight) - weight / 2, points[order]))


@parallel_kernel
def locate_shifts(
    values: Floats,
    rows: Ints,
    left: Ints,
    first: Ints,
    opened: Ints,
    last: Ints,
    usual: Floats,
    signs: Ints,
    size: float,
    spread: float,
    temper: float,
    drop: float,
    level_temper: float,
    shrink: float,
    at: Floats,
) -> tuple[Ints, Floats]:
    r"""Return ``(onset, onset_low, onset_high, end)`` of each alarm, and quantiles of its ratio of levels.

    The days from `first` to `last` are at the level u before the onset s and after the end e, with the account's own
    size, and at the level m, with a size of its own, from s to e; ``first <= s <= opened <= e <= last``. Every
    combination of s, e, u, m and size has its log-likelihood l. Onset and end are those of the largest (of equals, the
    latest onset and the earliest end); the support interval spans every s whose ``l / temper``, maximised over all
    else, is within `drop` of the largest. A ratio m / u weighs ``exp(l / level_temper - shrink * |log(m / u)|)`` at
    the best s and e, summed over the sizes.

    Parameters
    ----------
    values
        Counts, ``(n_accounts, n_days)``; NaN days are left out.
    rows
        Row of each alarm.
    left, first
        First day of the account's usual days, and first day on which the onset may lie; the size is that of
        the days between.
    opened, last
        First day of each alarm, and the last day on which its shift may end.
    usual
        Levels u, equally likely before the days from `first` on, ascending and above 0, ``(n_alarms, n_usual)``.
    signs
        For each alarm, 1 for rises only, -1 for falls only, 0 for either.
    size
        Negative-binomial size of the population.
    spread
        Standard deviation of the accounts' log sizes around the population's.
    temper, drop
        How many days say as much about the onset as one would if days were independent, and the fall of the tempered
        log-likelihood that bounds the support interval.
    level_temper, shrink
        How many days say as much about the levels as one would, and how fast larger ratios become less likely.
    at
        Probabilities of the quantiles.

    Returns
    -------
    Places, int64 ``(n_alarms, 4)``; and float64 ``(n_alarms, len(at))``. Without an observed day before `first`, all
    places are the opening day and the ratio is NaN.
    """
    n_alarms, n_usual = usual.shape
    places = np.zeros((n_alarms, 4), dtype=np.int64)
    ratio = np.full((n_alarms, len(at)), np.nan)
    for a in prange(n_alarms):
        places[a, :] = opened[a]
        before = values[rows[a], left[a] : first[a]]
        seen = np.count_nonzero(~np.isnan(before))
        if seen == 0:
            continue
        days, sign = values[rows[a], first[a] : last[a] + 1], signs[a]
        own = own_size(before, max(float(np.nansum(before)), 0.25) / seen, size, spread, temper)
        low = math.log(usual[a, 0]) - (0.0 if sign > 0 else 4.0)
        high = math.log(usual[a, -1]) if sign < 0 else math.log(1.5 * max(1.0, np.nanmax(days), usual[a, -1]))
        n_onsets = opened[a] - first[a] + 1
        profile = np.full(n_onsets, -np.inf)
        weights = np.full((n_usual, N_LEVELS), -np.inf)
        log_ratio = np.zeros((n_usual, N_LEVELS))
        best = -np.inf
        plain = log_weights(days, own)
        count, total = np.zeros(len(days) + 1), np.zeros(len(days) + 1)
        lift, begun = np.zeros(len(days) + 1), np.zeros(len(days) + 1)
        for t in range(len(days)):
            here = not np.isnan(days[t])
            count[t + 1] = count[t] + here
            total[t + 1] = total[t] + (days[t] if here else 0.0)
        for q in range(len(SIZES)):
            r = own * SIZES[q]
            lift[1:] = np.cumsum(log_weights(days, r) - plain)
            for j in range(N_LEVELS):
                log_m = low + (high - low) * (j + 0.5) / N_LEVELS
                m = math.exp(log_m)
                m_gain, m_loss = math.log(m / (r + m)), r * math.log1p(m / r)
                for i in range(n_usual):
                    u = usual[a, i]
                    change = math.log(m / u)
                    log_ratio[i, j] = change
                    if sign * change < 0:
                        continue
                    u_gain, u_loss = math.log(u / (own + u)), own * math.log1p(u / own)
                    base = plain.sum() + total[-1] * u_gain - count[-1] * u_loss
                    # of days t in the shift, each adds lift + y (m_gain - u_gain) - (m_loss - u_loss)
                    for t in range(len(begun)):
                        begun[t] = lift[t] + total[t] * (m_gain - u_gain) - count[t] * (m_loss - u_loss)
                    most, e = -np.inf, 0
                    for t in range(n_onsets, len(begun)):
                        if begun[t] > most:
                            most, e = begun[t], t - n_onsets
                    least, s = np.inf, 0
                    for t in range(n_onsets):
                        profile[t] = max(profile[t], base + most - begun[t])
                        if begun[t] <= least:
                            least, s = begun[t], t
                    found = base + most - least
                    weights[i, j] = np.logaddexp(weights[i, j], found / level_temper - shrink * abs(change))
                    if found > best:
                        best = found
                        places[a, 0], places[a, 3] = first[a] + s, opened[a] + e
        inside = np.flatnonzero(profile >= best - drop * temper)
        places[a, 1] = min(places[a, 0], first[a] + inside[0])
        places[a, 2] = max(places[a, 0], first[a] + inside[-1])
        ratio[a] = ratio_quantiles(log_ratio.ravel(), weights.ravel(), at)
    return places, ratio
