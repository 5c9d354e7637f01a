"""Scores of different meaning on one scale: how seldom accounts of the population raise an alarm that high."""

import numpy as np

from viewshift._typing import Floats
from viewshift.kernels.runs import count_runs
from viewshift.metrics.events import DAYS_PER_YEAR

QUIET = 7
"""Scored days below a threshold that part two alarms."""

FEWEST = 10
"""Alarms of the population that a rate must rest on."""

N_THRESHOLDS = 200

ROUNDING = 1e-9
"""Scores closer than this, or than this part of themselves, are one."""


def alarm_rate_knots(scores: Floats) -> Floats:
    """Return scores, ascending, and -log of the alarms per account-year at each or above, ``(2, n_knots)``.

    `scores` has shape ``(n_accounts, n_days)``; NaN days are no part of an account-year. A knot is a score such that no
    higher one gives as many alarms, so both rows ascend strictly. The first is where alarms are most frequent: below
    it they only run together. The last two rest on at least `FEWEST` and twice `FEWEST` alarms: what is beyond follows
    their line, and no single gap between scores shall tilt it. Where only one rate can be told, a score higher by 1,
    or by as much as that score itself, is taken to be e times as rare. Without any scores they stay as they are.
    """
    ordered = np.sort(scores[~np.isnan(scores)])
    n = ordered.size
    if not n:
        return np.array([[0.0, 1.0], [0.0, 1.0]])
    thresholds = np.unique(ordered[n - np.geomspace(1, n, N_THRESHOLDS).astype(np.int64)])
    thresholds = thresholds[np.diff(thresholds, prepend=-np.inf) > ROUNDING * np.maximum(1.0, np.abs(thresholds))]
    alarms = count_runs(scores, thresholds, QUIET).sum(axis=0)
    higher = np.append(np.maximum.accumulate(alarms[:0:-1])[::-1], 0)
    fewer = np.flatnonzero(alarms > higher)
    told, last = fewer[alarms[fewer] >= 2 * FEWEST], fewer[alarms[fewer] >= FEWEST][-1:]
    kept = np.unique(np.concatenate([fewer[:1], told, last]))
    knots = np.stack([thresholds[kept], -np.log(alarms[kept] * DAYS_PER_YEAR / n)])
    if kept.size > 1:
        return knots
    return np.append(knots, knots + np.array([[max(1.0, abs(knots[0, 0]))], [1.0]]), axis=1)


def same_length(knots: list[Floats]) -> Floats:
    """Return the knots of several scores as one array ``(n_scores, 2, n_knots)``, shorter ones led on along their line.

    Each of `knots` is of shape ``(2, n)`` with at least 2 knots, as `alarm_rate_knots` returns them.
    """
    n = max(one.shape[1] for one in knots)
    longer = []
    for one in knots:
        beyond = one[:, -1:] + np.arange(1, n - one.shape[1] + 1) * (one[:, -1:] - one[:, -2:-1])
        longer.append(np.concatenate([one, beyond], axis=1))
    return np.stack(longer)
