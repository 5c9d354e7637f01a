"""What detectors on a baseline share: its measures are theirs, and its state rides within theirs."""

from typing import Any

from viewshift._typing import State
from viewshift.baselines import Baseline, Predictive
from viewshift.detectors._base import StreamingDetector
from viewshift.panel import Panel

PREFIX = "baseline."
"""Before the names of the baseline's part of a state."""


class OnBaseline(StreamingDetector):
    """A detector of what its baseline did not expect; `baseline` is a field of the concrete one."""

    baseline: Baseline

    @property
    def measure(self) -> str:  # type: ignore[override]
        """The baseline's measure."""
        return self.baseline.measure

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures that a panel must have: the baseline's."""
        return self.baseline.measures

    def _check_measures(self, panel: Panel) -> None:
        check_baseline(self.baseline)
        super()._check_measures(panel)


def check_baseline(baseline: Any) -> None:
    """Raise if `baseline` is none."""
    if not isinstance(baseline, Baseline):
        raise TypeError(f"`baseline` must be a Baseline such as vs.baselines.UsualLevel(), got {baseline!r}.")


def start_within(baseline: Baseline, n_accounts: int) -> State:
    """Return a fitted baseline's state of accounts without a past, named as part of a detector's state."""
    return {f"{PREFIX}{name}": part for name, part in baseline.start(n_accounts).items()}


def advance_within(baseline: Baseline, state: State, panel: Panel) -> tuple[State, Predictive]:
    """Return the baseline's part of a detector's state after the panel's days, and the prediction of these."""
    own = {name.removeprefix(PREFIX): part for name, part in state.items() if name.startswith(PREFIX)}
    after, prediction = baseline.advance(own, panel)
    return {f"{PREFIX}{name}": part for name, part in after.items()}, prediction
