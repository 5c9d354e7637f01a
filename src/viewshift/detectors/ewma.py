"""The exponentially weighted moving average of what a baseline did not expect."""

from dataclasses import dataclass, field
from typing import ClassVar, get_args

import numpy as np
from sklearn.base import clone

from viewshift._checks import check_choice, check_positive
from viewshift._typing import Direction, Floats, State
from viewshift.baselines import Baseline, UsualLevel
from viewshift.detectors._base import Claims
from viewshift.detectors._on_baseline import OnBaseline, advance_within, start_within
from viewshift.detectors._trailing import facing
from viewshift.kernels.ewma import weighted_sums
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class Ewma(OnBaseline):
    r"""Smoothed excess over a baseline's prediction, in units of its own standard deviation.

    With :math:`z_t` the excess over the predicted mean in units of the predicted standard deviation, cut at `cap` on
    both sides, and w the `weight`,

    .. math:: E_t = (1 - w) E_{t-1} + w z_t, \quad E_0 = 0,

    and the score is :math:`E_t` over its standard deviation, were the z independent of variance 1. A small weight
    finds small lasting shifts, a large one large and short ones; weight 1 is the day alone. Unlike a cumulative sum it
    forgets a surge that is over within some :math:`2 / w` days, and quiet days before a surge hold it back for as long.

    Parameters
    ----------
    baseline
        What predicts the days; fitted anew, the given one stays as it is. One of long memory does not get used to the
        shift that is being smoothed.
    weight
        Weight w of the day itself, above 0 to 1.
    cap
        The excess in standard deviations beyond which a day counts no more; infinite for the textbook form. Without it
        a single binge stands out for weeks.
    direction
        "up" scores excess, "down" its negative, "both" its absolute value.

    Attributes
    ----------
    baseline_ : Baseline
        The fitted baseline.

    Notes
    -----
    On an unobserved day the average decays as on any other, :math:`E_t = (1 - w) E_{t-1}`, its variance with it, and
    the score is NaN. The first day's score is its z.

    Differs from the source: the in-control level is predicted day by day and not known, and z is cut, as the source's
    section on outliers would have it for single ones. Its run-length tables hold for neither: take thresholds from
    `AlarmRule`.

    References
    ----------
    Roberts, S. W. (1959). Control chart tests based on geometric moving averages. Technometrics 1, 239-250.
    doi:10.1080/00401706.1959.10489860

    Lucas, J. M. and Saccucci, M. S. (1990). Exponentially weighted moving average control schemes: properties and
    enhancements. Technometrics 32, 1-12, section 1. doi:10.1080/00401706.1990.10484583

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.Ewma().fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    cumulative: ClassVar[bool] = True
    baseline: Baseline = field(default_factory=UsualLevel)
    weight: float = 0.1
    cap: float = 3.0
    direction: Direction = "up"

    def _fit(self, panel: Panel) -> None:
        if check_positive("weight", self.weight) > 1:
            raise ValueError(f"`weight` must be at most 1, got {self.weight}.")
        if self.cap != np.inf:
            check_positive("cap", self.cap)
        check_choice("direction", self.direction, get_args(Direction))
        self.baseline_: Baseline = clone(self.baseline).fit(panel)

    def _start(self, n_accounts: int) -> State:
        return {**start_within(self.baseline_, n_accounts), "smoothed": np.zeros((n_accounts, 2))}

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        after, prediction = advance_within(self.baseline_, state, panel)
        z = np.clip((panel[self.measure] - prediction.mean) / prediction.std, -self.cap, self.cap)
        sums, variances, after["smoothed"] = weighted_sums(state["smoothed"], z, float(self.weight))
        return after, facing(sums / np.sqrt(variances), self.direction)
