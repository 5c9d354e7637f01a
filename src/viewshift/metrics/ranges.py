"""How much of each event lies in alarm, and how much of each alarm in an event: ranges of days, not days."""

from typing import Literal

from viewshift._checks import check_choice
from viewshift._typing import Bools, Floats
from viewshift.kernels.range_rewards import BACK, FLAT, FRONT, MIDDLE, range_rewards
from viewshift.metrics.events import checked_marks

Bias = Literal["flat", "front", "middle", "back"]
_BIAS = {"flat": FLAT, "front": FRONT, "middle": MIDDLE, "back": BACK}
_CARDINALITY = {"one": False, "reciprocal": True}


def range_recall(
    alarm: Floats,
    positive: Bools,
    *,
    existence: float = 0.0,
    bias: Bias = "flat",
    cardinality: Literal["one", "reciprocal"] = "reciprocal",
) -> Floats:
    r"""Mean over an account's events of the share of the event that lies in alarm.

    .. math:: \alpha\,[\text{touched}] + (1-\alpha)\,\gamma\,\frac{\sum_{t \in \text{event} \cap \text{alarm}} \delta_t}
        {\sum_{t \in \text{event}} \delta_t}

    Parameters
    ----------
    alarm
        1 on days in alarm, 0 on others, NaN for "no opinion", shape ``(n_accounts, n_days)``.
    positive
        Days that belong to an event, same shape.
    existence
        The weight :math:`\alpha`, from 0 to 1, of touching an event at all.
    bias
        What the days :math:`t = 1..n` of an event count: "flat" 1, "front" n - t + 1, "back" t, "middle" whichever of
        the two is smaller.
    cardinality
        The factor :math:`\gamma` where several alarms touch one event: "one", or "reciprocal" of their number.

    Returns
    -------
    Between 0 and 1, shape ``(n_accounts,)``; NaN for an account without an event day that has an opinion.

    Raises
    ------
    ValueError
        If shapes differ, `alarm` holds another number, or an option is out of range.

    Notes
    -----
    Days without an opinion are taken out first, so that the days around them touch. Events that touch are one.

    Differs from the source: an account without events has no recall.

    References
    ----------
    Tatbul, N., Lee, T. J., Zdonik, S., Alam, M. and Gottschlich, J. (2018). Precision and recall for time series.
    Advances in Neural Information Processing Systems 31, section 4. arXiv:1803.03639

    Examples
    --------
    >>> import numpy as np
    >>> alarm = np.array([[0, 0, 1, 1, 1, 0, 0, 0.0]])
    >>> event = np.array([[0, 0, 0, 1, 1, 1, 1, 0]], dtype=bool)
    >>> range_recall(alarm, event), range_precision(alarm, event)
    (array([0.5]), array([0.66666667]))
    """
    return _rewards(alarm, positive, True, existence, bias, cardinality)


def range_precision(
    alarm: Floats,
    positive: Bools,
    *,
    bias: Bias = "flat",
    cardinality: Literal["one", "reciprocal"] = "reciprocal",
) -> Floats:
    """Mean over an account's alarms of the share of the alarm that lies in an event.

    The formula of `range_recall` with events and alarms exchanged, and without a reward for touching.

    Parameters
    ----------
    alarm
        1 on days in alarm, 0 on others, NaN for "no opinion", shape ``(n_accounts, n_days)``.
    positive
        Days that belong to an event, same shape.
    bias
        What the days of an alarm count, as in `range_recall`.
    cardinality
        The factor where several events touch one alarm, as in `range_recall`.

    Returns
    -------
    Between 0 and 1, shape ``(n_accounts,)``; NaN for an account without an alarm. Where there are alarms and no event
    it is 0: every alarm is false.

    Raises
    ------
    ValueError
        If shapes differ, `alarm` holds another number, or an option is out of range.

    References
    ----------
    Tatbul et al. (2018), as in `range_recall`.
    """
    return _rewards(alarm, positive, False, 0.0, bias, cardinality)


def _rewards(alarm: Floats, positive: Bools, of_events: bool, existence: float, bias: str, cardinality: str) -> Floats:
    if not 0 <= existence <= 1:
        raise ValueError(f"`existence` must lie in [0, 1], got {existence}.")
    kind = _BIAS[check_choice("bias", bias, _BIAS)]
    reciprocal = _CARDINALITY[check_choice("cardinality", cardinality, _CARDINALITY)]
    return range_rewards(*checked_marks("alarm", alarm, positive), of_events, float(existence), kind, reciprocal)
