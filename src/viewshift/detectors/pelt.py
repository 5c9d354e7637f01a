"""Optimal partitioning of an account's whole history into stretches of constant mean."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from viewshift._checks import check_choice, check_flag, check_positive, check_whole
from viewshift._typing import Bools, Direction, Floats
from viewshift.detectors._base import Claims, Detector
from viewshift.detectors._prices import cuts_at_all_prices
from viewshift.detectors._trailing import spread_floor
from viewshift.kernels.counts import credible, nb_size
from viewshift.kernels.segmentation import NB, NORMAL, POISSON, difference_autocorrelation, difference_spread, segment
from viewshift.panel import Panel

_MODEL = {"normal": NORMAL, "poisson": POISSON, "nb": NB}
_CRITERIA = {"bic": (2.0, 0.0), "mbic": (3.0, 1.0)}
"""Price of a change in multiples of log n, and of a segment in multiples of log(days / n)."""

FAR = 14
"""Days of the same weekday that are so far apart have little in common but the account's level."""


@dataclass(kw_only=True, eq=False, repr=False)
class Pelt(Detector):
    r"""Changepoints of the mean by penalised likelihood, exact, with hindsight.

    Among all ways to cut the observed days :math:`1..n` into segments of at least `min_segment` days, take the one with
    the smallest

    .. math:: \sum_{\text{segments}} C(\text{segment}) + \text{penalty} \cdot \log n \cdot \#\text{changes},

    where C is twice the negative log-likelihood at the segment's own mean. `path` gives the answers for all penalties
    between two. Finds lasting changes and dates them well, but sees the days after a change: for looking back over a
    history, not for alarms on the day. Its null model has independent days; viewing comes in runs, so expect more
    segments than real changes: take `autocorrelated`, or raise `penalty`, where that hurts. The Poisson and normal
    costs take ordinary binges for changes of level; the negative binomial one rarely.

    Parameters
    ----------
    measure
        The measure to cut.
    cost
        "nb": negative binomial counts of one pooled size. "poisson": Poisson counts. "normal": a normal mean with the
        account's own spread, taken as known.
    penalty
        Price of one change, in multiples of log n on the scale of twice the log-likelihood. 2 is Schwarz's criterion
        for a mean and a place, also called "bic"; the default 3 allows for dependent days. "mbic": 3, and log(days / n)
        for each segment besides, which is below 0: all changes together cost between 2 and 3 log n each, and the less
        the shorter the segments that they leave.
    autocorrelated
        Whether to multiply the price of changes by (1 + rho) / (1 - rho), by which autocorrelated days inflate what a
        change gains in twice the log-likelihood; for the normal cost, also to take the variance for 1 / (1 - rho) times
        what consecutive days, being alike, make it look.
    min_segment
        Fewest observed days in a segment, at least 1; 7 keeps a week's rhythm inside one.
    direction
        "up" scores changes to a higher mean, "down" to a lower one, "both" either.

    Attributes
    ----------
    size_ : float
        Negative binomial size shared by all accounts: the one at which their credible days are most likely when every
        account has its own constant mean.
    floor_ : float
        Smallest standard deviation of the normal cost: the median over accounts with any.
    rho_ : float
        Autocorrelation of consecutive days, from 0 to 0.9: the median over accounts of 1 - v(1) / v(14), with v(k) the
        mean squared difference of days k days apart, which a change of mean hardly raises. Strong weekdays lower it.

    Notes
    -----
    The score of a day is the log-likelihood gained by parting the segment that begins on it from the one before, at
    least half the price of a change; 0 on other days. Unobserved days are skipped and score NaN. The factors of
    `Panel.exposure` are divided out; weekdays are not, since segments span whole weeks.

    The normal cost needs a variance: per account 1.4826 / sqrt 2 times the median absolute difference of consecutive
    observed days, which a change of mean hardly moves, and at least `floor_` (it is 0 for accounts idle most days).

    A first-order autoregression multiplies the likelihood that changes gain by (1 + rho) / (1 - rho). Longer memory,
    such as viewing has, does so by more, hence even `autocorrelated` leaves some changes that are none.

    Differs from the source: with a minimum segment the pruning rule of the source gives wrong answers at times, so a
    beaten candidate is kept until a minimum segment has passed; the result is then the exact optimum.

    References
    ----------
    Killick, R., Fearnhead, P. and Eckley, I. A. (2012). Optimal detection of changepoints with a linear computational
    cost. Journal of the American Statistical Association 107, 1590-1598, section 3. doi:10.1080/01621459.2012.737745

    Zhang, N. R. and Siegmund, D. O. (2007). A modified Bayes information criterion with applications to the analysis of
    comparative genomic hybridization data. Biometrics 63, 22-32. doi:10.1111/j.1541-0420.2006.00662.x ("mbic")

    Haynes, K., Eckley, I. A. and Fearnhead, P. (2017). Computationally efficient changepoint detection for a range of
    penalties. Journal of Computational and Graphical Statistics 26, 134-143. doi:10.1080/10618600.2015.1116445 (`path`)

    Examples
    --------
    >>> import viewshift as vs
    >>> panel = vs.Panel({"episodes": [[1.0, 0.0] * 20 + [6.0, 4.0] * 20]}, accounts=["me"], start="2024-01-01")
    >>> vs.detectors.Pelt(cost="poisson").fit(panel).segments(panel)[["start", "end", "mean"]]
           start        end  mean
    0 2024-01-01 2024-02-09   0.5
    1 2024-02-10 2024-03-20   5.0
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    measure: str = "episodes"
    cost: Literal["normal", "poisson", "nb"] = "nb"
    penalty: float | Literal["bic", "mbic"] = 3.0
    autocorrelated: bool = False
    min_segment: int = 7
    direction: Direction = "up"

    def segments(self, panel: Panel) -> pd.DataFrame:
        """Return the stretches of constant mean of each account, in order.

        Parameters
        ----------
        panel
            Histories to cut; accounts need not have been seen by `fit`.

        Returns
        -------
        Columns account, start and end (first and last observed day), mean (of the measure per observed day, exposure
        divided out) and gain (log-likelihood gained by parting the segment from the one before; NaN for the first).
        """
        self._check_fitted()
        self._check_measures(panel)
        begins, gain = self._segment(panel)
        seen = ~np.isnan(panel[self.measure])
        row, column = np.nonzero(seen)
        first = np.flatnonzero(begins[seen])
        last = np.append(first[1:], row.size)[: first.size] - 1
        totals = np.append(0.0, np.cumsum(self._values(panel)[seen]))
        jump = np.abs(gain[begins])
        jump[np.flatnonzero(np.diff(row[first], prepend=-1))] = np.nan
        return pd.DataFrame(
            {
                "account": panel.accounts[row[first]],
                "start": panel.days[column[first]].astype("datetime64[s]"),
                "end": panel.days[column[last]].astype("datetime64[s]"),
                "mean": (totals[last + 1] - totals[first]) / (last + 1 - first),
                "gain": jump,
            }
        )

    def path(self, panel: Panel, low: float, high: float) -> pd.DataFrame:
        """Return how many changes each account has at every penalty from `low` to `high`.

        Parameters
        ----------
        panel
            Histories to cut; accounts need not have been seen by `fit`.
        low, high
            Prices of a change, above 0, in log n as a number for `penalty` is. `penalty` itself plays no part here, and
            nor do the prices of segments that "mbic" has.

        Returns
        -------
        Columns account, low and high (between which penalties the row holds), changes, and cost (of all segments,
        without any price). With rising penalty an account's changes get fewer; one that was never observed has no row.
        """
        self._check_fitted()
        self._check_measures(panel)
        if check_positive("low", low) >= check_positive("high", high):
            raise ValueError(f"`low` must be below `high`, got {low} and {high}.")
        values, days, rows = self._scaled(panel), panel.observed.sum(axis=1), []
        for i in np.flatnonzero(days):
            unit = self._inflation() * np.log(max(days[i], 2))
            limits, kept = cuts_at_all_prices(partial(self._at, values[i : i + 1]), low * unit, high * unit)
            rows += [
                (panel.accounts[i], start / unit, end / unit, *cut)
                for (start, end), cut in zip(pairwise(limits), kept, strict=True)
            ]
        return pd.DataFrame(rows, columns=["account", "low", "high", "changes", "cost"])

    def _fit(self, panel: Panel) -> None:
        check_choice("cost", self.cost, tuple(_MODEL))
        if isinstance(self.penalty, str):
            check_choice("penalty", self.penalty, tuple(_CRITERIA))
        else:
            check_positive("penalty", self.penalty)
        check_flag("autocorrelated", self.autocorrelated)
        check_whole("min_segment", self.min_segment, least=1)
        check_choice("direction", self.direction, ("up", "down", "both"))
        values = self._values(panel)
        known = credible(values)
        days = known.sum(axis=1, keepdims=True)
        mean = np.where(known, values, 0.0).sum(axis=1, keepdims=True) / np.maximum(days, 1)
        self.size_ = nb_size(values[known], np.broadcast_to(mean, values.shape)[known])
        self.floor_ = spread_floor(difference_spread(values))
        rho = difference_autocorrelation(values, FAR)
        rho = rho[~np.isnan(rho)]
        self.rho_ = float(np.clip(np.median(rho), 0.0, 0.9)) if rho.size else 0.0

    def _values(self, panel: Panel) -> Floats:
        values = panel[self.measure].astype(np.float64)
        return values if panel.exposure is None else values / panel.exposure

    def _scaled(self, panel: Panel) -> Floats:
        values = self._values(panel)
        if self.cost == "normal":
            spread: Floats = np.fmax(difference_spread(values), self.floor_)
            if self.autocorrelated:
                spread /= np.sqrt(1 - self.rho_)
            values /= spread[:, None]
        return values

    def _inflation(self) -> float:
        return (1 + self.rho_) / (1 - self.rho_) if self.autocorrelated else 1.0

    def _segment(self, panel: Panel) -> tuple[Bools, Floats]:
        penalty, by_length = _CRITERIA[self.penalty] if isinstance(self.penalty, str) else (float(self.penalty), 0.0)
        inflation = self._inflation()
        prices = penalty * inflation, self.min_segment, by_length * inflation
        begins, gain, _ = segment(self._scaled(panel), _MODEL[self.cost], self.size_, *prices)
        return begins, gain

    def _at(self, values: Floats, price: float) -> tuple[int, float]:
        """Return number of changes and cost of one account's best segmentation at a price of a change."""
        n_days = int(np.count_nonzero(~np.isnan(values)))
        penalty = price / np.log(max(n_days, 2))
        begins, _, objective = segment(values, _MODEL[self.cost], self.size_, penalty, self.min_segment)
        changes = int(begins.sum()) - 1
        return changes, float(objective[0] - changes * price)

    def _score(self, panel: Panel) -> Floats:
        _, gain = self._segment(panel)
        if self.direction == "both":
            np.abs(gain, out=gain)
        else:
            np.maximum(gain if self.direction == "up" else -gain, 0.0, out=gain)
        gain[~panel.observed] = np.nan
        return gain
