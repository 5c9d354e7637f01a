"""Fit the rules and the baseline that viewshift ships, on the simulated reference population.

Run it again after the simulator, a shipped detector or the calibration changes: python benchmarks/make_shipped.py
"""

from pathlib import Path

import viewshift as vs
from viewshift.archives import described, write_archive
from viewshift.detectors import Bank, PredictiveTail, QuietScan, SurgeScan
from viewshift.saved import SHIPPED

ACCOUNTS, DAYS, SEED = 5_000, 1_095, 20_240_101
DETECTORS = {
    "Bank": Bank(detectors=(SurgeScan(), QuietScan()), shares=(0.9, 0.1)),
    "PredictiveTail": PredictiveTail(),
}
FOLDER = Path(vs.__file__).parent / "data"

if __name__ == "__main__":
    population = vs.simulate.viewers(ACCOUNTS, DAYS, seed=SEED)
    for name in SHIPPED:
        rule = vs.AlarmRule(DETECTORS[name]).fit(population)
        rule.reference = f"{ACCOUNTS:,} simulated viewers x {DAYS:,} days (vs.simulate.viewers, seed {SEED})"
        rule.save(FOLDER / f"{name}.npz")
    usual = vs.baselines.UsualLevel().fit(population)
    write_archive(FOLDER / "UsualLevel.npz", "baseline", {"baseline": described(usual)}, usual.learned())
    for path in sorted(FOLDER.glob("*.npz")):
        print(f"{path.name}: {path.stat().st_size:,} bytes")
