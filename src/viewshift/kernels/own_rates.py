"""Scores to surprise, day by day: pooled reference scores, then the account's own rates."""

import math

import numpy as np
from numba import prange
from numpy.typing import NDArray

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel

CELLS = 4096
"""Cells of the grid that tells about where among the knots a score lies."""


@kernel
def _cell(score: float, low: float, per_cell: float) -> int:
    """Return the cell of a grid from `low` on in which a score lies; all beyond the grid is in the last."""
    return int(min(max((score - low) * per_cell, 0.0), CELLS - 1.0))


@kernel
def _grids(first: Ints, knots: Floats, log10_p: Floats) -> tuple[NDArray[np.int32], Floats, Floats]:
    """Return for each class the last knot before each cell of a grid, `CELLS` + 1 places a class; and two more.

    They are the cells per unit, by class, and the slope after each knot but the last of a class. The grid begins at
    the first knot, and ends at three quarters of them: those beyond lie far apart.
    """
    n_classes, slope = len(first) - 1, np.zeros(len(knots))
    guides, per_cell = np.zeros(n_classes * (CELLS + 1), dtype=np.int32), np.zeros(n_classes)
    for j in range(n_classes):
        a, b, begin = first[j], first[j + 1], j * (CELLS + 1)
        if a == b:
            continue
        for k in range(a, b - 1):
            slope[k] = (log10_p[k + 1] - log10_p[k]) / (knots[k + 1] - knots[k])
        width = knots[a + 3 * (b - a) // 4] - knots[a]
        per_cell[j] = CELLS / width if width > 0.0 else 0.0
        k = a
        for c in range(CELLS):
            while k + 1 < b and _cell(knots[k + 1], knots[a], per_cell[j]) < c:
                k += 1
            guides[begin + c] = k
        guides[begin + CELLS] = b - 1
    return guides, per_cell, slope


@kernel
def _interpolate(
    row: Floats,
    beyond: Bools,
    of_class: Ints,
    first: Ints,
    knots: Floats,
    log10_p: Floats,
    grids: tuple[NDArray[np.int32], Floats, Floats],
    shape: Floats,
    scale: Floats,
) -> None:
    """Put -log10 p among the ascending knots of its class, linear in between, in the place of each score of a row.

    Beyond the last knot, as `beyond` then says, it is that of a generalised Pareto tail.
    """
    guides, per_cell, slope = grids
    for t in range(len(row)):
        score = row[t]
        if np.isnan(score):
            continue
        j = of_class[t]
        begin, last = first[j], first[j + 1] - 1
        over = score - knots[last]
        if score <= knots[begin]:
            row[t] = -log10_p[begin]
        elif over < 0.0:
            cell = j * (CELLS + 1) + _cell(score, knots[begin], per_cell[j])
            k = np.int64(guides[cell])
            n = guides[cell + 1] + 1 - k
            while n > 1:  # the last knot that is not above the score
                half = n // 2
                k += half * (knots[k + half] <= score)
                n -= half
            row[t] = -log10_p[k] - slope[k] * (score - knots[k])
        elif scale[j] == 0.0:
            row[t] = -log10_p[last]
        elif shape[j] == 0.0:
            row[t] = -log10_p[last] + over / scale[j] / math.log(10.0)
        else:
            row[t] = -log10_p[last] + math.log10(1.0 + shape[j] * over / scale[j]) / shape[j]
        beyond[t] |= over > 0.0


@kernel
def _by_own_rates(
    row: Floats, widening: Floats, days: int, hits: Ints, levels: Floats, strength: Floats, own: bool
) -> None:
    """Divide each surprise of a row by its widening, count `hits`, and put in its place, if `own`, that by own rates.

    Before the row the account had so many `days`, on `hits` of which p-values fell to `levels`.
    """
    at = np.empty(len(levels))
    for k in range(len(levels)):
        at[k] = -math.log10(levels[k])
    for t in range(len(row)):
        pooled = row[t] / widening[t]
        if np.isnan(pooled):
            continue
        if not own:
            row[t] = pooled
        elif pooled <= 0.0:
            row[t] = 0.0  # and no rounding that would break the tie of all days with p = 1
        else:
            level, rate, outer, p = 1.0, 1.0, days, 0.0
            for k in range(len(levels)):
                share = levels[k] / level
                if not math.isinf(strength[k]):
                    share = (strength[k] * share + hits[k]) / (strength[k] + outer)
                if pooled < at[k]:
                    p = rate * (share + (1.0 - share) * (10.0**-pooled - levels[k]) / (level - levels[k]))
                    break
                level, rate, outer = levels[k], rate * share, hits[k]
            row[t] = -math.log10(p) if p > 0.0 else pooled - math.log10(rate / level)
        if widening[t] > 1.0:
            continue
        days += 1
        for k in range(len(levels)):
            if pooled < at[k]:
                break
            hits[k] += 1


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
    surprise = scores.copy()
    beyond = np.zeros((n_accounts, n_days), dtype=np.bool_)
    scored, hits = scored.copy(), hits.copy()
    grids, own_grids = _grids(first, knots, log10_p), _grids(own_first, own_knots, own_log10_p)
    none, tail = np.zeros(len(edges)), np.full(len(edges), 1.0 / math.log(10.0))
    own = own_first[-1] > 0
    for i in prange(n_accounts):
        of_class, days, j = np.zeros(n_days, dtype=np.int64), scored[i], 0
        for t in range(n_days):
            if np.isnan(scores[i, t]):
                continue
            while j + 1 < len(edges) and edges[j + 1] <= days:
                j += 1
            of_class[t] = j
            days += widening[i, t] <= 1.0
        _interpolate(surprise[i], beyond[i], of_class, first, knots, log10_p, grids, shape, scale)
        _by_own_rates(surprise[i], widening[i], scored[i], hits[i], levels, strength, own)
        if own:
            _interpolate(surprise[i], beyond[i], of_class, own_first, own_knots, own_log10_p, own_grids, none, tail)
        scored[i] = days
    return scored, hits, surprise, beyond
