"""The panels of a study: accounts to fit rules on, accounts to judge, and every scenario laid over these."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from viewshift import simulate
from viewshift.panel import Panel
from viewshift.study.failures import one_sentence
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


@dataclass(frozen=True, eq=False)
class Panels:
    """What the detectors of one seed meet.

    Parameters
    ----------
    reference
        Accounts that rules are fitted on.
    viewers
        Accounts that they are compared on, as they are: the clean twin of all scenarios that name none of their own.
    laid
        Scenario to panel, or to what went wrong when it was laid over the viewers.
    """

    reference: Panel
    viewers: Panel
    laid: Mapping[str, Laid | str]


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

    def panels(self, seed: int) -> Panels:
        """Return the panels of a seed.

        Parameters
        ----------
        seed
            Seed of panels and scenarios.
        """
        if self.kept is None or self.kept[0] != seed:
            self.kept = None  # two seeds need not fit into memory
            self.kept = seed, self._made(seed)
        return self.kept[1]

    def _made(self, seed: int) -> Panels:
        of = self.setup
        reference = simulate.viewers(of.n_reference, of.n_days, seed=reference_seed(seed), population=of.population)
        viewers = simulate.viewers(of.n_accounts, of.n_days, seed=seed, population=of.population)
        laid: dict[str, Laid | str] = {}
        for name, scenario in self.scenarios.items():
            try:
                panel, truth = scenario.inject(viewers, seed=seed)
                twin = scenario.twin(viewers, seed=seed)
                own = None if twin is viewers else twin
                laid[name] = Laid(panel, day_windows(viewers, truth), scenario.lasting, own)
            except Exception as error:
                laid[name] = one_sentence(error)
        return Panels(_renamed(reference), viewers, laid)


def _renamed(panel: Panel) -> Panel:
    """Give the accounts names of their own: `Random` draws its scores by name."""
    return Panel(panel.measures, accounts=[f"reference {name}" for name in panel.accounts], start=panel.start)


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
