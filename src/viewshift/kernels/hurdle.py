"""The walk along each account's days that turns its past into the features of a hurdle model and predicts each day."""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.nb_tail import hurdle_log_sf, hurdle_quantile

N_COMMON = 16
"""Features that do not belong to one half-life; `features` lists them."""

LEAST_SIZE, LARGEST_SIZE = 0.01, 1000.0
WEEKDAY_DECAY = 2.0 ** (-1 / 120)


@kernel
def _update(
    y: float,
    weekday: int,
    decays: Floats,
    averages: Floats,
    weekdays: Floats,
    last: Floats,
) -> None:
    """Let a day pass; y is NaN if it was not observed."""
    n = len(decays)
    for h in range(n):
        for j in range(averages.shape[1]):
            averages[h, j] *= decays[h]
    for w in range(7):
        weekdays[w, 0] *= WEEKDAY_DECAY
        weekdays[w, 1] *= WEEKDAY_DECAY
    last[1] *= decays[n - 1]
    last[0] = np.nan
    if np.isnan(y):
        return
    level = math.log1p(y)
    active = 1.0 if y > 0 else 0.0
    for h in range(n):
        averages[h, 0] += 1.0
        averages[h, 1] += active
        averages[h, 2] += level
        averages[h, 3] += level * level
    weekdays[weekday, 0] += 1.0
    weekdays[weekday, 1] += active
    last[0] = level
    last[1] = max(last[1], level)


@kernel
def _features(
    weekday: int,
    prior: Floats,
    prior_days: float,
    averages: Floats,
    weekdays: Floats,
    last: Floats,
    row: Floats,
) -> None:
    """Write the features of a day into `row`: `N_COMMON` ones, then active share and level for each half-life."""
    n = averages.shape[0]
    at = N_COMMON
    share = level = spread = 0.0
    for h in range(n):
        days = averages[h, 0] + prior_days
        active = averages[h, 1] + prior_days * prior[0]
        share = active / days
        level = (averages[h, 2] + prior_days * prior[0] * prior[1]) / active
        spread = (averages[h, 3] + prior_days * prior[0] * prior[2]) / active - level * level
        row[at] = math.log(share / (1.0 - share))
        row[at + 1] = level
        at += 2
    for j in range(7):
        row[j] = 0.0
    row[0] = 1.0
    if weekday > 0:
        row[weekday] = 1.0
    short = (averages[0, 1] + prior_days * prior[0]) / (averages[0, 0] + prior_days)
    known = not np.isnan(last[0])
    row[7] = (1.0 if last[0] > 0.0 else 0.0) if known else short
    row[8] = last[0] if known else short * level
    same = (weekdays[weekday, 1] + prior_days * share) / (weekdays[weekday, 0] + prior_days)
    row[9] = math.log(same / (1.0 - same)) - math.log(share / (1.0 - share))
    row[10] = math.sqrt(max(spread, 0.0))
    row[11] = max(last[1] - level, 0.0)
    row[12] = prior_days / (averages[n - 1, 0] + prior_days)
    row[13] = prior_days / (averages[n - 1, 1] + prior_days)
    row[14] = row[7] * level
    row[15] = row[12] * row[12]


@kernel
def _dot(coefficients: Floats, row: Floats) -> float:
    total = 0.0
    for j in range(len(row)):
        total += coefficients[j] * row[j]
    return total


@parallel_kernel
def walk_hurdle(
    values: Floats,
    weekday: int,
    decays: Floats,
    prior: Floats,
    prior_days: float,
    coefficients: Floats,
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
        Counts divided by exposure, ``(n_accounts, n_days)``, NaN where not observed.
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
    cap
        Largest value that enters the features.
    log_above
        A value enters the features as at most the quantile that its own day's prediction exceeds with this log
        probability; minus infinity for no such bound.
    step
        Keep the features of every `step`-th day, from another day for each account; 0 for none.
    averages, weekdays, last, waiting
        The state, accounts first; `waiting` holds the days of the guard band.

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
            _features(today, prior, prior_days, averages[i], weekdays[i], last[i], row)
            odds = min(max(_dot(coefficients[0], row), -20.0), 20.0)
            active[i, t] = 1.0 / (1.0 + math.exp(-odds))
            mean[i, t] = math.exp(min(max(_dot(coefficients[1], row), -14.0), 25.0))
            size[i, t] = min(max(math.exp(_dot(coefficients[2], row)), LEAST_SIZE), LARGEST_SIZE)
            y = cap if values[i, t] > cap else values[i, t]
            if step and (t + account) % step == 0 and not np.isnan(y):
                kept[i, t // step] = row
            if y > 0.0 and hurdle_log_sf(y, active[i, t], mean[i, t], size[i, t]) < log_above:
                y = min(y, hurdle_quantile(log_above, active[i, t], mean[i, t], size[i, t]))
            if guard:
                y, waiting[i, t % guard] = waiting[i, t % guard], y
            _update(y, (today - guard) % 7, decays, averages[i], weekdays[i], last[i])
        if guard:
            waiting[i] = np.roll(waiting[i], -(n_days % guard))
    return active, mean, size, kept, (averages, weekdays, last, waiting)
