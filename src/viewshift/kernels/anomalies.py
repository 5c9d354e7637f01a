"""Collective and point anomalies of each account's history by penalised savings (CAPA), exact.

A day or stretch of days is anomalous if a level of its own saves more, on the scale of twice the log-likelihood, than
its price. Fisch, Eckley and Fearnhead (2022), section 3.
"""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import inline_kernel, parallel_kernel
from viewshift.kernels.inline import inline_log, sort_key, value_of


@inline_kernel
def _write_savings(
    model: int, totals: Floats, weights: Floats, null: float, size: float, sign: int, savings: Floats
) -> None:
    """Write twice the gain of stretches by a level of their own (`level_gain`); 0 where that lies on the wrong side.

    `null` is above 0 but for the normal cost; a weight is too.
    """
    log_usual = math.log(null) - math.log(size + null) if model == 2 else 0.0
    for k in range(totals.size):
        total, weight = totals[k], weights[k]
        excess = total - null * weight
        if model == 0:
            gain = 0.5 * excess * excess / weight
        elif model == 1:
            gain = total * inline_log(total / (null * weight)) - excess
        else:
            both = size * weight + total
            gain = total * (inline_log(total / both) - log_usual)
            gain -= weight * size * inline_log(both / (weight * (size + null)))
        savings[k] = 0.0 if sign * excess < 0.0 else 2.0 * gain


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
        reach = min(longest, n)
        ahead = np.zeros(n + 1 + reach)  # what was saved before day t stands at n - t: stretches lie side by side
        last = np.zeros(n + 1, dtype=np.int64)
        saved = np.zeros(n + 1)
        totals, own_weights = np.zeros(reach + 1), np.zeros(reach + 1)  # of the last 1, 2, ... days
        savings, through = np.empty(reach), np.empty(reach)
        for t in range(1, n + 1):
            m = min(t, reach)
            y, weight = values[i, day[t - 1]], weights[i, day[t - 1]]
            for k in range(m - 1, 0, -1):
                totals[k] = totals[k - 1] + y
                own_weights[k] = own_weights[k - 1] + weight
            totals[0], own_weights[0] = y, weight
            _write_savings(model, totals[:m], own_weights[:m], null[i], size, sign, savings)
            before = ahead[n - t + 1 : n - t + 1 + m]
            highest = sort_key(before[0])
            for k in range(m):
                price = unit * (prices[1] if k == 0 else prices[0])
                through[k] = before[k] + savings[k] - price if k == 0 or k + 1 >= least else -np.inf
                highest = max(highest, sort_key(through[k]))
            ahead[n - t] = value_of(highest)
            if ahead[n - t] > before[0]:
                k = 0
                while through[k] != ahead[n - t]:
                    k += 1
                last[t] = k + 1
                saved[t] = savings[k]
        objective[i] = ahead[0]
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
