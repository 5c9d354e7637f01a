"""Which differences are real: paired tests on matrices of units x detectors, higher being better."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from viewshift._typing import Bools, Floats, Ints

DIGITS = 12
"""Decimals that values are taken to: the same mean, added up in another order, is a tie and no difference."""

EXACT_UNTIL = 50
"""Units up to which p is counted exactly; beyond, the normal approximation is good."""

N_DRAWS = 10_000
"""Draws from a posterior: a probability has a Monte Carlo standard error of at most .005."""

PRIOR_STRENGTH = 0.5


class Posterior(NamedTuple):
    """Probabilities that a difference lies below, within and above the region of practical equivalence."""

    left: float
    rope: float
    right: float


def pairs(n_detectors: int) -> tuple[Ints, Ints]:
    """Return first and second of every pair, in order: (0, 1), (0, 2), ..., (1, 2), ....

    Parameters
    ----------
    n_detectors
        Number of columns.
    """
    first, second = np.triu_indices(n_detectors, 1)
    return first.astype(np.int64), second.astype(np.int64)


def wilcoxon_holm(values: Floats) -> tuple[Floats, Floats]:
    """P-values of the signed-rank test of every pair of columns, and the same corrected by Holm over all pairs.

    The hypothesis is that a unit's difference is as likely d as -d. Units that do not differ are ranked and then
    left out (Pratt); equal sizes share their mean rank.

    Parameters
    ----------
    values
        Shape ``(n_units, n_detectors)``, without NaN.

    Returns
    -------
    Two arrays of shape ``(n_pairs,)`` in the order of `pairs`; 1 where no unit differs.

    Notes
    -----
    Two-sided. Up to `EXACT_UNTIL` units p is exact given the ranks: the sum of the positive ranks over all 2^n choices
    of signs. Beyond, it is the normal approximation with ties, without continuity correction.

    References
    ----------
    Wilcoxon (1945), doi:10.2307/3001968. Pratt (1959), Remarks on zeros and ties, doi:10.1080/01621459.1959.10501526.
    Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 65-70.
    """
    first, second = pairs(values.shape[1])
    differences = np.round(values[:, first] - values[:, second], DIGITS)
    p = np.ones(len(first))
    differ = (differences != 0).any(axis=0)
    if differ.any() and len(values) > EXACT_UNTIL:
        p[differ] = stats.wilcoxon(differences[:, differ], zero_method="pratt", axis=0).pvalue
    else:
        p[differ] = [_exact_p(column) for column in differences[:, differ].T]
    return p, holm(p)


def _exact_p(difference: Floats) -> float:
    """Count the choices of signs whose positive ranks add up to something as far from the middle as what was seen."""
    ranks = np.rint(2 * stats.rankdata(np.abs(difference))).astype(np.int64)  # doubled, so that mean ranks are whole
    moving = ranks[difference != 0]
    share = np.zeros(moving.sum() + 1)
    share[0] = 1.0
    for rank in moving:
        share[rank:] = (share[rank:] + share[:-rank]) / 2
        share[:rank] /= 2
    seen = ranks[difference > 0].sum()
    return float(min(1.0, 2 * min(share[: seen + 1].sum(), share[seen:].sum())))


def holm(p: Floats) -> Floats:
    """Correct p-values so that the chance of any false rejection is kept.

    Parameters
    ----------
    p
        Of all hypotheses.
    """
    order = np.argsort(p, kind="stable")
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return corrected


def friedman(values: Floats) -> tuple[Floats, float]:
    """Mean rank of each detector over blocks, and the p-value of Friedman's test that all ranks are exchangeable.

    Parameters
    ----------
    values
        Shape ``(n_blocks, n_detectors)``, without NaN.

    Returns
    -------
    Mean ranks of shape ``(n_detectors,)``, 1 being best and ties sharing their mean rank; and p, from the chi-square
    approximation with ties. p is NaN for fewer than three detectors or two blocks, and 1 where all blocks tie.

    References
    ----------
    Friedman (1937), doi:10.1080/01621459.1937.10503522. Demšar (2006), Statistical comparisons of classifiers over
    multiple data sets, JMLR 7, 1-30, section 3.2.2.
    """
    rounded = np.round(values, DIGITS)
    ranks: Floats = stats.rankdata(-rounded, axis=1).mean(axis=0) if len(values) else np.full(values.shape[1], np.nan)
    if len(values) < 2 or values.shape[1] < 3:
        return ranks, float("nan")
    if (rounded == rounded[:, :1]).all():
        return ranks, 1.0
    return ranks, float(stats.friedmanchisquare(*rounded.T).pvalue)


def not_told_apart(p: Floats, n_detectors: int, alpha: float = 0.05) -> list[tuple[int, ...]]:
    """Return the largest groups of detectors no two of which are told apart; a detector may be in several.

    Parameters
    ----------
    p
        Corrected p-values of all pairs, in the order of `pairs`.
    n_detectors
        Number of detectors.
    alpha
        Level; a pair is told apart if p lies below it.

    Returns
    -------
    Ascending numbers of detectors, two or more to a group; groups in ascending order.

    Notes
    -----
    These are the maximal cliques of the graph of pairs that are not told apart.

    References
    ----------
    Bron and Kerbosch (1973), Algorithm 457, doi:10.1145/362342.362367.
    """
    alike = np.zeros((n_detectors, n_detectors), dtype=bool)
    alike[pairs(n_detectors)] = p >= alpha
    alike |= alike.T
    found: list[tuple[int, ...]] = []
    _grow(alike, (), set(range(n_detectors)), set(), found)
    return sorted(group for group in found if len(group) > 1)


def _grow(alike: Bools, group: tuple[int, ...], able: set[int], done: set[int], found: list[tuple[int, ...]]) -> None:
    """Extend a group by all who can join, leaving out what was found before (Bron and Kerbosch with a pivot)."""
    if not able | done:
        found.append(tuple(sorted(group)))
        return
    friends = {k: set(np.flatnonzero(alike[k]).tolist()) for k in able | done}
    pivot = max(sorted(friends), key=lambda k: len(friends[k] & able))
    for k in sorted(able - friends[pivot]):
        _grow(alike, (*group, k), able & friends[k], done & friends[k], found)
        able, done = able - {k}, done | {k}


def signed_rank_posterior(difference: Floats, rope: float, *, n_draws: int = N_DRAWS, seed: int = 0) -> Posterior:
    """Bayesian signed-rank test: how probable it is that a difference is practically none, or goes which way.

    The units' weights w get a Dirichlet posterior with 1 for each unit and `PRIOR_STRENGTH` for a pseudo-unit of
    difference z_0 = 0. A draw gives the shares of w_i w_j over all i, j with z_i + z_j below -2 rope, within, and
    above 2 rope; each probability is how often its share is the largest.

    Parameters
    ----------
    difference
        Of each unit, shape ``(n_units,)``, without NaN; independent units, such as scenarios.
    rope
        Half-width of the region of practical equivalence, at least 0, in the unit of the differences.
    n_draws
        Draws from the posterior.
    seed
        Seed of the draws.

    Returns
    -------
    Probabilities; NaN without any unit.

    Notes
    -----
    A tie between shares counts for `rope`. Sums on the border of the region count as within.

    References
    ----------
    Benavoli et al. (2014), A Bayesian Wilcoxon signed-rank test based on the Dirichlet process, ICML 32(2), 1026-1034.
    Benavoli et al. (2017), Time for a change, JMLR 18(77), section 4.2.
    """
    if not len(difference):
        return Posterior(float("nan"), float("nan"), float("nan"))
    z = np.append(difference, 0.0)
    weights = np.random.default_rng(seed).dirichlet(np.append(np.ones(len(difference)), PRIOR_STRENGTH), n_draws)
    sums = np.round(z[:, None] + z, DIGITS)
    left, right = (
        ((weights @ beyond) * weights).sum(axis=1) for beyond in ((sums < -2 * rope) * 1.0, (sums > 2 * rope) * 1.0)
    )
    within = 1 - left - right
    below, above = (left > np.maximum(within, right)).sum(), (right > np.maximum(within, left)).sum()
    return Posterior(float(below / n_draws), float((n_draws - below - above) / n_draws), float(above / n_draws))
