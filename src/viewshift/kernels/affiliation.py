"""Affiliation of alarms and events (Huet et al. 2022): how near, compared with a day drawn anywhere near the event.

Day t is the interval from t to t + 1. The borders of zones lie on half days and all that is integrated is linear
between quarter days, so that the mean over the middles of the four quarters of a day is the exact integral.
"""

import numpy as np

from viewshift._typing import Bools, Floats
from viewshift.kernels._compile import kernel
from viewshift.kernels.range_rewards import ranges_of


@kernel
def _nearer(distance: float, margin: float, inside: float, size: float) -> float:
    """Return the chance that a uniform point of a zone is at least so far away; `margin` is the shorter way out."""
    return 1.0 - (inside + min(distance, margin) + distance) / size if distance > 0 else 1.0


@kernel
def _to_alarm(raised: Bools, start: int, stop: int) -> Floats:
    """Return how far each quarter of a zone (`start` to before `stop`) is from the nearest alarm in it, in quarters."""
    n = stop - start
    way = np.full(n, np.inf)
    for step in (1, -1):
        since = np.inf
        for k in range(n):
            q = k if step > 0 else n - 1 - k
            since = -0.5 if raised[(start + q) // 4] else since + 1.0
            way[q] = min(way[q], max(since, 0.0))
    return way


@kernel
def affiliations(alarm: Floats, positive: Bools) -> tuple[Floats, Floats]:
    """Return precision and recall of each account, both ``(n_accounts,)``.

    `alarm` has shape ``(n_accounts, n_days)``: 1, 0, or NaN, which is taken out; `positive` is True on event days. The
    precision is the mean over events with an alarm in their zone, NaN without any; the recall that over all events,
    NaN without any.
    """
    n_accounts = len(alarm)
    precision, recall = np.full(n_accounts, np.nan), np.full(n_accounts, np.nan)
    for i in range(n_accounts):
        known = ~np.isnan(alarm[i])
        raised = alarm[i][known] > 0
        first, last = ranges_of(positive[i][known])
        precise = found = 0.0
        n_near = 0
        for j in range(len(first)):
            begin, end = 4 * first[j], 4 * last[j] + 4
            start = 2 * (last[j - 1] + 1 + first[j]) if j else 0
            stop = 2 * (last[j] + 1 + first[j + 1]) if j + 1 < len(first) else 4 * len(raised)
            size, margin = float(stop - start), float(min(begin - start, stop - end))
            way = _to_alarm(raised, start, stop)
            near, n_raised, held = 0.0, 0, 0.0
            for q in range(start, stop):
                here = q + 0.5
                if raised[q // 4]:
                    n_raised += 1
                    near += _nearer(max(begin - here, here - end), margin, float(end - begin), size)
                if begin <= q < end and np.isfinite(way[q - start]):
                    held += _nearer(way[q - start], min(here - start, stop - here), 0.0, size)
            if n_raised:
                n_near += 1
                precise += near / n_raised
            found += held / (end - begin)
        if n_near:
            precision[i] = precise / n_near
        if len(first):
            recall[i] = found / len(first)
    return precision, recall
