"""The population's shock of a day: by how much everybody, or everybody of a stratum, watched more or less."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone

from viewshift._learner import Learner
from viewshift._typing import Bools, Floats, Ints, State, Strings
from viewshift.baselines._base import Baseline
from viewshift.baselines.factors import DayFactors, with_factors
from viewshift.baselines.hurdle import Hurdle
from viewshift.baselines.predictive import Predictive
from viewshift.kernels.day_factor import limited, tail_membership
from viewshift.panel import Panel

ACCOUNTS = 20_000
"""So many accounts of a stratum serve an estimate, evenly spaced among all."""

LIMIT = 3.0
"""A day counts for at most so many times the account's expected active day."""

LARGEST = math.log(20.0)
"""Largest log factor, either way."""

SHOCKS, SHOCK_SPREAD = 0.02, 0.5
"""Prior share of shocks among days, and standard deviation of their log factor."""

LEAST_SPREAD = 0.02
"""Ordinary days vary by so much at least, since a baseline drifts with the length of histories."""

RECENT, LEAST_RECENT = 28, 21
"""The median of so many earlier days is the stratum's usual deviation, if it has at least so many."""

TAIL, PLANTED, SURE = 0.05, 0.002, 4.0
"""Where the upper tail is tested, the share of accounts that may be there on their own, and standard errors needed."""

LEAST_ACCOUNTS = 500
"""The tail of a stratum with fewer accounts says nothing."""


@dataclass(kw_only=True, eq=False, repr=False)
class DayFactor(Learner):
    r"""Factor by which all accounts of a stratum watched more or less than expected on a day.

    With :math:`E_e` the expectation under a baseline's prediction that the factor e has been applied to, and limits
    :math:`c_i(e)` of three times an account's expected active day, e solves

    .. math:: \sum_i \min(y_i, c_i(e)) = \sum_i E_e \min(Y_i, c_i(e)),

    so that no account counts for much and that limiting does not bias. The logarithm of e, less its usual value, is
    then held against its standard error s and the spread of ordinary days, at least 2 %: unless a shock is the likelier
    explanation the factor is 1, else the logarithm is multiplied by :math:`v / (v + s^2)`, with v the variance of
    shocks.

    Parameters
    ----------
    baseline
        What predicts the days; fitted anew, the given one stays as it is. It knows the factors of past days.

    Attributes
    ----------
    baseline_ : Baseline
        The fitted baseline.
    spread_ : float
        Standard deviation of log factors over the reference's ordinary days, sampling error apart.
    noise_ : float
        Root of the mean squared deviation of limited values, relative to that of their expectations.
    tail_spread_ : float
        Standard deviation over the reference's days of the share of accounts whose randomised p-value is at most 0.05,
        sampling error apart.

    Notes
    -----
    No baseline fits to the per cent. So both the log factor and the share are compared with their medians over the
    stratum's 28 days before, and the first 21 days have factor 1; a shift of everybody that lasts is usual after
    two weeks.

    A day is flagged if, with the factor, the share less 0.002 exceeds its usual value by over four standard errors and
    the stratum has 500 accounts. With s that share and :math:`s_0` the usual one surprise is to be divided by
    :math:`\log s_0 / \log s`, the ratio at which the surprises of the tail exceed those promised, as genomic control
    divides test statistics.

    References
    ----------
    Huber, P. J. (1964). Robust estimation of a location parameter. Annals of Mathematical Statistics 35, 73-101.
    Johnstone, I. M. and Silverman, B. W. (2004). Needles and straw in haystacks: empirical Bayes estimates of possibly
    sparse sequences. Annals of Statistics 32, 1594-1649. doi:10.1214/009053604000000030
    Devlin, B. and Roeder, K. (1999). Genomic control for association studies. Biometrics 55, 997-1004.
    doi:10.1111/j.0006-341X.1999.00997.x

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(60, 90, seed=1)
    >>> factors = vs.baselines.DayFactor().fit(viewers).estimate(viewers)
    >>> factors.factor.shape, factors.apply(viewers).exposure.shape
    ((1, 90), (60, 90))
    """

    baseline: Baseline = field(default_factory=Hurdle)

    @property
    def measure(self) -> str:  # type: ignore[override]
        """The baseline's measure."""
        return self.baseline.measure

    def fit(self, panel: Panel) -> Self:
        """Fit the baseline, and learn how days vary on which nothing happens.

        Parameters
        ----------
        panel
            Histories of a reference population; most of its days should be ordinary.

        Raises
        ------
        ValueError
            If the panel lacks the measure.
        """
        if not isinstance(self.baseline, Baseline):
            raise TypeError(f"`baseline` must be a Baseline such as vs.baselines.Hurdle(), got {self.baseline!r}.")
        self._check_measures(panel)
        self.baseline_: Baseline = clone(self.baseline).fit(panel)
        self.noise_ = 0.0
        prediction = self.baseline_.predict(panel)
        seen, squares = np.full((2, panel.n_days), np.nan), np.full(panel.n_days, np.nan)
        errors = np.full((2, panel.n_days), np.nan)
        for t in range(panel.n_days):
            rows = _taken(panel.observed[:, t])
            if rows.size:
                values, one = _column(panel[self.measure], prediction, rows, t)
                seen[0, t], errors[0, t], squares[t] = self._solve(values, one)
                seen[1, t] = self._share(values, one)
                errors[1, t] = math.sqrt(seen[1, t] * (1 - seen[1, t]) / rows.size)
        self.noise_ = float(np.sqrt(np.nanmean(squares)))
        self.spread_, self.tail_spread_ = (_spread(*both) for both in zip(seen, errors, strict=True))
        self.fitted_ = 1
        return self

    def estimate(self, panel: Panel, strata: Sequence[Any] | None = None) -> DayFactors:
        """Return the factors of each stratum on each day.

        Parameters
        ----------
        panel
            Histories from each account's first day on, without an exposure. An account that is not observed on a day
            has no part in it.
        strata
            One label per account, such as its country; default: all accounts are one stratum.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        ValueError
            If the panel lacks the measure or has an exposure, or there is not one label per account.
        """
        self._check_fitted()
        self._check_measures(panel)
        return self.advance(self.start(panel.n_accounts), panel, strata)[1]

    def start(self, n_accounts: int) -> State:
        """Return the state of accounts without a past: arrays whose first axis is the account.

        Parameters
        ----------
        n_accounts
            Number of accounts.
        """
        self._check_fitted()
        return {
            "recent": np.full((n_accounts, RECENT, 2), np.nan, dtype=np.float32),
            **self.baseline_.start(n_accounts),
        }

    def advance(self, state: State, panel: Panel, strata: Sequence[Any] | None = None) -> tuple[State, DayFactors]:
        """Return the state after some days, and their factors; the given state stays as it was.

        Parameters
        ----------
        state
            From `start` or an earlier `advance`, accounts in the panel's order.
        panel
            The days that follow those already seen; they get the same bits as from `estimate` of all days.
        strata
            As for `estimate`.
        """
        self._check_fitted()
        self._check_measures(panel)
        if panel.exposure is not None:
            raise ValueError("`panel` must not have an exposure yet; give the panel as it was before `apply`.")
        labels = _labels(strata, panel.n_accounts)
        names, member = np.unique(labels, return_inverse=True)
        factor, widening = np.ones((2, len(names), panel.n_days))
        errors = np.full(factor.shape, np.inf)
        recent, past = state["recent"].copy(), {name: part for name, part in state.items() if name != "recent"}
        for t in range(panel.n_days):
            day = panel.between(panel.days[t], panel.days[t])
            after, prediction = self.baseline_.advance(past, day)
            today = np.full((len(names), 2), np.nan, dtype=np.float32)
            for k in range(len(names)):
                rows = _taken(day.observed[:, 0] & (member == k))
                if rows.size:
                    values, one = _column(day[self.measure], prediction, rows, 0)
                    factor[k, t], errors[k, t], widening[k, t], today[k] = self._judge(values, one, recent[rows])
            recent = np.concatenate([recent[:, 1:], today[member][:, None]], axis=1)
            if (factor[:, t] != 1).any():
                after = self.baseline_.advance(past, with_factors(day, factor[member, t, None], None))[0]
            past = after
        return {"recent": recent, **past}, DayFactors(
            panel.accounts, panel.start, names, member, factor, errors, widening > 1, widening
        )

    def _judge(self, values: Floats, prediction: Predictive, recent: Floats) -> tuple[float, float, float, Floats]:
        """Return factor, standard error of its logarithm, widening, and what is remembered of a stratum's day."""
        log, error, _ = self._solve(values, prediction)
        known = ~np.isnan(recent[:, :, 0])
        if known.any(axis=0).sum() < LEAST_RECENT:
            return 1.0, error, 1.0, np.array([log, self._share(values, prediction)])
        usual_log, usual_share = np.median(recent[known], axis=0).tolist()
        ordinary, shock = max(self.spread_, LEAST_SPREAD) ** 2 + error**2, SHOCK_SPREAD**2 + error**2
        away = log - usual_log
        square = min(abs(away), abs(math.expm1(away))) ** 2
        odds = math.log(SHOCKS / (1 - SHOCKS))
        odds += 0.5 * (square / ordinary - square / shock + math.log(ordinary / shock))
        factor = math.exp(away * SHOCK_SPREAD**2 / shock) if odds > 0 else 1.0
        share = self._share(values, prediction.exposed(np.full(values.shape, factor)))
        usual_share = max(usual_share, TAIL / 2)
        allowed = SURE * math.sqrt(usual_share * (1 - usual_share) / len(values) + self.tail_spread_**2)
        heavy = len(values) >= LEAST_ACCOUNTS and share - PLANTED > usual_share + allowed
        widening = math.log(usual_share) / math.log(share - PLANTED) if heavy else 1.0
        return factor, error, widening, np.array([log, share])

    def _solve(self, values: Floats, prediction: Predictive) -> tuple[float, float, float]:
        """Return the log factor, its standard error, and the mean squared relative deviation of limited values."""
        log = 0.0
        for _ in range(50):
            one = prediction.exposed(np.full(values.shape, math.exp(log)))
            kept, expected, reached = limited(values, *_parts(one), LIMIT)
            slope = max(expected.sum() - reached.sum(), 0.1 * expected.sum())
            step = (kept.sum() - expected.sum()) / slope
            log = min(max(log + min(max(step, -1.0), 1.0), -LARGEST), LARGEST)
            if abs(step) < 1e-5 or abs(log) == LARGEST:
                break
        square = ((kept - expected) ** 2).sum()
        noise = max(square, self.noise_**2 * (expected**2).sum())
        return log, math.sqrt(noise) / slope, square / (expected**2).sum()

    def _share(self, values: Floats, prediction: Predictive) -> float:
        return float(tail_membership(values, *_parts(prediction), TAIL).mean())


def _parts(prediction: Predictive) -> tuple[Floats, Floats, Floats]:
    return prediction.active, prediction.nb_mean, prediction.nb_size


def _column(values: Floats, prediction: Predictive, rows: Ints, t: int) -> tuple[Floats, Predictive]:
    return values[rows, t].astype(np.float64), Predictive(*(part[rows, t] for part in _parts(prediction)))


def _labels(strata: Any, n_accounts: int) -> Strings:
    """Return one stratum per account, or raise if a label is missing."""
    labels = np.full(n_accounts, "all") if strata is None else np.asarray(strata, dtype=object)
    if labels.shape != (n_accounts,):
        raise ValueError(f"`strata` must have one label per account ({n_accounts}), got the shape {labels.shape}.")
    missing = pd.isna(labels)
    if missing.any():
        raise ValueError(
            f"`strata` must have a label for each account, got {labels[missing][0]} for account "
            f"{np.flatnonzero(missing)[0]}; give the unknown a stratum of their own."
        )
    return labels.astype(np.str_)


def _taken(having: Bools) -> Ints:
    """Return the rows that serve an estimate: all that have the day, or `ACCOUNTS` of them evenly spaced."""
    rows = np.flatnonzero(having)
    return rows[np.arange(min(rows.size, ACCOUNTS)) * rows.size // max(1, min(rows.size, ACCOUNTS))]


def _spread(values: Floats, errors: Floats) -> float:
    """Return the standard deviation, by quartiles, of days from the median of those before, less that of sampling."""
    before = [np.nanmedian(values[max(0, t - RECENT) : t]) if t >= LEAST_RECENT else np.nan for t in range(values.size)]
    away = values - np.array(before)
    known = ~np.isnan(away)
    if not known.any():
        return 0.0
    low, high = np.quantile(away[known], [0.25, 0.75])
    return math.sqrt(max(0.0, ((high - low) / 1.349) ** 2 - float(np.median(errors[known] ** 2))))
