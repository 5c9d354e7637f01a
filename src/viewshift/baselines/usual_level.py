"""The usual level of an account: long memory, a guard band, and updates that no surge can drive."""

from dataclasses import dataclass

import numpy as np

from viewshift._checks import check_positive, check_whole
from viewshift.baselines._personal import PersonalHurdle
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class UsualLevel(PersonalHurdle):
    """The model of `Hurdle` on what was known some days ago, when no day counted for more than was to be expected.

    A surge can raise its own baseline only slowly: what is predicted is what was usual before it.

    Parameters
    ----------
    measure
        The measure to predict.
    half_lives
        In days: after so long a day's weight in the account's averages has halved.
    guard
        Days just before the predicted one that are left out.
    winsor
        A day enters the averages as at most this quantile of its own prediction, from 0.5 on; 1 for no such bound.

    Attributes
    ----------
    coef_, prior_, log_sizes_, cap_
        As with `Hurdle`; fitted twice, the second time on averages that the first fit winsorised.

    References
    ----------
    Noufaily, A. et al. (2013). An improved algorithm for outbreak detection in multiple surveillance systems.
    Statistics in Medicine 32, 1206-1222, section 3 (guard band, past extremes held down). doi:10.1002/sim.5595

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.baselines.UsualLevel().fit(viewers).predict(viewers).quantile(0.9).shape
    (20, 120)
    """

    measure: str = "episodes"
    half_lives: tuple[float, ...] = (20.0, 60.0, 180.0)
    guard: int = 7
    winsor: float = 0.99

    @property
    def _guard(self) -> int:
        return self.guard

    @property
    def log_above(self) -> float:
        """Log probability beyond which a day counts for no more in the averages; minus infinity for no such bound."""
        return float(np.log1p(-self.winsor)) if self.winsor < 1 else -np.inf

    def _fit(self, panel: Panel) -> None:
        check_whole("guard", self.guard, least=0)
        if not 0.5 <= check_positive("winsor", self.winsor) <= 1:
            raise ValueError(f"`winsor` must be from 0.5 to 1, got {self.winsor}.")
        super()._fit(panel)
