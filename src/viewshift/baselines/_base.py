"""What every baseline is: parameters, what `fit` learned about a population, and a step that predicts the next days."""

from abc import abstractmethod
from typing import Self, final

from viewshift._learner import Learner
from viewshift._typing import State
from viewshift.baselines.predictive import Predictive
from viewshift.panel import Panel


class Baseline(Learner):
    """Predicts each account-day from that account's own earlier days and what accounts share.

    There is a prediction for every day, from an account's first on and for unobserved days too. A concrete baseline is
    a keyword-only dataclass with parameters as fields; `predict` gives the same bits as `advance` day by day.
    """

    @final
    def fit(self, panel: Panel) -> Self:
        """Learn what accounts share; bind no account.

        Parameters
        ----------
        panel
            Histories of a reference population.

        Raises
        ------
        ValueError
            If the panel lacks the measure or a parameter is out of range.
        """
        self._check_measures(panel)
        self._fit(panel)
        self.fitted_ = 1
        return self

    @final
    def predict(self, panel: Panel) -> Predictive:
        """Predict each day of the panel from the account's earlier days in the same panel.

        Parameters
        ----------
        panel
            Histories; accounts need not have been seen by `fit`.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        ValueError
            If the panel lacks the measure.
        """
        return self.advance(self.start(panel.n_accounts), panel)[1]

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
    def advance(self, state: State, panel: Panel) -> tuple[State, Predictive]:
        """Predict the next days of the accounts and return the state after them; the given state stays as it was.

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
    def _fit(self, panel: Panel) -> None: ...

    @abstractmethod
    def _start(self, n_accounts: int) -> State: ...

    @abstractmethod
    def _advance(self, state: State, panel: Panel) -> tuple[State, Predictive]: ...
