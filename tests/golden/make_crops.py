"""The best segmentations at all penalties between two, as skchange's CROPS computes them without pruning."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    from skchange.detectors import CROPS
    from skchange.interval_scorers import L2Cost, PoissonCost

    rng = np.random.default_rng(59)
    cases = []
    for k in range(3):
        level = np.repeat(rng.gamma(2.0, 2.0, 8), rng.integers(10, 40, 8))
        normal = rng.normal(level + 5.0, 1.0).round(3)
        poisson = rng.poisson(level).astype(float)
        for cost, values, scorer in (("normal", normal, L2Cost()), ("poisson", poisson, PoissonCost())):
            low, high, least = 1.0, 60.0, 7 - 3 * k
            search = CROPS(scorer, min_penalty=low, max_penalty=high, min_segment_length=least, prune=False)
            found = search.fit(values[:, None]).predict_all(values[:, None])["changepoints_metadata"]
            cases.append(
                {
                    "inputs": {"cost": cost, "low": low, "high": high, "least": least, "values": values.tolist()},
                    "values": {
                        "changes": found["num_changepoints"].tolist(),
                        "cost": found["segmentation_cost"].tolist(),
                    },
                }
            )
    return {
        "package": "skchange",
        "version": version("skchange"),
        "source": "CROPS(L2Cost() or PoissonCost(), prune=False): number of changes and cost of each best segmentation",
        "tolerance": {"rtol": 1e-9, "atol": 1e-12},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("crops.json").write_text(json.dumps(make()) + "\n")
