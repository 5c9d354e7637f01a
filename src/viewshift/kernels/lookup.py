"""Values between the knots of a curve, looked up for many points at once."""

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import parallel_kernel

BLOCK = 1024
"""Points that go down the tree of knots side by side, so that none waits for the memory or a branch of another."""


@parallel_kernel
def linear_between(x: Floats, knots: Floats, values: Floats, below: float) -> Floats:
    """Return the values of a curve that is linear between its knots, ``(n,)`` for `x` of that shape.

    `knots` ascend, without NaN or infinity; `below` the first the curve is that constant, above the last it stays. NaN
    stays NaN. The same bits as ``numpy.interp``, by a search of as many steps for every point.
    """
    n_knots, n = knots.size, x.size
    size = 2
    while size < n_knots:
        size *= 2
    known, height, slope = np.full(size, np.inf), np.zeros(size), np.zeros(size)
    for k in range(n_knots):
        known[k], height[k] = knots[k], values[k]
        if k + 1 < n_knots:
            slope[k] = (values[k + 1] - values[k]) / (knots[k + 1] - knots[k])
    found = np.empty(n)
    for block in prange((n + BLOCK - 1) // BLOCK):
        first = block * BLOCK
        many = min(BLOCK, n - first)
        own, at = np.zeros(BLOCK), np.zeros(BLOCK, np.int64)
        own[:many] = x[first : first + many]
        half = size // 2
        while half > 0:
            for i in range(BLOCK):
                at[i] += half if known[at[i] + half] <= own[i] else 0
            half //= 2
        for i in range(many):
            if own[i] >= knots[n_knots - 1]:
                found[first + i] = values[n_knots - 1]
            elif own[i] < knots[0]:
                found[first + i] = below
            else:
                found[first + i] = slope[at[i]] * (own[i] - known[at[i]]) + height[at[i]]
    return found
