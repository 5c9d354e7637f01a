"""What runs of one level each make of an account's days, by trying all ways to cut these into runs."""

from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, logsumexp

Array = NDArray[Any]


def log_marginal(days: Array, exposures: Array, model: str, prior: Array, size: float) -> float:
    """Return log-likelihood of the days of one run, its level integrated out: textbook closed forms."""
    n, total = len(days), days.sum()
    if model == "normal":
        m, kappa, alpha, beta = prior
        mean = total / n if n else m
        own = beta + 0.5 * np.sum((days - mean) ** 2) + kappa * n * (mean - m) ** 2 / (2 * (kappa + n))
        found = gammaln(alpha + n / 2) - gammaln(alpha) + alpha * np.log(beta) - (alpha + n / 2) * np.log(own)
        return float(found + 0.5 * np.log(kappa / (kappa + n)) - 0.5 * n * np.log(2 * np.pi))
    a, b = prior
    if model == "poisson":
        apart = np.sum(days * np.log(exposures) - gammaln(days + 1))
        found = gammaln(a + total) - gammaln(a) + a * np.log(b) - (a + total) * np.log(b + exposures.sum())
    else:
        apart = np.sum(gammaln(days + size) - gammaln(size) - gammaln(days + 1))
        found = betaln(a + n * size, b + total) - betaln(a, b)
    return float(found + apart)


def level(days: Array, exposures: Array, model: str, prior: Array, size: float) -> float:
    """Return the posterior mean of a run's level; for "nb" of one minus the success probability."""
    if model == "normal":
        return float((prior[0] * prior[1] + days.sum()) / (prior[1] + len(days)))
    a, b = prior
    if model == "poisson":
        return float((a + days.sum()) / (b + exposures.sum()))
    return float((b + days.sum()) / (a + b + size * len(days) + days.sum()))


def posterior_of_runs(
    values: Array, exposures: Array, model: str, prior: Array, size: float, hazard: float
) -> tuple[Array, Array]:
    """Return log probability and level of the last day's run for every day on which it may have begun, ``(n_days,)``.

    All 2^(n - 1) segmentations are tried; NaN days belong to runs but say nothing, and the first day is no NaN.
    """
    n_days = len(values)

    def seen(first: int, end: int) -> tuple[Array, Array]:
        known = ~np.isnan(values[first:end])
        return values[first:end][known], exposures[first:end][known]

    spans = [(first, end) for first in range(n_days) for end in range(first + 1, n_days + 1)]
    evidence = {span: log_marginal(*seen(*span), model, prior, size) for span in spans}
    joint: list[list[float]] = [[] for _ in range(n_days)]
    for cuts in product((False, True), repeat=n_days - 1):
        edges = [0, *(day + 1 for day, cut in enumerate(cuts) if cut), n_days]
        chance = sum(cuts) * np.log(hazard) + (n_days - 1 - sum(cuts)) * np.log1p(-hazard)
        joint[edges[-2]].append(chance + sum(evidence[span] for span in pairwise(edges)))
    by_first_day = np.array([logsumexp(part) for part in joint])
    levels = [level(*seen(first, n_days), model, prior, size) for first in range(n_days)]
    return by_first_day - logsumexp(by_first_day), np.array(levels)


def log10_odds(log_posterior: Array, levels: Array, hazard: float, recent: int, sign: int) -> float:
    """Return log10 odds of a recent departure as `sign` says (0: either); arrays by first day of the run."""
    length = len(levels) - np.arange(len(levels))
    old = length > recent
    usual = np.average(levels[old], weights=np.exp(log_posterior[old] - log_posterior[old].max()))
    departed = ~old & ((sign == 0) | (sign * (levels - usual) > 0))
    q = hazard + (1 - hazard) * np.exp(log_posterior[departed]).sum()
    return float((np.log(q) - np.log1p(-hazard) - logsumexp(log_posterior[~departed])) / np.log(10))
