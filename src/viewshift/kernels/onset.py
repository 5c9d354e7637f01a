"""When did a shift begin and end, by the likelihood ratio of two levels of negative-binomial days."""

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel


@kernel
def level_likelihood(total: float, count: float, mean: float, size: float) -> float:
    """Return the log-likelihood of `count` NB days with sum `total` under one mean, without its constant terms."""
    if count <= 0:
        return 0.0
    gain: float = total * np.log(mean / (size + mean)) if total > 0 else 0.0
    loss: float = count * size * np.log1p(mean / size)
    return gain - loss


@parallel_kernel
def locate_shifts(
    values: Floats,
    rows: Ints,
    opened: Ints,
    last: Ints,
    earliest: Ints,
    settled: Ints,
    lookback: int,
    memory: int,
    size: float,
    sign: int,
    drop: float,
) -> tuple[Ints, Floats]:
    r"""Return ``(onset, onset_low, onset_high, end)`` and ``(sums, days and dispersion)`` of each alarm.

    For onset s and end e the days from `memory` before the earliest candidate to `last` are split in the days before s
    at their own mean, s..e at theirs, and e+1..last at the mean before; (s, e) maximise the NB log-likelihood with
    known size over ``opened - lookback <= s <= opened <= e <= last``. The support interval holds every s whose
    likelihood, maximised over e, is within `drop` of the maximum.

    Parameters
    ----------
    values
        Counts, ``(n_accounts, n_days)``; NaN days are left out.
    rows, opened, last
        Row and first day of each alarm, and the last day on which its shift may end.
    earliest
        First day on which the onset may lie (after the account's alarm before), besides the lookback.
    settled
        First day that belongs to the level before (after a lasting shift of the account), besides the memory.
    lookback, memory
        Days searched for the onset before the alarm opened, and days of usual viewing before those.
    size
        Negative-binomial size, Var = mean + mean^2 / size.
    sign
        1 for rises only, -1 for falls only, 0 for either. If nothing fits, the shift is the opening day alone.
    drop
        Fall of the log-likelihood that bounds the support interval.

    Returns
    -------
    Places, int64 ``(n_alarms, 4)``; and float64 ``(n_alarms, 5)``: sum and observed days before, sum and observed days
    during, and the Pearson dispersion of both parts about their means.
    """
    n_alarms = len(rows)
    places = np.zeros((n_alarms, 4), dtype=np.int64)
    numbers = np.zeros((n_alarms, 5))
    for a in prange(n_alarms):
        row = values[rows[a]]
        left = max(0, opened[a] - lookback - memory, settled[a])
        right = last[a]
        sums = np.zeros(right - left + 2)
        days = np.zeros(right - left + 2)
        for t in range(left, right + 1):
            seen = not np.isnan(row[t])
            sums[t - left + 1] = sums[t - left] + (row[t] if seen else 0.0)
            days[t - left + 1] = days[t - left] + (1.0 if seen else 0.0)
        first = max(left + 1, opened[a] - lookback, earliest[a])
        profile = np.full(opened[a] - first + 1 if opened[a] >= first else 0, -np.inf)
        best, onset, end = -np.inf, opened[a], opened[a]
        for s in range(opened[a], first - 1, -1):
            before, n_before = sums[s - left], days[s - left]
            if n_before < 1:
                continue
            usual = before / n_before
            for e in range(opened[a], right + 1):
                during = sums[e - left + 1] - before
                n_during = days[e - left + 1] - n_before
                if n_during < 1:
                    continue
                level = during / n_during
                if (sign > 0 and level <= usual) or (sign < 0 and level >= usual):
                    continue
                after, n_after = sums[-1] - sums[e - left + 1], days[-1] - days[e - left + 1]
                if after > 0 and usual <= 0:
                    continue
                found = (
                    level_likelihood(before, n_before, usual, size)
                    + level_likelihood(during, n_during, level, size)
                    + level_likelihood(after, n_after, usual, size)
                )
                profile[s - first] = max(profile[s - first], found)
                if found > best:
                    best, onset, end = found, s, e
        low, high = onset, onset
        for k in range(len(profile)):
            if profile[k] > -np.inf and profile[k] >= best - drop:
                low, high = min(low, first + k), max(high, first + k)
        places[a, 0], places[a, 1], places[a, 2], places[a, 3] = onset, low, high, end
        before, n_before = sums[onset - left], days[onset - left]
        during, n_during = sums[end - left + 1] - before, days[end - left + 1] - n_before
        usual = before / n_before if n_before > 0 else np.nan
        level = during / n_during if n_during > 0 else np.nan
        pearson = 0.0
        for t in range(left, end + 1):
            centre = usual if t < onset else level
            if not np.isnan(row[t]) and centre > 0:
                pearson += (row[t] - centre) ** 2 / centre
        numbers[a, 0], numbers[a, 1], numbers[a, 2], numbers[a, 3] = before, n_before, during, n_during
        numbers[a, 4] = max(1.0, pearson / max(1.0, n_before + n_during - 2))
    return places, numbers
