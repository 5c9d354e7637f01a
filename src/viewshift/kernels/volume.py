"""Volume under the surface of precision and recall over thresholds and buffers (Paparrizos et al. 2022)."""

import numpy as np

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels._compile import kernel
from viewshift.kernels.range_rewards import ranges_of


@kernel
def _softened(positive: Bools, first: Ints, last: Ints, width: int) -> tuple[Floats, Ints, int]:
    """Return how much of each day counts as event, which widened event it lies in (-1: none), and their number."""
    n, reach = len(positive), width // 2
    credit, member = np.zeros(n), np.full(n, -1)
    n_members = 0
    for k in range(len(first)):
        if k and last[k - 1] + reach < first[k] - reach:
            n_members += 1
        member[max(first[k] - reach, 0) : min(last[k] + reach + 1, n)] = n_members
        for d in range(1, reach + 1):
            for t in (first[k] - d, last[k] + d):
                if 0 <= t < n:
                    credit[t] += np.sqrt(1.0 - d / width)
    return np.where(positive, 1.0, np.minimum(credit, 1.0)), member, n_members + 1


@kernel
def volumes_under_pr(score: Floats, order: Ints, positive: Bools, buffer: int) -> Floats:
    """Return each account's range-based average precision, averaged over widths 0..`buffer`, shape ``(n_accounts,)``.

    `score` has shape ``(n_accounts, n_days)``; NaN days are taken out; `order` holds the days of each account from the
    highest score down, NaN last; `positive` is True on event days. NaN without an event day, or with nothing else.
    """
    n_accounts = len(score)
    volume = np.full(n_accounts, np.nan)
    for i in range(n_accounts):
        known = ~np.isnan(score[i])
        wrong = positive[i][known]
        n, n_wrong = len(wrong), np.sum(wrong)
        if n_wrong in (0, n):
            continue
        first, last = ranges_of(wrong)
        ranked = (np.cumsum(known) - 1)[order[i, :n]]
        above = np.arange(1, n + 1)  # days that score as high as each place's or higher
        for k in range(n - 2, -1, -1):
            if score[i, order[i, k]] == score[i, order[i, k + 1]]:
                above[k] = above[k + 1]
        _, widest, _ = _softened(wrong, first, last, buffer)
        near = np.flatnonzero(widest[ranked] >= 0)  # places of days that can count at all
        total = 0.0
        for width in range(buffer + 1):
            credit, member, n_members = _softened(wrong, first, last, width)
            reached = np.zeros(n_members, dtype=np.bool_)
            n_reached, hits, beside, before = 0, 0.0, 0.0, 0.0
            for j in range(len(near)):
                t = ranked[near[j]]
                hits += credit[t]
                if not wrong[t]:
                    beside += credit[t]
                if member[t] >= 0 and not reached[member[t]]:
                    reached[member[t]] = True
                    n_reached += 1
                if j + 1 < len(near) and above[near[j + 1]] == above[near[j]]:
                    continue
                recall = min(hits / (n_wrong + beside / 2), 1.0) * n_reached / n_members
                total += (recall - before) * hits / above[near[j]]
                before = recall
        volume[i] = total / (buffer + 1)
    return volume
