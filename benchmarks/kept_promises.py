"""Measure the alarm rates that rules keep on new accounts, within a population and across the two simulated ones.

Run it from a checkout: ``python benchmarks/kept_promises.py [DETECTOR ...]``. It writes results/kept_promises.md,
which docs/calibration.md shows; with names it only prints the rows of these detectors of the default study.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import viewshift as vs
from viewshift._files import write_whole
from viewshift.budget import observed_rate
from viewshift.study import default_detectors

ACCOUNTS, DAYS, DIALS = 5_000, 730, (1.0, 0.25)
POPULATIONS = ("sessions", "markov")
TARGET = Path(__file__).with_name("results") / "kept_promises.md"


def viewers(population: str, seed: int) -> vs.Panel:
    """Return viewers named by their seed, since `Random` draws its scores by name."""
    panel = vs.simulate.viewers(ACCOUNTS, DAYS, seed=seed, population=population)
    return vs.Panel(panel.measures, accounts=[f"{name}-{seed}" for name in panel.accounts], start=panel.start)


def rows(names: list[str]) -> Iterator[str]:
    """Fit each named detector on each population, judge both, and give a row of the table for each pair."""
    fitted = {name: viewers(name, 101) for name in POPULATIONS}
    judged = {name: viewers(name, 102) for name in POPULATIONS}
    for name in names:
        for home in POPULATIONS:
            rule = vs.AlarmRule(default_detectors()[name]).fit(fitted[home])
            for away in POPULATIONS:
                surprise = rule.surprise(judged[away])
                rates = [observed_rate(surprise, rule.at(dial).threshold_, rule.quiet) for dial in DIALS]
                cells = " | ".join(f"{rate:.3f} ({low:.3f}-{high:.3f})" for rate, low, high in rates)
                yield f"| {name} | {home} | {away} | {cells} |"
                print(name, home, away, cells, flush=True)


def main() -> None:
    """Print some rows, or write the table of all detectors but Constant, whose scores tie."""
    if sys.argv[1:]:
        print(*rows(sys.argv[1:]), sep="\n")
        return
    head = ["| detector | fitted on | judged | dial 1 | dial 0.25 |", "|---|---|---|--:|--:|"]
    names = [name for name in default_detectors() if name != "Constant"]
    write_whole(TARGET, "\n".join([*head, *rows(names), ""]))


if __name__ == "__main__":
    main()
