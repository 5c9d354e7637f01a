"""How well scores rank event days above other days, whatever the threshold."""

import numpy as np

from viewshift._checks import check_whole
from viewshift._typing import Bools, Floats
from viewshift.kernels.volume import volumes_under_pr


def average_precision(score: Floats, positive: Bools) -> float:
    r"""Average precision of account-days ranked by score.

    .. math:: AP = \sum_k (R_k - R_{k-1}) P_k

    over the distinct scores from the top, with precision P and recall R: the step form. Joining the points by straight
    lines (the trapezoid) flatters a ranking.

    Parameters
    ----------
    score
        Scores of any shape; NaN days are left out.
    positive
        Days that belong to an event, in the same shape.

    Returns
    -------
    Between 0 and 1; NaN without a scored positive or without a scored negative day.

    References
    ----------
    Davis and Goadrich (2006), The relationship between precision-recall and ROC curves, ICML.

    Examples
    --------
    >>> average_precision(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.8333333333333333
    """
    from sklearn.metrics import average_precision_score  # noqa: PLC0415 - scikit-learn is slow to import

    scored = ~np.isnan(score)
    label = positive[scored]
    if not label.any() or label.all():
        return float("nan")
    return float(average_precision_score(label, score[scored]))


def average_precision_replicates(score: Floats, positive: Bools, weights: Floats, n_steps: int = 256) -> Floats:
    """Average precision in each bootstrap replicate, shifted so that the estimate itself is exact.

    Parameters
    ----------
    score
        Scores of shape ``(n_accounts, n_days)``; NaN days are left out.
    positive
        Days that belong to an event, in the same shape.
    weights
        From `account_weights`, of shape ``(n_replicates, n_accounts)``.
    n_steps
        Number of score levels, placed at quantiles of the positive days.

    Returns
    -------
    Values of shape ``(n_replicates,)``; NaN where a replicate draws no positive or no negative day.

    Notes
    -----
    Scores are grouped into `n_steps` levels, so that a replicate is one product of weights and counts. What the
    grouping changes in the estimate is taken off every replicate.
    """
    exact = average_precision(score, positive)
    if np.isnan(exact):
        return np.full(len(weights), np.nan)
    scored = ~np.isnan(score)
    row = np.nonzero(scored)[0]
    label = positive[scored]
    levels = np.unique(np.quantile(score[scored][label], np.linspace(0, 1, n_steps), method="nearest"))
    step = np.searchsorted(levels, score[scored], side="right")  # 0: below every positive day
    shape = (score.shape[0], len(levels) + 1)
    cell = row * shape[1] + step
    every = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    good = np.bincount(cell[label], minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    estimate = _step_sum(good.sum(axis=0)[None], every.sum(axis=0)[None])
    return _step_sum(weights @ good, weights @ every) + (exact - estimate)


def vus_pr(score: Floats, positive: Bools, *, buffer: int = 14) -> Floats:
    r"""Volume under the surface of precision and recall over all thresholds and buffer widths, of each account.

    For a width :math:`w` a day at distance :math:`d \le w/2` from an event counts as event by
    :math:`\ell_t = \sqrt{1 - d/w}` (a day in it by 1, two events' credits add up to at most 1). With H the
    credit of the days at or above a threshold, N their number, B the credit among them outside events and P the event
    days,

    .. math:: \text{precision} = \frac{H}{N}, \qquad
        \text{recall} = \min\left(\frac{H}{P + B/2}, 1\right) \cdot \text{share of widened events touched};

    the area under these is the step sum of `average_precision`, and the volume its mean over w = 0, 1, ..., `buffer`.

    Parameters
    ----------
    score
        Scores of shape ``(n_accounts, n_days)``; NaN days are taken out, so that the days around them touch.
    positive
        Days that belong to an event, in the same shape.
    buffer
        Largest width in days, at least 0; half of it lies on each side of an event, so that 14 forgives a week.

    Returns
    -------
    Between 0 and 1, shape ``(n_accounts,)``; NaN for an account without a scored event day or without another scored
    day.

    Raises
    ------
    ValueError
        If shapes differ or `buffer` is negative.

    Notes
    -----
    Days are ranked within each account: what tells accounts apart earns nothing here.

    Differs from the source: every distinct score is a threshold, where its code takes 250 at equal ranks; on 250 days
    or fewer the two are the same.

    References
    ----------
    Paparrizos, J., Boniol, P., Palpanas, T., Tsay, R. S., Elmore, A. and Franklin, M. J. (2022). Volume under the
    surface: a new accuracy evaluation measure for time-series anomaly detection. PVLDB 15, 2774-2787, section 4.
    doi:10.14778/3551793.3551830. The formula is that of the authors' package `vus`.

    Examples
    --------
    >>> event = np.array([[0, 0, 0, 1, 1, 0, 0, 0, 0, 0]], dtype=bool)
    >>> exact, late = np.where(event, 1.0, 0.0), np.roll(np.where(event, 1.0, 0.0), 2)
    >>> vus_pr(exact, event, buffer=4).round(2), vus_pr(late, event, buffer=4).round(2)
    (array([1.]), array([0.36]))
    """
    check_whole("buffer", buffer, least=0)
    if np.ndim(score) != 2 or np.shape(score) != np.shape(positive):
        raise ValueError(
            "`score` and `positive` must have one shape (n_accounts, n_days), "
            f"got {np.shape(score)} and {np.shape(positive)}."
        )
    values, days = np.ascontiguousarray(score, dtype=np.float64), np.ascontiguousarray(positive, dtype=np.bool_)
    return volumes_under_pr(values, np.argsort(-values, axis=1, kind="stable"), days, buffer)


def _step_sum(good: Floats, every: Floats) -> Floats:
    good, every = good[:, ::-1], every[:, ::-1]
    hits, days = np.cumsum(good, axis=1), np.cumsum(every, axis=1)
    precision = np.divide(hits, days, out=np.zeros_like(hits), where=days > 0)
    n_good = hits[:, -1]
    defined = (n_good > 0) & (n_good < days[:, -1])
    total = (good * precision).sum(axis=1)
    average: Floats = np.divide(total, n_good, out=np.full(len(good), np.nan), where=defined)
    return average
