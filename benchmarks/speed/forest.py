"""Scores by an isolation forest that scikit-learn has fitted, and their rarity; beside coniferest and NumPy.

coniferest is given scikit-learn's own trees, in its form. It takes c(n) from harmonic numbers where scikit-learn takes
the formula of the source, so what is compared with it are the mean depths.
"""

from collections.abc import Iterator
from typing import Any

import harness
import numpy as np
from coniferest._core import CoreForest, Tree
from harness import Case, Peer
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from viewshift.calibrate import Ladder
from viewshift.conformal import PooledConformal
from viewshift.kernels.forest import mean_depth, path_length, stacked

N_TREES, N_FEATURES, BATCH = 100, 8, 1 << 14


def rows(n: int, seed: int) -> NDArray[np.float32]:
    """Return feature vectors: account-days as means over windows of eight lengths."""
    rng = np.random.default_rng(seed)
    values = np.nan_to_num(harness.counts(n // 500 + 1, seed)).astype(np.float64)
    sums = np.cumsum(values, axis=1)
    lengths = np.array([1, 2, 3, 5, 7, 14, 28, 56])
    means = np.stack([(sums[:, 100:] - sums[:, 100 - w : -w]) / w for w in lengths], axis=2)
    return rng.permutation(means.reshape(-1, N_FEATURES))[:n].astype(np.float32)


def translated(tree: Any, dtype: type[np.floating[Any]]) -> Any:
    """Return a tree of scikit-learn as one of coniferest: children side by side, leaves with their depth."""
    _root, feature, threshold, child, depth, _ = stacked([tree])
    leaf = np.isinf(threshold)
    feature[leaf] = np.arange(np.count_nonzero(leaf))
    value = np.where(leaf, depth, threshold).astype(dtype)
    left = np.where(leaf, 0, child).astype(np.uint32)
    return Tree(left, feature.astype(np.uint32), value, np.zeros(leaf.size, np.float32), int(tree.n_node_samples[0]))


def scoring(n_rows: int, max_samples: int) -> Case:
    """Return the case of scoring rows by a forest."""
    x = rows(n_rows, seed=3)
    forest = IsolationForest(n_estimators=N_TREES, max_samples=max_samples, random_state=0).fit(x[:50_000])
    trees = [tree.tree_ for tree in forest.estimators_]
    arrays = stacked(trees)
    scale = float(path_length(np.array([max_samples]))[0])
    batch = -(-BATCH // N_TREES)

    def own() -> NDArray[np.float64]:
        return np.asarray(-(2.0 ** -(mean_depth(x, *arrays) / scale)))

    def coniferest(dtype: type[np.floating[Any]], n_threads: int) -> Any:
        core = CoreForest([translated(tree, dtype) for tree in trees], n_features=N_FEATURES, num_threads=n_threads)
        return lambda rows: -(2.0 ** -(core.calc_paths_sum(rows, batch_size=batch) / N_TREES / scale))

    exact = coniferest(np.float64, 1)
    peers: dict[str, Peer] = {}
    for n in harness.threads():
        quick = coniferest(np.float32, n)
        peers[f"coniferest, {n} thread{'s' * (n > 1)}"] = Peer(
            call=lambda quick=quick: quick(x),
            size=n_rows,
            wanted=2.5 if n == len(harness.threads()) else None,
            note="timed with float32 trees, its quicker ones",
        )
    part = x[: n_rows // 5]
    peers["scikit-learn"] = Peer(
        call=lambda: forest.score_samples(part), size=len(part), wanted=5.0, note="one thread: n_jobs serves fitting"
    )

    def check() -> None:
        np.testing.assert_allclose(own()[: len(part)], forest.score_samples(part), rtol=0, atol=1e-12)
        np.testing.assert_allclose(own(), exact(x.astype(np.float64)), rtol=0, atol=1e-8)

    return Case(
        name=f"isolation forest, {max_samples} rows a tree",
        unit="rows",
        size=n_rows,
        own=own,
        check=check,
        panel=f"{n_rows:,} rows, {N_FEATURES} features, {N_TREES} trees",
        agreement="scores equal to 1e-12 with scikit-learn, to 1e-8 with coniferest, which sums in lower precision",
        peers=peers,
    )


def looked_up(ladder: Ladder, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the surprise of scores by `searchsorted` in the class of each, linear between knots, a tail beyond."""
    known = ~np.isnan(scores)
    of_class = np.searchsorted(ladder.edges, np.cumsum(known, axis=1) - known, side="right") - 1
    found = np.full(scores.shape, np.nan)
    for j in range(len(ladder.edges)):
        cells = known & (of_class == j)
        own = slice(ladder.first[j], ladder.first[j + 1])
        knots, log10_p, score = ladder.knots[own], ladder.log10_p[own], scores[cells]
        k = np.clip(np.searchsorted(knots, score, side="right") - 1, 0, len(knots) - 2)
        slope = np.diff(log10_p) / np.diff(knots)
        within = log10_p[k] + slope[k] * (np.clip(score, knots[0], knots[-1]) - knots[k])
        over = np.maximum(score - knots[-1], 0.0)
        shape, scale = ladder.shape[j], ladder.scale[j]
        tail = np.log1p(shape * over / scale) / shape if shape else over / (scale or np.inf)
        found[cells] = -within + tail / np.log(10.0)
    return found


def rarity(n_accounts: int) -> Case:
    """Return the case of looking up how rare scores are, in classes of history length and with a tail."""
    rng = np.random.default_rng(4)
    ladder = Ladder.fit(rng.exponential(1.0, (1000, harness.N_DAYS)) ** 1.2, own_rates=False)
    scores = rng.exponential(1.0, (n_accounts, harness.N_DAYS)) ** 1.2
    scores[rng.random(scores.shape) < 0.03] = np.nan

    def peer() -> NDArray[np.float64]:
        return looked_up(ladder, scores)

    return Case(
        name="surprise of scores, by history length",
        unit="account-days",
        size=scores.size,
        own=lambda: ladder.surprise(scores),
        check=lambda: np.testing.assert_allclose(ladder.surprise(scores)[0], peer(), rtol=1e-9, atol=1e-12),
        panel=f"{n_accounts:,} accounts, {len(ladder.knots):,} knots",
        agreement="equal to 1e-9",
        peers={"NumPy searchsorted": Peer(call=peer, size=scores.size)},
    )


def rarity_of_all(n: int) -> Case:
    """Return the case of looking up how rare scores are, in one curve."""
    rng = np.random.default_rng(5)
    pooled = PooledConformal.fit(rng.gamma(0.6, 2.0, 2_000_000))
    scores = rng.gamma(0.6, 2.1, n)
    scores[rng.random(n) < 0.03] = np.nan

    def peer() -> NDArray[np.float64]:
        found = -np.interp(scores, pooled.scores, pooled.log10_p, left=0.0)
        return np.where(np.isnan(scores), np.nan, found)

    return Case(
        name="conformal look-up",
        unit="scores",
        size=n,
        own=lambda: pooled.surprise(scores),
        check=lambda: np.testing.assert_array_equal(pooled.surprise(scores), peer()),
        panel=f"{n:,} scores, {len(pooled.scores):,} knots",
        agreement="equal to the bit",
        peers={"NumPy interp": Peer(call=peer, size=n)},
    )


def cases() -> Iterator[Case]:
    """Yield the cases of this module."""
    yield scoring(100_000, 256)
    yield scoring(100_000, 2048)
    yield rarity(2000)
    yield rarity_of_all(1_000_000)


if __name__ == "__main__":
    harness.run(__file__, cases, ("scikit-learn", "coniferest"))
