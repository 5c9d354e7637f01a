"""Every detector against every other: differences in net recall with intervals and tests, and mean ranks."""

from collections.abc import Mapping
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd

from viewshift.metrics import interval
from viewshift.study.compare import Trials
from viewshift.study.files import write_twins
from viewshift.study.inference import friedman, holm, not_told_apart, pairs, signed_rank_posterior, wilcoxon_holm
from viewshift.study.matched import Matched, matched

ROPE = 0.01
"""Differences in net recall up to this are practically none: one event in a hundred."""

COMPARISON_COLUMNS = [
    *("rate", "scenario", "detector", "other", "difference", "low", "high"),
    *("p_wilcoxon", "p_holm", "p_left", "p_rope", "p_right", "n_units", "n_scenarios"),
]
RANK_COLUMNS = ["rate", "detector", "mean_rank", "groups", "p_friedman", "n_blocks"]


def rivals(table: pd.DataFrame) -> tuple[list[str], list[str], list[int], list[float]]:
    """Return what can be compared: detectors that see no future, scenarios with events, seeds and dials.

    Parameters
    ----------
    table
        Results of a study.
    """
    eventful = table.loc[(table["metric"] == "net_recall") & (table["scenario"] != "mean"), "scenario"]
    return (
        table.loc[table["causal"], "detector"].drop_duplicates().tolist(),
        eventful.drop_duplicates().tolist(),
        table["seed"].dropna().drop_duplicates().astype(int).tolist(),
        table["rate"].dropna().drop_duplicates().tolist(),
    )


def comparisons(trials: Trials, table: pd.DataFrame, *, rope: float = ROPE) -> pd.DataFrame:
    """Compare every pair of detectors in net recall, on the mean over scenarios and on each scenario.

    Parameters
    ----------
    trials
        By detector, scenario and seed.
    table
        Results of the same study. Offline detectors are no rivals of those that see no future, and left out.
    rope
        Half-width of the region of practical equivalence, in net recall.

    Returns
    -------
    One row per dial, scenario (first "mean") and pair. `difference` is that of `detector` less that of `other`; `low`
    to `high` is its 95 % bootstrap interval over accounts; `p_wilcoxon` has accounts as units, and `p_holm` is
    corrected over the pairs of this dial and scenario. `p_left` (other better), `p_rope` (practically equal) and
    `p_right` (detector better) are the Bayesian signed-rank test's over scenarios, seeds together; they are missing
    on single scenarios. Pairs with a detector that failed are left out.

    Notes
    -----
    Bootstrap and Wilcoxon ask about other accounts on these scenarios, the Bayesian test about other scenarios like
    these.
    """
    detectors, scenarios, seeds, rates = rivals(table)
    rows: list[dict[str, Any]] = []
    for rate in rates:
        for scenario in ("mean", *scenarios):
            within = scenarios if scenario == "mean" else [scenario]
            both = matched(trials, detectors, within, seeds, rate)
            if both is not None:
                rows += _compared(both, {"rate": rate, "scenario": scenario}, rope)
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS)


def _compared(both: Matched, head: Mapping[str, Any], rope: float) -> list[dict[str, Any]]:
    n_pairs = len(pairs(len(both.detectors))[0])
    rows: list[dict[str, Any]] = [{} for _ in range(n_pairs)]
    for part, numbers, first, second in both.duels():
        over, replicates, units = part.by_scenario(), part.replicates(), part.by_unit()
        p = dict(zip(zip(*pairs(len(part.detectors)), strict=True), wilcoxon_holm(units)[0], strict=True))
        for k, i, j in zip(numbers, first, second, strict=True):
            low, high = interval(replicates[:, i] - replicates[:, j])
            difference = over[:, i] - over[:, j]
            row = {**head, "detector": part.detectors[i], "other": part.detectors[j], "difference": difference.mean()}
            row |= {"low": low, "high": high, "p_wilcoxon": p[i, j]}
            if head["scenario"] == "mean":
                left, within, right = signed_rank_posterior(difference, rope)
                row |= {"p_left": left, "p_rope": within, "p_right": right}
            rows[k] = {**row, "n_units": len(units), "n_scenarios": len(over)}
    for row, p_holm in zip(rows, holm(np.array([row["p_wilcoxon"] for row in rows])), strict=True):
        row["p_holm"] = p_holm
    return rows


def mean_ranks(trials: Trials, table: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Rank detectors by net recall on each scenario and seed, and average: what a critical-difference plot shows.

    Parameters
    ----------
    trials
        By detector, scenario and seed.
    table
        Results of the same study; offline detectors are left out.
    alpha
        Level at which Wilcoxon's test over blocks, corrected by Holm over all pairs, tells two apart.

    Returns
    -------
    One row per dial and detector, best first. `mean_rank` 1 would be best on every block; detectors that share a
    letter in `groups` are not told apart; `p_friedman` is of all together; `n_blocks` counts scenarios times seeds.

    Notes
    -----
    Groups come from tests of pairs and not from differences of mean ranks, which depend on who else is in the study
    (Benavoli, Corani and Mangili 2016, JMLR 17(5)). Seeds of one scenario repeat it, so this asks about other accounts
    on these scenarios.
    """
    detectors, scenarios, seeds, rates = rivals(table)
    rows: list[dict[str, Any]] = []
    for rate in rates:
        both = matched(trials, detectors, scenarios, seeds, rate)
        if both is None:
            continue
        blocks = both.by_block()
        ranks, p = friedman(blocks)
        order = np.argsort(ranks, kind="stable")
        groups = not_told_apart(wilcoxon_holm(blocks[:, order])[1], len(order), alpha)
        for place, k in enumerate(order):
            letters = " ".join(_letter(g) for g, group in enumerate(groups) if place in group)
            row = {"rate": rate, "detector": both.detectors[k], "mean_rank": ranks[k], "groups": letters}
            rows.append({**row, "p_friedman": p, "n_blocks": len(blocks)})
    return pd.DataFrame(rows, columns=RANK_COLUMNS)


def _letter(number: int) -> str:
    """Return a, b, ..., z, a1, b1, ...."""
    return f"{ascii_lowercase[number % 26]}{number // 26 or ''}"


def write_comparisons(folder: Path, trials: Trials, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write comparisons and mean_ranks as CSV, Parquet and JSON, and return both.

    Parameters
    ----------
    folder
        Where to write them.
    trials
        By detector, scenario and seed.
    table
        Results of the same study.
    """
    found = comparisons(trials, table), mean_ranks(trials, table)
    for name, one in zip(("comparisons", "mean_ranks"), found, strict=True):
        write_twins(folder / name, one)
    return found
