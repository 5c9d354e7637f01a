"""Measure how many accounts it takes to see that everybody watched twice as much on a day.

Run it from a checkout: ``python benchmarks/day_factor.py``. It writes results/day_factor.md, which
docs/baselines/day_factor.md shows.
"""

from pathlib import Path

import numpy as np

import viewshift as vs
from viewshift._files import write_whole
from viewshift.baselines import DayFactor

NUMBERS, DAYS, REPEATS = (30, 60, 120, 250, 500, 1_000), 500, 4
SHOCKS = np.arange(104, DAYS, 9)
TARGET = Path(__file__).with_name("results") / "day_factor.md"


def factors(shock: DayFactor, n_accounts: int, population: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors of doubled and of ordinary days of one panel."""
    viewers = vs.simulate.viewers(n_accounts, DAYS, seed=seed, population=population)
    values = viewers["episodes"].copy()
    values[:, SHOCKS] *= 2
    panel = vs.Panel({"episodes": values}, accounts=viewers.accounts, start=viewers.start)
    found = shock.estimate(panel).factor[0]
    ordinary = np.ones(DAYS, dtype=bool)
    ordinary[SHOCKS] = False
    return found[SHOCKS], found[ordinary]


def main() -> None:
    """Write the table: a row per population and number of accounts."""
    lines = [
        f"| population | accounts | doubled days seen (of {SHOCKS.size * REPEATS}) | factor there, 10-90 % | "
        "ordinary days with a factor |",
        "|---|--:|--:|--:|--:|",
    ]
    for population in ("sessions", "markov"):
        shock = DayFactor().fit(vs.simulate.viewers(3_000, 365, seed=901, population=population))
        for n in NUMBERS:
            parts = [factors(shock, n, population, seed) for seed in range(50, 50 + REPEATS)]
            doubled, ordinary = (np.concatenate(part) for part in zip(*parts, strict=True))
            seen = np.abs(np.log(doubled)) > 0.01
            low, high = np.quantile(doubled[seen], [0.1, 0.9]) if seen.any() else (np.nan, np.nan)
            lines.append(
                f"| {population} | {n:,} | {seen.mean():.0%} | {low:.2f}-{high:.2f} | "
                f"{np.mean(np.abs(np.log(ordinary)) > 0.01):.1%} |"
            )
            print(lines[-1], flush=True)
    write_whole(TARGET, "\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
