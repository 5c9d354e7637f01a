"""Range-based precision and recall as prts computes them, for every bias, cardinality and reward for existence."""

import itertools
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

APART = "prts asks for numpy below 2; it runs beside a newer one after `pip install --no-deps prts==1.0.0.3`"


def days(flags: Any) -> str:
    """Return flags as text, one letter a day."""
    return "".join("01"[int(flag)] for flag in flags)


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    from prts import ts_precision, ts_recall

    rng = np.random.default_rng(41)
    options = list(itertools.product(("flat", "front", "middle", "back"), ("one", "reciprocal"), (0.0, 0.3)))
    cases = []
    for k in range(240):
        n = int(rng.integers(8, 60))
        share = rng.uniform(0.05, 0.6, 2)
        calm = int(rng.integers(1, 5))  # a state lasts some days
        event, alarm = (np.repeat(rng.random(n) < p, calm)[:n] for p in share)
        event[rng.integers(n)] = alarm[rng.integers(n)] = True
        bias, cardinality, existence = options[k % len(options)]
        how = {"cardinality": cardinality, "bias": bias}
        real, found = event.astype(int), alarm.astype(int)
        cases.append(
            {
                "inputs": {"event": days(event), "alarm": days(alarm), "existence": existence, **how},
                "values": {
                    "recall": float(ts_recall(real, found, alpha=existence, **how)),
                    "precision": float(ts_precision(real, found, **how)),
                },
            }
        )
    return {
        "package": "prts",
        "version": version("prts"),
        "source": "ts_recall(real, pred, alpha, cardinality, bias) and ts_precision(real, pred, 0, cardinality, bias)",
        "tolerance": {"rtol": 1e-12, "atol": 1e-15},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("range_rewards.json").write_text(json.dumps(make()) + "\n")
