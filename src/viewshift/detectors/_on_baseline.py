"""What detectors on a baseline share: its measures are theirs, and its state rides within theirs."""

from typing import Any

from viewshift._learner import Stepwise, Told
from viewshift._typing import State
from viewshift.baselines import Baseline
from viewshift.detectors._base import StreamingDetector
from viewshift.panel import Panel

PREFIX = "baseline."
"""Before the names of the baseline's part of a state; another prefix serves another part."""


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


def start_within(part: Stepwise[Any], n_accounts: int, prefix: str = PREFIX) -> State:
    """Return a fitted baseline's or detector's state of accounts without a past, named as part of another's state."""
    return {f"{prefix}{name}": values for name, values in part.start(n_accounts).items()}


def part_of(state: State, prefix: str) -> State:
    """Return that part of a state whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): values for name, values in state.items() if name.startswith(prefix)}


def advance_within(part: Stepwise[Told], state: State, panel: Panel) -> tuple[State, Told]:
    """Return a baseline's state after the panel's days, named as part of `state`, and what it says of these days."""
    after, told = part.advance(part_of(state, PREFIX), panel)
    return {f"{PREFIX}{name}": values for name, values in after.items()}, told
