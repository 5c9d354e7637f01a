"""The scan for quiet: along each account's days, how likely is it that it has come to watch more seldom.

The chance of watching again depends on how long an account has not watched. Days that follow a quiet one are of three
kinds: after up to 3 quiet days in a row (0), up to 13 (1), and more (2). All others are of none (-1): the days after an
active one, those before an account's first active one, and those that were not observed.
"""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.inline import inline_exp, inline_log, sort_key, value_of

N_KINDS = 3


@parallel_kernel
def kinds_of_days(values: Floats, quiet: Ints, n_past: int = 0) -> tuple[Ints, Ints]:
    """Return each day's kind, ``(n_accounts, n_days)``, and the quiet days in a row before the last `n_past` days.

    `values` are counts, NaN where not observed; `quiet` holds the quiet days in a row before the first, -1 for an
    account that was never active. A day that was not observed neither ends nor lengthens a row.
    """
    n_accounts, n_days = values.shape
    kinds = np.full((n_accounts, n_days), -1, dtype=np.int64)
    quiet = quiet.copy()
    for i in prange(n_accounts):
        row = quiet[i]
        for t in range(n_days):
            if not np.isnan(values[i, t]):
                if row > 0:
                    kinds[i, t] = 0 if row < 4 else 1 if row < 14 else 2
                if values[i, t] > 0.0:
                    row = 0
                elif row >= 0:
                    row += 1
            if t == n_days - n_past - 1:
                quiet[i] = row
    return kinds, quiet


@kernel
def log_odds(k: int, prior: Floats, prior_days: float, past: Floats) -> float:
    """Return the log odds of an active day in an account's past, where the population's count for `prior_days` days.

    Row 0 of `past` stands for all days, row 1 + kind for those of a kind: their weight, and that of the active ones.
    """
    active = past[k, 1] + prior_days * prior[k]
    share = active / (max(past[k, 0], past[k, 1]) + prior_days)
    return math.log(share / (1.0 - share))


@kernel
def let_pass(y: float, chance: float, kind: int, decay: float, past: Floats) -> None:
    """Let a day pass; y is NaN if it was not observed, `chance` the factor on the chance that it be active."""
    for k in range(1 + N_KINDS):
        past[k, 0] *= decay
        past[k, 1] *= decay
    if np.isnan(y):
        return
    active = 1.0 if y > 0.0 else 0.0
    past[0, 0] += chance
    past[0, 1] += active
    if kind >= 0:
        past[1 + kind, 0] += chance
        past[1 + kind, 1] += active


@parallel_kernel
def quiet_features(
    values: Floats, chances: Floats, kinds: Ints, decay: float, prior: Floats, prior_days: float
) -> Floats:
    """Return what each day's odds of being active depend on, ``(n_accounts, n_days, 3)``, NaN where it is of no kind.

    That is the constant, and of the account's past the log odds of all days and those of the kind. For the arguments
    see `scan_quiet`.
    """
    n_accounts, n_days = values.shape
    features = np.full((n_accounts, n_days, 3), np.nan)
    for i in prange(n_accounts):
        past = np.zeros((1 + N_KINDS, 2))
        for t in range(n_days):
            kind = kinds[i, t]
            if kind >= 0:
                features[i, t, 0] = 1.0
                features[i, t, 1] = log_odds(0, prior, prior_days, past)
                features[i, t, 2] = log_odds(1 + kind, prior, prior_days, past)
            let_pass(values[i, t], chances[i, t], kind, decay, past)
    return features


@kernel
def _learn(y: float, chance: float, odds: Floats, kept: Floats, log_kept: Floats, ratios: Floats, room: Floats) -> None:
    """Add a day's log-likelihood ratios, of each hypothesis (rows) since each first day (columns)."""
    for s in range(odds.size):
        room[s] = odds[s] * chance / (1.0 + odds[s] * (1.0 - chance))  # odds p / (1 - p) to f p / (1 - f p)
    for c in range(kept.size):
        own, less = ratios[c], 1.0 - kept[c]
        for s in range(odds.size):
            own[s] += log_kept[c] if y > 0.0 else inline_log(1.0 + room[s] * less)


@kernel
def _log_mean_exp(ratios: Floats, first: int, room: Floats) -> tuple[float, float]:
    """Return the logarithm of the mean of the exponentials of all that are not minus infinity, and the largest.

    The sum goes from column `first` back, for in which column a day stands hangs on where a state was taken up.
    """
    highest, n_first = sort_key(-np.inf), 0
    for s in range(room.size):
        room[s] = 0.0
        n_first += ratios[0, s] > -np.inf
    for c in range(len(ratios)):
        own = ratios[c]
        for s in range(room.size):
            highest = max(highest, sort_key(own[s]))
    best = value_of(highest)
    for c in range(len(ratios)):
        own = ratios[c]
        for s in range(room.size):
            room[s] += inline_exp(own[s] - best)
    total = 0.0
    for s in range(first, -1, -1):
        total += room[s]
    for s in range(room.size - 1, first, -1):
        total += room[s]
    return best + math.log(total / (n_first * len(ratios))), best


@kernel
def _latest(ratios: Floats, first: int, best: float) -> tuple[int, int]:
    """Return how many days ago the latest first day of the best ratio is, counting from 1, and its hypothesis."""
    for age in range(ratios.shape[1]):
        s = first - age if age <= first else first - age + ratios.shape[1]
        for c in range(len(ratios)):
            if ratios[c, s] == best:
                return age + 1, c
    return 0, -1


@parallel_kernel
def scan_quiet(
    values: Floats,
    chances: Floats,
    kinds: Ints,
    n_past: int,
    decay: float,
    prior: Floats,
    prior_days: float,
    coefficients: Floats,
    kept: Floats,
    past: Floats,
) -> tuple[Floats, Ints, Ints, Floats]:
    """Return the evidence that an account watches more seldom since one of its last `n_past` + 1 days.

    Parameters
    ----------
    values
        Counts, ``(n_accounts, n_past + n_days)``, NaN where not observed; only whether they are above 0 matters.
    chances
        Factor on the chance of an active day, above 0 to 1, same shape.
    kinds
        From `kinds_of_days`, same shape.
    n_past
        Days at the beginning that are known already: changes may date from them, but no evidence is asked for.
    decay
        What is left of a day's weight in the account's past after one day.
    prior, prior_days
        The population's shares of active days, of all days and of those of each kind, ``(1 + N_KINDS,)``, and how many
        days they count for.
    coefficients
        Of the log odds of an active day, a row for each kind, ``(N_KINDS, 3)``; see `quiet_features`.
    kept
        Factors below 1 on the chance of an active day: the hypotheses.
    past
        What is known of each account before the first day; see `log_odds`.

    Returns
    -------
    evidence
        Log mean over first days and hypotheses of the likelihood ratio, ``(n_accounts, n_days)``; NaN where not
        observed.
    days, likeliest
        How many days ago, the day itself included, the likeliest first day is, and the place of its likeliest
        hypothesis, same shape; 0 and -1 where nothing is likelier than no change.
    past
        What is known before the last `n_past` days.
    """
    n_accounts, n_whole = values.shape
    n_days, n_slots, n_kept = n_whole - n_past, n_past + 1, kept.size
    score = np.full((n_accounts, n_days), np.nan)
    days = np.zeros((n_accounts, n_days), dtype=np.int64)
    likeliest = np.full((n_accounts, n_days), -1)
    past = past.copy()
    log_kept = np.log(kept)
    for i in prange(n_accounts):
        own_past = past[i].copy()
        # By first day, side by side for vectors: the odds of an active day of each kind by what was known before, and
        # the log-likelihood ratio of each hypothesis since, minus infinity where the day was not observed.
        usual_odds, ratios = np.zeros((N_KINDS, n_slots)), np.full((n_kept, n_slots), -np.inf)
        room = np.empty(n_slots)
        for t in range(n_whole):
            if t == n_days:
                past[i] = own_past
            y, chance, kind, first = values[i, t], chances[i, t], kinds[i, t], t % n_slots
            ratios[:, first] = -np.inf
            if not np.isnan(y):
                usual = log_odds(0, prior, prior_days, own_past)
                for k in range(N_KINDS):
                    own = log_odds(1 + k, prior, prior_days, own_past)
                    known = coefficients[k, 0] + coefficients[k, 1] * usual + coefficients[k, 2] * own
                    usual_odds[k, first] = math.exp(min(max(known, -20.0), 20.0))
                ratios[:, first] = 0.0
                if kind >= 0:
                    _learn(y, chance, usual_odds[kind], kept, log_kept, ratios, room)
                if t >= n_past:
                    score[i, t - n_past], best = _log_mean_exp(ratios, first, room)
                    if best > 0.0:
                        days[i, t - n_past], likeliest[i, t - n_past] = _latest(ratios, first, best)
            let_pass(y, chance, kind, decay, own_past)
        if n_past == 0:
            past[i] = own_past
    return score, days, likeliest, past
