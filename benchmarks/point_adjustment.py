"""Measure what point adjustment makes of a score that knows nothing: why no metric here uses it.

Run it from a checkout: ``python benchmarks/point_adjustment.py``. It writes results/point_adjustment.md, which
docs/metrics.md shows.
"""

from pathlib import Path

import numpy as np

from viewshift._files import write_whole
from viewshift.metrics import average_precision, mark_days, vus_pr

ACCOUNTS, DAYS, SEED = 200, 365, 7
LENGTHS = (7, 28, 60)
TARGET = Path(__file__).with_name("results") / "point_adjustment.md"


def best_f1(found: np.ndarray, false: np.ndarray, n_wrong: int) -> float:
    """Return the best F1 over thresholds, from event days and other days at or above each."""
    return float((2 * found / (n_wrong + found + false)).max())


def row(length: int, rng: np.random.Generator) -> str:
    """Return one line of the table: a panel of noise with one event of so many days in each account."""
    score = rng.normal(size=(ACCOUNTS, DAYS))
    account, onset = np.arange(ACCOUNTS), rng.integers(DAYS - length + 1, size=ACCOUNTS)
    wrong = mark_days(account, onset, onset + length - 1, score.shape)
    adjusted = score.copy()  # an event is as high as its highest day
    adjusted[wrong] = np.repeat(score[wrong].reshape(ACCOUNTS, length).max(axis=1), length)
    thresholds = np.quantile(score, np.linspace(0, 1, 1000))
    above, lifted = (
        np.array([np.count_nonzero(values[wrong] >= at) for at in thresholds]) for values in (score, adjusted)
    )
    false = np.array([np.count_nonzero(score[~wrong] >= at) for at in thresholds])
    plain, point_adjusted = (best_f1(found, false, int(wrong.sum())) for found in (above, lifted))
    numbers = (wrong.mean(), plain, point_adjusted, average_precision(score, wrong), vus_pr(score, wrong).mean())
    return f"| {length} | " + " | ".join(f"{number:.2f}" for number in numbers) + " |"


def table() -> str:
    """Return the whole table."""
    rng = np.random.default_rng(SEED)
    head = "| days in an event | share of all days | best F1 | best F1, point-adjusted | average precision | VUS-PR |"
    return "\n".join([head, "|--:|--:|--:|--:|--:|--:|", *(row(length, rng) for length in LENGTHS), ""])


if __name__ == "__main__":
    write_whole(TARGET, table())
