"""Raw scores of the code of the Numenta anomaly benchmark, standard profile and with missed events at a cost of 2."""

import json
from pathlib import Path
from typing import Any

import numpy as np

COMMIT = "03ef06a789b894fe8ce1a0f4ae114fe29e324d78"
APART = f"the benchmark is no package: put a checkout of github.com/numenta/NAB at {COMMIT} on PYTHONPATH"


def days(flags: Any) -> str:
    """Return flags as text, one letter a day."""
    return "".join("01"[int(flag)] for flag in flags)


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    from nab.sweeper import Sweeper

    rng = np.random.default_rng(44)
    cases = []
    for k in range(240):
        n = int(rng.integers(12, 90))
        event = np.zeros(n, dtype=bool)
        windows, first = [], int(rng.integers(0, 8))
        while first + 2 < n and len(windows) < 3:
            last = min(
                first + int(rng.integers(1, 9)), n - 1
            )  # two days at least: the code divides by their number - 1
            windows.append((first, last))
            event[first : last + 1] = True
            first = last + int(rng.integers(2, 40))
        alarm = rng.random(n) < rng.uniform(0.0, 0.25)
        cost = {"tpWeight": 1.0, "fpWeight": 0.11, "fnWeight": (1.0, 2.0)[k % 2]}
        sweeper = Sweeper(probationPercent=0.0, costMatrix=cost)
        _, row = sweeper.scoreDataSet(range(n), alarm.astype(float).tolist(), windows, "days", 1.0)
        cases.append(
            {
                "inputs": {"event": days(event), "alarm": days(alarm), "miss": cost["fnWeight"], "false_alarm": 0.11},
                "values": {"raw": float(row.score), "windows": len(windows)},
            }
        )
    return {
        "package": "numenta/NAB",
        "version": COMMIT,
        "source": "nab.sweeper.Sweeper(probationPercent=0).scoreDataSet of 0/1 scores at threshold 1",
        "tolerance": {"rtol": 1e-11, "atol": 1e-12},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("nab.json").write_text(json.dumps(make()) + "\n")
