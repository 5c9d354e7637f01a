"""Generalised ESD as PyAstronomy computes it: statistics and critical values of all steps, and who is declared."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROSNER = """
-0.25 0.68 0.94 1.15 1.20 1.26 1.26 1.34 1.38 1.43 1.49 1.49 1.55 1.56 1.58 1.65 1.69 1.70 1.76 1.77 1.81 1.91 1.94 1.96
1.99 2.06 2.09 2.10 2.14 2.15 2.23 2.24 2.26 2.35 2.37 2.40 2.47 2.54 2.62 2.64 2.90 2.92 2.92 2.93 3.21 3.26 3.30 3.59
3.68 4.30 4.64 5.34 5.42 6.01
"""
"""The 54 values of Rosner (1983), as the NIST handbook (1.3.5.17.3) gives them."""


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    from PyAstronomy import pyasl

    rng = np.random.default_rng(41)
    normal = rng.normal(3.0, 1.0, 120).round(6)
    normal[[10, 40, 41, 90]] += [6.0, -7.0, 9.0, 5.0]
    counts = rng.negative_binomial(0.5, 0.5 / 3.5, 200).astype(float)
    # each count a little larger than the one before it, so that none equals another and the order has no ties
    counts += np.arange(200) * 1e-4
    cases = []
    for name, values, most, alpha in (
        ("Rosner's 54 values", np.array(ROSNER.split(), dtype=float), 10, 0.05),
        ("normal with four outliers", normal, 12, 0.05),
        ("negative binomial counts", counts, 20, 0.01),
    ):
        n_outliers, _, statistics, critical, removed = pyasl.generalizedESD(values, most, alpha, True, True)
        cases.append(
            {
                "name": name,
                "inputs": {"values": values.tolist(), "most": most, "alpha": alpha},
                "values": {
                    "n_outliers": n_outliers,
                    "statistics": [float(x) for x in statistics],
                    "critical": [float(x) for x in critical],
                    "removed": [int(i) for i in removed[:most]],
                },
            }
        )
    return {
        "package": "PyAstronomy",
        "version": version("PyAstronomy"),
        "source": "pyasl.generalizedESD(values, most, alpha, fullOutput=True, ubvar=True)",
        "tolerance": {"rtol": 1e-10, "atol": 1e-12},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("generalized_esd.json").write_text(json.dumps(make(), indent=1) + "\n")
