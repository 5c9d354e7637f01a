"""Slow and obvious twins of the baselines' kernels: exact sums of probabilities, and one account's walk in words."""

from decimal import Decimal, localcontext

import numpy as np


def nb_log_tails(y, mean, size):
    """log P(Y >= y) and log P(Y < y) for whole y, by adding up all probabilities below y in 400 digits and more."""
    with localcontext() as context:
        context.prec = 400
        context.prec += int(y * max(0, np.log10(1 + size / mean)))
        m, r = Decimal(mean), Decimal(size)
        x = m / (m + r)
        pmf = (r / (m + r)) ** r
        below = Decimal(0)
        for k in range(int(y)):
            below += pmf
            pmf *= x * (r + k) / (k + 1)
        return float((1 - below).ln()), float(below.ln())


def hurdle_probabilities(n, active, mean, size):
    """P(Y = 0), ..., P(Y = n) by recursion."""
    pmf = [(size / (mean + size)) ** size]
    for k in range(n):
        pmf.append(pmf[-1] * mean / (mean + size) * (size + k) / (k + 1))
    return np.array([1 - active, *(active * p / (1 - pmf[0]) for p in pmf[1:])])


def personal_features(past, chances, weekdays, weekday, half_lives, prior, prior_days, *, guard):
    """Features of the day after `past` (1-D, NaN where unobserved); `weekdays` are those of the past days.

    Their chance of being active was multiplied by `chances`.
    """
    age = np.arange(len(past))[::-1]
    seen = ~np.isnan(past)
    y = np.where(seen, past, 0)
    level = np.log1p(y)

    def averages(half_life, before, *, days=seen):
        weight = 0.5 ** (age / half_life) * days
        share, mean, square = before
        n, k = (weight * (y > 0)).sum(), prior_days * share
        return (
            (n + k) / (max(n, (weight * chances).sum()) + prior_days),
            ((weight * level).sum() + k * mean) / (n + k),
            ((weight * level**2).sum() + k * square) / (n + k),
        )

    def log_odds(p):
        return np.log(p / (1 - p))

    chain = [averages(half_lives[-1], prior)]
    for half_life in half_lives[-2::-1]:
        chain.insert(0, averages(half_life, chain[0]))
    short, long = chain[0], chain[-1]
    active = short[0]
    if guard == 0 and len(past) > 0 and seen[-1]:  # not active: would it have been so without the factor?
        active = 1.0 if past[-1] > 0 else active * (1 - chances[-1]) / (active * (1 - chances[-1]) + 1 - active)
    yesterday = level[-1] if guard == 0 and len(past) > 0 and past[-1] > 0 else active * short[1]
    same = averages(120, (long[0], 0, 0), days=seen & (weekdays == weekday))[0]
    largest = max([0.0, *(level * 0.5 ** (age / half_lives[-1]))])
    n_active = (0.5 ** (age / half_lives[-1]) * (y > 0)).sum()
    return np.array(
        [
            1,
            *(weekday == d for d in range(1, 7)),
            yesterday,
            active,
            active * long[1],
            log_odds(same) - log_odds(long[0]),
            max(long[2] - long[1] ** 2, 0) ** 0.5,
            max(short[2] - short[1] ** 2, 0) ** 0.5,
            max(0, largest - long[1]),
            prior_days / (n_active + prior_days),
            *(part for share, mean, _ in chain for part in (log_odds(share), mean)),
        ]
    )
