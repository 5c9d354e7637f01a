"""Slow, obvious twins of the kernels for alarms."""

import itertools

import numpy as np
from scipy import stats


def runs_above(surprise, threshold, quiet):
    """Days at or above the threshold, split where at least `quiet` scored days lie between two of them."""
    found = []
    for i, path in enumerate(surprise):
        scored = [t for t in range(len(path)) if not np.isnan(path[t])]
        hits = [k for k, t in enumerate(scored) if path[t] >= threshold]
        if not hits:
            continue
        cuts = [0] + [n + 1 for n, (a, b) in enumerate(itertools.pairwise(hits)) if b - a - 1 >= quiet] + [len(hits)]
        for a, b in itertools.pairwise(cuts):
            found.append((i, scored[hits[a]], scored[hits[b - 1]]))
    return tuple(np.array(part, dtype=np.int64) for part in zip(*found, strict=True)) if found else None


def locate_shift(path, opened, last, earliest, settled, lookback, memory, size, sign, drop):
    """Onset, support interval and end of one alarm, with SciPy's negative-binomial log-likelihood of every day."""

    def loglik(days, mean):
        days = days[~np.isnan(days)]
        if not days.size:
            return 0.0
        if mean <= 0:
            return 0.0 if not days.any() else -np.inf
        return stats.nbinom.logpmf(days, size, size / (size + mean)).sum()

    left = max(0, opened - lookback - memory, settled)
    table = {}
    for s in range(max(left + 1, opened - lookback, earliest), opened + 1):
        before = path[left:s]
        if np.isnan(before).all():
            continue
        usual = np.nanmean(before)
        for e in range(opened, last + 1):
            during = path[s : e + 1]
            if np.isnan(during).all():
                continue
            level = np.nanmean(during)
            if (sign > 0 and level <= usual) or (sign < 0 and level >= usual):
                continue
            table[s, e] = loglik(before, usual) + loglik(during, level) + loglik(path[e + 1 : last + 1], usual)
    if not table or max(table.values()) == -np.inf:
        return opened, opened, opened, opened
    best = max(table.values())
    onset, end = max((se for se in table if table[se] >= best - 1e-9), key=lambda se: (se[0], -se[1]))
    inside = [s for (s, _), value in table.items() if value >= best - drop]
    return onset, min(*inside, onset), max(*inside, onset), end


def pooled_surprise(score, scored, ladder):
    """Surprise of one score of an account with `scored` days behind it: interpolation, then SciPy's Pareto tail."""
    j = sum(edge <= scored for edge in ladder.edges) - 1
    knots, log10_p = (part[ladder.first[j] : ladder.first[j + 1]] for part in (ladder.knots, ladder.log10_p))
    if score <= knots[-1] or ladder.scale[j] == 0:
        return -np.interp(score, knots, log10_p)
    return -log10_p[-1] - stats.genpareto.logsf(score - knots[-1], ladder.shape[j], 0, ladder.scale[j]) / np.log(10)


def own_rates(pooled, ladder, levels=(0.1, 0.03, 0.01)):
    """Surprise by the account's own rates, from the definition: all earlier days are counted again each day."""
    result = np.full(pooled.shape, np.nan)
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
            beyond = max(0.0, own - ladder.own_knots[-1])
            result[i, t] = beyond - np.interp(own, ladder.own_knots, ladder.own_log10_p)
            earlier.append(p)
    return result
