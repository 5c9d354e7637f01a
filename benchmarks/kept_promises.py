"""Measure what rules keep on new accounts, within a population and across the two simulated ones.

Run it from a checkout: ``python benchmarks/kept_promises.py [DETECTOR ...]``. It writes results/kept_promises.md,
which docs/calibration.md shows; with names it only prints the rows of these detectors.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import viewshift as vs
from viewshift._files import write_whole
from viewshift.budget import observed_rate
from viewshift.study import default_detectors

ACCOUNTS, DAYS, DIALS, LEVELS = 5_000, 730, (2.0, 1.0, 0.5, 0.25, 0.1), (2, 3, 4)
POPULATIONS = ("sessions", "markov")
TARGET = Path(__file__).with_name("results") / "kept_promises.md"

HEADS = (
    [
        "Alarms per account-year, with 95 % bootstrap intervals over accounts, at five dials:",
        "",
        "| detector | fitted on | judged | " + " | ".join(f"{dial:g}" for dial in DIALS) + " |",
        "|---|---|---|" + "--:|" * len(DIALS),
    ],
    [
        "",
        "Account-days with p at most 1e-2, 1e-3 and 1e-4, observed over nominal; the middle 80 % of single accounts:",
        "",
        "| detector | fitted on | judged | 1e-2 | 1e-3 | 1e-4 | accounts at 1e-2 |",
        "|---|---|---|--:|--:|--:|--:|",
    ],
)


def viewers(population: str, seed: int) -> vs.Panel:
    """Return viewers named by their seed, since `Random` draws its scores by name."""
    panel = vs.simulate.viewers(ACCOUNTS, DAYS, seed=seed, population=population)
    return vs.Panel(panel.measures, accounts=[f"{name}-{seed}" for name in panel.accounts], start=panel.start)


def rows(names: list[str]) -> Iterator[tuple[str, str]]:
    """Fit each named detector on each population, judge both, and give a row of each table for each pair."""
    fitted = {name: viewers(name, 101) for name in POPULATIONS}
    judged = {name: viewers(name, 102) for name in POPULATIONS}
    for name in names:
        for home in POPULATIONS:
            rule = vs.AlarmRule(default_detectors()[name]).fit(fitted[home])
            for away in POPULATIONS:
                surprise = rule.surprise(judged[away])
                found = [observed_rate(surprise, rule.at(dial).threshold_, rule.quiet) for dial in DIALS]
                rates = " | ".join(f"{rate:.3f} ({low:.3f}-{high:.3f})" for rate, low, high in found)
                days = np.count_nonzero(~np.isnan(surprise), axis=1)
                own = {k: np.count_nonzero(surprise >= k, axis=1) for k in LEVELS}
                ratios = " | ".join(f"{own[k].sum() / days.sum() * 10**k:.2f}" for k in LEVELS)
                tenth, ninetieth = np.quantile(own[2][days > 0] / days[days > 0] * 100, [0.1, 0.9])
                who = f"| {name} | {home} | {away} |"
                yield f"{who} {rates} |", f"{who} {ratios} | {tenth:.2f}-{ninetieth:.2f} |"
                print(name, home, away, rates, ratios, f"{tenth:.2f}-{ninetieth:.2f}", flush=True)


def main() -> None:
    """Print some rows, or write the tables of all detectors but Constant, whose scores tie."""
    if sys.argv[1:]:
        print(*(line for table in zip(*rows(sys.argv[1:]), strict=True) for line in table), sep="\n")
        return
    tables = zip(*rows([name for name in default_detectors() if name != "Constant"]), strict=True)
    lines = [line for head, table in zip(HEADS, tables, strict=True) for line in (*head, *table)]
    write_whole(TARGET, "\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
