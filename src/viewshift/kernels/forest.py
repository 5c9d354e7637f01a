"""Scoring by isolation trees that are stored as flat arrays."""

from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import parallel_kernel

_TILE = 512


def path_length(n_rows: NDArray[Any]) -> Floats:
    """Return c(n), the mean depth of an unsuccessful search in a binary tree of n rows: 0 for one row, 1 for two."""
    n = np.maximum(n_rows, 3).astype(np.float64)
    many = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(n_rows <= 1, 0.0, np.where(n_rows == 2, 1.0, many))


def stacked(trees: list[Any]) -> tuple[Ints, NDArray[Any], Floats, NDArray[Any], Floats, int]:
    """Return the trees of a scikit-learn forest as `mean_depth` takes them: from `root` to `levels`.

    Nodes of a tree are in the order of their depth, two children side by side. A threshold is lowered to the next
    float32, which sends float32 rows the same way.
    """
    parts, root, levels, first = [], [], 0, 0
    for tree in trees:
        edges = tree.compute_node_depths() - 1
        inner = np.argsort(edges, kind="stable")
        inner = inner[tree.children_left[inner] >= 0]
        place = np.zeros(tree.node_count, dtype=np.int64)
        place[tree.children_left[inner]] = 2 * np.arange(inner.size) + 1
        place[tree.children_right[inner]] = 2 * np.arange(inner.size) + 2
        order = np.argsort(place)
        leaf = tree.children_left[order] < 0
        child = np.where(leaf, np.arange(order.size), place[tree.children_left[order]])
        threshold = tree.threshold[order].astype(np.float32)
        above = threshold > tree.threshold[order]
        threshold[above] = np.nextafter(threshold[above], np.float32(-np.inf))
        threshold[leaf] = np.inf
        feature = np.where(leaf, 0, tree.feature[order])
        parts.append((feature, threshold, first + child, (edges + path_length(tree.n_node_samples))[order]))
        root.append(first)
        levels = max(levels, int(edges.max()))
        first += order.size
    features, thresholds, children, depths = (np.concatenate(part) for part in zip(*parts, strict=True))
    return np.array(root), features.astype(np.int32), thresholds, children.astype(np.int32), depths, levels


@parallel_kernel
def mean_depth(
    rows: Floats,
    root: NDArray[Any],
    feature: NDArray[Any],
    threshold: Floats,
    child: NDArray[Any],
    depth: Floats,
    levels: int,
) -> Floats:
    """Return the mean over trees of the depth at which each row is isolated, ``(n_rows,)`` float64.

    Trees lie one after the other in the node arrays; `root` holds the first node of each, `child` the place of a node's
    left child, which its right one follows. A row (float32, no NaN) goes right where its `feature` is above
    `threshold`; a leaf is its own child and its threshold infinite, so that `levels` steps bring every row to its leaf
    without asking. There `depth` is the number of edges from the root plus c(rows of the leaf): equation 1 of Liu, Ting
    and Zhou (2008). Rows are taken in tiles, so that a tree stays in the cache while a tile passes.
    """
    n_rows = rows.shape[0]
    total = np.zeros(n_rows)
    n_tiles = (n_rows + _TILE - 1) // _TILE
    for tile in prange(n_tiles):
        first = tile * _TILE
        own = rows[first : first + _TILE]
        node = np.empty(_TILE, dtype=np.uint32)
        for tree in range(root.size):
            node[:] = root[tree]
            for _ in range(levels):
                for i in range(len(own)):
                    here = node[i]  # places without a sign are not asked for it
                    node[i] = child[here] + (own[np.uint64(i), np.uint32(feature[here])] > threshold[here])
            for i in range(len(own)):
                total[first + i] += depth[node[i]]
    return total / root.size
