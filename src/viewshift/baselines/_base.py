"""What every baseline is: parameters, what `fit` learned about a population, and a step that predicts the next days."""

from abc import abstractmethod
from typing import Self, final

from viewshift._learner import Stepwise
from viewshift.baselines.predictive import Predictive
from viewshift.panel import Panel


class Baseline(Stepwise[Predictive]):
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

    @abstractmethod
    def _fit(self, panel: Panel) -> None: ...
