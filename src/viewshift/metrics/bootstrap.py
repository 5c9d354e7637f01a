"""Bootstrap over accounts: resampled accounts as weights, so that a replicate is a weighted sum."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from viewshift._typing import Floats

BLOCK = 2_000_000
"""Weights that are held at a time."""


def account_weights(n_accounts: int, n_replicates: int, seed: int | Sequence[int] | np.random.Generator) -> Floats:
    """How often each account is drawn in each bootstrap replicate.

    Accounts are drawn whole, since the days of one account depend on each other. The same weights for every
    detector make comparisons paired.

    Parameters
    ----------
    n_accounts
        Number of accounts, drawn with replacement.
    n_replicates
        Number of replicates.
    seed
        Seed of the draws, or a generator to go on from.

    Returns
    -------
    Whole numbers as float64 of shape ``(n_replicates, n_accounts)``; each row adds up to `n_accounts`.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 8.
    """
    if not n_accounts:
        return np.zeros((n_replicates, 0))
    rng = np.random.default_rng(seed)
    drawn = rng.integers(n_accounts, size=(n_replicates, n_accounts))
    cell = drawn + n_accounts * np.arange(n_replicates)[:, None]
    return np.bincount(cell.ravel(), minlength=cell.size).reshape(cell.shape).astype(np.float64)


def group_totals(amount: Any, groups: Any = None) -> Floats:
    """Add up accounts' amounts by group, so that whole groups can be drawn.

    Parameters
    ----------
    amount
        Amount of each account, shape ``(n_accounts, ...)``.
    groups
        One label per account; default each account its own.

    Returns
    -------
    Float64 of shape ``(n_groups, ...)``, groups in the order of their sorted labels.
    """
    amounts = np.asarray(amount, dtype=np.float64)
    if groups is None:
        return amounts
    labels, place = np.unique(np.asarray(groups), return_inverse=True)
    totals = np.zeros((len(labels), *amounts.shape[1:]))
    np.add.at(totals, place, amounts)
    return totals


def replicated_sums(amounts: Floats, n_replicates: int, seed: int) -> Floats:
    """Add up accounts' amounts in each bootstrap replicate, without ever holding all weights.

    Parameters
    ----------
    amounts
        Amounts of each account, shape ``(n_accounts, n_kinds)``.
    n_replicates
        Number of replicates.
    seed
        Seed of the draws.

    Returns
    -------
    Sums of shape ``(n_replicates, n_kinds)``, those that the weights of `account_weights` give.
    """
    rng, n = np.random.default_rng(seed), len(amounts)
    at_once = max(1, BLOCK // max(1, n))
    sizes = [min(at_once, n_replicates - done) for done in range(0, n_replicates, at_once)]
    return np.concatenate([account_weights(n, size, rng) @ amounts for size in sizes])


def weighted_ratio(numerator: Any, denominator: Any, weights: Floats) -> Floats:
    """Ratio of two sums over accounts in each replicate.

    Parameters
    ----------
    numerator
        Amount of each account, shape ``(n_accounts, ...)``.
    denominator
        Amount of each account, same shape.
    weights
        From `account_weights`, or ones of shape ``(1, n_accounts)`` for the estimate itself.

    Returns
    -------
    Ratios of shape ``(n_replicates, ...)``; NaN where the denominator is 0.

    Notes
    -----
    Whole amounts add up exactly in float64, so the result does not depend on the order of summation.
    """
    above, below = weights @ np.asarray(numerator, float), weights @ np.asarray(denominator, float)
    ratio: Floats = np.divide(above, below, out=np.full(below.shape, np.nan), where=below != 0)
    return ratio


def weighted_median(row: Any, value: Any, weights: Floats) -> Floats:
    """Median of whole values that belong to accounts, in each replicate.

    Parameters
    ----------
    row
        Row of each value.
    value
        Whole numbers, at least 0.
    weights
        From `account_weights`, or ones of shape ``(1, n_accounts)``.

    Returns
    -------
    Medians of shape ``(n_replicates,)``, the mean of the two middle values where their number is even; NaN where
    a replicate draws no value.
    """
    value = np.asarray(value, dtype=np.int64)
    if not value.size:
        return np.full(len(weights), np.nan)
    histogram = np.zeros((weights.shape[1], int(value.max()) + 1))
    np.add.at(histogram, (np.asarray(row), value), 1.0)
    below = np.cumsum(weights @ histogram, axis=1)
    total = below[:, -1:]
    lower = (below >= np.maximum(np.floor((total + 1) / 2), 1)).argmax(axis=1)
    upper = (below >= np.floor(total / 2) + 1).argmax(axis=1)
    return np.where(total[:, 0] > 0, (lower + upper) / 2, np.nan)


def interval(replicates: Floats, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval; NaN where under half the replicates are defined.

    Parameters
    ----------
    replicates
        One value per replicate; NaN where it is undefined.
    level
        Nominal coverage, in (0, 1).
    """
    defined = replicates[np.isfinite(replicates)]
    if 2 * len(defined) < len(replicates) or not len(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def ratio_interval(count: float, expected: float, counts: Floats, expectations: Floats) -> tuple[float, float, float]:
    """Observed over expected events, with a 95 % interval: at each end the wider of bootstrap and exact Poisson.

    The exact one also holds for few accounts and few events or none.

    Parameters
    ----------
    count
        Events observed.
    expected
        Events expected; 0 gives NaN.
    counts, expectations
        The same in each bootstrap replicate.

    Returns
    -------
    Ratio, low and high.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.
    """
    if not expected:
        return np.nan, np.nan, np.nan
    drawn = np.divide(counts, expectations, out=np.full(len(counts), np.nan), where=expectations > 0)
    exact = stats.chi2.ppf([0.025, 0.975], [2 * count, 2 * count + 2]) / 2 / expected
    low, high = np.array([interval(drawn), np.nan_to_num(exact)]).T
    return count / expected, float(np.nanmin(low)), float(np.nanmax(high))
