"""The scan for surges in plain words: every window by itself, its features anew, with scipy's distributions."""

import numpy as np
from scipy import optimize, stats
from scipy.special import logsumexp

from oracles_baselines import personal_features


def hurdle(features, coefficients, log_sizes, factor=1.0):
    """Return P(Y > 0) and a frozen scipy NB of the three regressions; a factor above 1 multiplies its mean above 0."""
    odds, log_mean, log_size = coefficients @ features
    active = 1 / (1 + np.exp(-np.clip(odds, -20, 20)))
    mean, size = np.exp(np.clip(log_mean, -14, 20)), np.exp(np.clip(log_size, *log_sizes))

    def on_active_days(m):
        return m / -np.expm1(-size * np.log1p(m / size))

    if factor > 1:
        usual = mean
        mean = optimize.brentq(lambda m: on_active_days(m) - factor * on_active_days(usual), mean, 1e9, rtol=1e-14)
    return active * min(factor, 1.0), stats.nbinom(size, size / (size + mean))


def log_pmf(y, active, counts):
    """Return log P(Y = y) of the hurdle for whole y, an array."""
    return np.where(y > 0, np.log(active) + counts.logpmf(y) - np.log1p(-counts.pmf(0)), np.log1p(-active))


def log_ratio(y, active, counts, added):
    """Return the log of the largest ratio sum_x added(x) f0(k - x) / f0(k) of counts k from the mode of a day up to y.

    Below the mode the smallest from y up to it; at most one more than can be added is taken for the mode.
    """
    size, p = counts.args
    mode = int(np.clip(np.floor((size - 1) * (1 - p) / p), 1, len(added)))
    logs, log_added = log_pmf(np.arange(max(int(y), mode) + 1), active, counts), np.log(added)
    if y == 0:
        return log_added[0]

    def at(k):
        x = np.arange(min(k, len(added) - 1) + 1)
        return logsumexp(log_added[x] + logs[k - x]) - logs[k]

    if y < mode:
        return min(at(k) for k in range(int(y), mode + 1))
    return max(log_added[0], *(at(k) for k in range(mode, int(y) + 1)))


def evidence(values, factors, weekday, half_lives, baseline, log_above, lengths, additions, added):
    """Return log mean over the additions of the likelihood ratio of each day and length, ``(n_days, n_lengths)``.

    `added` holds the probabilities of each addition, one column for each; `additions` for each length the columns used.
    """
    n_days = len(values)
    weekdays = (weekday + np.arange(n_days)) % 7
    chances, past = np.minimum(factors, 1.0), np.full(n_days, np.nan)

    def known_before(u, d):
        return personal_features(
            past[:u], chances[:u], weekdays[:u], weekdays[d], half_lives, baseline.prior_, 6.0, guard=1
        )

    for t in range(n_days):  # what enters the averages: no more than was to be expected
        y = min(values[t] / max(factors[t], 1.0), baseline.cap_)
        if y > 0:
            active, counts = hurdle(known_before(t, t), baseline.coef_, baseline.log_sizes_)
            positive = counts.sf(0)
            if np.log(active * counts.sf(np.ceil(y) - 1) / positive) < log_above:
                y = min(y, counts.isf(np.exp(log_above) * positive / active))
        past[t] = y
    ratios = {}

    def ratio(u, d, a):
        if (u, d) not in ratios:
            ratios[u, d] = {}, hurdle(known_before(u, d), baseline.coef_, baseline.log_sizes_, factors[d])
        known, one = ratios[u, d]
        if a not in known:
            known[a] = log_ratio(np.floor(values[d]), *one, added[:, a])
        return known[a]

    found = np.full((n_days, len(lengths)), np.nan)
    begun = np.flatnonzero(~np.isnan(values))[0]
    for t in np.flatnonzero(~np.isnan(values)):
        for j, length in enumerate(lengths):
            days = np.arange(t - length + 1, t + 1)
            if days[0] < begun or 2 * np.count_nonzero(~np.isnan(values[days])) < length:
                continue
            seen = days[~np.isnan(values[days])]
            sums = [sum(ratio(days[0], d, a) for d in seen) for a in additions[j]]
            found[t, j] = logsumexp(sums) - np.log(len(sums))
    return found
