"""Fit the rule that viewshift ships, on the simulated reference population.

Run it again after the simulator or the detector changes: python benchmarks/make_default_rule.py
"""

from pathlib import Path

import viewshift as vs

ACCOUNTS, DAYS, SEED = 5_000, 1_095, 20_240_101
TARGET = Path(vs.__file__).parent / "data" / "default_rule.npz"

if __name__ == "__main__":
    population = vs.simulate.viewers(ACCOUNTS, DAYS, seed=SEED)
    rule = vs.AlarmRule(vs.detectors.Cusum()).fit(population)
    rule.reference = f"{ACCOUNTS:,} simulated viewers x {DAYS:,} days (vs.simulate.viewers, seed {SEED})"
    rule.save(TARGET)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, {rule.reference}")
