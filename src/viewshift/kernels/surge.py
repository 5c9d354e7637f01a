"""The scan for surges: along each account's days, how likely is every day of the last days raised by as much."""

import math

import numpy as np
from numba import prange
from numpy.typing import NDArray

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.hurdle import dot, hurdle_of, own_weekday, update_past, write_features
from viewshift.kernels.nb_tail import exposed_hurdle, hurdle_log_sf, hurdle_quantile, log_zero

N_ADDED = 64
"""A surge adds at most so many to a day."""

N_FROZEN = 10
"""Numbers that say what an account's past predicts: three regressions and the weekdays' own log odds."""

LARGEST = 1e250
"""Ratios of probabilities beyond are taken for this, so that no sum overflows."""


@kernel
def _ratios_at(k: int, odds: float, r: float, first: float, added: Floats, n_sizes: int, ratios: Floats) -> None:
    """Write sum_x q_a(x) f0(k - x) / f0(k) into `ratios`, for the first sizes a; `first` is f0(0) / f0(1)."""
    ratios[:n_sizes] = added[0, :n_sizes]
    ratio = 1.0
    for x in range(1, min(k, added.shape[0] - 1) + 1):
        ratio *= first if k == x else (k - x + 1.0) / (odds * (k - x + r))
        ratio = min(ratio, LARGEST)
        for a in range(n_sizes):
            ratios[a] += added[x, a] * ratio


@kernel
def log_ratios(
    y: float, active: float, m: float, r: float, added: Floats, n_sizes: int, room: Floats, ratios: Floats
) -> None:
    """Write the logarithms of likelihood ratios that rise with y, a whole count above 0, for the first sizes a.

    The ratio of a count is sum_x q_a(x) f0(y - x) / f0(y) with the hurdle f0, q_a(x) standing in ``added[x, a]``, x
    from 0 to `N_ADDED`. Written is the largest ratio of the counts from the mode of an active day up to y, at least
    q_a(0); below the mode the smallest ratio of those from y up to it, since there a count may be so rare that nothing
    but an added one explains it, and is no surge for that. A mode beyond N_ADDED + 1 is taken for this. Of the counts
    beyond N_ADDED + 1 the last is enough: no x reaches 0 from there, and for k above 1 f0(k - 1) / f0(k), which is
    (m + r) / m times k / (k - 1 + r), rises with k if r > 1 and does not if r <= 1, so that beyond N_ADDED + 1 either
    all ratios rise or none does. `room` is for as many numbers as there are sizes.
    """
    highest = added.shape[0]
    odds, zero = m / (m + r), log_zero(m, r)
    mode = int(min(max(math.floor(m * (r - 1.0) / r), 1.0), highest))
    first = min((1.0 - active) * -math.expm1(zero) / (active * math.exp(zero) * r * odds), LARGEST)
    count = int(min(y, highest))
    for k in range(min(count, mode), max(count, mode) + 1):
        _ratios_at(k, odds, r, first, added, n_sizes, room)
        for a in range(n_sizes):
            if k == min(count, mode):
                ratios[a] = room[a]
            else:
                ratios[a] = min(ratios[a], room[a]) if count < mode else max(ratios[a], room[a])
    if y > highest and r > 1.0:
        ratio = 1.0
        room[:n_sizes] = added[0, :n_sizes]
        for x in range(1, highest):
            ratio = min(ratio * (y - x + 1.0) / (odds * (y - x + r)), LARGEST)
            for a in range(n_sizes):
                room[a] += added[x, a] * ratio
        for a in range(n_sizes):
            ratios[a] = max(ratios[a], room[a])
    for a in range(n_sizes):
        ratios[a] = math.log(max(ratios[a], added[0, a]))


@kernel
def _freeze(
    prior: Floats,
    prior_days: float,
    coefficients: Floats,
    averages: Floats,
    weekdays: Floats,
    last: Floats,
    row: Floats,
    frozen: Floats,
) -> None:
    """Write the three regressions on what is known now, without weekday, and each weekday's own log odds."""
    write_features(0, prior, prior_days, averages, weekdays, last, row)
    row[10] = 0.0
    for k in range(3):
        frozen[k] = dot(coefficients[k], row)
    h = averages.shape[0] - 1
    share = (averages[h, 1] + prior_days * prior[0]) / (max(averages[h, 0], averages[h, 1]) + prior_days)
    for w in range(7):
        frozen[3 + w] = own_weekday(w, share, prior_days, weekdays)


@kernel
def _hurdle_on(weekday: int, frozen: Floats, coefficients: Floats, log_sizes: Floats) -> tuple[float, float, float]:
    """Return active share, NB mean and NB size of a weekday by what was known when `_freeze` wrote."""
    own = frozen[3 + weekday]
    odds = frozen[0] + coefficients[0, 10] * own
    log_mean = frozen[1] + coefficients[1, 10] * own
    log_size = frozen[2] + coefficients[2, 10] * own
    if weekday > 0:
        odds += coefficients[0, weekday]
        log_mean += coefficients[1, weekday]
        log_size += coefficients[2, weekday]
    return hurdle_of(odds, log_mean, log_size, log_sizes)


@kernel
def _log_mean_exp(values: Floats) -> tuple[float, int]:
    """Return the logarithm of the mean of exp(values), and the place of the largest."""
    likeliest = 0
    for a in range(1, len(values)):
        if values[a] > values[likeliest]:
            likeliest = a
    total = 0.0
    for a in range(len(values)):
        total += math.exp(values[a] - values[likeliest])
    return values[likeliest] + math.log(total / len(values)), likeliest


@kernel
def _last_ages(n_whole: int, n_past: int, lengths: Ints) -> Ints:
    """Return at which age the window that begins on each day is last asked for, 0 for never."""
    ages = np.zeros(n_whole, dtype=np.int64)
    for first in range(n_whole):
        for length in lengths:
            if n_past <= first + length - 1 < n_whole:
                ages[first] = length
    return ages


@parallel_kernel
def scan_surges(
    values: Floats,
    factors: Floats,
    n_past: int,
    weekday: int,
    decays: Floats,
    prior: Floats,
    prior_days: float,
    coefficients: Floats,
    log_sizes: Floats,
    cap: float,
    log_above: float,
    lengths: Ints,
    sizes: Ints,
    added: Floats,
    averages: Floats,
    weekdays: Floats,
    last: Floats,
    begun: Bools,
) -> tuple[Floats, NDArray[np.int8], tuple[Floats, Floats, Floats, Bools]]:
    """Return the evidence for a surge of each length that goes on until each day.

    Parameters
    ----------
    values
        Counts, ``(n_accounts, n_past + n_days)``, NaN where not observed.
    factors
        The days' exposure, same shape.
    n_past
        Days at the beginning that are known already: windows begin on them, but no evidence is asked for.
    weekday, decays, prior, prior_days, coefficients, log_sizes, cap, log_above
        As for `walk_hurdle`.
    lengths
        Lengths of windows in days, ascending, the longest `n_past` + 1.
    sizes
        For each length, the first size and the one after the last, ``(n_lengths, 2)``.
    added
        Probabilities of what a surge of each size adds to a day, ``(N_ADDED + 1, n_sizes)``.
    averages, weekdays, last
        What is known of each account before the first day, as for `walk_hurdle`; there is no guard band.
    begun
        Whether the account was observed before the first day, ``(n_accounts,)``.

    Returns
    -------
    evidence
        log mean over sizes of the likelihood ratio, ``(n_accounts, n_days, n_lengths)``; NaN where the day was not
        observed, or the window reaches back before the account's first observed day or has under half its days
        observed.
    likeliest
        Place of each length's most likely size, same shape; -1 where there is no evidence.
    state
        The last four arrays as of the last `n_past` days.
    """
    n_accounts, n_whole = values.shape
    n_days, n_lengths, n_slots, n_sizes = n_whole - n_past, len(lengths), n_past + 1, added.shape[1]
    found = np.full((n_accounts, n_days, n_lengths), np.nan)
    likeliest = np.full((n_accounts, n_days, n_lengths), -1, dtype=np.int8)
    averages, weekdays, last, begun = averages.copy(), weekdays.copy(), last.copy(), begun.copy()
    needed = np.zeros(n_slots + 1, dtype=np.int64)  # sizes that a window may still need at each age
    for j in range(n_lengths):
        needed[: lengths[j] + 1] = np.maximum(needed[: lengths[j] + 1], sizes[j, 1])
    ends = _last_ages(n_whole, n_past, lengths)
    log_none = np.log(added[0])
    for i in prange(n_accounts):
        row = np.empty(coefficients.shape[1])
        room = np.empty(n_sizes)
        ratios = np.empty(n_sizes)
        own_averages, own_weekdays, own_last, known = averages[i].copy(), weekdays[i].copy(), last[i].copy(), begun[i]
        frozen, evidence = np.empty((n_slots, N_FROZEN)), np.empty((n_slots, n_sizes))
        seen = np.full(n_slots, -1)  # days observed of the window that began on each day; -1 where none did
        for t in range(n_whole):
            if t == n_days:
                averages[i], weekdays[i], last[i], begun[i] = own_averages, own_weekdays, own_last, known
            today = (weekday + t) % 7
            slot = t % n_slots
            y = values[i, t]
            if np.isnan(y) and not known:
                continue
            known = True
            own_last[0] = own_last[2] = 0.0  # yesterday is as unknown as it is to later days of the window
            if y > 0.0 or ends[t] > 0:
                _freeze(prior, prior_days, coefficients, own_averages, own_weekdays, own_last, row, frozen[slot])
            evidence[slot] = 0.0
            seen[slot] = 0
            if not np.isnan(y):
                whole = math.floor(y)
                for age in range(1, min(n_slots, t + 1) + 1):
                    s = (t - age + 1) % n_slots
                    if seen[s] < 0:
                        break
                    if age > ends[t - age + 1]:
                        continue
                    seen[s] += 1
                    n = needed[age]
                    if whole <= 0.0:
                        for a in range(n):
                            evidence[s, a] += log_none[a]
                        continue
                    active, m, r = _hurdle_on(today, frozen[s], coefficients, log_sizes)
                    active, m = exposed_hurdle(active, m, r, factors[i, t])
                    log_ratios(whole, active, m, r, added, n, room, ratios)
                    for a in range(n):
                        evidence[s, a] += ratios[a]
                if t >= n_past:
                    for j in range(n_lengths):
                        s = (t - lengths[j] + 1) % n_slots
                        if 2 * seen[s] >= lengths[j]:
                            found[i, t - n_past, j], place = _log_mean_exp(evidence[s, sizes[j, 0] : sizes[j, 1]])
                            likeliest[i, t - n_past, j] = sizes[j, 0] + place
                y = min(y / max(factors[i, t], 1.0), cap)
            if y > 0.0:
                active, m, r = _hurdle_on(today, frozen[slot], coefficients, log_sizes)
                if hurdle_log_sf(y, active, m, r) < log_above:
                    y = min(y, hurdle_quantile(log_above, active, m, r))
            update_past(y, min(factors[i, t], 1.0), today, decays, own_averages, own_weekdays, own_last)
        if n_past == 0:
            averages[i], weekdays[i], last[i], begun[i] = own_averages, own_weekdays, own_last, known
    return found, likeliest, (averages, weekdays, last, begun)
