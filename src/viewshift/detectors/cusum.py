"""The cumulative sum of standardised excess over the account's own trailing baseline."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from viewshift._checks import check_choice, check_positive, check_whole
from viewshift._typing import Direction, Floats, State
from viewshift.detectors._base import Claims, StreamingDetector, empty_past
from viewshift.detectors._trailing import spread_floor, with_past
from viewshift.detectors._weekday import expected_factors, weekday_factors
from viewshift.kernels.cusum import cumulative_sum
from viewshift.kernels.rolling import trailing_mean_std
from viewshift.panel import Panel


@dataclass(kw_only=True, eq=False, repr=False)
class Cusum(StreamingDetector):
    claims: ClassVar[Claims] = Claims(causal=True, per_account=True, monotone=True, streaming=True)
    measure: str = "episodes"
    k: float = 0.5
    window: int = 56
    guard: int = 7
    direction: Direction = "up"

    def _fit(self, panel: Panel) -> None:
        check_positive("k", self.k)
        check_whole("window", self.window, least=2)
        check_whole("guard", self.guard, least=0)
        check_choice("direction", self.direction, ("up", "down", "both"))
        self.weekday_ = weekday_factors(panel, self.measure)
        _, _, _, std = self._baseline(self._start(panel.n_accounts), panel)
        self.floor_ = spread_floor(std)

    def _start(self, n_accounts: int) -> State:
        past = empty_past(n_accounts, self.window + self.guard)
        return {**past, "up": np.zeros(n_accounts), "down": np.zeros(n_accounts)}

    def _baseline(self, state: State, panel: Panel) -> tuple[State, Floats, Floats, Floats]:
        values = panel[self.measure] / expected_factors(panel, self.weekday_)
        past, history = with_past(state["past"], values)
        mean, std = trailing_mean_std(history, self.window, self.guard, max(2, self.window // 2))
        return {"past": past}, values, mean, std

    def _advance(self, state: State, panel: Panel) -> tuple[State, Floats]:
        past, values, mean, std = self._baseline(state, panel)
        z = (values - mean) / np.maximum(std, self.floor_)
        up, last_up = cumulative_sum(state["up"], z - self.k)
        down, last_down = cumulative_sum(state["down"], -z - self.k)
        score = {"up": up, "down": down, "both": np.maximum(up, down)}[self.direction]
        return {**past, "up": last_up, "down": last_down}, score
