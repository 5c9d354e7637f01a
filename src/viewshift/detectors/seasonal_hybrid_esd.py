"""Outliers in an account's whole history after its own week has been taken out, by median and MAD."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from viewshift._typing import Direction, Floats, Ints
from viewshift.detectors._base import Claims, Detector
from viewshift.detectors._outliers import check_esd, outlier_scores, outlier_table, unexposed
from viewshift.detectors._trailing import spread_floor
from viewshift.kernels.esd import spreads
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class SeasonalHybridEsd(Detector):
    r"""Outliers among all days of an account, its weekly rhythm removed, by robust deviates, with hindsight (S-H-ESD).

    With :math:`S_t` the weekday component of a robust decomposition of the account's history (STL), the test of
    `GeneralizedEsd` is carried out on

    .. math:: r_t = y_t - S_t - \operatorname{median}(y),

    with median and 1.4826 times the median absolute deviation of the days left (at least `floor_`) in place of mean and
    standard deviation. A month of outliers does not move these; but who is idle on most days has a MAD of 0, and is
    judged by the population's spread and without a rhythm.

    Parameters
    ----------
    measure
        The measure to test.
    alpha
        Probability of any outlier among normal days, above 0 and below 1, had these their own mean and deviation.
    share
        Largest share of an account's days that may be outliers, above 0 and below 0.5.
    direction
        "up" tests for outliers above the other days, "down" below them, "both" for either.

    Attributes
    ----------
    floor_ : float
        Smallest spread, in units of the measure: the median over the accounts with any, weekdays not taken out.

    Notes
    -----
    The score of an outlier is its distance from the median of the days that are no outliers, in their spreads; of
    another day 0. Unobserved days are skipped and score NaN, with fewer than 15 observed days there is no test. The
    factors of `Panel.exposure` are divided out.

    The weekday component is that of a periodic STL (window 7, one inner and 15 robust iterations, trend over 11 days),
    the mean of each weekday; unobserved days are bridged by a straight line for it, and days count as at most a million
    times the median active day. Takes some 10 milliseconds per account and 1000 days.

    Differs from the source: the spread is at least `floor_`, and there is no weekday component for accounts with a MAD
    of 0, since a robust decomposition then takes single days for the rhythm.

    References
    ----------
    Hochenbaum, J., Vallis, O. S. and Kejariwal, A. (2017). Automatic anomaly detection in the cloud via statistical
    learning. arXiv:1704.07706, section 3. doi:10.48550/arXiv.1704.07706

    Cleveland, R. B. et al. (1990). STL: a seasonal-trend decomposition procedure based on loess. Journal of Official
    Statistics 6, 3-73.

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.SeasonalHybridEsd().fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=False, streaming=False)
    measure: str = "episodes"
    alpha: float = 0.05
    share: float = 0.2
    direction: Direction = "up"

    def outliers(self, panel: Panel) -> pd.DataFrame:
        """Return the outliers of each account in the order in which they were removed.

        Parameters
        ----------
        panel
            Histories to test; accounts need not have been seen by `fit`.

        Returns
        -------
        Columns account, day, value (of the measure less the weekday component and the median, exposure divided out),
        statistic (R), critical (lambda) and distance (from the median of the days that are no outliers, in their
        spreads).
        """
        self._check_fitted()
        self._check_measures(panel)
        return outlier_table(panel, _residuals(unexposed(panel, self.measure)), **self._settings())

    def _fit(self, panel: Panel) -> None:
        check_esd(self.alpha, self.share, self.direction)
        self.floor_ = spread_floor(spreads(unexposed(panel, self.measure), True))

    def _settings(self) -> dict[str, Any]:
        return {
            "alpha": self.alpha,
            "share": self.share,
            "direction": self.direction,
            "floor": self.floor_,
            "robust": True,
        }

    def _score(self, panel: Panel) -> Floats:
        return outlier_scores(_residuals(unexposed(panel, self.measure)), **self._settings())


def _residuals(values: Floats) -> Floats:
    """Return each account's days less its weekday component and its median; NaN stays NaN."""
    residuals = values.copy()
    for i, spread in enumerate(spreads(values, True)):
        if spread > 0:
            day = np.flatnonzero(~np.isnan(values[i]))
            residuals[i, day] -= weekday_component(values[i, day], day)[day % 7]
        if spread >= 0:
            residuals[i] -= np.nanmedian(values[i])
    return residuals


def weekday_component(values: Floats, day: Ints) -> Floats:
    """Return the periodic seasonal component of observed days, ``(7,)``, by the day's number modulo 7."""
    from statsmodels.tsa.seasonal import STL  # noqa: PLC0415  (heavy)

    positive = values[values > 0]
    if positive.size:
        values = np.minimum(values, 1e6 * np.median(positive))  # beyond, rounding would reach the other days
    between = np.arange(day[0], day[-1] + 1)
    stl = STL(
        np.interp(between, day, values),
        period=7,
        seasonal=10 * between.size + 1,
        seasonal_deg=0,
        robust=True,
        trend_jump=2,
        seasonal_jump=between.size + 1,
    )
    seasonal = stl.fit(inner_iter=1, outer_iter=15).seasonal
    return np.array([seasonal[between % 7 == weekday].mean() for weekday in range(7)])
