"""The tables of a report: cells of the results table as text."""

from collections.abc import Mapping, Sequence
from math import ceil, inf, log2
from typing import Any

import pandas as pd

from viewshift.study.content import Content
from viewshift.study.finding import number, with_interval
from viewshift.study.parts import Cell, Grid, Source

CAPTIONS = {
    "net_recall": "net recall",
    "chance_recall": "found by chance",
    "delay": "median delay, days",
    "days_in_alarm": "days in alarm per account-year",
    "average_precision": "average precision",
    "alarms_over_dial": "alarms / dial",
    "vus_pr": "VUS-PR",
    "nab": "NAB score",
}
DIGITS = {"delay": 1, "days_in_alarm": 1, "average_precision": 3, "vus_pr": 3, "nab": 0}
PERFECT = {"nab": 100.0}
"""The best value of a metric, where it is not 1."""
FAILED = "failed"


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


def plain(name: str) -> str:
    """Return a name with spaces.

    Parameters
    ----------
    name
        Of a scenario or metric.
    """
    return name.replace("_", " ")


def words_for(metric: str, rate: float | None) -> str:
    """Head a column with a metric and, if it needs one, the dial.

    Parameters
    ----------
    metric
        Name of the metric.
    rate
        The dial; None for none.
    """
    return CAPTIONS.get(metric, plain(metric)) + ("" if rate is None else f" at {rate:g}")


def detector_cell(content: Content, detector: str) -> Cell:
    """Name a detector and what kind it is.

    Parameters
    ----------
    content
        All that the report shows.
    detector
        Its name.
    """
    return Cell(detector, note=content.note(detector))


def _value_cell(row: Mapping[str, Any] | None, digits: int) -> Cell:
    if row is None or pd.isna(row["value"]):
        failed = row is not None and row["status"] == FAILED
        return Cell(FAILED, tip=str(row["error"])) if failed and row is not None else Cell("–")
    return Cell(with_interval(row, digits), float(row["value"]), f"n = {row['n']}")


def ranking_table(content: Content, detectors: Sequence[str]) -> Grid:
    """Mean net recall and the distance to the best, at each dial.

    Parameters
    ----------
    content
        All that the report shows.
    detectors
        Rows, best first.
    """
    behind = all((name, "mean", "net_recall_behind_best", content.rates[0]) in content.pooled for name in detectors)
    head, body = ["detector"], [[detector_cell(content, name)] for name in detectors]
    for rate in content.rates:
        head.append(f"net recall at {rate:g}")
        for line, name in zip(body, detectors, strict=True):
            line.append(_value_cell(content.pooled.get((name, "mean", "net_recall", rate)), 2))
        if behind:
            head.append(f"less than the best at {rate:g} by")
            for line, name in zip(body, detectors, strict=True):
                line.append(_distance(content.pooled.get((name, "mean", "net_recall_behind_best", rate))))
    metrics = ["net_recall", *(["net_recall_behind_best"] if behind else [])]
    caption = "Mean net recall over the scenarios with events (95 % interval)"
    caption += ", and the paired difference to the best." if behind else "."
    return Grid(head, body, caption, Source(metrics, content.rates, "mean"))


def _distance(row: Mapping[str, Any] | None) -> Cell:
    if row is None or pd.isna(row["value"]):
        return _value_cell(row, 2)
    if row["value"] == 0 and row["low"] == 0 and row["high"] == 0:
        return Cell("best", 0.0)
    text = f"{number(-row['value'])} ({number(-row['high'])} to {number(-row['low'])})"
    return Cell(text, -float(row["value"]), f"n = {row['n']}")


def scenario_table(
    content: Content, detectors: Sequence[str], scenario: str, columns: Sequence[tuple[str, float | None]]
) -> Grid:
    """Show what each detector did on one scenario, with intervals.

    Parameters
    ----------
    content
        All that the report shows.
    detectors
        Rows.
    scenario
        Name of the scenario.
    columns
        Metric and dial (None for none) of each column; those that nobody has are left out.
    """
    had = [
        (metric, rate)
        for metric, rate in columns
        if any((name, scenario, metric, rate) in content.pooled for name in detectors)
    ]
    body = []
    for name in detectors:
        found = [content.pooled.get((name, scenario, metric, rate)) for metric, rate in had]
        cells = [_value_cell(row, DIGITS.get(metric, 2)) for row, (metric, _) in zip(found, had, strict=True)]
        body.append([detector_cell(content, name), *cells])
    head = ["detector", *(words_for(*one) for one in had)]
    rates = list(dict.fromkeys(rate for _, rate in had if rate is not None))
    return Grid(head, body, "", Source(list(dict.fromkeys(metric for metric, _ in had)), rates, scenario))


def matrix(
    content: Content, detectors: Sequence[str], scenarios: Sequence[str], metric: str, rate: float | None, caption: str
) -> Grid:
    """One metric by detector and scenario as coloured cells; intervals are their tips.

    Parameters
    ----------
    content
        All that the report shows.
    detectors
        Rows.
    scenarios
        Columns.
    metric
        Name of the metric.
    rate
        The dial; None for a metric that needs none.
    caption
        One line above it.
    """
    body = []
    for name in detectors:
        line = [detector_cell(content, name)]
        for scenario in scenarios:
            row = content.pooled.get((name, scenario, metric, rate))
            cell = _value_cell(row, DIGITS.get(metric, 2))
            of = f"{name}, {plain(scenario)}"
            if row is None or cell.text in {"–", FAILED}:
                failed = cell.text == FAILED
                line.append(Cell("×" if failed else "–", tip=f"{of}: {cell.tip}" if failed else ""))
            else:
                text = number(cell.key, min(2, DIGITS.get(metric, 2))).replace("0.", ".", 1)
                line.append(Cell(text, cell.key, f"{of}: {cell.text}", _tone(metric, cell.key)))
        body.append(line)
    rates = [] if rate is None else [rate]
    return Grid(["detector", *map(plain, scenarios)], body, caption, Source([metric], rates), matrix=True)


def _tone(metric: str, value: float) -> str:
    if metric == "alarms_over_dial":
        far = log2(value) if value > 0 else -inf
        if abs(far) < log2(1.15):
            return ""
        return f"{'o' if far > 0 else 'u'}{min(4, ceil(min(abs(far), 4) / 0.4))}"
    if metric in {"delay", "days_in_alarm"}:
        return ""
    share = value / PERFECT.get(metric, 1.0)
    return "below" if share < -0.005 else f"r{round(10 * min(max(share, 0.0), 1.0))}"


def failure_table(content: Content) -> Grid | None:
    """Detector, scenario, seed and error of what failed; None if nothing did.

    Parameters
    ----------
    content
        All that the report shows.
    """
    table = content.table
    failed = table[(table["status"] == FAILED) & table["seed"].notna()]
    if not len(failed):
        return None
    lines = failed[["detector", "scenario", "seed", "error"]].drop_duplicates().astype(str).to_numpy().tolist()
    body = [
        [detector_cell(content, detector), Cell(plain(scenario)), Cell(seed, float(seed)), Cell(error)]
        for detector, scenario, seed, error in lines
    ]
    return Grid(["detector", "scenario", "seed", "error"], body, words=(1, 3))


def timing_table(content: Content) -> Grid | None:
    """Seconds to fit a rule and accounts scored per second: medians over seeds; None if nobody measured.

    Parameters
    ----------
    content
        All that the report shows.
    """
    if content.timings is None:
        return None
    medians = content.timings.groupby("detector", sort=False)[["fit_seconds", "accounts_per_second"]].median()
    body = [
        [
            detector_cell(content, str(name)),
            Cell(number(fit), fit),
            Cell("–" if pd.isna(speed) else f"{speed:,.0f}", speed),
        ]
        for name, fit, speed in medians.itertuples()
    ]
    caption = "Cost on the machine of the study, medians over seeds (timings.csv)."
    return Grid(["detector", "fit, seconds", "accounts scored per second"], body, caption)


def parameter_table(parameters: Mapping[str, str]) -> Grid:
    """Each detector as it was run; parameters that are not shown have their defaults.

    Parameters
    ----------
    parameters
        Name to representation.
    """
    body = [[Cell(name), Cell(text)] for name, text in parameters.items()]
    return Grid(["detector", "as it was run"], body, words=(1,))
