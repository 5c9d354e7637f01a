"""How near alarms come to events and events to alarms, compared with chance."""

from viewshift._typing import Bools, Floats
from viewshift.kernels.affiliation import affiliations
from viewshift.metrics.events import checked_marks


def affiliation(alarm: Floats, positive: Bools) -> tuple[Floats, Floats]:
    r"""Affiliation precision and recall of each account.

    The days of an account are parted into one zone E per event J, each day to its nearest event. With X uniform on E,

    .. math:: \text{precision} = \operatorname{mean}_{x \in \text{alarm} \cap E} P(d(X, J) \ge d(x, J)), \qquad
        \text{recall} = \operatorname{mean}_{y \in J} P(|X - y| \ge d(y, \text{alarm} \cap E)),

    averaged over the account's events. A day at random earns about a half, a day in the event 1.

    Parameters
    ----------
    alarm
        1 on days in alarm, 0 on others, NaN for "no opinion", shape ``(n_accounts, n_days)``.
    positive
        Days that belong to an event, same shape.

    Returns
    -------
    Precision and recall, between 0 and 1, both of shape ``(n_accounts,)``. The precision is NaN without an alarm or
    without an event; the recall is NaN without an event. An event with no alarm in its zone has recall 0 and does not
    count for the precision.

    Raises
    ------
    ValueError
        If shapes differ or `alarm` holds another number.

    Notes
    -----
    Days without an opinion are taken out first, so that the days around them touch. Events that touch are one. A day is
    an interval of length 1, as in the source's own code.

    References
    ----------
    Huet, A., Navarro, J. M. and Rossi, D. (2022). Local evaluation of time series anomaly detection algorithms. KDD
    2022, 635-645, section 4. doi:10.1145/3534678.3539339

    Examples
    --------
    >>> import numpy as np
    >>> alarm = np.array([[0, 0, 0, 0, 0, 0, 1, 0, 0, 0.0]])
    >>> event = np.array([[0, 0, 0, 1, 1, 0, 0, 0, 0, 0]], dtype=bool)
    >>> affiliation(alarm, event)
    (array([0.5]), array([0.6]))
    """
    precision, recall = affiliations(*checked_marks("alarm", alarm, positive))
    return precision, recall
