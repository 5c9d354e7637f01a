"""Measure the alarm rates that rules keep on new accounts, within a population and across the two simulated ones.

Run it from a checkout: ``python benchmarks/kept_promises.py``. It prints a table; docs/calibration.md shows it.
"""

import numpy as np

import viewshift as vs
from viewshift.alarms import find_intervals
from viewshift.budget import DAYS_PER_YEAR
from viewshift.metrics.bootstrap import account_weights, interval, weighted_ratio
from viewshift.study import default_detectors

ACCOUNTS, DAYS, DIALS = 5_000, 730, (1.0, 0.25)
POPULATIONS = ("sessions", "markov")


def kept(rule: vs.AlarmRule, surprise: np.ndarray, dial: float) -> str:
    """Return the observed alarms per account-year with a 95 % bootstrap interval over accounts."""
    found = find_intervals(surprise, rule.at(dial).threshold_, quiet=rule.quiet)
    alarms = np.bincount(found.row, minlength=len(surprise))
    years = np.count_nonzero(~np.isnan(surprise), axis=1) / DAYS_PER_YEAR
    low, high = interval(weighted_ratio(alarms, years, account_weights(len(surprise), 500, seed=1)))
    return f"{alarms.sum() / years.sum():.3f} ({low:.3f}-{high:.3f})"


def main() -> None:
    """Fit every detector of the default study but Constant on each population and judge both."""
    fitted = {name: vs.simulate.viewers(ACCOUNTS, DAYS, seed=101, population=name) for name in POPULATIONS}
    judged = {name: vs.simulate.viewers(ACCOUNTS, DAYS, seed=102, population=name) for name in POPULATIONS}
    print("| detector | fitted on | judged | dial 1 | dial 0.25 |\n|---|---|---|--:|--:|")
    for name, detector in default_detectors().items():
        if name == "Constant":
            continue
        for home in POPULATIONS:
            rule = vs.AlarmRule(detector).fit(fitted[home])
            for away in POPULATIONS:
                surprise = rule.surprise(judged[away])
                cells = " | ".join(kept(rule, surprise, dial) for dial in DIALS)
                print(f"| {name} | {home} | {away} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
