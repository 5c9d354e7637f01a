"""Slow, obvious twins of the kernels, and exact answers that kernels must agree with: plain loops over definitions."""

from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[Any]


def over_windows(values: Array, window: int, guard: int, least: int, statistic: Any) -> Array:
    """Apply a statistic of the observed values to the window of every account-day; NaN with fewer than `least`."""
    n_accounts, n_columns = values.shape
    n_days = n_columns - window - guard
    result = np.full((n_accounts, n_days), np.nan)
    for i in range(n_accounts):
        for t in range(n_days):
            seen = [v for v in values[i, t : t + window] if not np.isnan(v)]
            if len(seen) >= least:
                result[i, t] = statistic(np.array(seen))
    return result


def sample_std(seen: Array) -> float:
    return float(np.std(seen, ddof=1)) if len(seen) > 1 else np.nan


def mad(seen: Array) -> float:
    return float(np.median(np.abs(seen - np.median(seen))))


def page_sums(start: Array, increments: Array) -> tuple[Array, Array]:
    sums, last = np.full(increments.shape, np.nan), start.copy()
    for i, row in enumerate(increments):
        for t, x in enumerate(row):
            if not np.isnan(x):
                last[i] = max(0.0, last[i] + x)
                sums[i, t] = last[i]
    return sums, last


def log_ratio_sums(start: Array, log_ratios: Array) -> tuple[Array, Array]:
    """Return log R of every day and the last: the ratios from each beginning to the day, added up in 50 digits."""
    sums, last = np.full(log_ratios.shape, np.nan), start.copy()
    with localcontext(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN):
        for i, row in enumerate(log_ratios):
            since = [Decimal(float(start[i])).exp()]
            for t, x in enumerate(row):
                if not np.isnan(x):
                    ratio = Decimal(float(x)).exp()
                    since = [product * ratio for product in (*since, Decimal(1))]
                    last[i] = sums[i, t] = float(sum(since).ln())
    return sums, last


def run_length(pmf: Array, reference: int, threshold: int) -> float:
    """Return the exact mean number of days until S = max(0, S + y - reference) reaches `threshold`, from S = 0.

    `pmf` holds P(y = 0), P(y = 1), ... for at least ``threshold + reference`` values. The sum lives on whole numbers:
    a Markov chain, whose mean time to absorption L solves (I - Q) L = 1.
    """
    stay = np.zeros((threshold, threshold))
    for s in range(threshold):
        for y in range(threshold + reference):
            s_next = max(0, s + y - reference)
            if s_next < threshold:
                stay[s, s_next] += pmf[y]
    return float(np.linalg.solve(np.eye(threshold) - stay, np.ones(threshold))[0])


def nb_log_likelihood(values: Array, mean: Array, size: float) -> Array:
    return np.asarray(stats.nbinom.logpmf(values, size, size / (size + mean)))


def split_mix(state: int) -> int:
    mask = 2**64 - 1
    z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


def segment_log_likelihood(seen: Array, cost: str, size: float) -> float:
    """Return the log-likelihood of whole counts in one segment at its best mean."""
    mean = np.full_like(seen, max(seen.mean(), 1e-300))
    if cost == "normal":
        return float(stats.norm.logpdf(seen, mean).sum())
    if cost == "poisson":
        return float(stats.poisson.logpmf(seen, mean).sum())
    return float(nb_log_likelihood(seen, mean, size).sum())


def segment_costs(n: Array, total: Array, squares: Array, cost: str, size: float) -> Array:
    """Return twice the negative log-likelihood of segments at their best means, up to what no cut changes."""
    mean = np.maximum(total / n, 1e-300)
    if cost == "normal":
        return np.asarray(squares - total**2 / n)
    if cost == "poisson":
        return np.asarray(-2 * total * np.log(mean))
    return np.asarray(-2 * (total * np.log(mean / (size + mean)) + n * size * np.log(size / (size + mean))))


def best_segmentation(
    seen: Array, cost: str, size: float, penalty: float, least: int, by_length: float = 0.0
) -> tuple[list[int], float]:
    """Return the starts of the optimal segments and the objective: dynamic programming over all pairs of days."""
    n = len(seen)
    total, squares = np.append(0.0, np.cumsum(seen)), np.append(0.0, np.cumsum(seen**2))
    best, start = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
    best[0] = -penalty
    for end in range(min(least, n), n + 1):
        first = np.arange(max(end - least, 0) + 1)
        costs = segment_costs(end - first, total[end] - total[first], squares[end] - squares[first], cost, size)
        through = best[first] + costs + penalty + by_length * np.log((end - first) / n)
        start[end] = np.argmin(through)
        best[end] = through[start[end]]
    starts, end = [], n
    while end > 0:
        end = int(start[end])
        starts.append(end)
    return starts[::-1], float(best[n])


def isolated_at(row: Array, tree: Any, node: int = 0, edges: int = 0) -> float:
    """Return the depth at which a scikit-learn tree isolates a row: edges plus c(rows of the leaf)."""
    if tree.children_left[node] < 0:
        return edges + mean_search_depth(int(tree.n_node_samples[node]))
    goes_left = row[tree.feature[node]] <= tree.threshold[node]
    return isolated_at(row, tree, (tree.children_left if goes_left else tree.children_right)[node], edges + 1)


def mean_search_depth(n: int) -> float:
    if n <= 1:
        return 0.0
    return 1.0 if n == 2 else 2 * (np.log(n - 1) + np.euler_gamma) - 2 * (n - 1) / n
