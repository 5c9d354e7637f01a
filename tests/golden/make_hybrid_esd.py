"""Hybrid ESD (median and MAD) as the package sesd computes it: statistics, critical values, and who is declared."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    import sesd

    rng = np.random.default_rng(42)
    steady = rng.normal(0.0, 2.0, 150).round(6)
    steady[[20, 77, 78, 130]] += [25.0, 18.0, -21.0, 12.0]
    skewed = rng.gamma(0.7, 3.0, 201).round(6)
    cases = []
    for name, values, most, alpha in (
        ("normal with four outliers", steady, 30, 0.05),
        ("skewed, odd number", skewed, 40, 0.01),
    ):
        left, removed, statistics = np.ma.array(values), [], []
        for _ in range(most):
            index, statistic = sesd.calculate_test_statistic(left, hybrid=True)
            left[index] = np.ma.masked
            removed.append(int(index))
            statistics.append(float(statistic))
        critical = [float(sesd.calculate_critical_value(len(values) - i, alpha)) for i in range(most)]
        declared = [int(i) for i in sesd.generalized_esd(values, max_anomalies=most, alpha=alpha, hybrid=True)]
        cases.append(
            {
                "name": name,
                "inputs": {"values": values.tolist(), "most": most, "alpha": alpha},
                "values": {
                    "statistics": statistics,
                    "critical": critical,
                    "removed": removed,
                    "declared": declared,
                },
            }
        )
    return {
        "package": "sesd",
        "version": version("sesd"),
        "source": "generalized_esd(values, most, alpha, hybrid=True) and the two functions it calls; MAD not rescaled",
        "tolerance": {"rtol": 1e-10, "atol": 1e-12},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("hybrid_esd.json").write_text(json.dumps(make(), indent=1) + "\n")
