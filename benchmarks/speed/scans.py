"""Tails of the hurdle and the charts that scan all last days: GLR, SurgeScan, QuietScan; beside SciPy and NumPy.

Nobody else has the two scans or a GLR of unequal negative binomial means for many accounts; the GLR's peer is NumPy
going through all windows at once, with the same steps to the best factor.
"""

from collections.abc import Iterator

import harness
import numpy as np
from harness import Case, Peer
from numpy.typing import NDArray
from scipy import stats
from windows import panel_of

import viewshift as vs
from viewshift.baselines.predictive import Predictive
from viewshift.detectors import Bocpd, Detector, Glr, QuietScan, SurgeScan
from viewshift.kernels.glr import shift_gain

Array = NDArray[np.float64]

WINDOW = 56
SIZE = 0.8


def tails(n_accounts: int) -> Case:
    """Return the case of log P(Y >= y) of a hurdle on every account-day."""
    values = harness.counts(n_accounts, seed=7, missing=0.0).astype(np.float64)
    rng = np.random.default_rng(8)
    active, mean = rng.uniform(0.1, 0.9, values.shape), rng.gamma(1.5, 2.0, values.shape) + 0.05
    size = rng.uniform(0.3, 5.0, values.shape)
    prediction = Predictive(active, mean, size)

    def scipys(rows: int) -> Array:
        y, p, m, r = (part[:rows] for part in (values, active, mean, size))
        success = r / (r + m)
        positive = np.log(p) + stats.nbinom.logsf(y - 1, r, success) - np.log1p(-(success**r))
        return np.where(y > 0, positive, 0.0)

    def check() -> None:
        np.testing.assert_allclose(prediction.logsf(values)[:10], scipys(10), rtol=1e-10, atol=1e-10)

    return Case(
        name="tails of the hurdle",
        unit="account-days",
        size=values.size,
        own=lambda: prediction.logsf(values),
        check=check,
        panel=f"{n_accounts:,} accounts, parameters of its own for every day",
        agreement="equal to 1e-10, where SciPy's does not underflow",
        peers={"scipy.stats.nbinom.logsf": Peer(call=lambda: scipys(50), size=values[:50].size)},
    )


def every_window(values: Array, means: Array) -> Array:
    """Return the largest gain of the windows that end on each day, ``(n_accounts, n_days)``, all at once by NumPy.

    Newton's steps on log factors, shortened as the kernel's are; a day that is not in a window weighs 0.
    """
    inside = np.tril(np.ones((WINDOW, WINDOW)))  # window by its length less 1, day by its age
    gains = np.zeros(values.shape)
    for row in range(len(values)):
        y, mu = (np.append(np.zeros(WINDOW - 1), part[row]) for part in (values, means))
        y, mu = (np.lib.stride_tricks.sliding_window_view(part, WINDOW)[:, None, ::-1] for part in (y, mu))
        rise = np.zeros((values.shape[1], WINDOW))
        for _ in range(30):
            factor = np.exp(rise)[:, :, None] * mu
            rest = SIZE / (SIZE + factor)
            slope = np.sum(inside * (y - factor) * rest, axis=2)
            bend = np.sum(inside * (y + SIZE) * rest * factor / (SIZE + factor), axis=2)
            step = slope / np.maximum(bend, 1e-300)
            rise = np.clip(rise + np.sign(step) * np.log1p(np.abs(step)), 0.0, 50.0)
            if np.max(bend * step**4, where=rise > 0, initial=0.0) < 1e-13:
                break
        odds = np.log1p(np.expm1(rise)[:, :, None] * mu / (SIZE + mu))
        gains[row] = np.sum(inside * (y * (rise[:, :, None] - odds) - SIZE * odds), axis=2).max(axis=1)
    return gains


def glr(n_accounts: int) -> Case:
    """Return the case of the GLR's kernel, from means to gains."""
    values = harness.counts(n_accounts, seed=9, missing=0.0).astype(np.float64)
    week = np.array([0.9, 0.85, 0.9, 0.95, 1.1, 1.2, 1.1])[np.arange(values.shape[1]) % 7]
    means = np.maximum(values[:, :365].mean(axis=1, keepdims=True), 0.05) * week
    lead = np.full((n_accounts, WINDOW - 1), np.nan)
    history, usual = np.hstack([lead, values]), np.hstack([lead, means])

    def own() -> Array:
        return shift_gain(history, usual, values.shape[1], SIZE, 1, 1)

    def check() -> None:
        np.testing.assert_allclose(own()[:2], every_window(values[:2], means[:2]), rtol=1e-8, atol=1e-8)

    return Case(
        name="GLR",
        unit="account-days",
        size=values.size,
        own=own,
        check=check,
        panel=f"{n_accounts:,} accounts, all starts within {WINDOW} days",
        agreement="equal to 1e-8",
        peers={"NumPy, all windows": Peer(call=lambda: every_window(values[:2], means[:2]), size=values[:2].size)},
    )


def alone(detector: Detector, n_accounts: int) -> Case:
    """Return the case of a detector that has no peer, as users call it: `Detector.score` on a panel."""
    panel = panel_of(harness.counts(n_accounts, seed=6))
    detector.fit(panel)
    return Case(
        name=f"{type(detector).__name__}.score",
        unit="account-days",
        size=n_accounts * harness.N_DAYS,
        own=lambda: detector.score(panel),
        check=lambda: None,
        panel=f"{n_accounts:,} accounts, its defaults",
        agreement="no peer; exact by the tests",
    )


def rule(n_accounts: int) -> Case:
    """Return the case of the shipped default rule, from counts to alarms."""
    panel = panel_of(harness.counts(n_accounts, seed=6))
    shipped = vs.default_rule()
    return Case(
        name="alarms of the default rule",
        unit="account-days",
        size=n_accounts * harness.N_DAYS,
        own=lambda: shipped.alarms(panel),
        check=lambda: None,
        panel=f"{n_accounts:,} accounts",
        agreement="no peer; alarms with onset, end and kind included",
    )


def cases() -> Iterator[Case]:
    """Yield all cases."""
    yield tails(500)
    yield glr(200)
    for detector in (Glr(), Bocpd(), SurgeScan(), QuietScan()):
        yield alone(detector, 200)
    yield rule(200)


if __name__ == "__main__":
    harness.run(__file__, cases, packages=("scipy",))
