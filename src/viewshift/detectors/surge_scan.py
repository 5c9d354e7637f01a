"""The scan for surges: is every day of the last days raised by about as much, whatever their number."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from scipy import stats
from sklearn.base import clone

from viewshift._checks import check_ascending, check_positive, check_whole
from viewshift._typing import Direction, Floats, Ints, State
from viewshift.baselines import UsualLevel
from viewshift.baselines._personal import pace
from viewshift.detectors._alarm_rates import alarm_rate_knots, same_length
from viewshift.detectors._base import Claims, in_groups
from viewshift.detectors._on_baseline import OnBaseline
from viewshift.detectors._trailing import with_past
from viewshift.kernels.scales import highest_on_scale
from viewshift.kernels.surge import N_ADDED, scan_surges
from viewshift.panel import Panel

FEEBLEST, STRONGEST = 1.6, 14.0
"""Additions tried at a length of L days are those that times sqrt(L) lie in this range: smaller surges cannot be told
from none, larger ones show within fewer days."""

AT_ONCE = 1_000_000
"""Account-days of which the evidence of all lengths is kept at the same time."""

STATE = ("averages", "weekdays", "last", "begun")


@dataclass(kw_only=True, eq=False, repr=False)
class SurgeScan(OnBaseline):
    r"""Likelihood ratio of a surge that raises every day of the last L days by about a, for the best L of many.

    With :math:`f_0(y; u, d)` what the baseline, frozen when the window begins on day u, expects of day d, and q_a what
    a surge of size a adds to a day,

    .. math:: \Lambda_{L,a}(t) = \sum_{d=u}^{t} \log
        \frac{\sum_x q_a(x) f_0(y_d - x; u, d)}{f_0(y_d; u, d)}, \quad u = t - L + 1, \qquad
        M_L(t) = \log \operatorname{mean}_a e^{\Lambda_{L,a}(t)}.

    Every length has the scale of its own alarms: :math:`s_L = -\log` of the alarms per account-year at :math:`M_L` or
    above in the population. The score is the largest :math:`s_L`. Since the ratio of a single day saturates, one huge
    day cannot pass for a week as it does in a sum; since the baseline is frozen, a surge cannot excuse itself. Take it
    when shifts of all lengths matter: at equal rates of alarms it finds more of them than any single chart.

    Parameters
    ----------
    baseline
        What predicts the days, of counts; fitted anew, the given one stays as it is. Its guard band serves its fit
        only: here its knowledge ends where the window begins.
    lengths
        Lengths L in days, 1 to 366, ascending. Keep the grid dense: a surge between two of them is found as the nearer
        one.
    additions
        Sizes a: what a surge may add to a day on average, in units of the measure, ascending, at most 64: more than
        that is never taken for added.
    size
        Negative binomial size of what is added to single days; infinite for Poisson.

    Attributes
    ----------
    baseline_ : UsualLevel
        The fitted baseline.
    knots_ : ndarray of shape (n_lengths, 2, n_knots)
        For each length values of M, ascending, and -log of the alarms per account-year there; linear in between and
        beyond.

    Notes
    -----
    On unobserved days the score is NaN and nothing is added. A window counts that has half its days observed, and
    begins on the account's first observed day at the earliest. The ratio of a day is made to rise with its count (see
    `viewshift.kernels.surge.log_ratios`), so that more viewing never lowers the score. Values are taken as whole
    counts, rounded down; exposure enters f_0.

    A day without viewing costs an addition per window and size, for then the ratio is that of adding nothing; an active
    day one convolution per window. The state is what was known before the last days and these days, fewer by one than
    the longest length: the windows that end on a next day are made from them again, 18 microseconds instead of 4.

    References
    ----------
    Kulldorff, M. (2001). Prospective time periodic geographical disease surveillance using a scan statistic. Journal of
    the Royal Statistical Society A 164, 61-72, section 2 (the temporal scan; here within one account, with a
    mixture over sizes in place of the maximum). doi:10.1111/1467-985X.00186

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.SurgeScan(lengths=(1, 3, 7)).fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    cumulative: ClassVar[bool] = True
    direction: ClassVar[Direction] = "up"
    baseline: UsualLevel = field(default_factory=UsualLevel)
    lengths: tuple[int, ...] = (1, 2, 3, 5, 7, 10, 14, 21, 28)
    additions: tuple[float, ...] = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
    size: float = 3.0

    def surges(self, panel: Panel) -> tuple[Ints, Floats]:
        """Return length and size of the most likely surge up to each day: what stands behind the score.

        Parameters
        ----------
        panel
            Histories; accounts need not have been seen by `fit`.

        Returns
        -------
        Days, 0 where there is no score, and units of the measure a day, NaN there; both ``(n_accounts, n_days)``.
        """
        self._check_fitted()
        self._check_measures(panel)
        length, size = np.zeros(panel.observed.shape, dtype=np.int64), np.full(panel.observed.shape, np.nan)
        for rows, found, likeliest, _ in self._blocks(self._start(panel.n_accounts), panel):
            which = highest_on_scale(found, self.knots_)[1]
            place = np.take_along_axis(likeliest, np.maximum(which, 0)[:, :, None], axis=2)[:, :, 0]
            length[rows] = np.where(which >= 0, np.array(self.lengths)[which], 0)
            size[rows] = np.where(which >= 0, np.array(self.additions)[place], np.nan)
        return length, size

    def _fit(self, panel: Panel) -> None:
        if not isinstance(self.baseline, UsualLevel):
            raise TypeError(f"`baseline` must be a UsualLevel, got {self.baseline!r}.")
        for days in check_ascending("lengths", self.lengths):
            check_whole("lengths", days, least=1, most=366)
        for mean in check_ascending("additions", self.additions):
            if check_positive("additions", mean) > N_ADDED:
                raise ValueError(f"`additions` must be at most {N_ADDED}, got {mean}.")
        if self.size != np.inf:
            check_positive("size", self.size)
        self.baseline_: UsualLevel = clone(self.baseline).fit(panel)
        found = self._scan(self._start(panel.n_accounts), panel)[0]
        self.knots_ = same_length([alarm_rate_knots(found[:, :, j]) for j in range(len(self.lengths))])

    def _start(self, n_accounts: int) -> State:
        n_past, known = max(self.lengths) - 1, self.baseline_.start(n_accounts)
        return {name: known[name] for name in STATE[:3]} | {
            "begun": np.zeros(n_accounts, dtype=np.bool_),
            "values": np.full((n_accounts, n_past), np.nan),
            "factors": np.ones((n_accounts, n_past)),
        }

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        scores = np.empty(panel.observed.shape)
        after = {name: np.empty_like(values) for name, values in state.items()}
        for rows, found, _, own in self._blocks(state, panel):
            scores[rows] = highest_on_scale(found, self.knots_)[0]
            for name, values in own.items():
                after[name][rows] = values
        return after, scores

    def _blocks(self, state: State, panel: Panel) -> Iterator[tuple[slice, Floats, Any, State]]:
        """Yield rows of some accounts and what `_scan` returns of them, since all M of a large panel fit no memory."""
        for rows, own, part in in_groups(state, panel, AT_ONCE // max(panel.n_days, 1)):
            yield rows, *self._scan(own, part)

    def _scan(self, state: State, panel: Panel) -> tuple[Floats, Any, State]:
        """Return M of each length, the place of its most likely size, and the state after."""
        lengths, n_past = np.array(self.lengths), state["values"].shape[1]
        exposure = np.broadcast_to(1.0 if panel.exposure is None else panel.exposure, panel.observed.shape)
        after = {}
        after["values"], values = with_past(state["values"], panel[self.measure])
        after["factors"], factors = with_past(state["factors"], exposure)
        weekday, decays = pace(panel, self.baseline_.half_lives)
        found, likeliest, known = scan_surges(
            values,
            factors,
            n_past,
            (weekday - n_past) % 7,
            decays,
            *self.baseline_.known(),
            self.baseline_.log_above,
            lengths,
            self._additions_at(lengths),
            self._probabilities(),
            *(state[name] for name in STATE),
        )
        return found, likeliest, after | dict(zip(STATE, known, strict=True))

    def _additions_at(self, lengths: Ints) -> Ints:
        """Return for each length the places of the first addition tried and of the one after the last, ``(n, 2)``."""
        effect = np.array(self.additions) * np.sqrt(lengths)[:, None]
        first, end = (effect < FEEBLEST).sum(axis=1), (effect <= STRONGEST).sum(axis=1)
        first = np.minimum(first, len(self.additions) - 1)  # where none lies in the range, the one next to it
        return np.stack([first, np.maximum(end, first + 1)], axis=1)

    def _probabilities(self) -> Floats:
        """Return the probabilities of what surges of all sizes add to a day, ``(N_ADDED + 1, n_additions)``."""
        x, means = np.arange(N_ADDED + 1)[:, None], np.array(self.additions, dtype=np.float64)
        if self.size == np.inf:
            return np.asarray(stats.poisson.pmf(x, means))
        return np.asarray(stats.nbinom.pmf(x, self.size, self.size / (self.size + means)))
