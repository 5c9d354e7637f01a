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
    def _log_above(self) -> float:
        return -np.inf

    def _fit(self, panel: Panel) -> None:
        if not isinstance(self.half_lives, tuple) or not self.half_lives:
            raise ValueError(f"`half_lives` must be a tuple of days such as (3, 40), got {self.half_lives!r}.")
        for days in self.half_lives:
            check_positive("half_lives", days)
        values, chances = _unexposed(panel, self.measure)
        if panel.observed.any() and not (panel.observed & (chances == 1)).any():
            raise ValueError(
                "`exposure` of a reference must be at least 1 on some observed days, which the chance of an active day "
                f"is learned from, got at most {chances[panel.observed].max():g}; divide it by its median."
            )
        positive = values[values > 0]
        self.cap_ = 10 * float(np.quantile(positive, 0.999, method="lower")) if positive.size else 1e6
        values[values > self.cap_] = np.nan  # no viewing, but an error: one would bend the whole fit
        positive = positive[positive <= self.cap_]
        levels = np.log1p(positive)
        n_days = max(float(chances[~np.isnan(values)].sum()), positive.size)
        levels = levels if levels.size else np.log1p([1.0])
        self.prior_ = np.array([(positive.size + 0.5) / (n_days + 1), levels.mean(), np.mean(levels**2)])
        self.coef_ = np.zeros((3, N_COMMON + 2 * len(self.half_lives)))
        self.log_sizes_ = np.zeros(2)
        step = 1 + panel.observed.sum() // ROWS
        step += step % 7 == 0
        for log_above in (-np.inf, self._log_above)[: 1 + (self._log_above > -np.inf)]:
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
        return {
            "averages": np.zeros((n_accounts, len(self.half_lives), 4)),
            "weekdays": np.zeros((n_accounts, 7, 2)),
            "last": np.zeros((n_accounts, 3)),
            "waiting": np.full((n_accounts, self._guard, 2), np.nan),
        }

    def _advance(self, state: State, panel: Panel) -> tuple[State, Predictive]:
        *prediction, _, after = self._walk(state, *_unexposed(panel, self.measure), panel, self._log_above, 0)
        return dict(zip(STATE, after, strict=True)), Predictive(*prediction).exposed(panel.exposure)

    def _walk(self, state: State, values: Floats, chances: Floats, panel: Panel, log_above: float, step: int) -> Any:
        """Return active, mean, size, the kept features, and the state's arrays after the panel's last day."""
        decays = 0.5 ** (1 / np.sort(np.asarray(self.half_lives, dtype=np.float64)))
        learned = self.prior_, PRIOR_DAYS, self.coef_, self.log_sizes_, self.cap_
        return walk_hurdle(
            values,
            chances,
            int(panel.start.astype(np.int64) + 3) % 7,
            decays,
            *learned,
            log_above,
            step,
            *(state[n] for n in STATE),
        )


def _unexposed(panel: Panel, measure: str) -> tuple[Floats, Floats]:
    """Return the values, divided by factors above 1, and the factors below 1: the two meanings `exposed` gives them."""
    values = panel[measure].astype(np.float64)
    if panel.exposure is None:
        return values, np.ones(values.shape)
    return values / np.maximum(panel.exposure, 1), np.minimum(panel.exposure, 1)
