"""Sums over the last days, of several lengths at once, against what was known before each began."""

from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np

from viewshift._checks import check_ascending, check_choice, check_whole
from viewshift._typing import Direction, Floats, State
from viewshift.baselines import Predictive
from viewshift.baselines._personal import PRIOR_DAYS, STATE, check_half_lives, learn_prior, no_past, unexposed, walk
from viewshift.baselines._regression import SIZES, fit_logit, fit_truncated_nb
from viewshift.conformal import PooledConformal
from viewshift.detectors._base import Claims, StreamingDetector, empty_past
from viewshift.detectors._trailing import with_past
from viewshift.kernels.hurdle import N_COMMON
from viewshift.kernels.rolling import trailing_sums
from viewshift.panel import Panel

_ROWS = 100_000
"""About so many windows of each length serve the regressions."""

_MOST = 1 / (1 + np.exp(-20.0))
"""Largest probability of a sum above 0."""


@dataclass(kw_only=True, eq=False, repr=False)
class WindowSums(StreamingDetector):
    r"""The rarest of the sums over the last 1, 3, 7, 14 and 28 days.

    The sum :math:`S_L` over a window of L days is predicted from what was known of the account before the window began,
    :math:`x`, by a hurdle model with coefficients of its own for every length, pooled over accounts:

    .. math:: \operatorname{logit} P(S_L > 0) = \beta_{L0}' x, \quad
              S_L \mid S_L > 0 \sim NB(m_L, r_L) \mid S_L > 0, \quad
              \log m_L = \beta_{L1}' x, \; \log r_L = \beta_{L2}' x.

    With :math:`u_L = -\log_{10} P(S_L \ge s_L)` on the day that ends the window, the score is

    .. math:: \max_L \, -\log_{10} \frac{1 + \#\{\text{reference days: } u_L \ge u_{Lt}\}}
              {1 + \#\{\text{reference days}\}}.

    No model's tail is right far out, and each length's errs in its own way. On one scale, how often the population's
    days come as far, each length is heard as often as any other, and the maximum is that of the length that fits the
    surge best; it is no p-value itself, for it comes more often than any one length's. What a surge adds to an
    account's averages does not excuse it within the window. Finds surges of about the length of a window; a huge single
    day drives the longer sums as well.

    Parameters
    ----------
    measure
        The measure to score.
    windows
        Lengths of the windows in days, ascending.
    half_lives
        In days: after so long a day's weight in the account's averages, which the features are made of, has halved.
    direction
        "up" takes P(S >= s), "down" P(S <= s), "both" the smaller of the two.

    Attributes
    ----------
    coef_ : ndarray of shape (n_windows, 3, n_features)
        Coefficients of the log odds of a sum above 0, of log m and of log r.
    log_sizes_ : ndarray of shape (n_windows, 2)
        Range within which log r is kept: the middle 99.8 % on the reference.
    prior_, cap_
        As with `viewshift.baselines.Hurdle`.
    knots_, log10_p_ : ndarray
        Tails :math:`u_L` among the reference account-days, one length after the other, and log10 p there.
    first_ : ndarray of shape (n_windows - 1,)
        Where in these the second, third, ... length begins.

    Notes
    -----
    A window counts if at least half of its days were observed, and begins on the account's first observed day at the
    earliest. f is the sum of its observed days' exposures over L: it multiplies the NB mean and leaves the ratio of
    P(S > 0) to that of the NB as it is, so that the expected sum is f times the usual one. Complete reference windows
    serve the regressions, their sums divided by f. Beyond the largest reference tail the score rises as the tail does.

    A day costs some 2.5 microseconds, and an account 4 kilobytes of state.

    References
    ----------
    Mullahy, J. (1986). Specification and testing of some modified count data models. Journal of Econometrics 33,
    341-365, section 3. doi:10.1016/0304-4076(86)90002-3

    Naus, J. I. and Wallenstein, S. (2006). Temporal surveillance using scan statistics. Statistics in Medicine 25,
    311-324 (windows of several lengths at once). doi:10.1002/sim.2209

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.WindowSums().fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    cumulative: ClassVar[bool] = True
    measure: str = "episodes"
    windows: tuple[int, ...] = (1, 3, 7, 14, 28)
    half_lives: tuple[float, ...] = (20.0, 60.0, 180.0)
    direction: Direction = "up"

    def tails(self, panel: Panel) -> Floats:
        """Return -log10 of each sum's tail by the model, ``(n_windows, n_accounts, n_days)``; NaN for no opinion.

        Parameters
        ----------
        panel
            Histories; accounts need not have been seen by `fit`.
        """
        self._check_fitted()
        self._check_measures(panel)
        return self._step(self._start(panel.n_accounts), panel, *unexposed(panel, self.measure))[1]

    def _fit(self, panel: Panel) -> None:
        for days in check_ascending("windows", self.windows):
            check_whole("windows", days, least=1)
        check_half_lives(self.half_lives)
        check_choice("direction", self.direction, get_args(Direction))
        values, chances = unexposed(panel, self.measure)
        self.cap_, self.prior_ = learn_prior(values, chances)
        self.coef_ = np.zeros((len(self.windows), 3, N_COMMON + 2 * len(self.half_lives)))
        self.log_sizes_ = np.zeros((len(self.windows), 2))
        self._regress(panel, values, chances)
        _, tails = self._step(self._start(panel.n_accounts), panel, values, chances)
        ranked = [PooledConformal.fit(tail if (~np.isnan(tail)).any() else np.zeros(1)) for tail in tails]
        self.knots_ = np.concatenate([one.scores for one in ranked])
        self.log10_p_ = np.concatenate([one.log10_p for one in ranked])
        self.first_ = np.cumsum([one.scores.size for one in ranked])[:-1]

    def _regress(self, panel: Panel, values: Floats, chances: Floats) -> None:
        step = int(1 + panel.observed.sum() // _ROWS)
        step += step % 7 == 0
        start = self._start(panel.n_accounts)
        kept = self._walk(start, panel, values, chances, 0, step)[3]
        first = np.arange(kept.shape[1]) * step + (-np.arange(panel.n_accounts)[:, None]) % step
        _, history, exposure = _extended(start, panel, self.measure, values)
        sums, shares, counts = trailing_sums(history, exposure, np.array(self.windows), panel.n_days)
        for k, length in enumerate(self.windows):
            last = np.minimum(first + length - 1, panel.n_days - 1)
            total, share, count = (np.take_along_axis(part[k], last, axis=1) for part in (sums, shares, counts))
            whole = (first + length <= panel.n_days) & (count == length)
            rows, taken = kept[whole], total[whole] / share[whole]
            mean, size = fit_truncated_nb(taken[taken > 0], rows[taken > 0], rows[taken > 0])
            self.coef_[k] = fit_logit(rows, taken > 0), mean, size
            if taken.any():
                self.log_sizes_[k] = np.clip(np.quantile(rows[taken > 0] @ size, (0.001, 0.999)), *SIZES)

    def _start(self, n_accounts: int) -> State:
        lead = self.windows[-1] - 1
        return {
            **no_past(n_accounts, len(self.half_lives), 0),
            **empty_past(n_accounts, lead),
            "exposure": np.ones((n_accounts, lead)),
            "begun": np.full((n_accounts, lead, len(self.windows), 3), np.nan),
            "seen": np.zeros(n_accounts, dtype=bool),
        }

    def _walk(self, state: State, panel: Panel, values: Floats, chances: Floats, k: int, step: int) -> Any:
        learned = self.prior_, PRIOR_DAYS, self.coef_[k], self.log_sizes_[k], self.cap_
        return walk(state, values, chances, panel, self.half_lives, learned, -np.inf, step)

    def _step(self, state: State, panel: Panel, values: Floats, chances: Floats) -> tuple[State, Floats]:
        """Return the state after, and the tails of all lengths."""
        after, history, exposure = _extended(state, panel, self.measure, values)
        seen = state["seen"][:, None] | np.logical_or.accumulate(panel.observed, axis=1)
        after["seen"] = state["seen"] | panel.observed.any(axis=1)
        sums, shares, counts = trailing_sums(history, exposure, np.array(self.windows), panel.n_days)
        tails, waiting = np.full(sums.shape, np.nan), []
        for k, length in enumerate(self.windows):
            *prediction, _, past = self._walk(state, panel, values, chances, k, 0)
            begun = np.where(seen[:, :, None], np.stack(prediction, axis=-1), np.nan)
            remembered, begun = with_past(state["begun"][:, :, k], begun)
            waiting.append(remembered)
            first = self.windows[-1] - length
            begun = begun[:, first : first + panel.n_days]
            known = ~np.isnan(begun[:, :, 0]) & (2 * counts[k] >= length) & ~np.isnan(values)
            tails[k, known] = self._tail(_in_part(begun[known], shares[k][known]), sums[k][known])
        after |= dict(zip(STATE, past, strict=True))  # without winsorising the same for all lengths
        after["begun"] = np.stack(waiting, axis=2)
        return after, tails

    def _tail(self, prediction: Predictive, sums: Floats) -> Floats:
        tails = {"up": (prediction.logsf,), "down": (prediction.logcdf,), "both": (prediction.logsf, prediction.logcdf)}
        return np.asarray(-np.minimum.reduce([tail(sums) for tail in tails[self.direction]]) / np.log(10))

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        after, tails = self._step(state, panel, *unexposed(panel, self.measure))
        scores = [
            PooledConformal(known, log10_p).surprise(tail) + np.maximum(tail - known[-1], 0.0)
            for tail, known, log10_p in zip(
                tails, np.split(self.knots_, self.first_), np.split(self.log10_p_, self.first_), strict=True
            )
        ]
        return after, np.fmax.reduce(scores)


def _extended(state: State, panel: Panel, measure: str, values: Floats) -> tuple[State, Floats, Floats]:
    """Return what the state remembers of values and exposures after the panel, and both before and during it."""
    own = np.where(np.isnan(values), np.nan, panel[measure].astype(np.float64))
    factors = np.ones(own.shape) if panel.exposure is None else panel.exposure.astype(np.float64)
    past, history = with_past(state["past"], own)
    past_factors, exposure = with_past(state["exposure"], factors)
    return {"past": past, "exposure": past_factors}, history, exposure


def _in_part(begun: Floats, share: Floats) -> Predictive:
    """Return the prediction, from active share, NB mean and NB size, of windows with `share` times the usual viewing.

    `begun` is ``(n, 3)``, `share` ``(n,)``.
    """
    active, mean, size = begun.T

    def positive(mean: Floats) -> Floats:
        return np.asarray(-np.expm1(-size * np.log1p(mean / size)))

    in_part = share * mean
    return Predictive(np.minimum(active / positive(mean) * positive(in_part), _MOST), in_part, size)
