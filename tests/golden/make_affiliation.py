"""Affiliation precision and recall as the authors' code computes them, which the package vus brings with it."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

APART = "vus asks for tensorflow and tsfresh; its metrics run without them after `pip install --no-deps vus==0.0.6`"


def days(flags: Any) -> str:
    """Return flags as text, one letter a day."""
    return "".join("01"[int(flag)] for flag in flags)


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    from vus.affiliation.generics import convert_vector_to_events
    from vus.affiliation.metrics import pr_from_events

    rng = np.random.default_rng(42)
    cases = []
    for _ in range(300):
        n = int(rng.integers(5, 70))
        share = rng.uniform(0.03, 0.4, 2)
        calm = int(rng.integers(1, 6))
        event, alarm = (np.repeat(rng.random(n) < p, calm)[:n] for p in share)
        event[rng.integers(n)] = True
        found = pr_from_events(convert_vector_to_events(alarm), convert_vector_to_events(event), (0, n))
        precision, recall = found["Affiliation_Precision"], found["Affiliation_Recall"]
        cases.append(
            {
                "inputs": {"event": days(event), "alarm": days(alarm)},
                "values": {"precision": None if np.isnan(precision) else float(precision), "recall": float(recall)},
            }
        )
    return {
        "package": "vus",
        "version": version("vus"),
        "source": "vus.affiliation.metrics.pr_from_events over (0, n), days as intervals (convert_vector_to_events)",
        "tolerance": {"rtol": 1e-11, "atol": 1e-12},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("affiliation.json").write_text(json.dumps(make()) + "\n")
