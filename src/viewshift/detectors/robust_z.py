"""The robust z-score of a day against the account's own trailing median and MAD."""

from dataclasses import dataclass
from typing import ClassVar

from viewshift._typing import Direction, Floats, State
from viewshift.baselines.weekday import expected_factors, weekday_factors
from viewshift.detectors._base import Claims, StreamingDetector, empty_past
from viewshift.detectors._trailing import check_trailing, facing, spread_floor
from viewshift.kernels.ordered import trailing_median_mad, trailing_robust_z
from viewshift.kernels.rolling import deflated
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class RobustZ(StreamingDetector):
    r"""Standardised excess of a day over the account's own recent median.

    With :math:`y_t` the day's value divided by the weekday factor,

    .. math:: z_t = (y_t - \mathrm{med}_t) / \max(1.4826\,\mathrm{MAD}_t, s_0),

    where median and MAD (median absolute deviation from the median) are taken over `window` days that end `guard` days
    before t, and :math:`s_0` is the median spread in the population. Binges inside the window do not blind it, up to
    half the window. On accounts that are idle most days median and MAD are both 0 and the score becomes the day's
    plain count in units of :math:`s_0`: then prefer a detector built for counts, such as ``Cusum(increments="nb")``.

    Parameters
    ----------
    measure
        The measure to score.
    window
        Days in the baseline, at least 2.
    guard
        Days left out between baseline and scored day, so that a shift does not become its own baseline.
    direction
        "up" scores excess, "down" its negative, "both" its absolute value.

    Attributes
    ----------
    weekday_ : ndarray of shape (7,)
        Population factor of each weekday, Monday first.
    floor_ : float
        Smallest spread used, in units of the measure: the median over the population's windows with any spread.

    Notes
    -----
    Unobserved days are left out of the window; a window with under half its days observed gives no opinion.

    Differs from the source: the median and MAD are those of a trailing window instead of the whole record, the spread
    has a floor (the MAD is 0 on 70 % of real account-days), and there is no cut at 3.5. The factor 1.4826 makes the MAD
    estimate a normal standard deviation; the source writes it as 0.6745 in the numerator.

    References
    ----------
    Iglewicz, B. and Hoaglin, D. C. (1993). How to Detect and Handle Outliers. ASQC Quality Press, section 3.3
    ("modified z-scores").

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.RobustZ().fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    measure: str = "episodes"
    window: int = 56
    guard: int = 7
    direction: Direction = "up"

    def _fit(self, panel: Panel) -> None:
        check_trailing(self.window, self.guard, self.direction)
        self.weekday_ = weekday_factors(panel, self.measure)
        history = self._history(self._start(panel.n_accounts), panel)
        self.floor_ = spread_floor(1.4826 * trailing_median_mad(*self._windows(history))[1])

    def _start(self, n_accounts: int) -> State:
        return empty_past(n_accounts, self.window + self.guard)

    def _history(self, state: State, panel: Panel) -> Floats:
        return deflated(state["past"], panel[self.measure], expected_factors(panel, self.weekday_))

    def _windows(self, history: Floats) -> tuple[Floats, int, int, int]:
        return history, self.window, self.guard, max(2, self.window // 2)

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        history = self._history(state, panel)
        z = trailing_robust_z(*self._windows(history), self.floor_)
        return {"past": history[:, panel.n_days :].copy()}, facing(z, self.direction)
