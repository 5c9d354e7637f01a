"""Volume under the surface of precision and recall as the authors' package vus computes it, every day a threshold."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

APART = (
    "vus asks for tensorflow and tsfresh; its metrics run without them after `pip install --no-deps vus==0.0.6 tqdm`"
)


def days(flags: Any) -> str:
    """Return flags as text, one letter a day."""
    return "".join("01"[int(flag)] for flag in flags)


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    from vus.utils.metrics import metricor

    rng = np.random.default_rng(43)
    cases = []
    for k in range(240):
        n = int(rng.integers(6, 60))
        calm = int(rng.integers(1, 6))
        event = np.repeat(rng.random(n) < rng.uniform(0.03, 0.35), calm)[:n]
        event[[0, n // 2, n // 2 + 1, -1]] = [False, True, False, False]  # vus 0.0.6 misses an event on the last day
        buffer = (0, 1, 2, 5, 8, 14)[k % 6]
        score = np.round(rng.normal(2.0 * event, 1.0, n) * (3 if k % 2 else 10)).astype(int)  # few levels: many ties
        found = metricor().RangeAUC_volume_opt(event.astype(int), score.astype(float), buffer, thre=n)
        cases.append(
            {
                "inputs": {"event": days(event), "score": score.tolist(), "buffer": buffer},
                "values": {"vus_pr": float(found[-1])},
            }
        )
    return {
        "package": "vus",
        "version": version("vus"),
        "source": "vus.utils.metrics.metricor().RangeAUC_volume_opt(labels, score, windowSize=buffer, thre=len(score))",
        "tolerance": {"rtol": 1e-11, "atol": 1e-13},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("vus_pr.json").write_text(json.dumps(make()) + "\n")
