"""The tables of a report: cells of the results table as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from viewshift.study.compare import COLUMNS
from viewshift.study.finding import number, with_interval

CAPTIONS = {
    "net_recall": "Net recall, share of events",
    "delay": "Median delay in days, from onset to alarm, of events found and not by chance",
    "days_in_alarm": "Days in alarm per account-year, on the panels with events",
    "average_precision": "Average precision of the event days ranked by surprise (needs no dial; mean over seeds)",
}
DIGITS = {"delay": 1, "days_in_alarm": 1, "average_precision": 3}


@dataclass(frozen=True)
class Grid:
    """A table as text.

    Parameters
    ----------
    head
        Column names.
    rows
        Cells.
    caption
        One line above it.
    text
        Columns that hold words, not numbers, besides the first.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    text: Sequence[int] = ()


def check_columns(table: pd.DataFrame) -> None:
    """Raise if a results table lacks a column.

    Parameters
    ----------
    table
        From `run`.
    """
    for name in COLUMNS:
        if name not in table.columns:
            raise ValueError(f"`table` must have the columns of `study.run`; it lacks {name!r}.")


def rows(table: pd.DataFrame, metric: str, *, scenario: str | None = None) -> pd.DataFrame:
    """Return the rows over all seeds of one metric, of one scenario or of all but the mean.

    Parameters
    ----------
    table
        Results.
    metric
        Name of the metric.
    scenario
        Name of the scenario.
    """
    where = table["scenario"] == scenario if scenario else table["scenario"] != "mean"
    return table[table["seed"].isna() & (table["metric"] == metric) & where]


def _cells(part: pd.DataFrame, detector: str, rate: float | None, digits: int = 2) -> str:
    use = part["detector"] == detector
    found = part[use & (part["rate"].isna() if rate is None else part["rate"] == rate)]
    return with_interval(found.iloc[0], digits) if len(found) else "–"


def ranking_table(table: pd.DataFrame, order: Sequence[str], rates: Sequence[float]) -> Grid:
    """Mean net recall and the distance to the best, at each dial.

    Parameters
    ----------
    table
        Results.
    order
        Detectors, best first.
    rates
        Dials.
    """
    mean, behind = (rows(table, name, scenario="mean") for name in ("net_recall", "net_recall_behind_best"))
    head = ["detector"]
    for rate in rates:
        head.append(f"net recall at {rate:g}")
        if len(behind[behind["detector"].isin(order)]):
            head.append("less than the best by")
    body = []
    for detector in order:
        line = [detector]
        for rate in rates:
            line.append(_cells(mean, detector, rate))
            if len(head) > len(rates) + 1:
                line.append(_distance(behind, detector, rate))
        body.append(line)
    caption = "Mean net recall over the scenarios with events (95 % interval), and the paired difference to the best."
    return Grid(head, body, caption)


def _distance(behind: pd.DataFrame, detector: str, rate: float) -> str:
    found = behind[(behind["detector"] == detector) & (behind["rate"] == rate)].dropna(subset="value")
    if not len(found):
        return "–"
    row = found.iloc[0]
    if row["value"] == 0 and row["low"] == 0 and row["high"] == 0:
        return "best"
    return f"{number(-row['value'])} ({number(-row['high'])} to {number(-row['low'])})"


def scenario_table(
    table: pd.DataFrame, detectors: Sequence[str], scenarios: Sequence[str], metric: str, rate: float | None
) -> Grid:
    """One metric by detector and scenario, with intervals.

    Parameters
    ----------
    table
        Results.
    detectors
        Rows.
    scenarios
        Columns.
    metric
        Name of the metric.
    rate
        The dial; None for a metric that needs none.
    """
    part = rows(table, metric)
    body = [
        [name, *(_cells(part[part["scenario"] == s], name, rate, DIGITS.get(metric, 2)) for s in scenarios)]
        for name in detectors
    ]
    caption = CAPTIONS[metric] + ("" if rate is None else f", at {rate:g} per account-year") + "."
    return Grid(["detector", *(s.replace("_", " ") for s in scenarios)], body, caption)


def failure_table(table: pd.DataFrame) -> Grid | None:
    """Detector, scenario, seed and error of what failed; None if nothing did.

    Parameters
    ----------
    table
        Results.
    """
    failed = table[(table["status"] == "failed") & table["seed"].notna()]
    if not len(failed):
        return None
    lines = failed[["detector", "scenario", "seed", "error"]].drop_duplicates().astype(str)
    return Grid(["detector", "scenario", "seed", "error"], lines.to_numpy().tolist(), text=(1, 3))


def timing_table(timings: pd.DataFrame) -> Grid:
    """Seconds to fit a rule and accounts scored per second: medians over seeds.

    Parameters
    ----------
    timings
        From the run.
    """
    medians = timings.groupby("detector", sort=False)[["fit_seconds", "accounts_per_second"]].median()
    body = [[str(name), number(fit), f"{speed:,.0f}"] for name, fit, speed in medians.itertuples()]
    return Grid(["detector", "fit, seconds", "accounts scored per second"], body, "Cost on this machine, medians.")


def parameter_table(parameters: Mapping[str, str]) -> Grid:
    """Each detector as it was run; parameters that are not shown have their defaults.

    Parameters
    ----------
    parameters
        Name to representation.
    """
    return Grid(["detector", "as it was run"], [[name, text] for name, text in parameters.items()], "", text=(1,))
