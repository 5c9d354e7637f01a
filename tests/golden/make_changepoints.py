"""Covering and F-measure of changepoints by the code of van den Burg and Williams, one annotator each."""

import json
from pathlib import Path
from typing import Any

import numpy as np

COMMIT = "1709f406eddda318f39275a4d9f3838bdaa83496"
APART = (
    "the benchmark is no package: put analysis/scripts of a checkout of "
    f"github.com/alan-turing-institute/TCPDBench at {COMMIT} on PYTHONPATH"
)


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    from metrics import covering, f_measure

    rng = np.random.default_rng(45)
    cases = []
    for k in range(300):
        n = int(rng.integers(6, 120))
        true, found = (sorted({int(day) for day in rng.integers(1, n, size=rng.integers(low, 7))}) for low in (1, 0))
        margin = (0, 1, 3, 5)[k % 4]
        f1, precision, _ = f_measure({1: true}, found, margin=margin, return_PR=True)
        cases.append(
            {
                "inputs": {"n_days": n, "true": true, "found": found, "margin": margin},
                "values": {
                    "covering": covering({1: true}, found, n),
                    "f1": f1,
                    "pairs": round(precision * (len(found) + 1)),
                },
            }
        )
    return {
        "package": "TCPDBench",
        "version": COMMIT,
        "source": "analysis/scripts/metrics.py: covering({1: true}, found, n), f_measure({1: true}, found, margin)",
        "tolerance": {"rtol": 1e-12, "atol": 1e-15},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("changepoints.json").write_text(json.dumps(make()) + "\n")
