"""FOCuS as its authors' package computes it: the largest likelihood ratio of every day, the level before known.

Changes in either direction: held to one side, the package still counts stretches whose level went the other way.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    import changepoint_online

    rng = np.random.default_rng(51)
    level = np.repeat([1.0, 1.8, 1.0, 0.3, 1.0], [60, 12, 50, 30, 48])
    inputs = {
        "normal": rng.normal(1.5 * (level - 1.0), 1.0).round(3),
        "poisson": rng.poisson(level).astype(float),
    }
    cases = []
    for family, known in (("normal", changepoint_online.Gaussian(0.0)), ("poisson", changepoint_online.Poisson(1.0))):
        detector = changepoint_online.Focus(known)
        statistics = []
        for value in inputs[family]:
            detector.update(float(value))
            statistics.append(float(detector.statistic()))
        cases.append({"inputs": {"family": family, "values": inputs[family].tolist()}, "values": statistics})
    return {
        "package": "changepoint-online",
        "version": version("changepoint-online"),
        "source": "Focus(Gaussian(0.0) or Poisson(1.0)).statistic() after each update",
        "tolerance": {"rtol": 1e-8, "atol": 1e-10},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("focus.json").write_text(json.dumps(make()) + "\n")
