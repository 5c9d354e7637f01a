"""Measure how many letters of a check-in go out for nothing: alarms of viewers to whom nothing happens, and of others.

Run it from a checkout: ``python benchmarks/base_rates.py`` writes results/base_rates.md, which docs/consent.md shows.
"""

from pathlib import Path

import numpy as np
import pandas as pd

import viewshift as vs
from viewshift._files import write_whole
from viewshift.metrics.events import DAYS_PER_YEAR

DIALS = (0.5, 0.1)
SHARES = (0.001, 0.01, 0.1)
EVENTS = {"story": "188 episodes in a week", "surge_7d": "a week of more", "going_quiet": "falls silent for good"}
POPULATIONS = ("sessions", "markov")
ACCOUNTS, DAYS, SEED, WITHIN = 250, 730, 61, 60
"""Viewers of each population, days of each; and days after the onset in which a shift without end must be found."""

PATH = Path(__file__).with_name("results") / "base_rates.md"


def ordinary(rule: vs.AlarmRule) -> float:
    """Return alarms per account-year of viewers to whom nothing happens, both populations taken together."""
    panels = [vs.simulate.viewers(ACCOUNTS, DAYS, seed=SEED, population=population) for population in POPULATIONS]
    years = sum(np.count_nonzero(~np.isnan(rule.surprise(panel))) for panel in panels) / DAYS_PER_YEAR
    return sum(len(rule.alarms(panel)) for panel in panels) / years


def found(rule: vs.AlarmRule, scenario: str) -> float:
    """Return the share of viewers whose shift is alarmed while it lasts."""
    hits = total = 0
    for population in POPULATIONS:
        panel, truth = vs.simulate.SCENARIOS[scenario].sample(ACCOUNTS, DAYS, seed=SEED + 1, population=population)
        both = rule.alarms(panel).merge(truth, on="account", suffixes=("", "_true"))
        last = (both["onset_true"] + pd.Timedelta(days=WITHIN)).clip(upper=both["end_true"])
        hits += both[both["detected"].between(both["onset_true"], last)]["account"].nunique()
        total += len(truth)
    return hits / total


def main() -> None:
    """Write the table."""
    lines = [
        "| dial | ordinary | what happens | found | " + " | ".join(f"{100 * share:g} %" for share in SHARES) + " |",
        "|--:|--:|---|--:|" + "--:|" * len(SHARES),
    ]
    for dial in DIALS:
        rule = vs.default_rule(dial)
        rate = ordinary(rule)
        for scenario, words in EVENTS.items():
            power = found(rule, scenario)
            wrong = [rate / (rate + share * power) for share in SHARES]
            cells = " | ".join(f"{1000 * one:.0f}" for one in wrong)
            lines.append(f"| {dial:g} | {1000 * rate:.0f} | {words} | {100 * power:.0f} % | {cells} |")
    write_whole(PATH, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
