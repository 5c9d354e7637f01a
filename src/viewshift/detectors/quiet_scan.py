"""The scan for quiet: has an account, since one of its last days, watched more seldom than it used to."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from viewshift._checks import check_whole
from viewshift._typing import Direction, Floats, Ints, State
from viewshift.baselines._personal import check_chances, unexposed
from viewshift.baselines._regression import fit_logit
from viewshift.detectors._base import Claims, StreamingDetector
from viewshift.detectors._trailing import with_past
from viewshift.kernels.quiet import N_KINDS, kinds_of_days, quiet_features, scan_quiet
from viewshift.panel import Panel

KEPT = np.array([0.02, 0.1, 0.3])
"""How often an account gone quiet may still watch, over how often it used to."""

DECAY = 0.5 ** (1 / 180)
"""An account's past is remembered with a half-life of 180 days."""

PRIOR_DAYS = 10.0
"""The population's shares of active days count for so many days of the account's own."""

ROWS = 1_000_000
"""About so many of the reference's days of a kind serve its regression."""


@dataclass(kw_only=True, eq=False, repr=False)
class QuietScan(StreamingDetector):
    r"""Likelihood ratio of watching more seldom, over all the last days since which an account may do so.

    People pause, and in clumps: who has not watched for a week will hardly watch tomorrow. So what a quiet day means
    depends on the quiet days before it. For each kind of day (after up to 3, up to 13, more quiet days in a row) let
    :math:`p_u` be the chance of an active day by what was known of the account before day u. That it watches c times
    as often since then has the evidence

    .. math:: \Lambda_{u,c}(t) = \sum_{d=u}^{t} \begin{cases}
        \log \frac{1 - c \, p_u(d)}{1 - p_u(d)} & \text{on a quiet day,} \\ \log c & \text{on an active one,}
        \end{cases}

    where d runs over days that follow a quiet one, and the score is :math:`\log \operatorname{mean}_{u,c} e^{\Lambda}`
    over the last `longest` days u and c in {.02, .1, .3}. It is 0 where nothing speaks for or against a change. Days
    after an active one add nothing: who comes back goes on for some days, and one lapse must not count as many.

    The chance is a logit, fitted to the population's days of the kind, of two numbers: the account's own log odds
    of an active day among all days, and among those of the kind; both with a half-life of 180 days, the population's
    counting for 10 days. The first tells what a fortnight's pause means for somebody who has never made one.

    Take it for accounts that fall silent: leavers, lost interest, a device that stopped reporting.

    Parameters
    ----------
    measure
        The measure to score; only whether a day is above 0 matters.
    longest
        Days, 1 to 366, to which a change is traced back: what has lasted longer counts with its last `longest` days.
        With fewer, at an equal rate of alarms, more short pauses are found and fewer long ones.

    Attributes
    ----------
    prior_ : ndarray of shape (4,)
        The population's share of active days among all days, and among those of each kind.
    coef_ : ndarray of shape (3, 3)
        For each kind of day: constant, and coefficients of the account's log odds of all days and of those of the kind.

    Notes
    -----
    An unobserved day neither lengthens nor ends a pause, adds nothing, and its score is NaN. Nothing is known of an
    account before its first active day: until then it is in no pause. Exposure below 1 multiplies the chance of an
    active day, as in `viewshift.baselines.Predictive.exposed`; exposure above 1 says nothing about it.

    An observed day costs three exponentials, in a pause also logarithms, for each first day: .6 microseconds in all.
    The state is what was known before the last `longest` - 1 days and these days: a next day makes the evidence since
    each of them from them again, 11 microseconds.

    Differs from the sources: likelihood ratios are averaged over first days as Shiryaev and Roberts sum them, but over
    the last ones only, each with chances of its own that are estimated and not known.

    References
    ----------
    Singer, J. D. and Willett, J. B. (1993). It's about time: using discrete-time survival analysis to study duration
    and the timing of events. Journal of Educational Statistics 18, 155-195 (a logit of the chance that a pause ends, by
    how long it has lasted). doi:10.3102/10769986018002155

    Roberts, S. W. (1966). A comparison of some control chart procedures. Technometrics 8, 411-430.
    doi:10.1080/00401706.1966.10490374

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.QuietScan().fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    cumulative: ClassVar[bool] = True
    direction: ClassVar[Direction] = "down"
    measure: str = "episodes"
    longest: int = 56

    def pauses(self, panel: Panel) -> tuple[Ints, Floats]:
        """Return length and depth of the most likely pause up to each day: what stands behind the score.

        Parameters
        ----------
        panel
            Histories; accounts need not have been seen by `fit`.

        Returns
        -------
        Days, and how often the account watches in them over how often it used to, both ``(n_accounts, n_days)``; 0 and
        NaN where no change is likelier or the day was not observed.
        """
        self._check_fitted()
        self._check_measures(panel)
        _, days, likeliest, _ = self._scan(self._start(panel.n_accounts), panel)
        return days, np.where(likeliest >= 0, KEPT[likeliest], np.nan)

    def _fit(self, panel: Panel) -> None:
        check_whole("longest", self.longest, least=1, most=366)
        values, chances = unexposed(panel, self.measure)
        check_chances(panel, chances)
        kinds = kinds_of_days(values, np.full(panel.n_accounts, -1))[0]
        groups = [panel.observed, *(kinds == kind for kind in range(N_KINDS))]
        active = [np.count_nonzero(values[group] > 0) for group in groups]
        days = [max(float(chances[group].sum()), n) for group, n in zip(groups, active, strict=True)]
        self.prior_ = (np.array(active) + 0.5) / (np.array(days) + 1)
        features = quiet_features(values, chances, kinds, DECAY, self.prior_, PRIOR_DAYS)
        self.coef_ = np.zeros((N_KINDS, 3))
        for kind in range(N_KINDS):
            known = (kinds == kind) & (chances == 1)
            step = 1 + np.count_nonzero(known) // ROWS
            self.coef_[kind] = fit_logit(features[known][::step], values[known][::step] > 0)

    def _start(self, n_accounts: int) -> State:
        return {
            "quiet": np.full(n_accounts, -1),
            "past": np.zeros((n_accounts, 1 + N_KINDS, 2)),
            "active": np.full((n_accounts, self.longest - 1), np.nan),
            "chances": np.ones((n_accounts, self.longest - 1)),
        }

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        score, _, _, after = self._scan(state, panel)
        return after, score

    def _scan(self, state: State, panel: Panel) -> tuple[Floats, Ints, Ints, State]:
        """Return score, length and place of the depth of the most likely pause, and the state after."""
        values, chances = unexposed(panel, self.measure)
        after, n_past = {}, self.longest - 1
        after["active"], active = with_past(state["active"], np.where(np.isnan(values), np.nan, values > 0))
        after["chances"], chances = with_past(state["chances"], chances)
        kinds, quiet = kinds_of_days(active, state["quiet"], n_past)
        learned = DECAY, self.prior_, PRIOR_DAYS, self.coef_
        score, length, likeliest, past = scan_quiet(active, chances, kinds, n_past, *learned, KEPT, state["past"])
        return score, length, likeliest, after | {"quiet": quiet, "past": past}
