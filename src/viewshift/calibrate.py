"""Scores to surprise: how rare is a score among other accounts' ordinary days, and then among the account's own."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from scipy import stats

from viewshift._typing import Bools, Floats, Ints, State
from viewshift.conformal import N_TOP, PooledConformal
from viewshift.kernels.own_rates import ladder_surprise

EDGES = (0, 7, 28, 90, 365)
"""Scored days from which on an account belongs to the next class of history length."""

LEAST = 10_000
"""Reference scores that a class must have to stand alone."""

LEVELS = (0.1, 0.03, 0.01)
"""Pooled p-values at which an account's own rates are counted."""

REACH = 100.0
"""Scored days after which, at the latest, an account's own rate weighs as much as the population's."""

ANCHOR = 20
"""Rank of the largest scores from which on the fitted tail replaces the count."""

STRENGTHS = (2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, np.inf)
"""Days' worth of the population's rate among which each level's constant is chosen."""


@dataclass(frozen=True, eq=False)
class Ladder:
    r"""Surprise of a score in four steps: among other accounts' scores, beyond them, by own rates, among others again.

    1. The pooled conformal p-value (`PooledConformal`) among the reference scores of accounts with about as long a
       history, counted in scored days.
    2. From the class's 20th largest reference score on a generalised Pareto tail, continuous there.
    3. The account's own rates. At the levels :math:`1 = u_0 > u_1 > u_2 > u_3` of the pooled p-value, with the counts
       of its earlier scored days without a widening,

       .. math:: q_k = \frac{c_k u_k / u_{k-1} + \#\{p \le u_k\}}{c_k + \#\{p \le u_{k-1}\}}, \qquad
                 u_k \to q_1 \cdots q_k ;

       p-values between two levels are interpolated linearly, and those below the last are scaled with it.
    4. The pooled conformal p-value of that among the reference accounts' days of the class, each by its own earlier
       days: rates that follow luck as well as habit make p-values a little too small on average, the more the longer
       the history. From the 20th largest on p
       falls as it does by own rates.

    Parameters
    ----------
    edges
        Scored days without a widening from which on each class of history length holds, shape ``(n_classes,)``, the
        first 0.
    first
        Place of each class's first knot, and the number of all, shape ``(n_classes + 1,)``.
    knots, log10_p
        Ascending reference scores of each class, one class after the other, and the common logarithm of p there.
    shape, scale
        Generalised Pareto tail of each class beyond its last knot; scale 0 means none, p stays as it is there.
    strength
        :math:`c_k`: days' worth of the population's rate, one per level of `LEVELS`.
    own_first
        As `first`, of the knots by own rates; all 0: no own rates.
    own_knots, own_log10_p
        Ascending surprise by own rates among the reference accounts' days of each class, and log10 p there.

    Notes
    -----
    The classes begin at 0, 7, 28, 90 and 365 scored days; one with fewer than 10,000 reference scores is joined to its
    neighbour. The tail is fitted by maximum likelihood to the excesses of the class's 256 largest scores (at most a
    twentieth of all); a negative shape, which would let no score lie beyond some bound, is replaced by the exponential.
    It begins at the 20th largest, or at the largest if that one ties: the very largest ranks are too noisy to hang
    a tail on. A p-value is called extrapolated only beyond the class's largest reference score, or beyond
    the largest surprise by own rates: there it rests on a fitted tail and on no count.
    The constants :math:`c_k` minimise the log loss of the event :math:`p \le u_k` given :math:`p \le u_{k-1}` over the
    reference accounts' days, each forecast from the account's earlier days, but are at most :math:`100 u_{k-1}`: rates
    that follow an account more closely than its forecast needs let it make up for luck, and over two years bring
    accounts' counts of rare days nearer to each other than chance would. Days with a widening are neither counted nor
    reference scores of steps 1 to 3. The state of an account is a few whole numbers, and a day's surprise depends on no
    other account.

    References
    ----------
    Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World, sec. 4.6 (Mondrian conformal predictors).
    Pickands, J. (1975). Statistical inference using extreme order statistics. Ann. Statist. 3.
    Davison, A. C. and Smith, R. L. (1990). Models for exceedances over high thresholds. J. R. Statist. Soc. B 52.
    """

    edges: Ints
    first: Ints
    knots: Floats
    log10_p: Floats
    shape: Floats
    scale: Floats
    strength: Floats
    own_first: Ints
    own_knots: Floats
    own_log10_p: Floats

    @classmethod
    def fit(
        cls, reference: Floats, widening: Floats | None = None, *, by_history: bool = True, own_rates: bool = True
    ) -> Self:
        """Learn every step from out-of-fold scores.

        Parameters
        ----------
        reference
            Scores of shape ``(n_accounts, n_days)``, each by a detector not fitted on its account; NaN is no opinion.
        widening
            As for `advance`.
        by_history
            Form classes of history length.
        own_rates
            Learn the accounts' own rates; otherwise the pooled surprise is the surprise.

        Raises
        ------
        ValueError
            If no score is left.
        """
        scored = ~np.isnan(reference) & (True if widening is None else widening <= 1)
        before: Ints = np.cumsum(scored, axis=1) - scored
        edges = _merged(np.asarray(EDGES if by_history else (0,)), before[scored])
        member = np.where(scored, np.searchsorted(edges, before, side="right"), 0)
        classes = [reference[member == j + 1] for j in range(len(edges))]
        tails = np.array([_tail(scores) for scores in classes])
        pooled = [_with_tail(scores, *tail) for scores, tail in zip(classes, tails, strict=True)]
        ladder = cls(
            edges,
            np.cumsum([0, *(one.scores.size for one in pooled)]),
            np.concatenate([one.scores for one in pooled]),
            np.concatenate([one.log10_p for one in pooled]),
            tails[:, 0].copy(),
            tails[:, 1].copy(),
            np.full(len(LEVELS), np.inf),
            np.zeros(len(edges) + 1, dtype=np.int64),
            np.empty(0),
            np.empty(0),
        )
        if not own_rates:
            return ladder
        strength = _strengths(np.where(scored, ladder.surprise(reference)[0], np.nan))
        identity = np.tile([0.0, 1.0], len(edges))
        ladder = replace(
            ladder,
            strength=strength,
            own_first=2 * np.arange(len(edges) + 1),
            own_knots=identity,
            own_log10_p=-identity,
        )
        by_own = ladder.surprise(reference, widening)[0]
        member = np.where(np.isnan(by_own), 0, np.searchsorted(edges, before, side="right"))
        again = [_with_tail(by_own[member == j + 1], 0.0, 1 / np.log(10)) for j in range(len(edges))]
        return replace(
            ladder,
            own_first=np.cumsum([0, *(one.scores.size for one in again)]),
            own_knots=np.concatenate([one.scores for one in again]),
            own_log10_p=np.concatenate([one.log10_p for one in again]),
        )

    def start(self, n_accounts: int) -> State:
        """Return the state of accounts without a past.

        Parameters
        ----------
        n_accounts
            Number of accounts.
        """
        return {
            "scored": np.zeros(n_accounts, dtype=np.int64),
            "hits": np.zeros((n_accounts, len(LEVELS)), dtype=np.int64),
        }

    def advance(self, state: State, scores: Floats, widening: Floats | None = None) -> tuple[State, Floats, Bools]:
        """Return the state after some days, their surprise, and where it rests on a fitted tail and on no count.

        Parameters
        ----------
        state
            From `start` or an earlier `advance`; it stays as it was.
        scores
            Scores of the days that follow, shape ``(n_accounts, n_days)``; NaN stays NaN and counts for nothing.
        widening
            By how much the pooled surprise is divided, same shape; where above 1, the day counts for no later one.
            Default by nothing.
        """
        widening = np.ones(scores.shape) if widening is None else np.ascontiguousarray(widening, dtype=np.float64)
        scored, hits, surprise, beyond = ladder_surprise(
            np.ascontiguousarray(scores, dtype=np.float64),
            widening,
            state["scored"],
            state["hits"],
            self.edges,
            self.first,
            self.knots,
            self.log10_p,
            self.shape,
            self.scale,
            np.array(LEVELS),
            self.strength,
            self.own_first,
            self.own_knots,
            self.own_log10_p,
        )
        return {"scored": scored, "hits": hits}, surprise, beyond

    def surprise(self, scores: Floats, widening: Floats | None = None) -> tuple[Floats, Bools]:
        """Return the surprise of whole histories, and where it is extrapolated.

        Parameters
        ----------
        scores
            Scores from each account's first day on, shape ``(n_accounts, n_days)``.
        widening
            As for `advance`.
        """
        return self.advance(self.start(len(scores)), scores, widening)[1:]

    def learned(self) -> dict[str, Any]:
        """Return what `fit` learned, by name: ``Ladder(**learned)`` is the same ladder."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _merged(edges: Ints, before: Ints) -> Ints:
    """Return edges whose classes have `LEAST` scores each; one too small joins the next, the last the one before."""
    sizes = np.bincount(np.searchsorted(edges, before, side="right") - 1, minlength=len(edges))
    kept, size = [0], 0
    for edge, one in zip(edges.tolist(), sizes.tolist(), strict=True):
        if size >= LEAST:
            kept.append(edge)
            size = 0
        size += one
    if size < LEAST and len(kept) > 1:
        kept.pop()
    return np.array(kept, dtype=np.int64)


def _tail(scores: Floats) -> tuple[float, float]:
    """Return shape and scale of the generalised Pareto tail beyond the largest score; 0, 0 if the scores show none."""
    m = min(N_TOP, scores.size // 20)
    if m < 1:
        return 0.0, 0.0
    top = np.partition(scores, scores.size - m - 1)[-m - 1 :]
    excess = top[top > top[0]] - top[0]
    if excess.size < m // 2 or not excess.size:
        return 0.0, 0.0
    shape, scale = 0.0, float(excess.mean())
    with np.errstate(all="ignore"):
        fitted = stats.genpareto.fit(excess / scale, floc=0.0)
    if fitted[0] > 0:
        shape, scale = float(fitted[0]), float(fitted[2]) * scale
    return shape, scale + shape * float(excess.max())


def _with_tail(scores: Floats, shape: float, scale: float) -> PooledConformal:
    """Return the pooled curve on the tail from the 20th largest score on; `scale` holds beyond the largest."""
    pooled = PooledConformal.fit(scores)
    rank = min(ANCHOR, scores.size // 20)
    largest = pooled.scores[-1]
    if rank < 2 or not scale or np.count_nonzero(scores == largest) > 1:
        return pooled
    anchor = np.partition(scores, -rank)[-rank]
    above = pooled.scores > anchor
    log_sf = stats.genpareto.logsf(pooled.scores[above] - anchor, shape, scale=scale - shape * (largest - anchor))
    log10_p = pooled.log10_p.copy()
    log10_p[above] = log10_p[~above][-1] + log_sf / np.log(10)
    return PooledConformal(pooled.scores, log10_p)


def _strengths(pooled: Floats) -> Floats:
    """Return the constant of each level with the least log loss, at most `REACH` days' worth of the level above."""
    outer, level, chosen = ~np.isnan(pooled), 1.0, []
    for u in LEVELS:
        inner = pooled >= -np.log10(u)
        hit = inner[outer]
        hits, days = (np.cumsum(one, axis=1)[outer] - one[outer] for one in (inner, outer))
        losses = []
        for c in STRENGTHS:
            q = u / level if np.isinf(c) else (c * u / level + hits) / (c + days)
            losses.append(-np.log(np.where(hit, q, 1 - q)).sum())
        chosen.append(min(STRENGTHS[int(np.argmin(losses))], REACH * level))
        outer, level = inner, u
    return np.array(chosen)
