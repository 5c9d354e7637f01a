"""Several rules in place of one: each was fitted on other households than it judges."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import GroupKFold

from viewshift._typing import Floats, Ints
from viewshift.detectors import Detector
from viewshift.panel import Panel
from viewshift.rules import AlarmRule

N_FOLDS = 5


@dataclass(frozen=True, eq=False)
class FoldedRule:
    """Rules that judge some of the accounts each.

    Parameters
    ----------
    rules
        Fitted, of one detector.
    fold
        Which of them judges a row.
    """

    rules: tuple[AlarmRule, ...]
    fold: Ints

    @classmethod
    def fit(cls, detector: Detector, panel: Panel, household: Ints, times: int) -> "FoldedRule":
        """Fit a rule for each fold of households on all others.

        Parameters
        ----------
        detector
            What scores the days.
        panel
            Accounts.
        household
            Of each account.
        times
            Rows in which each account will stand when it is judged.
        """
        rules, fold = [], np.zeros(panel.n_accounts, dtype=np.int64)
        for k, (inside, outside) in enumerate(
            GroupKFold(N_FOLDS, shuffle=True, random_state=0).split(household, groups=household)
        ):
            rules.append(AlarmRule(detector).fit(panel.take(inside), groups=household[inside]))
            fold[outside] = k
        return cls(tuple(rules), np.repeat(fold, times))

    def surprise(self, panel: Panel) -> Floats:
        """Return the surprise of each account under the rule that has not seen it.

        Parameters
        ----------
        panel
            Histories, rows as `fold` counts them.
        """
        found = np.full((panel.n_accounts, panel.n_days), np.nan)
        for k, rule in enumerate(self.rules):
            rows = np.flatnonzero(self.fold == k)
            found[rows] = rule.surprise(panel.take(rows))
        return found

    def at(self, per_account_year: float) -> "FoldedRule":
        """Return the same rules with the dial set elsewhere.

        Parameters
        ----------
        per_account_year
            Alarm intervals per account-year.
        """
        return replace(self, rules=tuple(rule.at(per_account_year) for rule in self.rules))

    @property
    def threshold_(self) -> Floats:
        """Surprise at which an alarm opens, shape ``(n_accounts, 1)``."""
        return np.array([rule.threshold_ for rule in self.rules])[self.fold][:, None]

    @property
    def quiet(self) -> int:
        """Scored days below the threshold after which an alarm is over."""
        return self.rules[0].quiet

    @property
    def adapt_after(self) -> int:
        """Days after which an alarm closes as lasting."""
        return self.rules[0].adapt_after


Rule = AlarmRule | FoldedRule
"""What judges the accounts of a study."""
