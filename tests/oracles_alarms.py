"""Slow, obvious twins of the kernels for alarms."""

import itertools

import numpy as np
from scipy import stats

from viewshift.kernels.onset import N_LEVELS, SIZES


def runs_above(surprise, threshold, quiet, sign=None):
    """Days at or above the threshold, split where at least `quiet` scored days lie between two of them.

    With `sign`, also before a day that goes the other way than the first day of its part.
    """
    found = []
    for i, path in enumerate(surprise):
        scored = [t for t in range(len(path)) if not np.isnan(path[t])]
        hits = [k for k, t in enumerate(scored) if path[t] >= threshold]
        if not hits:
            continue
        cuts = [0] + [n + 1 for n, (a, b) in enumerate(itertools.pairwise(hits)) if b - a - 1 >= quiet] + [len(hits)]
        for a, b in itertools.pairwise(cuts):
            part = [scored[k] for k in hits[a:b]]
            while part:
                ways = [0 if sign is None else int(sign[i, part[0]]) * int(sign[i, t]) for t in part]
                stop = next((n for n, way in enumerate(ways) if way < 0), len(part))
                found.append((i, part[0], part[stop - 1]))
                part = part[stop:]
    return tuple(np.array(part, dtype=np.int64) for part in zip(*found, strict=True)) if found else None


def locate_shift(path, left, first, opened, last, usual, size, sign, spread, temper, drop, level_temper, shrink, at):
    """Onset, support interval and end of one alarm, quantiles of its ratio, by SciPy's likelihood of every day."""

    def loglik(days, mean, r):
        return stats.nbinom.logpmf(days[~np.isnan(days)], r, r / (r + mean)).sum()

    before, days = path[left:first], path[first : last + 1]
    if np.isnan(before).all():
        return (opened,) * 4, np.full(len(at), np.nan)
    mean = max(np.nansum(before), 0.25) / np.count_nonzero(~np.isnan(before))
    steps = np.arange(-12, 13) / 4
    fits = [loglik(before, mean, size * np.exp(k)) / temper - (k / spread) ** 2 / 2 for k in steps]
    own = size * np.exp(steps[np.argmax(fits)])
    low = np.log(usual[0]) - (0 if sign > 0 else 4)
    high = np.log(usual[-1] if sign < 0 else 1.5 * max(1.0, np.nanmax(days), usual[-1]))
    levels = np.exp(low + (high - low) * (np.arange(N_LEVELS) + 0.5) / N_LEVELS)
    table, best_at = {}, {}
    for (q, multiple), u, m in itertools.product(enumerate(SIZES), usual, levels):
        if sign * np.log(m / u) < 0:
            continue
        for s, e in itertools.product(range(first, opened + 1), range(opened, last + 1)):
            outside = np.r_[path[first:s], path[e + 1 : last + 1]]
            found = loglik(outside, u, own) + loglik(path[s : e + 1], m, own * multiple)
            table[s, e] = max(table.get((s, e), -np.inf), found)
            best_at[q, u, m] = max(best_at.get((q, u, m), -np.inf), found)
    best = max(table.values())
    onset, end = max((se for se in table if table[se] >= best - 1e-9), key=lambda se: (se[0], -se[1]))
    inside = [s for (s, _), value in table.items() if value >= best - drop * temper]
    change = np.array([np.log(m / u) for _, u, m in best_at])
    log_weight = np.array(list(best_at.values())) / level_temper - shrink * np.abs(change)
    points = sorted(set(change))
    weight = np.array([np.exp(log_weight - log_weight.max())[change == x].sum() for x in points])
    middle = (np.cumsum(weight) - weight / 2) / weight.sum()
    return (onset, min(inside), max(inside), end), np.exp(np.interp(at, middle, points))


def pooled_surprise(score, scored, ladder):
    """Surprise of one score of an account with `scored` days behind it: interpolation, then SciPy's Pareto tail."""
    j = sum(edge <= scored for edge in ladder.edges) - 1
    knots, log10_p = (part[ladder.first[j] : ladder.first[j + 1]] for part in (ladder.knots, ladder.log10_p))
    if score <= knots[-1] or ladder.scale[j] == 0:
        return -np.interp(score, knots, log10_p)
    return -log10_p[-1] - stats.genpareto.logsf(score - knots[-1], ladder.shape[j], 0, ladder.scale[j]) / np.log(10)


def own_rates(pooled, ladder, levels=(0.1, 0.03, 0.01), widening=None):
    """Surprise by the account's own rates, and where it lies beyond the reference's.

    From the definition: all earlier days are counted again each day.
    """
    result, outside = np.full(pooled.shape, np.nan), np.zeros(pooled.shape, dtype=bool)
    for i, path in enumerate(10.0**-pooled):
        earlier = []
        for t, p in enumerate(path):
            if np.isnan(p):
                continue
            grid, rate = [(1.0, 1.0)], 1.0
            for outer, u, c in zip((1.0, *levels), levels, ladder.strength, strict=False):
                inside, hits = sum(q <= outer for q in earlier), sum(q <= u for q in earlier)
                rate *= u / outer if np.isinf(c) else (c * u / outer + hits) / (c + inside)
                grid.append((u, rate))
            grid.append((0.0, 0.0))
            own = -np.log10(np.interp(p, *zip(*sorted(grid), strict=True)))
            j = sum(edge <= len(earlier) for edge in ladder.edges) - 1
            within = slice(ladder.own_first[j], ladder.own_first[j + 1])
            beyond = max(0.0, own - ladder.own_knots[within][-1])
            result[i, t] = beyond - np.interp(own, ladder.own_knots[within], ladder.own_log10_p[within])
            outside[i, t] = beyond > 0
            if widening is None or widening[i, t] == 1:
                earlier.append(p)
    return result, outside
