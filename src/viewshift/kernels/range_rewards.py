"""What ranges of days earn by the days of other ranges that they hold (Tatbul et al. 2018, equations 1 to 6).

`alarm` has shape ``(n_accounts, n_days)``: 1 in alarm, 0 not, NaN "no opinion"; `positive` is True on event days. Days
without an opinion are taken out before ranges are formed.
"""

import numpy as np

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels._compile import kernel

FLAT, FRONT, MIDDLE, BACK = 0, 1, 2, 3


@kernel
def ranges_of(flags: Bools) -> tuple[Ints, Ints]:
    """Return the first and the last place of each run of True in a ``(n,)`` array, in order."""
    first, last = [0][:0], [0][:0]
    for t in range(len(flags)):
        if flags[t]:
            if t == 0 or not flags[t - 1]:
                first.append(t)
                last.append(t)
            else:
                last[-1] = t
    return np.array(first, dtype=np.int64), np.array(last, dtype=np.int64)


@kernel
def _weight(place: int, length: int, bias: int) -> float:
    """Return what the day at a place, from 1 to `length`, counts."""
    if bias == FRONT or (bias == MIDDLE and 2 * place > length):
        return float(length - place + 1)
    return 1.0 if bias == FLAT else float(place)


@kernel
def range_rewards(
    alarm: Floats, positive: Bools, of_events: bool, existence: float, bias: int, reciprocal: bool
) -> Floats:
    """Return the mean reward of each account's events (else of its alarms), shape ``(n_accounts,)``; NaN without any.

    A range earns `existence` if any range of the other kind touches it, and 1 - `existence` times its weighted share
    of days in such ranges, divided by their number if `reciprocal`.
    """
    n_accounts = len(alarm)
    reward = np.full(n_accounts, np.nan)
    for i in range(n_accounts):
        known = ~np.isnan(alarm[i])
        raised, wrong = alarm[i][known] > 0, positive[i][known]
        own, other = (wrong, raised) if of_events else (raised, wrong)
        first, last = ranges_of(own)
        total = 0.0
        for start, end in zip(first, last):  # noqa: B905 - numba knows no `strict`
            length = end - start + 1
            held = whole = 0.0
            overlaps = 0
            for t in range(start, end + 1):
                weight = _weight(t - start + 1, length, bias)
                whole += weight
                if other[t]:
                    held += weight
                    overlaps += t == start or not other[t - 1]
            share = held / whole / (overlaps if reciprocal and overlaps else 1)
            total += existence * (overlaps > 0) + (1 - existence) * share
        if len(first):
            reward[i] = total / len(first)
    return reward
