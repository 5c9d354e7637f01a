"""Scoring by isolation trees that are stored as flat arrays."""

from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from viewshift._typing import Floats
from viewshift.kernels._compile import parallel_kernel

_TILE = 512


def path_length(n_rows: NDArray[Any]) -> Floats:
    """Return c(n), the mean depth of an unsuccessful search in a binary tree of n rows: 0 for one row, 1 for two."""
    n = np.maximum(n_rows, 3).astype(np.float64)
    many = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(n_rows <= 1, 0.0, np.where(n_rows == 2, 1.0, many))


@parallel_kernel
def mean_depth(
    rows: Floats,
    root: NDArray[Any],
    feature: NDArray[Any],
    threshold: Floats,
    left: NDArray[Any],
    right: NDArray[Any],
    depth: Floats,
    levels: int,
) -> Floats:
    """Return the mean over trees of the depth at which each row is isolated, ``(n_rows,)`` float64.

    Trees lie one after the other in the node arrays; `root` holds the first node of each, `left` and `right` are
    places in the node arrays. A row (float32, no NaN) goes left where its `feature` is at most `threshold`; a leaf is
    its own child on both sides, so that `levels` steps bring every row to its leaf without asking. There `depth` is
    the number of edges from the root plus c(rows of the leaf): equation 1 of Liu, Ting and Zhou (2008). Rows are taken
    in tiles, so that a tree stays in the cache while a tile passes.
    """
    n_rows = rows.shape[0]
    total = np.zeros(n_rows)
    n_tiles = (n_rows + _TILE - 1) // _TILE
    for tile in prange(n_tiles):
        first = tile * _TILE
        end = min(first + _TILE, n_rows)
        node = np.empty(_TILE, dtype=np.int32)
        for tree in range(root.size):
            node[:] = root[tree]
            for _ in range(levels):
                for i in range(end - first):
                    here = node[i]
                    low, high = left[here], right[here]
                    node[i] = low if rows[first + i, feature[here]] <= threshold[here] else high
            for i in range(end - first):
                total[first + i] += depth[node[i]]
    return total / root.size
