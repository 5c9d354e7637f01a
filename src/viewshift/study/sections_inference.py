"""The parts of a report that say what is real: differences, power over strength, cost, and peers as they come."""

from typing import Any

import pandas as pd

from viewshift.study import figures_inference as figures
from viewshift.study.content import Content
from viewshift.study.cost import cost_beside_quality
from viewshift.study.finding import number, with_interval
from viewshift.study.leads import leads
from viewshift.study.parts import Cell, Drawing, Grid, Picture, Section, Source
from viewshift.study.tables import detector_cell, plain, timing_table


def verdicts(content: Content) -> list[str]:
    """Say for each dial whether the best detector of the library or of other packages leads in mean net recall.

    Parameters
    ----------
    content
        All that the report shows.
    """
    known = content.comparisons if content.comparisons is not None and content.peers else None
    said = [] if known is None else leads(known, content.peers)
    return [sentence for sentence in said if sentence.endswith(" in mean net recall.")]


def lead_section(content: Content) -> Section | None:
    """Say where one leads another: in sentences, as mean ranks, and the best against each other one.

    Parameters
    ----------
    content
        All that the report shows.
    """
    if content.comparisons is None or not len(content.comparisons):
        return None
    texts = leads(content.comparisons, content.peers) if content.peers else []
    texts.append(
        "Differences are paired: the same accounts, the same events. Intervals and Wilcoxon's p, corrected by Holm "
        "over all pairs, ask about other accounts on these scenarios; the three probabilities, of a Bayesian "
        "signed-rank test, about other scenarios like these. Practically equal is a difference of at most 0.01, one "
        "event in a hundred. Every pair, on each scenario too, is in comparisons.csv, and mean ranks are in "
        "mean_ranks.csv."
    )
    pictures = [
        Picture(
            Drawing(figures.draw_mean_ranks(content.ranks, rate)),
            f"{content.folder}/mean_ranks_{rate:g}.svg",
            f"Mean rank of each detector at {rate:g} per account-year, and which are not told apart",
            f"Mean ranks at {rate:g} per account-year: detectors on one line are not told apart.",
            Source(["mean_rank"], [rate], file="mean_ranks.csv"),
        )
        for rate in content.rates
        if content.ranks is not None and (content.ranks["rate"] == rate).any()
    ]
    grids = [_against_the_best(content, content.comparisons, rate) for rate in content.rates]
    return Section("Which differences are real?", texts, pictures, [grid for grid in grids if grid is not None])


def _against_the_best(content: Content, comparisons: pd.DataFrame, rate: float) -> Grid | None:
    pairs = comparisons[(comparisons["rate"] == rate) & (comparisons["scenario"] == "mean")]
    mean = {name: content.pooled.get((name, "mean", "net_recall", rate)) for name in content.order}
    known = {name: row["value"] for name, row in mean.items() if row is not None and pd.notna(row["value"])}
    best = max(known, key=lambda name: known[name], default="")
    body = [
        _pair(content, row, first=row["detector"] == best)
        for row in pairs.to_dict("records")
        if best in (row["detector"], row["other"])
    ]
    if not body:
        return None
    body.sort(key=lambda line: line[1].key)
    head = [
        "detector",
        f"less than {best} by",
        "p (Holm)",
        f"P({best} better)",
        "P(practically equal)",
        "P(it is better)",
    ]
    caption = f"{best} against each other one, in mean net recall at {rate:g} per account-year (95 % interval)."
    return Grid(head, body, caption, Source(["difference"], [rate], "mean", file="comparisons.csv"))


def _pair(content: Content, row: Any, *, first: bool) -> list[Cell]:
    sign = 1 if first else -1
    bounds = (row["low"], row["high"]) if first else (-row["high"], -row["low"])
    difference = {"value": sign * row["difference"], "low": bounds[0], "high": bounds[1], "n": row["n_units"]}
    chances = [row["p_right"], row["p_rope"], row["p_left"]][::sign]
    p = row["p_holm"]
    return [
        detector_cell(content, row["other"] if first else row["detector"]),
        Cell(with_interval(difference), difference["value"], f"n = {row['n_units']}"),
        Cell("<.001" if p < 0.001 else number(p, 3), p),
        *(Cell(number(chance), chance) for chance in chances),
    ]


def power_section(content: Content) -> Section | None:
    """Show what is found as events grow stronger.

    Parameters
    ----------
    content
        All that the report shows.
    """
    if content.power is None or not len(content.power):
        return None
    pictures = [
        Picture(
            Drawing(figures.draw_power_curves(content.power, rate)),
            f"{content.folder}/power_{rate:g}.svg",
            f"Net recall over the strength of the event at {rate:g} per account-year, with 95 % bands",
            f"Net recall over strength at {rate:g} per account-year.",
            Source(["net_recall"], [rate], file="power/power.csv"),
        )
        for rate in content.power["rate"].drop_duplicates()
    ]
    folds = []
    for scenario, part in content.power.groupby("scenario", sort=False):
        unit = part["unit"].iloc[0]
        lines = part.assign(value=part["net_recall"], n=0).to_dict("records")
        body = [
            [
                detector_cell(content, row["detector"]),
                Cell(f"{row['rate']:g}", row["rate"]),
                Cell(f"{row['strength']:g}", row["strength"]),
                Cell(with_interval(row), row["value"]),
            ]
            for row in lines
        ]
        head = ["detector", "alarms per account-year", f"strength, {unit}", "net recall"]
        source = Source(["net_recall"], scenario=str(scenario), file="power/power.csv")
        folds.append(Section(plain(str(scenario)), tables=[Grid(head, body, source=source)]))
    return Section("What is found as events grow stronger", [], pictures, folds=folds)


def cost_section(content: Content) -> Section | None:
    """Show what detectors cost beside what they find.

    Parameters
    ----------
    content
        All that the report shows.
    """
    grid = timing_table(content)
    if content.timings is None or grid is None:
        return None
    costs = cost_beside_quality(content.table, content.timings)
    rate = content.rates[0]
    pictures = []
    if costs.loc[costs["rate"] == rate, ["net_recall", "accounts_per_second"]].notna().all(axis=1).any():
        pictures.append(
            Picture(
                Drawing(figures.draw_cost(costs, rate, sorted(content.peers))),
                f"{content.folder}/cost.svg",
                f"Mean net recall at {rate:g} per account-year against accounts scored per second",
                "Cost beside quality: further right is faster, further up finds more.",
                Source(["net_recall"], [rate], "mean"),
            )
        )
    return Section("What it costs", [], pictures, [grid])


def defaults_section(content: Content) -> Section | None:
    """Show what peers do when nobody sets a threshold.

    Parameters
    ----------
    content
        All that the report shows.
    """
    if content.defaults is None or not len(content.defaults):
        return None
    body = []
    for name, part in content.defaults.groupby("peer", sort=False):
        found = {(row["scenario"], row["metric"]): row for row in part.to_dict("records")}
        first = part.iloc[0]
        numbers = [
            Cell("–") if row is None else Cell(with_interval(row, digits), row["value"], f"n = {row['n']}")
            for row, digits in (
                (found.get(("clean", "alarms")), 1),
                (found.get(("mean", "recall")), 2),
                (found.get(("mean", "chance_recall")), 2),
                (found.get(("mean", "net_recall")), 2),
            )
        ]
        verdict = first["scenario"] if first["metric"] == "failed" else first["verdict"]
        package = first["package"] if pd.isna(first["version"]) else f"{first['package']} {first['version']}"
        words = [Cell(f"{package}: {first['setting']}"), Cell(verdict)]
        body.append([Cell(str(name)), *words, *numbers])
    head = ["peer", "how it is run", "its own default", "alarms per account-year", "found", "by chance", "difference"]
    texts = [
        "What other packages flag when nobody sets a threshold: alarms on ordinary accounts, and the share of events "
        "found, averaged over the scenarios. Above, the same methods are dialled to equal alarm rates."
    ]
    source = Source(["alarms, recall, chance_recall, net_recall"], scenario="clean or mean", file="at_defaults.csv")
    return Section("Peers at their own defaults", texts, [], [Grid(head, body, source=source, words=(1, 2))])
