"""What detectors and baselines share: measures they need, and what `fit` learned as plain values."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, Self, TypeVar, final

from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

from viewshift._typing import State
from viewshift.panel import Panel, check_panel

Told = TypeVar("Told")


class Learner(BaseEstimator):  # type: ignore[misc]
    """Parameters are the fields of a keyword-only dataclass; what `fit` learns ends in an underscore.

    What is learned is a NumPy array, a float, an int or a string, or again a Learner or a tuple of these: ``baseline_``
    is the fitted clone of the parameter ``baseline``, ``detectors_`` those of ``detectors``.
    """

    measure: str

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures that a panel must have."""
        return (self.measure,)

    def learned(self) -> dict[str, Any]:
        """Return what `fit` learned, by name; of Learners within as ``"baseline_.coef_"``, ``"detectors_.0.coef_"``."""
        found: dict[str, Any] = {}
        for name, value in vars(self).items():
            if name.endswith("_") and not name.startswith("_"):
                found |= _flat(name, value)
        return found

    def restore(self, learned: Mapping[str, Any]) -> Self:
        """Become as fitted as the one whose `learned` this is; parameters must be the same.

        Parameters
        ----------
        learned
            From `learned`.
        """
        within: dict[str, dict[str, Any]] = {}
        for name, value in learned.items():
            first, dot, rest = name.partition(".")
            if dot:
                within.setdefault(first, {})[rest] = value
            else:
                setattr(self, name, value)
        for name, parts in within.items():
            setattr(self, name, _restored(getattr(self, name.removesuffix("_")), parts))
        return self

    def _check_fitted(self) -> None:
        if not hasattr(self, "fitted_"):
            raise NotFittedError(f"this {type(self).__name__} is not fitted yet; call `fit` first.")

    def _check_measures(self, panel: Panel) -> None:
        check_panel("panel", panel)
        for name in self.measures:
            if name not in panel.measures:
                have = ", ".join(map(repr, panel.measures))
                raise ValueError(f"{type(self).__name__} needs the measure {name!r}; the panel has {have}.")


def _flat(name: str, value: Any) -> dict[str, Any]:
    """Return a learned value by its name, what is within a Learner or a tuple by dotted names."""
    if isinstance(value, Learner):
        within = value.learned()
    elif isinstance(value, tuple):
        within = {str(place): one for place, one in enumerate(value)}
    else:
        return {name: value}
    return {key: part for inner, one in within.items() for key, part in _flat(f"{name}.{inner}", one).items()}


def _restored(given: Any, learned: Mapping[str, Any]) -> Any:
    """Return a fitted clone of a Learner, or a tuple of those of each in a tuple."""
    if not isinstance(given, tuple):
        return clone(given).restore(learned)
    prefixes = [f"{place}." for place in range(len(given))]
    parts = ({key.removeprefix(own): one for key, one in learned.items() if key.startswith(own)} for own in prefixes)
    return tuple(map(_restored, given, parts))


class Stepwise(Learner, Generic[Told]):
    """A learner written as a step: ``state, told = advance(state, days)``, the same bits day by day as all at once."""

    @final
    def start(self, n_accounts: int) -> State:
        """Return the state of accounts without a past: arrays whose first axis is the account.

        Parameters
        ----------
        n_accounts
            Number of accounts.
        """
        self._check_fitted()
        return self._start(n_accounts)

    @final
    def advance(self, state: State, panel: Panel) -> tuple[State, Told]:
        """Return the state after the accounts' next days and what there is to say of these; the given state stays.

        Parameters
        ----------
        state
            From `start` or an earlier `advance`, accounts in the panel's order.
        panel
            The days that follow those already seen.
        """
        self._check_fitted()
        self._check_measures(panel)
        return self._advance(state, panel)

    @abstractmethod
    def _start(self, n_accounts: int) -> State: ...

    @abstractmethod
    def _advance(self, state: State, panel: Panel) -> tuple[State, Told]: ...
