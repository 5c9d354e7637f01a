"""The score of the Numenta anomaly benchmark: early alarms earn, late ones earn less, false ones cost."""

import numpy as np

from viewshift._checks import check_positive
from viewshift._typing import Bools, Floats
from viewshift.kernels.nab import nab_raw
from viewshift.metrics.events import checked_marks


def nab_score(alarm: Floats, positive: Bools, *, false_alarm: float = 0.11, miss: float = 1.0) -> Floats:
    r"""NAB score of each account: 100 if every event is found on its first day and nothing else, 0 for no alarm at all.

    With :math:`\sigma(y) = 2 / (1 + e^{5y}) - 1`,

    .. math:: S = \sum_{\text{found}} \frac{\sigma(y)}{\sigma(-1)} - A_{FN}\,\#\text{missed}
        + A_{FP} \sum_{\text{false}} \sigma(y), \qquad 100\,\frac{S + A_{FN}\,n}{n + A_{FN}\,n},

    over the account's n events. In an event y rises from -1 on its first day to just below 0 on its last, and the first
    alarm alone counts; behind it y counts days in lengths of the event before. From three lengths on, and before the
    first event, :math:`\sigma` is -1.

    Parameters
    ----------
    alarm
        1 on days that raise an alarm, 0 on others, NaN for "no opinion", shape ``(n_accounts, n_days)``. Every such day
        outside events costs: mark the day on which an alarm opens, unless each further day is to cost again.
    positive
        Days that belong to an event, same shape.
    false_alarm
        :math:`A_{FP}`, above 0: .11 in the source's standard profile, .22 in "reward low FP".
    miss
        :math:`A_{FN}`, above 0: 1 in the standard profile, 2 in "reward low FN".

    Returns
    -------
    At most 100, without a lower bound, shape ``(n_accounts,)``; NaN for an account without an event day that has an
    opinion.

    Raises
    ------
    ValueError
        If shapes differ, `alarm` holds another number, or a weight is not above 0.

    Notes
    -----
    Days without an opinion are taken out first; they take the place of the source's probationary period. Events that
    touch are one.

    Differs from the source: scores are normalised by account, not over a corpus, which is the same if accounts have
    equally many events; behind an event of a single day y counts days, where the source's code divides by zero. The
    source's thresholds are chosen to make the score best; here the alarms are given.

    References
    ----------
    Lavin, A. and Ahmad, S. (2015). Evaluating real-time anomaly detection algorithms: the Numenta anomaly benchmark.
    14th International Conference on Machine Learning and Applications, 38-44. doi:10.1109/ICMLA.2015.141. The formula
    is that of the benchmark's code (version 1.1), which differs from the paper's in scale.

    Examples
    --------
    >>> alarm = np.array([[0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0.0]])
    >>> event = np.array([[0, 0, 1, 1, 1, 0]] * 4, dtype=bool)
    >>> nab_score(alarm, event).round(1)
    array([100. ,  84.6,   0. ,  -5.5])
    """
    cost, lost = check_positive("false_alarm", false_alarm), check_positive("miss", miss)
    raw, n = nab_raw(*checked_marks("alarm", alarm, positive), cost, lost)
    score: Floats = np.divide(100.0 * (raw + lost * n), n * (1.0 + lost), out=np.full(len(n), np.nan), where=n > 0)
    return score
