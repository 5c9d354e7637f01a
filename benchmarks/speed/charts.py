"""Charts over days whose increments are given: Page's sums, weighted means, changes of any size; beside NumPy.

NumPy goes through days in Python and takes all accounts at once, each day's values one after the other in memory.
"""

from collections.abc import Iterator

import harness
import numpy as np
from changepoint_online import Focus, Gaussian, Poisson
from harness import Case, Peer
from numpy.typing import NDArray
from windows import cumsum_z, panel_of

import viewshift as vs
from viewshift.kernels.cusum import cumulative_sum
from viewshift.kernels.ewma import weighted_sums
from viewshift.kernels.focus import change_gain
from viewshift.kernels.segmentation import NORMAL, POISSON

WEIGHT = 0.1
CHUNK = 500
"""Accounts at a time for NumPy, whose rows then fit into the cache."""

Array = NDArray[np.float64]


def deviations(n_accounts: int, seed: int) -> Array:
    """Return counts less 2, which are NaN on 3 % of days."""
    return harness.counts(n_accounts, seed).astype(np.float64) - 2.0


def numpy_sums(by_day: Array) -> Array:
    """Return Page's sums, ``(n_days, n_accounts)``; on missing days they hold and are NaN."""
    sums = np.empty_like(by_day)
    last = np.zeros(by_day.shape[1])
    for t, x in enumerate(by_day):
        np.maximum(last + x, 0.0, out=sums[t])
        last = np.where(np.isnan(x), last, sums[t])
    return sums


def numpy_sums_without_missing(by_day: Array) -> Array:
    """Return Page's sums, ``(n_days, n_accounts)``, of days none of which is missing."""
    sums = np.empty_like(by_day)
    last = np.zeros(by_day.shape[1])
    for t, x in enumerate(by_day):
        last = np.maximum(last + x, 0.0, out=sums[t])
    return sums


def numpy_means(by_day: Array) -> Array:
    """Return weighted means, ``(n_days, n_accounts)``, of days none of which is missing."""
    means = np.empty_like(by_day)
    last = np.zeros(by_day.shape[1])
    for t, x in enumerate(by_day):
        last = np.add(last * (1.0 - WEIGHT), WEIGHT * x, out=means[t])
    return means


def page(n_accounts: int, *, missing: bool) -> Case:
    """Return the case of cumulative sums."""
    values = deviations(n_accounts, 5)
    values = values if missing else np.nan_to_num(values)
    by_day = np.ascontiguousarray(values[:CHUNK].T)
    start = np.zeros(n_accounts)
    way = numpy_sums if missing else numpy_sums_without_missing

    def check() -> None:
        np.testing.assert_array_equal(cumulative_sum(start, values, 1.0, np.inf, 0.0)[0][:CHUNK], way(by_day).T)

    return Case(
        name="cumulative sums",
        unit="updates",
        size=values.size,
        own=lambda: cumulative_sum(start, values, 1.0, np.inf, 0.0),
        check=check,
        panel=f"{n_accounts:,} accounts{'' if missing else ', no missing days'}",
        agreement="equal to the bit",
        peers={
            "NumPy over accounts": Peer(
                call=lambda: way(by_day), size=by_day.size, wanted=3.0, note=f"{CHUNK} accounts, one after the other"
            )
        },
    )


def weighted(n_accounts: int) -> Case:
    """Return the case of exponentially weighted means."""
    values = np.nan_to_num(deviations(n_accounts, 6))
    by_day = np.ascontiguousarray(values[:CHUNK].T)
    start = np.zeros((n_accounts, 2))

    def check() -> None:
        own = weighted_sums(start, values, WEIGHT)[0][:CHUNK]
        np.testing.assert_allclose(own, numpy_means(by_day).T, rtol=1e-12, atol=1e-12)

    return Case(
        name="exponentially weighted means",
        unit="updates",
        size=values.size,
        own=lambda: weighted_sums(start, values, WEIGHT),
        check=check,
        panel=f"{n_accounts:,} accounts, no missing days",
        agreement="equal to 1e-12; viewshift's variances besides are not asked of NumPy",
        peers={"NumPy over accounts": Peer(call=lambda: numpy_means(by_day), size=by_day.size)},
    )


def changes(n_accounts: int, longest: int, model: int) -> Case:
    """Return the case of the largest gain of a change upwards; the peer, without `longest`, gets as many days."""
    rng = np.random.default_rng(7)
    if model == NORMAL:
        values, null, family = rng.normal(size=(n_accounts, harness.N_DAYS)), 0.0, Gaussian(loc=0.0)
    else:
        values, null = np.nan_to_num(harness.counts(n_accounts, 7)).astype(np.float64), 1.5
        family = Poisson(lam=null)
    before = np.full((n_accounts, longest - 1), np.nan)
    history = np.concatenate([before, values], axis=1)
    means = np.full(history.shape, max(null, 1.0) if model == NORMAL else null)
    few = values[:5, :longest]

    def own() -> Array:
        return np.asarray(change_gain(history, means, harness.N_DAYS, model, 1.0, 1))

    def peer() -> list[list[float]]:
        return [_followed(Focus(family, side="right"), row) for row in few.tolist()]

    def check() -> None:
        rises = [_followed(Focus(family, side="right"), row, null) for row in few.tolist()]
        np.testing.assert_allclose(own()[:5, :longest], rises, rtol=1e-9, atol=1e-9)

    return Case(
        name=f"FOCuS, {'normal' if model == NORMAL else 'Poisson'}, changes up to {longest} days ago",
        unit="updates",
        size=values.size,
        own=own,
        check=check,
        panel=f"{n_accounts:,} accounts, no missing days",
        agreement="equal to 1e-9 where the level has risen",
        peers={
            "changepoint-online": Peer(
                call=peer, size=few.size, wanted=200.0 if longest > 56 else None, note=f"5 accounts of {longest} days"
            )
        },
    )


def _followed(detector: Focus, row: list[float], null: float | None = None) -> list[float]:
    """Return the statistic of each day; with `null` that of levels above it: the peer's right side tells falls too."""
    found = []
    for y in row:
        detector.update(y)
        if null is None:
            found.append(detector.statistic())
        else:
            pieces = [piece for piece in detector.qr.ps[:-1] if piece.argmax(detector.cs) > null]
            found.append(max((piece.get_max(detector.cs) for piece in pieces), default=0.0))
    return found


def chart(n_accounts: int) -> Case:
    """Return the case of what users call, the score of a `Cusum`, beside the same on NumPy's cumulative sums."""
    panel = panel_of(harness.counts(n_accounts, seed=1))
    detector = vs.detectors.Cusum().fit(panel.take(slice(0, 500)))
    factors = detector.weekday_[panel.weekday]
    few = panel["episodes"][:CHUNK]

    def peer() -> Array:
        z = cumsum_z(few / factors, detector.floor_)
        return numpy_sums(np.ascontiguousarray((np.minimum(z, detector.cap) - detector.shift / 2).T)).T

    def check() -> None:
        np.testing.assert_allclose(detector.score(panel)[:CHUNK], peer(), rtol=1e-6, atol=1e-6)

    return Case(
        name="Cusum, from counts to scores",
        unit="accounts",
        size=n_accounts,
        own=lambda: detector.score(panel),
        check=check,
        panel=f"{n_accounts:,} accounts, window 56",
        agreement="equal to 1e-6",
        peers={"NumPy cumsum and sums": Peer(call=peer, size=CHUNK, note=f"{CHUNK} accounts at a time")},
    )


def cases() -> Iterator[Case]:
    """Yield the cases of this module."""
    yield page(1000, missing=True)
    yield page(1000, missing=False)
    yield chart(4000)
    yield weighted(1000)
    for model in (NORMAL, POISSON):
        for longest in (harness.N_DAYS, 56):
            yield changes(1000, longest, model)


if __name__ == "__main__":
    harness.run(__file__, cases, ("changepoint-online",))
