"""Scores to surprise, day by day: pooled reference scores, then the account's own rates."""

import math

import numpy as np
from numba import prange

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel


@kernel
def _pooled(score: float, knots: Floats, log10_p: Floats, shape: float, scale: float) -> float:
    """Return -log10 p among ascending `knots`, linear in between, on a generalised Pareto tail beyond the last."""
    last = len(knots) - 1
    beyond = score - knots[last]
    if score <= knots[0]:
        found = -log10_p[0]
    elif beyond < 0.0:
        k = np.searchsorted(knots, score, side="right") - 1
        slope = (log10_p[k + 1] - log10_p[k]) / (knots[k + 1] - knots[k])
        found = -log10_p[k] - slope * (score - knots[k])
    elif scale == 0.0:
        found = -log10_p[last]
    elif shape == 0.0:
        found = -log10_p[last] + beyond / scale / math.log(10.0)
    else:
        found = -log10_p[last] + math.log10(1.0 + shape * beyond / scale) / shape
    return float(found)


@kernel
def _own(surprise: float, scored: int, hits: Ints, levels: Floats, strength: Floats) -> float:
    """Return the surprise on the scale of an account whose p-values fell to `levels` on `hits` of `scored` days."""
    if surprise <= 0.0:
        return 0.0  # and no rounding that would break the tie of all days with p = 1
    level, rate, days = 1.0, 1.0, scored
    for k in range(len(levels)):
        share = levels[k] / level
        if not math.isinf(strength[k]):
            share = (strength[k] * share + hits[k]) / (strength[k] + days)
        if surprise < -math.log10(levels[k]):
            p = 10.0**-surprise
            return -math.log10(rate * (share + (1.0 - share) * (p - levels[k]) / (level - levels[k])))
        level, rate, days = levels[k], rate * share, hits[k]
    return surprise - math.log10(rate / level)


@parallel_kernel
def ladder_surprise(
    scores: Floats,
    widening: Floats,
    scored: Ints,
    hits: Ints,
    edges: Ints,
    first: Ints,
    knots: Floats,
    log10_p: Floats,
    shape: Floats,
    scale: Floats,
    levels: Floats,
    strength: Floats,
    own_first: Ints,
    own_knots: Floats,
    own_log10_p: Floats,
) -> tuple[Ints, Ints, Floats, Bools]:
    """Return scored days and hits after the last day, surprise, and where a score or surprise exceeds all knots.

    `scores` and `widening` have shape ``(n_accounts, n_days)``; a NaN score gives NaN. `scored`, ``(n_accounts,)``,
    and `hits`, ``(n_accounts, n_levels)``, hold how many days had a score and no widening so far, and on how many
    of them the pooled p-value was at most each of the descending `levels`. The knots of class j, which holds from
    ``edges[j]`` scored days on, are ``first[j]`` to ``first[j + 1]``; `shape` and `scale` are those of the tail
    beyond its last knot. `strength` holds the days' worth of the population's rate at each level, and the last three
    arrays, likewise by class, the knots of the surprise by own rates, beyond which it keeps its slope; without knots no
    account has rates of its own.
    """
    n_accounts, n_days = scores.shape
    surprise = np.full((n_accounts, n_days), np.nan)
    beyond = np.zeros((n_accounts, n_days), dtype=np.bool_)
    scored, hits = scored.copy(), hits.copy()
    own = own_first[-1] > 0
    for i in prange(n_accounts):
        for t in range(n_days):
            score = scores[i, t]
            if np.isnan(score):
                continue
            j = np.searchsorted(edges, scored[i], side="right") - 1
            a, b = first[j], first[j + 1]
            pooled = _pooled(score, knots[a:b], log10_p[a:b], shape[j], scale[j]) / widening[i, t]
            beyond[i, t] = score > knots[b - 1]
            surprise[i, t] = pooled
            if own:
                by_own = _own(pooled, scored[i], hits[i], levels, strength)
                c, d = own_first[j], own_first[j + 1]
                beyond[i, t] |= by_own > own_knots[d - 1]
                surprise[i, t] = _pooled(by_own, own_knots[c:d], own_log10_p[c:d], 0.0, 1.0 / math.log(10.0))
            if widening[i, t] > 1.0:
                continue
            scored[i] += 1
            for k in range(len(levels)):
                if pooled >= -math.log10(levels[k]):
                    hits[i, k] += 1
    return scored, hits, surprise, beyond
