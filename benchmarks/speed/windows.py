"""Scores against the account's own trailing window: robust z, z, weekday factors; beside NumPy and pandas.

What is timed is what users call, `Detector.score` on a `Panel`. Peers are given the fitted weekday factors and floor.
"""

import warnings
from collections.abc import Callable, Iterator

import harness
import numpy as np
import pandas as pd
from harness import Case, Peer
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

import viewshift as vs
from viewshift.baselines.weekday import weekday_factors

WINDOW, GUARD, LEAST = 56, 7, 28
CHUNK = 50
"""Accounts at a time for NumPy's windows, whose copies then fit into the cache."""

Array = NDArray[np.float64]


def panel_of(values: NDArray[np.float32]) -> vs.Panel:
    """Return counts as a panel that begins on a Monday."""
    names = [f"a{i}" for i in range(len(values))]
    return vs.Panel({"episodes": values}, accounts=names, start="2023-01-02")


def windows_of(values: Array) -> Array:
    """Return the window before each day, ``(n_accounts, n_days, WINDOW)``, NaN before the first."""
    lead = np.full((len(values), WINDOW + GUARD), np.nan)
    history = np.concatenate([lead, values], axis=1)[:, : values.shape[1] + WINDOW - 1]
    return sliding_window_view(history, WINDOW, axis=1)


def sorted_robust_z(values: Array, floor: float) -> Array:
    """Return robust z-scores by sorting each window, and its absolute deviations: NaN goes to the end."""
    z = np.full(values.shape, np.nan)
    for first in range(0, len(values), CHUNK):
        part = values[first : first + CHUNK]
        windows = windows_of(part)
        n = np.count_nonzero(~np.isnan(windows), axis=2)
        median = _middle(np.sort(windows, axis=2), n)
        mad = _middle(np.sort(np.abs(windows - median[:, :, None]), axis=2), n)
        own = (part - median) / np.maximum(1.4826 * mad, floor)
        z[first : first + CHUNK] = np.where(n >= LEAST, own, np.nan)
    return z


def _middle(ordered: Array, n: NDArray[np.int64]) -> Array:
    low = np.take_along_axis(ordered, np.maximum(n - 1, 0)[:, :, None] // 2, axis=2)
    high = np.take_along_axis(ordered, n[:, :, None] // 2 % WINDOW, axis=2)
    return np.where(n % 2 == 1, high[:, :, 0], 0.5 * (low + high)[:, :, 0])


def rolling_robust_z(values: Array, floor: float) -> Array:
    """Return robust z-scores as people write them with pandas: `rolling.median`, and `rolling.apply` for the MAD."""
    days = pd.DataFrame(values.T)
    rolling = days.rolling(WINDOW, min_periods=LEAST)

    def mad(window: Array) -> float:
        return float(np.nanmedian(np.abs(window - np.nanmedian(window))))

    spread = 1.4826 * rolling.apply(mad, raw=True).shift(GUARD + 1)
    return ((days - rolling.median().shift(GUARD + 1)) / spread.clip(lower=floor)).to_numpy().T


def cumsum_z(values: Array, floor: float) -> Array:
    """Return z-scores from cumulative sums of values and squares: rounding of all that went before stays in them."""
    seen = ~np.isnan(values)
    filled = np.where(seen, values, 0.0)
    n, total, squares = (_window_sum(part) for part in (seen.astype(np.float64), filled, filled * filled))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n
        std = np.sqrt(np.maximum(squares - n * mean * mean, 0.0) / (n - 1))
        return np.where(n >= LEAST, (values - mean) / np.maximum(std, floor), np.nan)


def _window_sum(values: Array) -> Array:
    n_days = values.shape[1]
    total = np.zeros((len(values), n_days + WINDOW + GUARD + 1))
    np.cumsum(values, axis=1, out=total[:, WINDOW + GUARD + 1 :])
    return total[:, WINDOW : WINDOW + n_days] - total[:, :n_days]


def rolling_z(values: Array, floor: float) -> Array:
    """Return z-scores by pandas' `rolling.mean` and `rolling.std`."""
    days = pd.DataFrame(values.T)
    rolling = days.rolling(WINDOW, min_periods=LEAST)
    mean, std = rolling.mean().shift(GUARD + 1), rolling.std().shift(GUARD + 1)
    return ((days - mean) / std.clip(lower=floor)).to_numpy().T


def grouped_factors(frame: pd.DataFrame) -> Array:
    """Return the mean of each weekday relative to the mean weekday, accounts weighing alike, by pandas' `groupby`."""
    relative = frame["episodes"] / frame.groupby("account")["episodes"].transform("mean")
    by_day = relative.replace([np.inf, -np.inf], np.nan).groupby(frame["day"].dt.day_of_week).mean()
    return (by_day / by_day.mean()).to_numpy()


def scores(
    name: str,
    detector: vs.detectors.Detector,
    peers: dict[str, tuple[Callable[[Array, float], Array], int, float | None, str]],
    n_accounts: int,
    tolerance: float,
) -> Case:
    """Return the case of a detector whose peers take values divided by weekday factors, and a floor."""
    panel = panel_of(harness.counts(n_accounts, seed=1))
    detector.fit(panel.take(slice(0, 500)))
    factors = detector.weekday_[panel.weekday]
    values, floor = panel["episodes"], detector.floor_

    def way(call: Callable[[Array, float], Array], size: int) -> Callable[[], Array]:
        return lambda: call(values[:size] / factors, floor)

    def check() -> None:
        own = detector.score(panel)
        for call, size, _, _ in peers.values():
            np.testing.assert_allclose(way(call, size)(), own[:size], rtol=tolerance, atol=tolerance)

    return Case(
        name=name,
        unit="accounts",
        size=n_accounts,
        own=lambda: detector.score(panel),
        check=check,
        panel=f"{n_accounts:,} accounts, window {WINDOW}",
        agreement=f"equal to {tolerance:.0e}".replace("e-0", "e-"),
        peers={
            peer: Peer(call=way(call, size), size=size, wanted=wanted, note=note)
            for peer, (call, size, wanted, note) in peers.items()
        },
    )


def weekdays(n_accounts: int) -> Case:
    """Return the case of the weekday factors of a population."""
    panel = panel_of(harness.counts(n_accounts, seed=2))
    frame = panel.to_frame().astype({"episodes": np.float64})

    def check() -> None:
        np.testing.assert_allclose(grouped_factors(frame), weekday_factors(panel, "episodes"), rtol=1e-10)

    return Case(
        name="weekday factors",
        unit="accounts",
        size=n_accounts,
        own=lambda: weekday_factors(panel, "episodes"),
        check=check,
        panel=f"{n_accounts:,} accounts",
        agreement="equal to 1e-10",
        peers={"pandas groupby": Peer(call=lambda: grouped_factors(frame), size=n_accounts)},
    )


def cases() -> Iterator[Case]:
    """Yield the cases of this module."""
    warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
    yield scores(
        "robust z, exact median and MAD",
        vs.detectors.RobustZ(),
        {
            "NumPy windows, sorted": (sorted_robust_z, 200, 12.0, "200 accounts, 50 at a time"),
            "pandas rolling.apply": (rolling_robust_z, 5, 500.0, "5 accounts"),
        },
        4000,
        1e-9,
    )
    yield scores(
        "z by mean and standard deviation",
        vs.detectors.ZScore(),
        {
            "NumPy cumsum": (cumsum_z, 500, 2.5, "500 accounts at a time, which fit into the cache"),
            "pandas rolling": (rolling_z, 1000, None, "1,000 accounts"),
        },
        4000,
        1e-6,
    )
    yield weekdays(2000)


if __name__ == "__main__":
    harness.run(__file__, cases, ("pandas",))
