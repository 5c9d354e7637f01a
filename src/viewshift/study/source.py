"""The panels of a study: accounts to fit rules on, accounts to judge, and every scenario laid over these."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from viewshift import simulate
from viewshift.detectors import Detector
from viewshift.panel import Panel
from viewshift.rules import AlarmRule
from viewshift.study.failures import one_sentence
from viewshift.study.folded import FoldedRule, Rule
from viewshift.study.overlay import inject_each
from viewshift.study.setup import Setup, reference_seed
from viewshift.study.tally import Windows


@dataclass(frozen=True, eq=False)
class Laid:
    """A panel with a scenario laid over it.

    Parameters
    ----------
    panel
        All accounts.
    events
        Windows of the events.
    lasting
        Whether events go on after their windows.
    twin
        The same accounts without the events, where these are not simply the viewers of the seed.
    """

    panel: Panel
    events: Windows
    lasting: bool
    twin: Panel | None = None

    def first(self, n_accounts: int) -> "Laid":
        """Return the same of the first accounts only."""
        kept = self.events.row < n_accounts
        events = Windows(*(part[kept] for part in self.events))
        twin = None if self.twin is None else self.twin.take(slice(n_accounts))
        return Laid(self.panel.take(slice(n_accounts)), events, self.lasting, twin)


@dataclass(frozen=True, eq=False)
class Panels:
    """What the detectors of one seed meet.

    Parameters
    ----------
    reference
        Accounts that rules are fitted on; they are those that are judged where a `FoldedRule` does it.
    viewers
        Accounts that they are compared on, as they are: the clean twin of all scenarios that name none of their own.
    laid
        Scenario to panel, or to what went wrong when it was laid over the viewers.
    """

    reference: Panel
    viewers: Panel
    laid: Mapping[str, Laid | str]

    def first(self, n_accounts: int) -> "Panels":
        """Return the same of the first accounts only, and as large a share of the reference.

        Parameters
        ----------
        n_accounts
            At most that many.
        """
        if n_accounts >= self.viewers.n_accounts:
            return self
        n_reference = -(-self.reference.n_accounts * n_accounts // self.viewers.n_accounts)
        laid = {name: one if isinstance(one, str) else one.first(n_accounts) for name, one in self.laid.items()}
        return Panels(self.reference.take(slice(n_reference)), self.viewers.take(slice(n_accounts)), laid)


@dataclass(eq=False)
class Source:
    """Where the panels of a seed come from; it keeps those of the seed it was asked for last.

    Parameters
    ----------
    setup
        Sizes.
    scenarios
        By name.
    """

    setup: Setup
    scenarios: Mapping[str, simulate.Scenario]
    kept: tuple[int, Panels] | None = field(default=None, init=False)

    def panels(self, seed: int, detector: Detector | None = None) -> Panels:
        """Return the panels of a seed; to a detector that is too slow for all of them, their first accounts.

        Parameters
        ----------
        seed
            Seed of panels and scenarios.
        detector
            Who is to be judged; it may say how many accounts it can be run on, `most_accounts`. Real people are few,
            and all are judged.
        """
        if self.kept is None or self.kept[0] != seed:
            self.kept = None  # two seeds need not fit into memory
            self.kept = seed, self._made(seed)
        most = None if self.setup.people is not None else getattr(detector, "most_accounts", None)
        return self.kept[1] if most is None else self.kept[1].first(most)

    def fitted(self, detector: Detector, reference: Panel) -> Rule:
        """Return a rule around a detector, fitted on the reference, or on folds of the people themselves.

        Parameters
        ----------
        detector
            What scores the days.
        reference
            Of its panels.
        """
        people = self.setup.people
        if people is not None and people.by_folds:
            return FoldedRule.fit(detector, people.panel, people.household, people.times)
        return AlarmRule(detector).fit(reference)

    def _made(self, seed: int) -> Panels:
        of, people = self.setup, self.setup.people
        if people is None:
            viewers = simulate.viewers(of.n_accounts, of.n_days, seed=seed, population=of.population)
        else:
            viewers = people.viewers()
        inject = _inject if people is None else inject_each
        laid: dict[str, Laid | str] = {}
        for name, scenario in self.scenarios.items():
            try:
                panel, twin, truth = inject(scenario, viewers, seed)
                own = None if twin is viewers else twin
                laid[name] = Laid(panel, day_windows(viewers, truth), scenario.lasting, own)
            except Exception as error:
                laid[name] = one_sentence(error)
        return Panels(self._reference(seed), viewers, laid)

    def _reference(self, seed: int) -> Panel:
        of, people = self.setup, self.setup.people
        if people is not None and people.by_folds:
            return people.panel
        panel = simulate.viewers(of.n_reference, of.n_days, seed=reference_seed(seed), population=of.population)
        known = panel.measures if people is None else people.panel.measures
        names = [f"reference {name}" for name in panel.accounts]  # of their own: `Random` draws its scores by name
        return Panel({name: panel[name] for name in known}, accounts=names, start=panel.start)


def _inject(scenario: simulate.Scenario, panel: Panel, seed: int) -> tuple[Panel, Panel, pd.DataFrame]:
    changed, truth = scenario.inject(panel, seed=seed)
    return changed, scenario.twin(panel, seed=seed), truth


def day_windows(panel: Panel, truth: pd.DataFrame) -> Windows:
    """Turn a truth of account names and days into row and day numbers.

    Parameters
    ----------
    panel
        The panel that the truth is about.
    truth
        Columns account, onset, end.
    """
    row = pd.Index(panel.accounts).get_indexer(pd.Index(truth["account"]))
    onset, end = ((pd.DatetimeIndex(truth[name]) - pd.Timestamp(panel.start)).days for name in ("onset", "end"))
    return Windows(*(np.asarray(part, dtype=np.int64) for part in (row, onset, end)))
