"""Measure the alarm rates that rules keep on new accounts, within a population and across the two simulated ones.

Run it from a checkout: ``python benchmarks/kept_promises.py``. It prints a table; docs/calibration.md shows it.
"""

import viewshift as vs
from viewshift.budget import observed_rate
from viewshift.study import default_detectors

ACCOUNTS, DAYS, DIALS = 5_000, 730, (1.0, 0.25)
POPULATIONS = ("sessions", "markov")


def viewers(population: str, seed: int) -> vs.Panel:
    """Return viewers named by their seed, since `Random` draws its scores by name."""
    panel = vs.simulate.viewers(ACCOUNTS, DAYS, seed=seed, population=population)
    return vs.Panel(panel.measures, accounts=[f"{name}-{seed}" for name in panel.accounts], start=panel.start)


def main() -> None:
    """Fit every detector of the default study but Constant on each population and judge both."""
    fitted = {name: viewers(name, 101) for name in POPULATIONS}
    judged = {name: viewers(name, 102) for name in POPULATIONS}
    print("| detector | fitted on | judged | dial 1 | dial 0.25 |\n|---|---|---|--:|--:|")
    for name, detector in default_detectors().items():
        if name == "Constant":
            continue
        for home in POPULATIONS:
            rule = vs.AlarmRule(detector).fit(fitted[home])
            for away in POPULATIONS:
                surprise = rule.surprise(judged[away])
                rates = [observed_rate(surprise, rule.at(dial).threshold_, rule.quiet) for dial in DIALS]
                cells = " | ".join(f"{rate:.3f} ({low:.3f}-{high:.3f})" for rate, low, high in rates)
                print(f"| {name} | {home} | {away} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
