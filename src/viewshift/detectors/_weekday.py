"""What accounts share about the week: factors by which days of the week differ."""

import numpy as np

from viewshift._typing import Floats
from viewshift.panel import Panel


def weekday_factors(panel: Panel, measure: str) -> Floats:
    """Return the mean of each weekday relative to the mean weekday, Monday first, shape (7,).

    A weekday that was never observed, or a panel without any viewing, gets the factor 1.
    """
    values, weekday = panel[measure], panel.weekday
    total, count = np.zeros(7), np.zeros(7)
    for day in range(7):
        block = values[:, weekday == day]
        count[day] = np.count_nonzero(~np.isnan(block))
        total[day] = np.nansum(block, dtype=np.float64)
    means = np.divide(total, count, out=np.full(7, np.nan), where=count > 0)
    level = np.nanmean(means) if (count > 0).any() else 0.0
    if not level > 0:
        return np.ones(7)
    factors = np.where(np.isnan(means), 1.0, means / level)
    return np.maximum(factors, 0.1)


def expected_factors(panel: Panel, factors: Floats) -> Floats:
    """Return what to divide each account-day by: weekday factor times the panel's exposure, broadcastable."""
    by_day = factors[panel.weekday][None, :]
    return by_day if panel.exposure is None else by_day * panel.exposure
