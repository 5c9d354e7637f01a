"""Rosner's generalised test for outliers in an account's whole history."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from viewshift._typing import Direction, Floats
from viewshift.detectors._base import Claims, Detector
from viewshift.detectors._outliers import check_esd, outlier_scores, outlier_table, unexposed
from viewshift.detectors._trailing import spread_floor
from viewshift.kernels.esd import spreads
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class GeneralizedEsd(Detector):
    r"""Outliers among all days of an account by extreme studentised deviates, with hindsight.

    Remove the day farthest from the mean again and again; on step i, with mean :math:`m` and standard deviation
    :math:`s` of the n days left,

    .. math:: R_i = \max_t |y_t - m| / \max(s, s_0), \qquad \lambda_i = \frac{(n-1)\, t}{\sqrt{n (n - 2 + t^2)}},

    where Student's t with n - 2 degrees of freedom exceeds :math:`t` with probability :math:`\alpha / 2n`, or
    :math:`\alpha / n` where only high days, or only low ones, are asked for and removed. The days removed up to the
    last :math:`R_i > \lambda_i` are outliers. Finds several huge days of which each hides the others; its null model
    are independent normal days of one level, which viewing is not.

    Parameters
    ----------
    measure
        The measure to test.
    alpha
        Probability of any outlier among normal days, above 0 and below 1.
    share
        Largest share of an account's days that may be outliers, above 0 and below 0.5.
    direction
        "up" tests for outliers above the other days, "down" below them, "both" for either (the source's test).

    Attributes
    ----------
    floor_ : float
        Smallest spread :math:`s_0`, in units of the measure: the median over the accounts with any.

    Notes
    -----
    The score of an outlier is its distance from the mean of the days that are no outliers, in their standard deviations
    (at least `floor_`); of another day 0. :math:`R_i` itself ends at :math:`(n-1)/\sqrt n`, however wild the day: it
    is in the table `outliers`. Unobserved days are skipped and score NaN; with fewer than 15 observed days there is no
    test. The factors of `Panel.exposure` are divided out.

    Differs from the source: the spread is at least `floor_`, or else one episode more than always would be the clearest
    outlier of all; and only "both" is the source's two-sided test.

    References
    ----------
    Rosner, B. (1983). Percentage points for a generalized ESD many-outlier procedure. Technometrics 25, 165-172,
    equations 2.4 and 2.5. doi:10.1080/00401706.1983.10487848

    Examples
    --------
    >>> import viewshift as vs
    >>> panel = vs.Panel({"episodes": [[2.0, 3.0, 1.0] * 10 + [9.0, 8.0]]}, accounts=["me"], start="2024-01-01")
    >>> vs.detectors.GeneralizedEsd().fit(panel.between(until="2024-01-30")).outliers(panel)[["day", "value"]]
             day  value
    0 2024-01-31    9.0
    1 2024-02-01    8.0
    """

    claims: ClassVar[Claims] = Claims(causal=False, per_account=True, monotone=True, streaming=False)
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
        Columns account, day, value (of the measure, exposure divided out), statistic (R), critical (lambda) and
        distance (from the mean of the days that are no outliers, in their standard deviations).
        """
        self._check_fitted()
        self._check_measures(panel)
        return outlier_table(panel, unexposed(panel, self.measure), **self._settings())

    def _fit(self, panel: Panel) -> None:
        check_esd(self.alpha, self.share, self.direction)
        self.floor_ = spread_floor(spreads(unexposed(panel, self.measure), False))

    def _settings(self) -> dict[str, Any]:
        return {
            "alpha": self.alpha,
            "share": self.share,
            "direction": self.direction,
            "floor": self.floor_,
            "robust": False,
        }

    def _score(self, panel: Panel) -> Floats:
        return outlier_scores(unexposed(panel, self.measure), **self._settings())
