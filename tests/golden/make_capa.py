"""CAPA as skchange computes it: anomalous stretches, single days and the total saved, usual level known."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    from skchange.detectors import CAPA
    from skchange.interval_scorers import L2Saving, PoissonSaving

    rng = np.random.default_rng(53)
    n_days = 250
    cases = []
    for k in range(3):
        level = np.ones(n_days)
        for first, days, ratio in ((40, 3, 5.0), (90, 12, 2.5), (150, 25, 0.2), (200, 8, 3.0)):
            level[first + 5 * k : first + 5 * k + days] = ratio
        single = rng.random(n_days) < 0.02
        single[:5] = False  # skchange seeks no anomaly before `min_segment_length` days have passed
        normal = (rng.normal(level - 1.0, 1.0) + 6 * single).round(3)
        poisson = rng.poisson(2.0 * level * np.where(single, 6, 1)).astype(float)
        for cost, values, saving, usual in (
            ("normal", normal, L2Saving(0.0), 0.0),
            ("poisson", poisson, PoissonSaving(2.0), 2.0),
        ):
            penalty, point_penalty, longest = 3.0, 2.5 + 0.5 * k, 30
            detector = CAPA(
                saving,
                saving,
                segment_penalty=penalty * np.log(n_days),
                point_penalty=point_penalty * np.log(n_days),
                min_segment_length=2,
                max_segment_length=longest,
            )
            found = detector.fit(values[:, None]).predict_all(values[:, None])
            inputs = {"cost": cost, "usual": usual, "penalty": penalty, "point_penalty": point_penalty}
            cases.append(
                {
                    "inputs": {**inputs, "longest": longest, "values": values.tolist()},
                    "values": {
                        "stretches": found["segment_anomalies"].tolist(),
                        "single": found["point_anomalies"].tolist(),
                        "saved": float(found["cumulative_optimal_savings"][-1]),
                    },
                }
            )
    return {
        "package": "skchange",
        "version": version("skchange"),
        "source": "CAPA(L2Saving(0.0) or PoissonSaving(2.0)), penalties times log n, min_segment_length=2; predict_all",
        "tolerance": {"rtol": 1e-9, "atol": 1e-12},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("capa.json").write_text(json.dumps(make()) + "\n")
