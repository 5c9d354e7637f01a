"""Scores of different meaning on one scale, given by knots, and the highest of them.

Knots have shape ``(2, n_knots)``, n_knots >= 2: scores in the first row and where they lie on the scale in the second,
both strictly ascending.
"""

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel


@kernel
def on_scale(value: float, knots: Floats) -> float:
    """Return where a score lies on the scale, linear between its knots and beyond the outer ones; never decreasing."""
    last = knots.shape[1] - 1
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        if value < knots[0, middle]:
            high = middle
        else:
            low = middle
    share = (value - knots[0, low]) / (knots[0, high] - knots[0, low])
    scaled: float = knots[1, low] + share * (knots[1, high] - knots[1, low])
    if high < last and scaled > knots[1, high]:  # by rounding: it must not rise above where the next stretch begins
        scaled = knots[1, high]
    return scaled


@parallel_kernel
def highest_on_scale(found: Floats, knots: Floats) -> tuple[Floats, Ints]:
    """Return the highest of several scores, each on its own scale, and which it is, both ``(n_accounts, n_days)``.

    `found` is ``(n_accounts, n_days, n_scores)``, `knots` ``(n_scores, 2, n_knots)``. A NaN leaves the day to the other
    scores; where all are NaN, the highest is NaN and its number -1. Of equal ones the first counts.
    """
    n_accounts, n_days, n_scores = found.shape
    highest = np.full((n_accounts, n_days), np.nan)
    which = np.full((n_accounts, n_days), -1, dtype=np.int64)
    for i in prange(n_accounts):
        for t in range(n_days):
            for j in range(n_scores):
                if not np.isnan(found[i, t, j]):
                    scaled = on_scale(found[i, t, j], knots[j])
                    if which[i, t] < 0 or scaled > highest[i, t]:
                        highest[i, t] = scaled
                        which[i, t] = j
    return highest, which
