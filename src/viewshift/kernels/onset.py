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
    total, seen, n_distinct = active.sum(), np.count_nonzero(~np.isnan(days)), 0
    times = np.zeros(len(active))
    for t in range(len(active)):
        n_distinct += t == 0 or active[t] != active[n_distinct - 1]
        active[n_distinct - 1] = active[t]
        times[n_distinct - 1] += 1.0
    for k in range(-_STEPS, _STEPS + 1):
        r = size * math.exp(0.25 * k)
        none = math.lgamma(r)
        fit = total * math.log(mean / (r + mean)) - seen * r * math.log1p(mean / r)
        for t in range(n_distinct):
            fit += times[t] * (math.lgamma(active[t] + r) - none)
        fit = fit / temper - 0.5 * (0.25 * k / spread) ** 2
        if fit > best:
            best, found = fit, r
    return found


@kernel
def ratio_quantiles(log_ratio: Floats, weight: Floats, at: Floats) -> Floats:
    """Return quantiles of weighted points, linear between the middles of their steps, as ratios."""
    possible = weight > 0.0
    points, heavy = log_ratio[possible], weight[possible]
    order = np.argsort(points)
    heavy = heavy[order] / heavy.sum()
    return np.exp(np.interp(at, np.cumsum(heavy) - heavy / 2, points[order]))


@kernel
def _best_spans(
    sums: Floats, n_onsets: int, gain: Floats, loss: Floats, base: Floats, profile: Floats, found: Floats
) -> None:
    """Find the best onset and end at each of `N_LEVELS` levels, which are lanes of the same instructions.

    The columns of `sums` are, before each day and after the last, the sums of lift, count and number of the days; a
    day in the shift adds ``lift + count * gain - loss``. Rows of `found` are the log-likelihood of the best, `base`
    where no day is in the shift, its first day, and the day after its last, counted from the first possible onset; one
    more row is for scratch. `profile`, ``(n_onsets, n_levels)``, is raised to the largest log-likelihood of each onset.
    """
    most, start, end, least = found[0], found[1], found[2], found[3]
    most[:], least[:] = -np.inf, np.inf
    for t in range(n_onsets, len(sums)):
        lift, total, count, day = sums[t, 0], sums[t, 1], sums[t, 2], float(t)
        for j in range(N_LEVELS):
            begun = lift + total * gain[j] - count * loss[j]
            before, at = most[j], end[j]
            better = begun > before
            most[j] = begun if better else before
            end[j] = day if better else at
    for j in range(N_LEVELS):
        most[j] += base[j]
    for t in range(n_onsets):
        lift, total, count, day = sums[t, 0], sums[t, 1], sums[t, 2], float(t)
        shown = profile[t]
        for j in range(N_LEVELS):
            begun = lift + total * gain[j] - count * loss[j]
            here, so_far = most[j] - begun, shown[j]
            shown[j] = here if here > so_far else so_far
            before, at = least[j], start[j]
            better = begun <= before
            least[j] = begun if better else before
            start[j] = day if better else at
    for j in range(N_LEVELS):
        most[j] -= least[j]


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
        plain = log_weights(days, own)
        sums = np.zeros((len(days) + 1, 3))
        for t in range(len(days)):
            here = not np.isnan(days[t])
            sums[t + 1, 1] = sums[t, 1] + (days[t] if here else 0.0)
            sums[t + 1, 2] = sums[t, 2] + here
        level = np.exp(low + (high - low) * (np.arange(N_LEVELS) + 0.5) / N_LEVELS)
        log_ratio = np.empty((n_usual, N_LEVELS))
        gain, loss, base = np.empty(N_LEVELS), np.empty(N_LEVELS), np.empty(N_LEVELS)
        m_gain, m_loss = np.empty(N_LEVELS), np.empty(N_LEVELS)
        profile = np.full((n_onsets, N_LEVELS), -np.inf)
        found = np.zeros((len(SIZES), n_usual, 4, N_LEVELS))
        for q in range(len(SIZES)):
            r = own * SIZES[q]
            sums[1:, 0] = np.cumsum(log_weights(days, r) - plain)
            for j in range(N_LEVELS):
                m_gain[j], m_loss[j] = math.log(level[j] / (r + level[j])), r * math.log1p(level[j] / r)
            for i in range(n_usual):
                u = usual[a, i]
                u_gain, u_loss = math.log(u / (own + u)), own * math.log1p(u / own)
                outside = plain.sum() + sums[-1, 1] * u_gain - sums[-1, 2] * u_loss
                for j in range(N_LEVELS):
                    gain[j], loss[j] = m_gain[j] - u_gain, m_loss[j] - u_loss
                    if q == 0:
                        log_ratio[i, j] = math.log(level[j] / u)
                    base[j] = outside if sign * log_ratio[i, j] >= 0.0 else -np.inf
                _best_spans(sums, n_onsets, gain, loss, base, profile, found[q, i])
        best = -np.inf
        for q in range(len(SIZES)):
            for j in range(N_LEVELS):
                for i in range(n_usual):
                    if found[q, i, 0, j] > best:
                        best = found[q, i, 0, j]
                        places[a, 0] = first[a] + int(found[q, i, 1, j])
                        places[a, 3] = first[a] + int(found[q, i, 2, j]) - 1
        weight = np.zeros((n_usual, N_LEVELS))
        for q in range(len(SIZES)):
            for i in range(n_usual):
                for j in range(N_LEVELS):
                    weight[i, j] += math.exp((found[q, i, 0, j] - best) / level_temper - shrink * abs(log_ratio[i, j]))
        for t in range(n_onsets):
            profile[t, 0] = profile[t].max()
        inside = np.flatnonzero(profile[:, 0] >= best - drop * temper)
        places[a, 1] = min(places[a, 0], first[a] + inside[0])
        places[a, 2] = max(places[a, 0], first[a] + inside[-1])
        ratio[a] = ratio_quantiles(log_ratio.ravel(), weight.ravel(), at)
    return places, ratio
