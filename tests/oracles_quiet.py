"""The scan for quiet in plain words: every first day by itself, the past weighed anew, logs of the probabilities."""

import numpy as np
from scipy.special import expit, logit, logsumexp


def kind(before):
    """Return the kind of a day from all values before it: how many quiet days, NaN left out, it follows."""
    seen = [y for y in before if not np.isnan(y)]
    if not any(seen):
        return -1
    quiet = 0
    while seen[-1 - quiet] == 0:
        quiet += 1
    return -1 if quiet == 0 else 0 if quiet <= 3 else 1 if quiet <= 13 else 2


def own_log_odds(values, chances, of_kind, wanted, prior):
    """Return the log odds of an active day among past days of a kind, or all (None): half-life 180, 10 prior days."""
    days = active = 0.0
    for t, y in enumerate(values):
        if not np.isnan(y) and wanted in {None, of_kind[t]}:
            weight = 0.5 ** ((len(values) - 1 - t) / 180)
            days += weight * chances[t]
            active += weight * (y > 0)
    return logit((active + 10 * prior) / (max(days, active) + 10))


def features(values, chances, of_kind, u, wanted, prior):
    """Return constant and log odds of all days and of those of the kind, as known before day u."""
    past = values[:u], chances[:u], of_kind[:u]
    return np.array([1.0, own_log_odds(*past, None, prior[0]), own_log_odds(*past, wanted, prior[1 + wanted])])


def likeliest_change(values, chances, prior, coefficients, kept, longest):
    """Return score, days since the likeliest change and its factor, ``(n_days,)`` each; one account."""
    n_days = len(values)
    of_kind = [kind(values[:t]) for t in range(n_days)]
    score, days, factor = np.full(n_days, np.nan), np.zeros(n_days), np.full(n_days, np.nan)
    before = [
        [expit(coefficients[k] @ features(values, chances, of_kind, u, k, prior)) for k in range(3)]
        for u in range(n_days)
    ]
    for t in np.flatnonzero(~np.isnan(values)):
        evidence = {}
        for u in range(max(0, t - longest + 1), t + 1):
            if np.isnan(values[u]):
                continue
            for c in kept:
                evidence[u, c] = 0.0
                for d in range(u, t + 1):
                    if np.isnan(values[d]) or of_kind[d] < 0:
                        continue
                    p = chances[d] * before[u][of_kind[d]]
                    evidence[u, c] += np.log(c if values[d] > 0 else (1 - c * p) / (1 - p))
        score[t] = logsumexp(list(evidence.values())) - np.log(len(evidence))
        (first, best), most = max(evidence.items(), key=lambda one: (one[1], one[0][0], -one[0][1]))
        if most > 0:
            days[t], factor[t] = t - first + 1, best
    return score, days, factor
