"""How well changes found with hindsight cut a history where it really changed."""

import numpy as np

from viewshift._checks import check_whole
from viewshift._typing import Bools, Floats
from viewshift.kernels.changes import coverings, pairs_within
from viewshift.metrics.events import checked_marks


def covering(change: Floats, true: Bools) -> Floats:
    r"""Segmentation covering: how much of each true segment the best found one shares, weighted by its days.

    .. math:: \frac1n \sum_{A \in \text{true}} |A| \max_{B \in \text{found}} \frac{|A \cap B|}{|A \cup B|}

    Parameters
    ----------
    change
        1 on the first day of each new segment, 0 on others, NaN for a day that was not observed, shape
        ``(n_accounts, n_days)``.
    true
        First days of true segments, same shape.

    Returns
    -------
    Above 0 and at most 1, shape ``(n_accounts,)``; NaN for an account without a true change after its first observed
    day. Without a found change it is the sum of the squared shares of the true segments: not 0.

    Raises
    ------
    ValueError
        If shapes differ or `change` holds another number.

    Notes
    -----
    Days that were not observed are taken out; a segment that begins on one begins on the next observed day.

    Differs from the source: a history in which nothing changes has no covering, where the source rewards finding
    nothing with 1.

    References
    ----------
    van den Burg, G. J. J. and Williams, C. K. I. (2020). An evaluation of change point detection algorithms.
    arXiv:2003.06222, section 3.2. After Arbelaez, P. et al. (2011), IEEE Transactions on Pattern Analysis and Machine
    Intelligence 33, 898-916.

    Examples
    --------
    >>> change = np.array([[0, 0, 0, 1, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0.0]])
    >>> true = np.array([[0, 0, 0, 0, 0, 1, 0, 0]] * 2, dtype=bool)
    >>> covering(change, true)
    array([0.75 , 0.53125])
    """
    return coverings(*checked_marks("change", change, true))


def margin_f1(change: Floats, true: Bools, *, margin: int = 5) -> Floats:
    r"""F1 of found changes, each right if it pairs with a true one at most `margin` days away.

    .. math:: F_1 = \frac{2\,\#\text{pairs}}{\#\text{true} + \#\text{found}},

    where the first observed day counts as a change that is both true and found.

    Parameters
    ----------
    change
        1 on the first day of each new segment, 0 on others, NaN for a day that was not observed, shape
        ``(n_accounts, n_days)``.
    true
        First days of true segments, same shape.
    margin
        Observed days, at least 0.

    Returns
    -------
    Above 0 and at most 1, shape ``(n_accounts,)``; NaN for an account without a true change after its first observed
    day. With c true changes it is 2 / (c + 2) where nothing is found: not 0.

    Raises
    ------
    ValueError
        If shapes differ, `change` holds another number, or `margin` is negative.

    Notes
    -----
    Days that were not observed are taken out; a segment that begins on one begins on the next observed day.

    Differs from the source: pairs are as many as possible, where its code takes for one true change after the other the
    nearest found one that is left, which can leave the next without; and a history in which nothing changes has no F1.
    ``ruptures.metrics.precision_recall`` counts no end of a history, takes no change that is exactly `margin` away, and
    lets one true change use up several found ones.

    References
    ----------
    van den Burg and Williams (2020), as in `covering`, section 3.2.

    Examples
    --------
    >>> change = np.array([[0, 0, 0, 1, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0.0]])
    >>> true = np.array([[0, 0, 0, 0, 0, 1, 0, 0]] * 2, dtype=bool)
    >>> margin_f1(change, true, margin=1)
    array([0.8       , 0.66666667])
    """
    pairs, real, found = pairs_within(*checked_marks("change", change, true), check_whole("margin", margin, least=0))
    return np.where(real > 1, 2 * pairs / (real + found), np.nan)
