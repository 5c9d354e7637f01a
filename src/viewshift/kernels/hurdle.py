"""The walk along each account's days that turns its past into the features of a hurdle model and predicts each day."""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.nb_tail import hurdle_log_sf, hurdle_quantile

N_COMMON = 15
"""Number of features that belong to no single half-life."""

WEEKDAY_DECAY = 2.0 ** (-1 / 120)
"""An account's own weekdays are remembered with a half-life of 120 days."""


@kernel
def update_past(
    y: float,
    chance: float,
    weekday: int,
    decays: Floats,
    averages: Floats,
    weekdays: Floats,
    last: Floats,
) -> None:
    """Let a day pass; y is NaN if it was not observed, `chance` the factor on the chance that it be active.

    `averages` holds for each half-life the weights of days (times `chance`) and of active days and the sums of
    log(1 + y) and of its square, `weekdays` the first two for each weekday, `last` yesterday's log(1 + y), the largest,
    which fades, and yesterday's `chance`; a day that was not observed is one of 0 on which nothing could happen.
    """
    n = len(decays)
    for h in range(n):
        for j in range(averages.shape[1]):
            averages[h, j] *= decays[h]
    for w in range(7):
        weekdays[w, 0] *= WEEKDAY_DECAY
        weekdays[w, 1] *= WEEKDAY_DECAY
    last[1] *= decays[n - 1]
    last[0] = last[2] = 0.0
    if np.isnan(y):
        return
    level = math.log1p(y)
    active = 1.0 if y > 0 else 0.0
    for h in range(n):
        averages[h, 0] += chance
        averages[h, 1] += active
        averages[h, 2] += level
        averages[h, 3] += level * level
    weekdays[weekday, 0] += chance
    weekdays[weekday, 1] += active
    last[0] = level
    last[1] = max(last[1], level)
    last[2] = chance


@kernel
def own_weekday(weekday: int, share: float, prior_days: float, weekdays: Floats) -> float:
    """Return the log odds of an active day on this weekday against those of all days, where `share` are active."""
    days = max(weekdays[weekday, 0], weekdays[weekday, 1])
    same = (weekdays[weekday, 1] + prior_days * share) / (days + prior_days)
    return math.log(same / (1.0 - same)) - math.log(share / (1.0 - share))


@kernel
def write_features(
    weekday: int,
    prior: Floats,
    prior_days: float,
    averages: Floats,
    weekdays: Floats,
    last: Floats,
    row: Floats,
) -> None:
    """Write the features of a day into `row`.

    For all half-lives together: constant; Tuesday .. Sunday; yesterday's log(1 + y); yesterday active; the same times
    the account's level; log odds of this weekday against all days; spread of log(1 + y) on active days, over the
    longest and over the shortest half-life; its largest excess; share of the population in what is known. Then for
    each half-life: log odds of an active day, and level: mean log(1 + y) of active days. Each half-life's values begin
    from those of the next longer one, which count for `prior_days` days, and the longest one's from the population's.
    Unless observed and outside any guard band, yesterday is what the shortest half-life expects; a day of 0 under a
    factor below 1 is, by Bayes' theorem, in part one that would have been active without.
    """
    n = averages.shape[0]
    share, level, square = prior[0], prior[1], prior[2]
    long_share = long_level = long_spread = 0.0
    for h in range(n - 1, -1, -1):
        expected = prior_days * share
        active = averages[h, 1] + expected
        share = active / (max(averages[h, 0], averages[h, 1]) + prior_days)
        level = (averages[h, 2] + expected * level) / active
        square = (averages[h, 3] + expected * square) / active
        row[N_COMMON + 2 * h] = math.log(share / (1.0 - share))
        row[N_COMMON + 2 * h + 1] = level
        if h == n - 1:
            long_share, long_level, long_spread = share, level, square - level * level
    row[:7] = 0.0
    row[weekday] = 1.0
    row[0] = 1.0
    if last[0] > 0.0:
        row[7] = last[0]
        row[8] = 1.0
    else:
        row[8] = share * (1.0 - last[2]) / (1.0 - share * last[2])
        row[7] = row[8] * level
    row[9] = row[8] * long_level
    row[10] = own_weekday(weekday, long_share, prior_days, weekdays)
    row[11] = math.sqrt(max(long_spread, 0.0))
    row[12] = math.sqrt(max(square - level * level, 0.0))
    row[13] = max(last[1] - long_level, 0.0)
    row[14] = prior_days / (averages[n - 1, 1] + prior_days)


@kernel
def dot(coefficients: Floats, row: Floats) -> float:
    """Return the sum of products in fixed order, so that every day's bits are the same wherever it is computed."""
    total = 0.0
    for j in range(len(row)):
        total += coefficients[j] * row[j]
    return total


@kernel
def hurdle_of(odds: float, log_mean: float, log_size: float, log_sizes: Floats) -> tuple[float, float, float]:
    """Return active share, NB mean and NB size of what the three regressions say, held to ranges."""
    active = 1.0 / (1.0 + math.exp(-min(max(odds, -20.0), 20.0)))
    mean = math.exp(min(max(log_mean, -14.0), 20.0))
    return active, mean, math.exp(min(max(log_size, log_sizes[0]), log_sizes[1]))


@parallel_kernel
def walk_hurdle(
    values: Floats,
    chances: Floats,
    weekday: int,
    decays: Floats,
    prior: Floats,
    prior_days: float,
    coefficients: Floats,
    log_sizes: Floats,
    cap: float,
    log_above: float,
    step: int,
    averages: Floats,
    weekdays: Floats,
    last: Floats,
    waiting: Floats,
) -> tuple[Floats, Floats, Floats, Floats, tuple[Floats, Floats, Floats, Floats]]:
    """Predict each day from the days before it.

    Parameters
    ----------
    values
        Counts divided by any factor above 1, ``(n_accounts, n_days)``, NaN where not observed.
    chances
        Factor on the chance of an active day, above 0 to 1, same shape; the predictions are those without it.
    weekday
        Weekday of the first day, Monday 0.
    decays
        What is left of a day's weight after one day, per half-life; ascending.
    prior
        Population share of active days, mean of log(1 + y) on them, and mean of its square.
    prior_days
        How many days the population's values count for.
    coefficients
        Of the log odds of an active day, the log NB mean and the log NB size: ``(3, n_features)``.
    log_sizes
        Smallest and largest log NB size.
    cap
        Largest value that enters the features.
    log_above
        A value enters the features as at most the quantile that its own day's prediction (without `chances`) exceeds
        with this log probability; minus infinity for no such bound.
    step
        Keep the features of every `step`-th day, from another day for each account; 0 for none.
    averages, weekdays, last, waiting
        The state, accounts first; `waiting` holds value and chance of the days of the guard band.

    Returns
    -------
    active, mean, size
        ``(n_accounts, n_days)`` each.
    kept
        ``(n_accounts, n_kept, n_features)``, NaN where the day was not observed.
    state
        The four arrays after the last day.
    """
    n_accounts, n_days = values.shape
    active = np.empty((n_accounts, n_days))
    mean = np.empty((n_accounts, n_days))
    size = np.empty((n_accounts, n_days))
    n_features = coefficients.shape[1]
    kept = np.full((n_accounts, (n_days + step - 1) // step if step else 0, n_features), np.nan)
    averages = averages.copy()
    weekdays = weekdays.copy()
    last = last.copy()
    waiting = waiting.copy()
    guard = waiting.shape[1]
    for i in prange(n_accounts):
        row = np.empty(n_features)
        account = np.int64(i)
        for t in range(n_days):
            today = (weekday + t) % 7
            write_features(today, prior, prior_days, averages[i], weekdays[i], last[i], row)
            odds, log_mean, log_size = dot(coefficients[0], row), dot(coefficients[1], row), dot(coefficients[2], row)
            active[i, t], mean[i, t], size[i, t] = hurdle_of(odds, log_mean, log_size, log_sizes)
            y = cap if values[i, t] > cap else values[i, t]
            if step and (t + account) % step == 0 and not np.isnan(y):
                kept[i, t // step] = row
            if y > 0.0 and hurdle_log_sf(y, active[i, t], mean[i, t], size[i, t]) < log_above:
                y = min(y, hurdle_quantile(log_above, active[i, t], mean[i, t], size[i, t]))
            chance = chances[i, t]
            if guard:
                w = t % guard
                y, waiting[i, w, 0] = waiting[i, w, 0], y
                chance, waiting[i, w, 1] = waiting[i, w, 1], chance
            update_past(y, chance, (today - guard) % 7, decays, averages[i], weekdays[i], last[i])
            if guard:
                last[i, 0] = last[i, 2] = 0.0
        if guard:
            waiting[i] = np.roll(waiting[i], -2 * (n_days % guard))
    return active, mean, size, kept, (averages, weekdays, last, waiting)
