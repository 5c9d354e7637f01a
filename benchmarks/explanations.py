"""Measure how often the stated onset and ratio of found surges hold what was put in.

Run it from a checkout: ``python benchmarks/explanations.py``. It writes results/explanations.md, which
docs/explanations.md shows.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

import viewshift as vs
from viewshift._files import write_whole
from viewshift.simulate import SCENARIOS, Scenario, events

ACCOUNTS, DAYS, DIALS, SEED = 500, 500, (1.0, 0.25), 301
POPULATIONS = ("sessions", "markov")
DETECTORS = (vs.default_rule().detector, vs.detectors.Cusum(), vs.detectors.ZScore(), vs.detectors.PredictiveTail())
TARGET = Path(__file__).with_name("results") / "explanations.md"
USUAL_DAYS = 236


def surge(days: int, strength: float) -> Scenario:
    """Return so many days of so many more episodes a day."""
    name = f"+{strength:g}, {days} d"
    intent = "A show that holds somebody for some time."
    unit = "more episodes a day"
    return Scenario(name=name, intent=intent, strength=strength, unit=unit, duration=days, event=events.surge)


SURGES = {
    "surge_7d": (SCENARIOS["surge_7d"], 4.0),
    "story": (SCENARIOS["story"], 188 / 7),
    **{surge(d, a).name: (surge(d, a), a) for d, a in ((7, 2), (7, 8), (14, 2), (14, 4), (28, 1), (28, 2), (28, 4))},
}
"""Surges, and the episodes that each adds a day."""

OTHERS = {
    "doubled": (SCENARIOS["doubled"], 2.0),
    "drift_28d": (SCENARIOS["drift_28d"], 2.0),
    "going_quiet": (SCENARIOS["going_quiet"], 0.1),
}
"""Two changes for good, with their ratios, and a ramp that has no sharp onset."""


def explained(rule: vs.AlarmRule, clean: vs.Panel, name: str, seed: int) -> pd.DataFrame:
    """Return one row per found event: does the stated interval hold the truth, how wide is it, how far off the onset.

    An event is found by the first alarm of its way that opens on one of its days. The injected ratio is that of the
    account's usual level and what is added a day to its usual level, the mean of its clean days up to `USUAL_DAYS`
    before.
    """
    scenario, added = {**SURGES, **OTHERS}[name]
    panel, truth = scenario.inject(clean, seed=seed)
    alarms = rule.alarms(panel).merge(truth, on="account", suffixes=("", "_true"))
    first = (alarms["detected"] >= alarms["onset_true"]) & (alarms["detected"] <= alarms["end_true"])
    first &= (alarms["kind"] == "quiet") == (name == "going_quiet")
    found: list[dict[str, Any]] = []
    for alarm in alarms[first].drop_duplicates("account").to_dict("records"):
        day = (alarm["onset_true"] - pd.Timestamp(clean.start)).days
        row = list(clean.accounts).index(alarm["account"])
        usual = float(np.mean(clean["episodes"][row, max(0, day - USUAL_DAYS) : day]))
        if usual == 0:
            continue
        ratio = added if scenario.lasting else (usual + added) / usual
        error = abs((alarm["onset"] - alarm["onset_true"]).days)
        found.append(
            {
                "onset": alarm["onset_low"] <= alarm["onset_true"] <= alarm["onset_high"],
                "days": (alarm["onset_high"] - alarm["onset_low"]).days + 1,
                "error": error,
                "ratio": alarm["ratio_low"] <= ratio <= alarm["ratio_high"],
                "fold": alarm["ratio_high"] / alarm["ratio_low"],
            }
        )
    return pd.DataFrame(found, columns=["onset", "days", "error", "ratio", "fold"])


def share(hits: pd.Series) -> str:
    """Return a share with its 95 % interval (Wilson)."""
    low, high = proportion_confint(hits.sum(), len(hits), method="wilson")
    return f"{hits.mean():.2f} ({low:.2f}-{high:.2f})"


def row(head: str, found: pd.DataFrame) -> str:
    """Return a row of the table."""
    middle = found[["days", "error", "fold"]].median()
    errors = f"{middle['days']:.0f} | {middle['error']:.0f} ({found['error'].mean():.1f})"
    onset, ratio = share(found["onset"]), share(found["ratio"])
    return f"| {head} | {len(found)} | {onset} | {errors} | {ratio} | {middle['fold']:.1f} |"


def main() -> None:
    """Write the table."""
    parts = []
    for population in POPULATIONS:
        reference = vs.simulate.viewers(ACCOUNTS, 730, seed=SEED + 1, population=population)
        clean = vs.simulate.viewers(ACCOUNTS, DAYS, seed=SEED, population=population)
        for detector in DETECTORS:
            rule = vs.AlarmRule(detector).fit(reference)
            for name in (*SURGES, *OTHERS):
                for dial in DIALS:
                    found = explained(rule.at(dial), clean, name, SEED)
                    parts.append(found.assign(population=population, detector=type(detector).__name__, scenario=name))
            print(population, type(detector).__name__, flush=True)
    table = pd.concat(parts, ignore_index=True)
    surges = table[table["scenario"].isin(SURGES)]
    lines = [
        "| scenario | detector | population | found | onset inside | days (median) | onset error, median (mean) "
        "| ratio inside | high/low (median) |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for population in POPULATIONS:
        lines.append(row(f"**all surges** | all | {population}", surges[surges["population"] == population]))
        for detector, part in surges[surges["population"] == population].groupby("detector"):
            lines.append(row(f"all surges | {detector} | {population}", part))
    for name in (*SURGES, *OTHERS):
        for population in POPULATIONS:
            part = table[(table["scenario"] == name) & (table["population"] == population)]
            lines.append(row(f"{name} | all | {population}", part))
    print(*lines, sep="\n")
    write_whole(TARGET, "\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
