"""The hurdle model on personal features, which two baselines share."""

from typing import Any

import numpy as np

from viewshift._checks import check_positive
from viewshift._typing import Floats, State
from viewshift.baselines._base import Baseline
from viewshift.baselines._regression import SIZES, fit_logit, fit_truncated_nb
from viewshift.baselines.predictive import Predictive
from viewshift.kernels.hurdle import N_COMMON, walk_hurdle
from viewshift.panel import Panel

ROWS = 1_000_000
"""About so many account-days of the reference serve the regressions."""

PRIOR_DAYS = 6.0
"""The population's active share and level count for so many days of the account's own."""


STATE = ("averages", "weekdays", "last", "waiting")


class PersonalHurdle(Baseline):
    """A hurdle model whose features are the account's own past; `guard` and `winsor` are the subclass's."""

    half_lives: tuple[float, ...]

    @property
    def _guard(self) -> int:
        return 0

    @property
    def log_above(self) -> float:
        """Log probability beyond which a day counts for no more in the averages; minus infinity for no such bound."""
        return -np.inf

    def _fit(self, panel: Panel) -> None:
        check_half_lives(self.half_lives)
        values, chances = unexposed(panel, self.measure)
        check_chances(panel, chances)
        self.cap_, self.prior_ = learn_prior(values, chances)
        self.coef_ = np.zeros((3, N_COMMON + 2 * len(self.half_lives)))
        self.log_sizes_ = np.zeros(2)
        step = 1 + panel.observed.sum() // ROWS
        step += step % 7 == 0
        for log_above in (-np.inf, self.log_above)[: 1 + (self.log_above > -np.inf)]:
            kept = self._walk(self._start(panel.n_accounts), values, chances, panel, log_above, int(step))[3]
            day = np.arange(kept.shape[1]) * step + (-np.arange(panel.n_accounts)[:, None]) % step
            known = ~np.isnan(kept[:, :, 0])
            rows = kept[known]
            day = np.minimum(day, panel.n_days - 1)
            taken, chance = (np.take_along_axis(part, day, axis=1)[known] for part in (values, chances))
            mean, size = fit_truncated_nb(taken[taken > 0], rows[taken > 0], rows[taken > 0])
            self.coef_ = np.stack([fit_logit(rows[chance == 1], taken[chance == 1] > 0), mean, size])
            if taken.any():
                self.log_sizes_ = np.clip(np.quantile(rows[taken > 0] @ size, (0.001, 0.999)), *SIZES)

    def _start(self, n_accounts: int) -> State:
        return no_past(n_accounts, len(self.half_lives), self._guard)

    def _advance(self, state: State, panel: Panel) -> tuple[State, Predictive]:
        *prediction, _, after = self._walk(state, *unexposed(panel, self.measure), panel, self.log_above, 0)
        return dict(zip(STATE, after, strict=True)), Predictive(*prediction).exposed(panel.exposure)

    def _walk(self, state: State, values: Floats, chances: Floats, panel: Panel, log_above: float, step: int) -> Any:
        """Return active, mean, size, the kept features, and the state's arrays after the panel's last day."""
        return walk(state, values, chances, panel, self.half_lives, self.known(), log_above, step)

    def known(self) -> tuple[Floats, float, Floats, Floats, float]:
        """Return what was learned, as a kernel takes it: `prior` to `cap` of `viewshift.kernels.hurdle.walk_hurdle`."""
        return self.prior_, PRIOR_DAYS, self.coef_, self.log_sizes_, self.cap_


def check_half_lives(half_lives: Any) -> None:
    """Raise if `half_lives` is no tuple of days above 0."""
    if not isinstance(half_lives, tuple) or not half_lives:
        raise ValueError(f"`half_lives` must be a tuple of days such as (3, 40), got {half_lives!r}.")
    for days in half_lives:
        check_positive("half_lives", days)


def check_chances(panel: Panel, chances: Floats) -> None:
    """Raise if on all observed days of a reference something holds down the chance of an active day."""
    if panel.observed.any() and not (panel.observed & (chances == 1)).any():
        raise ValueError(
            "`exposure` of a reference must be at least 1 on some observed days, which the chance of an active day "
            f"is learned from, got at most {chances[panel.observed].max():g}; divide it by its median."
        )


def learn_prior(values: Floats, chances: Floats) -> tuple[float, Floats]:
    """Return the largest credible value, and the share of active days, their mean log(1 + y) and that of its square.

    Larger values are no viewing, but errors, of which one would bend a whole fit: they become NaN in place.
    """
    positive = values[values > 0]
    cap = 10 * float(np.quantile(positive, 0.999, method="lower")) if positive.size else 1e6
    values[values > cap] = np.nan
    positive = positive[positive <= cap]
    levels = np.log1p(positive)
    n_days = max(float(chances[~np.isnan(values)].sum()), positive.size)
    levels = levels if levels.size else np.log1p([1.0])
    return cap, np.array([(positive.size + 0.5) / (n_days + 1), levels.mean(), np.mean(levels**2)])


def no_past(n_accounts: int, n_half_lives: int, guard: int) -> State:
    """Return the walk's state of accounts without a past."""
    return {
        "averages": np.zeros((n_accounts, n_half_lives, 4)),
        "weekdays": np.zeros((n_accounts, 7, 2)),
        "last": np.zeros((n_accounts, 3)),
        "waiting": np.full((n_accounts, guard, 2), np.nan),
    }


def walk(
    state: State,
    values: Floats,
    chances: Floats,
    panel: Panel,
    half_lives: tuple[float, ...],
    learned: tuple[Floats, float, Floats, Floats, float],
    log_above: float,
    step: int,
) -> Any:
    """Return what `walk_hurdle` does of the panel's days, given prior to cap as its arguments."""
    weekday, decays = pace(panel, half_lives)
    return walk_hurdle(values, chances, weekday, decays, *learned, log_above, step, *(state[name] for name in STATE))


def pace(panel: Panel, half_lives: tuple[float, ...]) -> tuple[int, Floats]:
    """Return the weekday of the panel's first day, Monday 0, and what is left of a day's weight after one day."""
    return int(panel.start.astype(np.int64) + 3) % 7, 0.5 ** (1 / np.sort(np.asarray(half_lives, dtype=np.float64)))


def unexposed(panel: Panel, measure: str) -> tuple[Floats, Floats]:
    """Return the values, divided by factors above 1, and the factors below 1: the two meanings `exposed` gives them."""
    values = panel[measure].astype(np.float64)
    if panel.exposure is None:
        return values, np.ones(values.shape)
    return values / np.maximum(panel.exposure, 1), np.minimum(panel.exposure, 1)
