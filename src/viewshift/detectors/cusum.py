"""The cumulative sum of excess over the account's own trailing baseline."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from sklearn.base import clone

from viewshift._checks import check_choice, check_positive
from viewshift._typing import Direction, Floats, State
from viewshift.baselines import Baseline
from viewshift.baselines.weekday import expected_factors, weekday_factors
from viewshift.detectors._base import Claims, StreamingDetector, empty_past
from viewshift.detectors._on_baseline import advance_within, check_baseline, start_within
from viewshift.detectors._trailing import check_trailing, spread_floor
from viewshift.kernels.counts import nb_log_ratio, nb_size
from viewshift.kernels.cusum import cumulative_sum
from viewshift.kernels.rolling import deflated, trailing_mean_std, trailing_z
from viewshift.panel import Panel

_SIDES: dict[str, tuple[str, ...]] = {"up": ("up",), "down": ("down",), "both": ("up", "down")}


@dataclass(kw_only=True, eq=False, repr=False)
class Cusum(StreamingDetector):
    r"""Sum of the days' evidence for a shifted level, started afresh whenever it falls to zero.

    .. math:: S_t = \max(0, S_{t-1} + x_t).

    With ``increments="normal"``, :math:`x_t = \min(z_t, \text{cap}) - \text{shift} / 2`, where z is the excess over the
    account's trailing mean in units of its trailing standard deviation (at least `floor_`). With ``increments="nb"``,
    :math:`x_t = \log NB(y_t; \text{shift} \cdot \mu_t, r) - \log NB(y_t; \mu_t, r)`, where :math:`\mu_t` is the
    trailing mean (at least `floor_`) times weekday factor and exposure. Gathers small excesses over many days, so it
    finds lasting shifts that no single day betrays; late on one-day binges, which other detectors find at once. The
    sum stays high for some time after the shift has ended.

    With a `baseline`, its prediction takes the window's place: z is the excess over the predicted mean in units of the
    predicted standard deviation, and :math:`\mu_t` the predicted mean. A baseline of long memory, such as
    `viewshift.baselines.UsualLevel`, is surer of the account's level than eight weeks are, and slower to get used to a
    shift.

    Parameters
    ----------
    measure
        The measure to score.
    increments
        "normal": standardised excess. "nb": log-likelihood ratio of negative binomial counts.
    shift
        The shift to look for: for "normal" above 0, in standard deviations (the reference value k of the literature is
        half of it); for "nb" above 1, as ratio of the shifted to the usual mean.
    cap
        For "normal", the excess in standard deviations beyond which a day counts no more; infinite for the textbook
        form. Without it, natural one-day binges drive the sum. The "nb" ratio needs none: it grows slowly by itself.
    window
        Days in the baseline, at least 2.
    guard
        Days left out between baseline and scored day, so that a shift does not become its own baseline at once.
    direction
        "up" sums excess, "down" shortfall, "both" is the larger of the two sums.
    baseline
        What predicts the days, of the same `measure`; fitted anew, the given one stays as it is. None: the trailing
        window of `window` and `guard`, which do nothing otherwise.

    Attributes
    ----------
    baseline_ : Baseline
        The fitted baseline, if there is one.
    weekday_ : ndarray of shape (7,)
        Without: population factor of each weekday, Monday first.
    floor_ : float
        In units of the measure. For "normal" the smallest spread used: the median over the population's windows with
        any spread. For "nb" the smallest mean: the lower quartile over the windows with any viewing. 0 with a
        baseline, whose predictions lean on the population by themselves.
    size_ : float
        For "nb": the size r at which the population's days are most likely, given their means one day ahead.

    Notes
    -----
    On unobserved days and in the warm-up the sum holds and the score is NaN; a window with under half its days
    observed gives no opinion. With a baseline there is no warm-up.

    Differs from the source: the in-control level is estimated from a moving window, and z is capped. Run-length tables
    hold for neither (nor for heavy-tailed days at all): take thresholds from `AlarmRule`.

    References
    ----------
    Page, E. S. (1954). Continuous inspection schemes. Biometrika 41, 100-115, section 2. doi:10.1093/biomet/41.1-2.100

    Hawkins, D. M. and Olwell, D. H. (1998). Cumulative Sum Charts and Charting for Quality Improvement. Springer,
    chapter 6 (log-likelihood ratios as increments).

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.Cusum(increments="nb").fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    cumulative: ClassVar[bool] = True
    measure: str = "episodes"
    increments: Literal["normal", "nb"] = "normal"
    shift: float = 2.0
    cap: float = 3.0
    window: int = 56
    guard: int = 7
    direction: Direction = "up"
    baseline: Baseline | None = None

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures that a panel must have."""
        return (self.measure,) if self.baseline is None else self.baseline.measures

    def _check_measures(self, panel: Panel) -> None:
        if self.baseline is not None:
            check_baseline(self.baseline)
            if self.baseline.measure != self.measure:
                raise ValueError(f"`measure` must be the baseline's, {self.baseline.measure!r}, got {self.measure!r}.")
        super()._check_measures(panel)

    def _fit(self, panel: Panel) -> None:
        check_choice("increments", self.increments, ("normal", "nb"))
        check_positive("shift", self.shift)
        if self.increments == "nb" and self.shift <= 1:
            raise ValueError(f'`shift` must be above 1 with increments="nb" (a ratio of means), got {self.shift}.')
        if self.cap != np.inf:
            check_positive("cap", self.cap)
        check_trailing(self.window, self.guard, self.direction)
        if self.baseline is None:
            self.weekday_ = weekday_factors(panel, self.measure)
        else:
            self.baseline_: Baseline = clone(self.baseline).fit(panel)
        _, factors, mean, std = self._expected(self._start(panel.n_accounts), panel)
        positive = mean[mean > 0]
        if self.baseline is not None:
            self.floor_ = 0.0
        elif self.increments == "normal":
            self.floor_ = spread_floor(std)
        else:
            self.floor_ = float(np.quantile(positive, 0.25)) if positive.size else 1.0
        if self.increments == "nb":
            means = np.maximum(mean, self.floor_) * factors
            scored = panel.observed & ~np.isnan(mean)
            self.size_ = nb_size(panel[self.measure][scored].astype(np.float64), means[scored])

    def _start(self, n_accounts: int) -> State:
        sums = {side: np.zeros(n_accounts) for side in _SIDES[self.direction]}
        if self.baseline is not None:
            return {**start_within(self.baseline_, n_accounts), **sums}
        return {**empty_past(n_accounts, self.window + self.guard), **sums}

    def _expected(self, state: State, panel: Panel) -> tuple[State, Floats, Floats, Floats]:
        """Return state, factors, and mean and standard deviation expected of each day divided by its factor."""
        if self.baseline is not None:
            after, prediction = advance_within(self.baseline_, state, panel)
            return after, np.ones((1, 1)), prediction.mean, prediction.std
        factors = expected_factors(panel, self.weekday_)
        after, windows = self._windows(state, panel, factors)
        return after, factors, *trailing_mean_std(*windows)

    def _windows(self, state: State, panel: Panel, factors: Floats) -> tuple[State, tuple[Floats, int, int, int]]:
        history = deflated(state["past"], panel[self.measure], factors)
        least = max(2, self.window // 2)
        return {"past": history[:, panel.n_days :].copy()}, (history, self.window, self.guard, least)

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        after, increments = self._increments(state, panel)
        scores = []
        for side in _SIDES[self.direction]:
            sums, after[side] = cumulative_sum(state[side], *increments[side])
            scores.append(sums)
        return after, scores[0] if len(scores) == 1 else np.maximum(*scores)

    def _increments(self, state: State, panel: Panel) -> tuple[State, dict[str, tuple[Floats, float, float, float]]]:
        """Return the state after, and for each side increments, their sign, cap and what is taken off them."""
        if self.increments == "nb":
            after, factors, mean, _ = self._expected(state, panel)
            means = np.maximum(mean, self.floor_) * factors
            shifts = {"up": self.shift, "down": 1 / self.shift}
            return after, {
                side: (nb_log_ratio(panel[self.measure], means, shifts[side], self.size_), 1.0, np.inf, 0.0)
                for side in _SIDES[self.direction]
            }
        if self.baseline is None:
            after, windows = self._windows(state, panel, expected_factors(panel, self.weekday_))
            z = trailing_z(*windows, self.floor_)
        else:
            after, _, mean, std = self._expected(state, panel)
            z = (panel[self.measure] - mean) / std
        return after, {
            "up": (z, 1.0, float(self.cap), self.shift / 2),
            "down": (z, -1.0, float(self.cap), self.shift / 2),
        }
