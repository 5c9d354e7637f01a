"""Run-length posteriors as changepoint-doctor computes them: Poisson and normal days, its own fixed priors.

The package gives the probability of a run that is as old as the history in two parts, which have seen the same days:
the parts are added. Runs that it has dropped (below 1e-15) are 0 here.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

PRIORS = {"poisson": [1.0, 1.0], "normal": [0.0, 1.0, 1.0, 1.0]}
"""Shape and rate; mean, weight, shape and scale."""


def make() -> dict[str, Any]:
    """Return the content of the golden file."""
    import cpd

    rng = np.random.default_rng(61)
    level = np.repeat([2.0, 6.0, 1.0], [50, 12, 48])
    days = {
        "poisson": rng.poisson(level).astype(float),
        "normal": rng.normal(level, 1.5).round(3),
    }
    cases = []
    for model, name in (("poisson", "poisson_gamma"), ("normal", "gaussian_nig")):
        detector = cpd.Bocpd(name, hazard=0.02)
        posteriors = {}
        for t, value in enumerate(days[model]):
            detector.update(float(value))
            state = json.loads(bytes(detector.save_state(format="json")["payload"]))
            if t % 18 != 1:
                continue
            seen = [next(iter(run.values()))["n"] for run in state["run_stats"]]
            posterior = np.zeros(t + 1)
            np.add.at(posterior, np.array(seen) - 1, np.exp(state["log_run_probs"]))
            posteriors[str(t)] = posterior.tolist()
        inputs = {"model": model, "prior": PRIORS[model], "hazard": 0.02, "values": days[model].tolist()}
        cases.append({"inputs": inputs, "values": posteriors})
    return {
        "package": "changepoint-doctor",
        "version": version("changepoint-doctor"),
        "source": "Bocpd(model, hazard=0.02).save_state() after update: exp(log_run_probs) by the days of the runs",
        "tolerance": {"rtol": 1e-10, "atol": 1e-13},
        "cases": cases,
    }


if __name__ == "__main__":
    Path(__file__).with_name("bocpd.json").write_text(json.dumps(make()) + "\n")
