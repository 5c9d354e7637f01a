"""The posterior probability that the account's level has changed within the last days."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from viewshift._checks import check_choice, check_positive, check_whole
from viewshift._typing import Direction, Floats, State
from viewshift.detectors._base import Claims, StreamingDetector
from viewshift.kernels.bocpd import COLUMNS, run_odds
from viewshift.kernels.counts import credible, nb_size
from viewshift.kernels.run_priors import day_terms, fit_prior, normal_prior
from viewshift.kernels.segmentation import NB, NORMAL, POISSON
from viewshift.panel import Panel

_MODEL = {"normal": NORMAL, "poisson": POISSON, "nb": NB}
_SIGN = {"up": 1, "down": -1, "both": 0}


@dataclass(kw_only=True, eq=False, repr=False)
class Bocpd(StreamingDetector):
    r"""Bayesian online changepoint detection: the odds that the level has changed within the last days.

    An account's days come in runs. Every day a run ends with probability H = 1 / `expected_run`, and the next one draws
    its level from the population. With :math:`r_t` the number of days since the present run began, all of its values
    are followed exactly, by

    .. math:: P(r_t = r_{t-1} + 1, y_{1:t}) = P(r_{t-1}, y_{1:t-1}) \, (1 - H) \, P(y_t \mid \text{days of the run}),

    and the score is

    .. math:: \log_{10} \frac{q}{1 - q}, \quad
        q = P(r_t \le \text{recent},\ \text{level departs in `direction`} \mid y_{1:t}),

    the level departing if its posterior mean lies above (or below) that of all runs longer than `recent` days. Neither
    the size nor the length of a shift has to be told, short histories are weighed as such, and the score falls when a
    surge is over. Each run has one level and knows no trend. The population's prior is what a new level is expected to
    be: a shift within the usual range of accounts is found sooner than one beyond it.

    Parameters
    ----------
    measure
        The measure to score.
    model
        Days of a run, and the prior of its level. "nb": negative binomial of pooled size r with success probability
        drawn from a beta distribution. "poisson": Poisson, mean drawn from a gamma distribution. "normal": square
        roots, normal, mean and variance drawn from a normal-inverse-gamma distribution.
    expected_run
        Mean length of a run in days, above 1.
    recent
        Days, at least 1, within which the run must have begun. A surge stands out for as long. It is also the warm-up.
    prune
        Runs whose posterior probability is below this, from 0 (none) to below 1, are dropped after the day; the
        likeliest of the runs longer than `recent` days inherits it. For days drawn from the model the probabilities are
        off by at most 2 `prune` times the number of days, in total variation, on average; the odds beyond 1 / `prune`
        are rough.
    longest
        Days, above `recent`; all longer runs count as one, with the days of the likelier one.
    direction
        "up" asks for higher levels, "down" for lower ones, "both" for a change of any kind.

    Attributes
    ----------
    size_ : float
        Negative binomial size r shared by all accounts: most likely for stretches of `expected_run` days of one level
        each. 1 for the other models.
    prior_ : ndarray of shape (2,) or (4,)
        "nb": parameters a, b of the beta distribution, "poisson": shape and rate of the gamma distribution, under which
        these stretches are most likely. "normal": mean m, its weight in days, shape and scale of the inverse gamma
        distribution, by moments of their means and variances.

    Notes
    -----
    On unobserved days the score is NaN, nothing is learned, and a run may end as on any day; before the account's first
    observed day there is none. Poisson means are multiplied by the exposure; the other models divide days by it, since
    negative binomial days of one size but of unequal means have no conjugate prior. Weekdays average out over a run.

    A day costs two logarithms and an exponential per run that is left, of which the default `prune` leaves "nb" some
    two hundred, the others under a hundred. The state of an account is its runs, five numbers each, at most `longest`.

    :math:`P(r_t = 0)` is H, whatever the days were: a run that begins tomorrow. Counted as departing, it keeps the
    score at or above that of H itself. That a surge ended today is seldom much less likely: beyond some 1 / H the odds
    rise only on days that speak against it. More viewing can lower a score, since it raises the level of the older runs
    too, and the latest one may then depart no longer.

    Differs from the source: only departures in `direction` count, runs longer than `longest` days are merged (exact in
    shorter histories), and an account's first run begins on its first day.

    References
    ----------
    Adams, R. P. and MacKay, D. J. C. (2007). Bayesian online changepoint detection. arXiv:0710.3742, section 2 and
    algorithm 1.

    Fearnhead, P. and Liu, Z. (2007). On-line inference for multiple changepoint problems. Journal of the Royal
    Statistical Society B 69, 589-605, section 3. doi:10.1111/j.1467-9868.2007.00601.x

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.Bocpd().fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=False, streaming=True)
    cumulative: ClassVar[bool] = True
    measure: str = "episodes"
    model: Literal["nb", "poisson", "normal"] = "nb"
    expected_run: float = 200.0
    recent: int = 28
    prune: float = 1e-6
    longest: int = 365
    direction: Direction = "up"

    def _fit(self, panel: Panel) -> None:
        check_choice("model", self.model, tuple(_MODEL))
        if check_positive("expected_run", self.expected_run) <= 1:
            raise ValueError(f"`expected_run` must be above 1 day, got {self.expected_run}.")
        check_whole("recent", self.recent, least=1)
        if self.prune != 0 and check_positive("prune", self.prune) >= 1:
            raise ValueError(f"`prune` must be below 1, got {self.prune}.")
        check_whole("longest", self.longest, least=self.recent + 1)
        check_choice("direction", self.direction, get_args(Direction))
        values, exposure = self._days(panel)
        days = panel[self.measure].astype(np.float64)
        known = credible(days if panel.exposure is None else days / panel.exposure)
        first = np.arange(0, panel.n_days, round(self.expected_run))

        def sums(x: Floats) -> Floats:
            found: Floats = np.add.reduceat(np.where(known, x, 0.0), first, axis=1)
            return found

        n = sums(np.ones(values.shape))
        mean = np.divide(sums(values), n, out=np.zeros(n.shape), where=n > 0)
        own = np.repeat(mean, np.diff(first, append=panel.n_days), axis=1)
        self.size_ = nb_size(values[known], own[known]) if self.model == "nb" else 1.0
        if self.model == "normal":
            self.prior_ = normal_prior(n.ravel(), sums(values).ravel(), sums((values - own) ** 2).ravel())
        else:
            stretches = (part.ravel() for part in (n, sums(values), sums(exposure)))
            self.prior_ = fit_prior(_MODEL[self.model], self.size_, *stretches)

    def _start(self, n_accounts: int) -> State:
        return {"runs": np.zeros((n_accounts, self.longest, COLUMNS))}

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        values, exposure = self._days(panel)
        most = int(state["runs"][:, :, 2].max(initial=0)) + panel.n_days
        odds, runs = run_odds(
            state["runs"],
            values,
            exposure,
            _MODEL[self.model],
            self.prior_,
            self.size_,
            day_terms(_MODEL[self.model], self.prior_, self.size_, most),
            1.0 / self.expected_run,
            self.recent,
            _SIGN[self.direction],
            float(self.prune),
        )
        return {"runs": runs}, odds / np.log(10.0)

    def _days(self, panel: Panel) -> tuple[Floats, Floats]:
        """Return values as the model takes them, and exposures, which only Poisson days have beside them."""
        values = panel[self.measure].astype(np.float64)
        ones = np.ones(values.shape)
        if self.model == "poisson":
            return values, ones if panel.exposure is None else panel.exposure.astype(np.float64)
        if panel.exposure is not None:
            values = values / panel.exposure
        return np.sqrt(values) if self.model == "normal" else values, ones
