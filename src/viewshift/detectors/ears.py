"""The three charts of the Early Aberration Reporting System: a day against the week before it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from viewshift._checks import check_choice
from viewshift._typing import Direction, Floats, State
from viewshift.detectors._base import Claims, StreamingDetector, empty_past
from viewshift.detectors._trailing import check_trailing, spread_floor, with_past
from viewshift.kernels.rolling import trailing_mean_std
from viewshift.panel import Panel

_GUARD = {"C1": 0, "C2": 2, "C3": 2}
_SUMMED = {"C1": 1, "C2": 1, "C3": 3}


@dataclass(kw_only=True, eq=False, repr=False)
class Ears(StreamingDetector):
    r"""Standardised excess of a day over the week before it, alone or summed over three days.

    .. math:: C_t = (y_t - m_t) / \max(s_t, s_0), \qquad C3_t = \sum_{i=t-2}^{t} \max(0, C2_i - 1),

    where :math:`m_t, s_t` are mean and standard deviation over the days t-7..t-1 for C1 and t-9..t-3 for C2, and
    :math:`s_0` is the median spread in the population. Knows an account after a few days, and is the familiar yardstick
    of outbreak detection. Seven days tell a spread poorly: on real viewing high scores come hundreds of times too
    often, and a surge of a week has become its own baseline before it ends.

    Parameters
    ----------
    measure
        The measure to score.
    chart
        "C1": the week that ends yesterday. "C2": two days are left out between week and scored day, so that the first
        days of a surge do not raise its baseline. "C3": sum of what C2 has above 1 on the day and the two before it.
    window
        Days in the baseline, at least 2; the authors' is 7.

    Attributes
    ----------
    floor_ : float
        Smallest spread used, in units of the measure: the median over the population's windows with any spread.

    Notes
    -----
    Unobserved days are left out of the window; if more than one day in 7 of it is missing there is no opinion, for the
    spread of so few is told too poorly. To C3 an earlier day without a C2, unobserved or in the warm-up, adds nothing.

    Differs from the source: the spread is at least `floor_`, since the source's is 0 after an idle week; and there is
    no threshold. The factors of `Panel.exposure` are divided out, weekdays are not, as in the source: the window holds
    each of them once, but a Saturday is compared with the mean of all.

    References
    ----------
    Hutwagner, L. et al. (2003). The bioterrorism preparedness and response Early Aberration Reporting System (EARS).
    Journal of Urban Health 80, i89-i96. doi:10.1007/PL00022319

    Fricker, R. D., Hegler, B. L. and Dunfee, D. A. (2008). Comparing syndromic surveillance detection methods: EARS'
    versus a CUSUM-based methodology. Statistics in Medicine 27, 3407-3429, section 2.1. doi:10.1002/sim.3197

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.Ears(chart="C2").fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    direction: ClassVar[Direction] = "up"
    measure: str = "episodes"
    chart: Literal["C1", "C2", "C3"] = "C1"
    window: int = 7

    def _fit(self, panel: Panel) -> None:
        check_choice("chart", self.chart, tuple(_GUARD))
        check_trailing(self.window, _GUARD[self.chart], "up")
        _, _, _, std = self._baseline(self._start(panel.n_accounts), panel)
        self.floor_ = spread_floor(std[:, _SUMMED[self.chart] - 1 :])

    def _start(self, n_accounts: int) -> State:
        return empty_past(n_accounts, self.window + _GUARD[self.chart] + _SUMMED[self.chart] - 1)

    def _baseline(self, state: State, panel: Panel) -> tuple[State, Floats, Floats, Floats]:
        """Return the state after, and value, mean and spread of the panel's days and of those summed before them."""
        values = panel[self.measure].astype(np.float64)
        past, history = with_past(state["past"], values if panel.exposure is None else values / panel.exposure)
        guard = _GUARD[self.chart]
        mean, std = trailing_mean_std(history, self.window, guard, self.window - self.window // 7)
        return {"past": past}, history[:, self.window + guard :], mean, std

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        state, values, mean, std = self._baseline(state, panel)
        z = (values - mean) / np.maximum(std, self.floor_)
        if self.chart != "C3":
            return state, z
        excess = np.fmax(z - 1, 0.0)  # NaN adds nothing
        sums = excess[:, :-2] + excess[:, 1:-1] + excess[:, 2:]
        return state, np.where(np.isnan(z[:, 2:]), np.nan, sums)
