"""Anomalous stretches and single days of an account's whole history, each with its start and its end."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
import pandas as pd

from viewshift._checks import check_choice, check_positive, check_whole
from viewshift._typing import Direction, Floats, Ints
from viewshift.detectors._base import Claims, Detector
from viewshift.detectors._trailing import spread_floor
from viewshift.kernels.anomalies import anomalous_stretches, winsorised_mean
from viewshift.kernels.counts import credible, nb_size
from viewshift.kernels.segmentation import NB, NORMAL, POISSON, difference_spread
from viewshift.panel import Panel

_MODEL = {"normal": NORMAL, "poisson": POISSON, "nb": NB}
_SIGN = {"up": 1, "down": -1, "both": 0}
QUANTILE = 0.9
"""No day counts for more than this quantile of the account's own days in its usual level."""


@dataclass(kw_only=True, eq=False, repr=False)
class Capa(Detector):
    r"""Collective and point anomalies: stretches of days, and single days, that leave the usual level and return to it.

    With hindsight, among all ways to pick anomalies that do not overlap, take the one with the largest

    .. math:: \sum_{\text{stretches}} (\text{saving} - \text{penalty} \cdot \log n)
        + \sum_{\text{single days}} (\text{saving} - \text{point\_penalty} \cdot \log n),

    where a saving is twice the log-likelihood gained by giving the days a mean of their own instead of the account's
    usual one, and n the number of observed days. A binge has a start and an end, so one of these comes where `Pelt`
    needs two changes; and single huge days, which have a price of their own, are not taken for stretches. It knows one
    usual level per account: for levels that change for good take `Pelt`.

    Parameters
    ----------
    measure
        The measure to search.
    cost
        "nb": negative binomial counts of one pooled size. "poisson": Poisson counts. "normal": a normal mean with the
        account's own spread, taken as known.
    penalty
        Price of a stretch, above 0, in multiples of log n. 3 is Schwarz's criterion for a mean, a start and an end.
    point_penalty
        Price of a single day, above 0, in the same unit.
    min_segment
        Fewest observed days in a stretch, at least 2.
    longest
        Most observed days in a stretch, at least `min_segment`.
    direction
        "up" looks for levels above the usual one, "down" for levels below, "both" for either.

    Attributes
    ----------
    size_ : float
        Negative binomial size shared by all accounts: most likely when every account keeps its usual level.
    floor_ : float
        Smallest usual level, in units of the measure: the lower quartile of the population's that are above 0.
    spread_ : float
        Smallest standard deviation of the normal cost: the median over accounts with any.

    Notes
    -----
    The score of a day is the log-likelihood gained by the anomaly that begins on it, 0 on other days. Unobserved days
    are skipped and score NaN. The usual level is the mean of the account's days, none counted above their 90 %
    quantile. Poisson means are multiplied by the exposure; for the other costs days are divided by it.

    Differs from the source: the means alone change, not the spread; stretches have a longest length, so that trying all
    of them is quick enough and needs no pruning.

    References
    ----------
    Fisch, A. T. M., Eckley, I. A. and Fearnhead, P. (2022). A linear time method for the detection of collective and
    point anomalies. Statistical Analysis and Data Mining 15, 494-508, sections 2 and 3. doi:10.1002/sam.11586

    Examples
    --------
    >>> import viewshift as vs
    >>> days = [[1.0, 0.0] * 20 + [6.0, 4.0] * 5 + [0.0, 1.0] * 20]
    >>> panel = vs.Panel({"episodes": days}, accounts=["me"], start="2024-01-01")
    >>> vs.detectors.Capa(cost="poisson").fit(panel).segments(panel)[["start", "end", "mean"]]
           start        end  mean
    0 2024-02-10 2024-02-19   5.0
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    measure: str = "episodes"
    cost: Literal["normal", "poisson", "nb"] = "nb"
    penalty: float = 3.0
    point_penalty: float = 3.0
    min_segment: int = 2
    longest: int = 56
    direction: Direction = "up"

    def segments(self, panel: Panel) -> pd.DataFrame:
        """Return the anomalies of each account, in order.

        Parameters
        ----------
        panel
            Histories to search; accounts need not have been seen by `fit`.

        Returns
        -------
        Columns account, start and end (first and last day; the same for a single one), mean (of the measure per
        observed day, exposure divided out), usual (the account's level) and gain (in log-likelihood).
        """
        self._check_fitted()
        self._check_measures(panel)
        length, gain = self._search(panel)
        values, usual = self._values(panel), self._usual(panel)
        row, first = np.nonzero(length)
        seen = [
            np.flatnonzero(panel.observed[i, j:])[:n] + j
            for i, j, n in zip(row, first, length[row, first], strict=True)
        ]
        return pd.DataFrame(
            {
                "account": panel.accounts[row],
                "start": panel.days[first].astype("datetime64[s]"),
                "end": panel.days[np.array([days[-1] for days in seen], dtype=np.int64)].astype("datetime64[s]"),
                "mean": np.array([values[i, days].mean() for i, days in zip(row, seen, strict=True)], dtype=np.float64),
                "usual": usual[row],
                "gain": gain[row, first],
            }
        )

    def _fit(self, panel: Panel) -> None:
        check_choice("cost", self.cost, tuple(_MODEL))
        check_positive("penalty", self.penalty)
        check_positive("point_penalty", self.point_penalty)
        check_whole("min_segment", self.min_segment, least=2)
        check_whole("longest", self.longest, least=self.min_segment)
        check_choice("direction", self.direction, get_args(Direction))
        values = self._values(panel)
        level = winsorised_mean(values, QUANTILE)
        self.floor_ = float(np.quantile(level[level > 0], 0.25)) if (level > 0).any() else 1.0
        self.spread_ = spread_floor(difference_spread(values))
        known = credible(values)
        self.size_ = nb_size(values[known], np.broadcast_to(self._usual(panel)[:, None], values.shape)[known])

    def _values(self, panel: Panel) -> Floats:
        values = panel[self.measure].astype(np.float64)
        return values if panel.exposure is None else values / panel.exposure

    def _usual(self, panel: Panel) -> Floats:
        usual: Floats = np.fmax(winsorised_mean(self._values(panel), QUANTILE), self.floor_)
        return usual

    def _search(self, panel: Panel) -> tuple[Ints, Floats]:
        values, usual = self._values(panel), self._usual(panel)
        weights = np.ones(values.shape)
        if self.cost == "normal":
            spread = np.fmax(difference_spread(values), self.spread_)
            values, usual = (values - usual[:, None]) / spread[:, None], np.zeros(usual.shape)
        elif self.cost == "poisson" and panel.exposure is not None:
            values, weights = panel[self.measure].astype(np.float64), panel.exposure.astype(np.float64)
        found = anomalous_stretches(
            values,
            weights,
            usual,
            _MODEL[self.cost],
            self.size_,
            _SIGN[self.direction],
            (float(self.penalty), float(self.point_penalty)),
            self.min_segment,
            self.longest,
        )
        return found[0], found[1]

    def _score(self, panel: Panel) -> Floats:
        return np.where(panel.observed, self._search(panel)[1], np.nan)
