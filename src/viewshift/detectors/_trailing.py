"""What the detectors with a trailing baseline share: the remembered past, the spread floor, the direction."""

from typing import get_args

import numpy as np

from viewshift._checks import check_choice, check_whole
from viewshift._typing import Direction, Floats


def check_trailing(window: int, guard: int, direction: str) -> None:
    """Raise if the baseline holds under 2 days, the guard is negative or the direction unknown."""
    check_whole("window", window, least=2)
    check_whole("guard", guard, least=0)
    check_choice("direction", direction, get_args(Direction))


def with_past(past: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return the past after `values` (a copy), and the days before and during them, ``(n_accounts, lead + n_days)``."""
    history = np.concatenate([past, values], axis=1)
    return history[:, values.shape[1] :].copy(), history


def spread_floor(spread: Floats) -> float:
    """Return the median of the spreads above 0: the smallest spread to divide by; 1 if there is none."""
    positive = spread[spread > 0]
    return float(np.median(positive)) if positive.size else 1.0


def facing(z: Floats, direction: Direction) -> Floats:
    """Return `z` turned so that departures in `direction` are high."""
    if direction == "up":
        return z
    return -z if direction == "down" else np.abs(z)
