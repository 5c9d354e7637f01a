"""Collective and point anomalies of each account's history by penalised savings (CAPA), exact.

A day or stretch of days is anomalous if a level of its own saves more, on the scale of twice the log-likelihood, than
its price. Fisch, Eckley and Fearnhead (2022), section 3.
"""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.gains import level_gain


@kernel
def _saving(model: int, total: float, weight: float, null: float, size: float, sign: int) -> float:
    """Return twice the gain of a stretch by a level of its own; 0 if that lies on the wrong side."""
    if sign * (total - null * weight) < 0.0:
        return 0.0
    return 2.0 * level_gain(model, total, weight, null, size)


@parallel_kernel
def anomalous_stretches(
    values: Floats,
    weights: Floats,
    null: Floats,
    model: int,
    size: float,
    sign: int,
    prices: tuple[float, float],
    least: int,
    longest: int,
) -> tuple[Ints, Floats, Floats]:
    """Return where anomalies begin and how long they last, what each gains, and the total saved.

    Maximises, per account, the sum over anomalies of what they save less their price: single days, and stretches of
    `least` to `longest` observed days. The total is at least 0.

    Parameters
    ----------
    values, weights
        Days and their weights (`level_gain`), ``(n_accounts, n_days)``; where a value is NaN the day is skipped.
    null
        Usual level of each account, ``(n_accounts,)``.
    model, size
        As `level_gain` takes them.
    sign
        1 for levels above the usual one only, -1 for levels below, 0 for both.
    prices
        Of a stretch and of a single day, in multiples of log n, n observed days.
    least, longest
        Fewest and most observed days in a stretch.

    Returns
    -------
    Observed days of the anomaly that begins on a day, 0 if none does, and its gain in log-likelihood, both of the shape
    of `values`; and the total, ``(n_accounts,)``. Among equals no anomaly comes before a single day, this before a
    stretch, and of these the shortest.
    """
    n_accounts, n_days = values.shape
    length = np.zeros((n_accounts, n_days), dtype=np.int64)
    gain = np.zeros((n_accounts, n_days))
    objective = np.zeros(n_accounts)
    for i in prange(n_accounts):
        day = np.flatnonzero(~np.isnan(values[i]))
        n = day.size
        unit = math.log(max(n, 2))
        best = np.zeros(n + 1)
        last = np.zeros(n + 1, dtype=np.int64)
        saved = np.zeros(n + 1)
        for t in range(1, n + 1):
            best[t] = best[t - 1]
            total, weight = 0.0, 0.0
            for s in range(t - 1, max(t - longest, 0) - 1, -1):
                total += values[i, day[s]]
                weight += weights[i, day[s]]
                if s < t - 1 and t - s < least:
                    continue
                saving = _saving(model, total, weight, null[i], size, sign)
                price = unit * (prices[1] if s == t - 1 else prices[0])
                if best[s] + saving - price > best[t]:
                    best[t] = best[s] + saving - price
                    last[t] = t - s
                    saved[t] = saving
        objective[i] = best[n]
        t = n
        while t > 0:
            if last[t] > 0:
                length[i, day[t - last[t]]] = last[t]
                gain[i, day[t - last[t]]] = 0.5 * saved[t]
                t -= last[t]
            else:
                t -= 1
    return length, gain, objective


@parallel_kernel
def winsorised_mean(values: Floats, quantile: float) -> Floats:
    """Return each account's mean of observed days, none counted above its own quantile, ``(n_accounts,)``; or NaN."""
    mean = np.full(values.shape[0], np.nan)
    for i in prange(values.shape[0]):
        seen = values[i][~np.isnan(values[i])]
        if seen.size > 0:
            mean[i] = np.minimum(seen, np.quantile(seen, quantile)).mean()
    return mean
