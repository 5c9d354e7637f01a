"""A day against a regression of the account's past year on trend and weekday, past outbreaks weighed down."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from viewshift._checks import check_whole
from viewshift._typing import Bools, Direction, Floats, State
from viewshift.baselines import Predictive
from viewshift.detectors._base import Claims, StreamingDetector
from viewshift.detectors._trailing import with_past
from viewshift.kernels.farrington import expected_counts
from viewshift.panel import Panel

_FEWEST = 28
_POISSON = 1e-9  # the least dispersion above 1: an NB so near to the Poisson that no digit shown tells them apart


@dataclass(kw_only=True, eq=False, repr=False)
class Farrington(StreamingDetector):
    r"""Rarity of a day under a quasi-Poisson regression of the account's own past: :math:`-\log_{10} P(Y_t \ge y_t)`.

    Over a window of the past, :math:`E\,y_d = \mu_d = x_d \exp(\alpha_{w(d)} + \beta d)` with weekday w and exposure x,
    and :math:`\operatorname{Var} y_d = \phi \mu_d`. A first fit gives standardised Anscombe residuals s; days with s
    above 2.58 are weighed by :math:`s^{-2}` in the second, so that past surges raise neither level nor dispersion much.
    Then :math:`Y_t` is negative binomial with mean :math:`\mu_t` and variance :math:`\phi \mu_t`. The yardstick of
    weekly outbreak detection, made daily. Takes trend and weekdays from the account itself, so it needs months of
    history; takes the zeros of a pause for the same process as viewing, so a spell of viewing at the window's end can
    make the dispersion enormous and hide what follows.

    Parameters
    ----------
    measure
        The measure to score.
    window
        Days in the regression, at least 28.
    guard
        Days left out between window and scored day, so that a surge does not become its own baseline at once.

    Attributes
    ----------
    floor_ : float
        Smallest mean used, in units of the measure: the lower quartile of the means above 0 in the population.
    dispersion_ : float
        Smallest dispersion used: the lower quartile of those that belong to means above 0.

    Notes
    -----
    The score is at least :math:`-\log_{10} \alpha` on exactly the days that exceed the bound `upper` at
    :math:`\alpha`. Unobserved days are left out; a window with under a quarter of its days (or under 28) observed, or
    without the scored day's weekday, gives no opinion. Refitted every day: 16 microseconds with a year in the
    window, 5 with twelve weeks.

    Differs from the source: days for weeks and the seven days of the week for its ten seasonal periods; the whole past
    year instead of the same weeks of five years; mean and dispersion are at least `floor_` and `dispersion_`, since an
    idle window knows neither. As in the R package surveillance, the weights come from one reweighting, and a trend that
    would lead above every day of the window is left out.

    References
    ----------
    Noufaily, A. et al. (2013). An improved algorithm for outbreak detection in multiple surveillance systems.
    Statistics in Medicine 32, 1206-1222, section 3. doi:10.1002/sim.5595

    Farrington, C. P. et al. (1996). A statistical algorithm for the early detection of outbreaks of infectious disease.
    Journal of the Royal Statistical Society A 159, 547-563, section 3. doi:10.2307/2983331

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 120, seed=1)
    >>> vs.detectors.Farrington(window=84).fit(viewers).score(viewers).shape
    (20, 120)
    """

    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    direction: ClassVar[Direction] = "up"
    measure: str = "episodes"
    window: int = 364
    guard: int = 7

    def upper(self, panel: Panel, alpha: float = 0.001) -> Floats:
        """Return the upper bound of each day: the smallest whole y with P(Y > y) at most `alpha`.

        Parameters
        ----------
        panel
            Histories; accounts need not have been seen by `fit`.
        alpha
            Probability, from 1e-12 to below 1.

        Returns
        -------
        Bounds in units of the measure, ``(n_accounts, n_days)``; NaN where there is no opinion.
        """
        self._check_fitted()
        self._check_measures(panel)
        if not 1e-12 <= alpha < 1:  # 1 - alpha must be told from 1
            raise ValueError(f"`alpha` must be at least 1e-12 and below 1, got {alpha}.")
        _, prediction, known = self._predict(self._start(panel.n_accounts), panel)
        return np.where(known, prediction.quantile(1 - alpha), np.nan)

    def _fit(self, panel: Panel) -> None:
        check_whole("window", self.window, least=_FEWEST)
        check_whole("guard", self.guard, least=0)
        _, mean, phi = self._regress(self._start(panel.n_accounts), panel)
        active = mean > 0
        self.floor_, self.dispersion_ = (
            float(np.quantile(part[active], 0.25)) if active.any() else 1.0 for part in (mean, phi)
        )

    def _start(self, n_accounts: int) -> State:
        shape = n_accounts, self.window + self.guard
        return {"past": np.full(shape, np.nan), "exposure": np.ones(shape)}

    def _regress(self, state: State, panel: Panel) -> tuple[State, Floats, Floats]:
        values = panel[self.measure].astype(np.float64)
        exposure = np.ones(values.shape) if panel.exposure is None else panel.exposure.astype(np.float64)
        past, history = with_past(state["past"], values)
        factors, exposures = with_past(state["exposure"], exposure)
        least = max(_FEWEST, self.window // 4)
        mean, phi = expected_counts(history, exposures, self.window, self.guard, least)
        return {"past": past, "exposure": factors}, mean, phi

    def _predict(self, state: State, panel: Panel) -> tuple[State, Predictive, Bools]:
        """Return the state after, the prediction of each day, and where there is one."""
        state, level, phi = self._regress(state, panel)
        known = ~np.isnan(level)
        mean = np.maximum(np.where(known, level, 1.0), self.floor_)
        mean = mean if panel.exposure is None else mean * panel.exposure
        size = mean / np.maximum(np.where(known, np.maximum(phi, self.dispersion_), 2.0) - 1, _POISSON)
        active = -np.expm1(-size * np.log1p(mean / size))
        return state, Predictive(active, mean, size), known

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        state, prediction, known = self._predict(state, panel)
        return state, np.where(known, -prediction.logsf(panel[self.measure]) / np.log(10), np.nan)
