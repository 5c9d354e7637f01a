"""The largest likelihood ratio for a change within the last days, over all days on which it may have begun."""

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import parallel_kernel
from viewshift.kernels.gains import level_gain


@parallel_kernel
def change_gain(values: Floats, means: Floats, n_days: int, model: int, size: float, sign: int) -> Floats:
    """Return max over s of log L(days s..t at a level of their own) - log L(the same at the usual one), each day t.

    For each of the last `n_days` columns t, s runs over t and the columns before it, as many as precede the first of
    the last `n_days` columns; the own level must lie above (`sign` 1) or below (-1) the usual one, else the gain is 0.
    `values` and `means` are ``(n_accounts, lead + n_days)``; where a value is NaN the day is left out and its own
    result is NaN. Normal values are standardised; Poisson days have the means as usual level, negative binomial ones
    the mean of `means` over the window.

    Functional pruning (Romano et al., 2023; Ward et al., 2024): s can be best only as a corner of the convex minorant
    of the cumulative sums, so neighbouring days are pooled until the pools' levels rise; and pools at or under the
    usual level begin no surge. Logarithms are taken of what remains, some ln(lead) candidates.
    """
    n_accounts, n_columns = values.shape
    lead = n_columns - n_days
    gain = np.full((n_accounts, n_days), np.nan)
    for i in prange(n_accounts):
        total = np.empty(lead + 1)
        weight = np.empty(lead + 1)
        for t in range(n_days):
            if np.isnan(values[i, lead + t]):
                continue
            count, seen, level = 0, 0, 0.0
            for j in range(t, t + lead + 1):
                if np.isnan(values[i, j]):
                    continue
                seen += 1
                level += means[i, j]
                total[count] = values[i, j]
                weight[count] = means[i, j] if model == 1 else 1.0
                while count > 0 and sign * (total[count] * weight[count - 1] - total[count - 1] * weight[count]) <= 0.0:
                    count -= 1
                    total[count] += total[count + 1]
                    weight[count] += weight[count + 1]
                count += 1
            null = 0.0 if model == 0 else 1.0 if model == 1 else level / seen
            best, all_total, all_weight = 0.0, 0.0, 0.0
            for c in range(count - 1, -1, -1):
                if sign * (total[c] - null * weight[c]) <= 0.0:
                    break
                all_total += total[c]
                all_weight += weight[c]
                best = max(best, level_gain(model, all_total, all_weight, null, size))
            gain[i, t] = best
    return gain
