"""What a report is about: the results table, put in order."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from viewshift.study.compare import COLUMNS
from viewshift.study.example import Example
from viewshift.study.finding import ranking
from viewshift.study.setup import Setup

CONTROLS = ("Constant", "Random")


@dataclass(frozen=True)
class Content:
    """All that a report shows.

    Parameters
    ----------
    table
        Results.
    rates
        Dials; the first one ranks.
    eventful, null
        Scenarios with events, and those in which nothing is wrong.
    order, offline
        Detectors that see no future and those that do, best first.
    folder
        Of the figures, from the Markdown file.
    setup
        Sizes of the study, if known.
    timings
        Cost of the detectors, if known.
    examples
        Accounts.
    command
        What to type to repeat the study.
    parameters
        Each detector as it was run.
    comparisons, ranks
        Pairs of detectors and mean ranks, if known.
    power
        Net recall over strength, if known.
    peers
        Detectors of other packages.
    defaults
        What peers do at their own defaults, if known.
    """

    table: pd.DataFrame
    rates: list[float]
    eventful: list[str]
    null: list[str]
    order: list[str]
    offline: list[str]
    folder: str
    setup: Setup | None = None
    timings: pd.DataFrame | None = None
    examples: Sequence[Example] = ()
    command: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    comparisons: pd.DataFrame | None = None
    ranks: pd.DataFrame | None = None
    power: pd.DataFrame | None = None
    peers: Collection[str] = ()
    defaults: pd.DataFrame | None = None

    @cached_property
    def pooled(self) -> dict[tuple[str, str, str, float | None], dict[str, Any]]:
        """Rows over all seeds by detector, scenario, metric and dial (None for none)."""
        rows: list[dict[str, Any]] = self.table[self.table["seed"].isna()].to_dict("records")  # type: ignore[assignment]
        return {
            (one["detector"], one["scenario"], one["metric"], None if pd.isna(one["rate"]) else one["rate"]): one
            for one in rows
        }

    @cached_property
    def metrics(self) -> dict[str, bool]:
        """Metrics by scenario, in the order of the table, and whether each needs a dial."""
        rows = self.table[self.table["scenario"] != "mean"]
        return {str(name): bool(part.notna().any()) for name, part in rows.groupby("metric", sort=False)["rate"]}

    @property
    def real(self) -> bool:
        """Whether the accounts are those of real people."""
        return self.setup is not None and self.setup.people is not None

    def note(self, detector: str) -> str:
        """Say in a word what kind of detector it is, if it is no ordinary one.

        Parameters
        ----------
        detector
            Its name.
        """
        kinds = {"control": CONTROLS, "peer": self.peers, "offline": self.offline}
        return ", ".join(kind for kind, names in kinds.items() if detector in names)


def arrange(table: pd.DataFrame, folder: str) -> Content:
    """Put detectors and scenarios of a results table in order.

    Parameters
    ----------
    table
        From `run`, or read back from its results.csv.
    folder
        Of the figures, from the Markdown file.

    Raises
    ------
    ValueError
        If the table lacks a column.
    """
    for name in COLUMNS:
        if name not in table.columns:
            raise ValueError(f"`table` must have the columns of `study.run`; it lacks {name!r}.")
    table = table.assign(error=table["error"].fillna(""), seed=table["seed"].astype("Int64"))
    rates = table["rate"].dropna().drop_duplicates().tolist()
    scenarios = [name for name in table["scenario"].drop_duplicates() if name != "mean"]
    with_events = set(table.loc[table["metric"] == "net_recall", "scenario"])
    names = {sees: table.loc[table["causal"] == sees, "detector"].drop_duplicates().tolist() for sees in (True, False)}
    return Content(
        table,
        rates,
        eventful=[name for name in scenarios if name in with_events],
        null=[name for name in scenarios if name not in with_events],
        order=ranking(table, rates[0]) or names[True],
        offline=ranking(table, rates[0], causal=False) or names[False],
        folder=folder,
    )
