"""What accounts share about the week: factors by which days of the week differ."""

import numpy as np

from viewshift._typing import Floats
from viewshift.panel import Panel


def weekday_factors(panel: Panel, measure: str) -> Floats:
    """Return the mean of each weekday relative to the mean weekday, Monday first, shape (7,).

    Each account's days are first divided by the panel's exposure and by the account's own mean, so that no account,
    however heavy or however corrupt one of its days, weighs more than another. A weekday that was never observed, or a
    panel without any viewing, gets the factor 1.
    """
    weekday = panel.weekday
    values = panel[measure] if panel.exposure is None else panel[measure] / panel.exposure
    seen = ~np.isnan(values)
    total: Floats = np.nansum(values, axis=1, dtype=np.float64)
    use = total > 0
    own_mean = total[use] / np.count_nonzero(seen[use], axis=1)
    sums, counts = np.zeros(7), np.zeros(7)
    for day in range(7):
        block = values[use][:, weekday == day]
        sums[day] = (np.nansum(block, axis=1, dtype=np.float64) / own_mean).sum()
        counts[day] = np.count_nonzero(seen[use][:, weekday == day])
    means = np.divide(sums, counts, out=np.full(7, np.nan), where=counts > 0)
    if not use.any():
        return np.ones(7)
    return np.maximum(np.where(counts > 0, means / np.nanmean(means), 1.0), 0.1)


def expected_factors(panel: Panel, factors: Floats) -> Floats:
    """Return what to divide each account-day by: weekday factor times the panel's exposure, broadcastable."""
    by_day = factors[panel.weekday][None, :]
    return by_day if panel.exposure is None else by_day * panel.exposure
