"""The raw score of the Numenta anomaly benchmark (Lavin and Ahmad 2015)."""

import math

import numpy as np

from viewshift._typing import Bools, Floats
from viewshift.kernels._compile import kernel
from viewshift.kernels.range_rewards import ranges_of

FAR = 3.0
"""Window lengths after which a false alarm costs as much as it ever does."""


@kernel
def _worth(place: float) -> float:
    """Return 2 / (1 + exp(5 place)) - 1: near 1 at the start of a window (-1), 0 at its end (0), near -1 far behind."""
    return 2.0 / (1.0 + math.exp(5.0 * place)) - 1.0 if place < FAR else -1.0


@kernel
def nab_raw(alarm: Floats, positive: Bools, false_alarm: float, miss: float) -> tuple[Floats, Floats]:
    """Return the raw score and the number of windows of each account, both ``(n_accounts,)``.

    `alarm` has shape ``(n_accounts, n_days)``: 1 on days that raise an alarm, 0, or NaN, which is taken out; `positive`
    is True on the days of windows. The first alarm in a window earns 1 on the first day and less on later ones, a
    window without any costs `miss`, an alarm outside costs up to `false_alarm`.
    """
    n_accounts = len(alarm)
    raw, n_windows = np.zeros(n_accounts), np.zeros(n_accounts)
    for i in range(n_accounts):
        known = ~np.isnan(alarm[i])
        raised, wrong = alarm[i][known] > 0, positive[i][known]
        first, last = ranges_of(wrong)
        n_windows[i] = len(first)
        for start, end in zip(first, last):  # noqa: B905 - numba knows no `strict`
            earned = -miss
            for t in range(start, end + 1):
                if raised[t]:
                    earned = _worth((t - end - 1) / (end - start + 1)) / _worth(-1.0)
                    break
            raw[i] += earned
        behind = -1  # the latest window
        for t in range(len(raised)):
            if behind + 1 < len(first) and t > last[behind + 1]:
                behind += 1
            if raised[t] and not wrong[t]:
                place = FAR
                if behind >= 0:
                    place = (t - last[behind]) / max(last[behind] - first[behind], 1)
                raw[i] += false_alarm * _worth(place)
    return raw, n_windows
