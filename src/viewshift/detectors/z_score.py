"""The z-score of a day against the account's own trailing mean and standard deviation."""

from dataclasses import dataclass
from typing import ClassVar

from viewshift._typing import Direction, Floats, State
from viewshift.baselines.weekday import expected_factors, weekday_factors
from viewshift.detectors._base import Claims, StreamingDetector, empty_past
from viewshift.detectors._trailing import check_trailing, facing, spread_floor
from viewshift.kernels.rolling import deflated, trailing_mean_std, trailing_z
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class ZScore(StreamingDetector):
    r"""Standardised excess of a day over the account's own recent days.

    With :math:`y_t` the day's value divided by the weekday factor,

    .. math:: z_t = (y_t - m_t) / \max(s_t, s_0),

    where :math:`m_t, s_t` are mean and standard deviation over `window` days that end `guard` days before t, and
    :math:`s_0` is the median spread in the population. Quick and familiar; one wild day in the window blinds it for as
    long as the day stays there (then use `RobustZ`).

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
    The score ranks days; it is not a p-value (on real histories z > 3.7 comes 200 times too often): use `AlarmRule`.

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.ZScore().fit(viewers).score(viewers).shape
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
        self.floor_ = spread_floor(trailing_mean_std(*self._windows(history))[1])

    def _start(self, n_accounts: int) -> State:
        return empty_past(n_accounts, self.window + self.guard)

    def _history(self, state: State, panel: Panel) -> Floats:
        return deflated(state["past"], panel[self.measure], expected_factors(panel, self.weekday_))

    def _windows(self, history: Floats) -> tuple[Floats, int, int, int]:
        return history, self.window, self.guard, max(2, self.window // 2)

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        history = self._history(state, panel)
        z = trailing_z(*self._windows(history), self.floor_)
        return {"past": history[:, panel.n_days :].copy()}, facing(z, self.direction)
