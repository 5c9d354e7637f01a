"""Levels before and during a shift, and how sure they are."""

import numpy as np
from scipy import special

from viewshift._typing import Bools, Floats, Ints, Strings
from viewshift.kernels.spans import sums_and_counts, two_levels
from viewshift.panel import Panel

LEVEL = 0.90
"""Probability of the intervals around levels and ratios."""

N_USUAL = 7


def typical_nb_size(values: Floats) -> float:
    """Return the median over accounts of the negative-binomial size by moments, mean^2 / (variance - mean).

    Parameters
    ----------
    values
        Counts, shape ``(n_accounts, n_days)``; NaN is left out, and so are accounts without overdispersion.
    """
    count = np.count_nonzero(~np.isnan(values), axis=1)
    use = values[count > 1].astype(np.float64)
    mean, excess = np.nanmean(use, axis=1), np.nanvar(use, axis=1, ddof=1) - np.nanmean(use, axis=1)
    sizes = mean[excess > 0] ** 2 / excess[excess > 0]
    return float(np.median(sizes)) if sizes.size else 1.0


def levels(numbers: Floats) -> tuple[Floats, Floats]:
    """Return lower bound, value and upper bound of the level before, and of the level during.

    The value is the plain mean, the bounds are quantiles of the posterior under the prior Gamma(1/2, 0).

    Parameters
    ----------
    numbers
        From `two_levels`, shape ``(n_alarms, 5)``.

    Returns
    -------
    Two arrays of shape ``(n_alarms, 3)``; NaN for an alarm without such a day.
    """
    bounds = []
    for total, count in ((numbers[:, 0], numbers[:, 1]), (numbers[:, 2], numbers[:, 3])):
        days = np.where(count > 0, count, np.nan)
        shape = total / numbers[:, 4] + 0.5
        low, high = (special.gammaincinv(shape, p) / (days / numbers[:, 4]) for p in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        bounds.append(np.stack([low, total / days, high], axis=1))
    return bounds[0], bounds[1]


def differ(numbers: Floats) -> Bools:
    """Return for which alarms the interval of the ratio of the two levels excludes 1.

    Parameters
    ----------
    numbers
        From `two_levels`, shape ``(n_alarms, 5)``.

    Notes
    -----
    Of two gamma variables with the shapes a, b and the rates d, e the first is the smaller with probability
    I_{d / (d + e)}(a, b), the regularised incomplete beta function.
    """
    before, n_before, during, n_during, dispersion = numbers.T
    known = (n_before > 0) & (n_during > 0)
    share = np.divide(n_during, n_before + n_during, out=np.full(len(known), 0.5), where=known)
    below = special.betainc(during / dispersion + 0.5, before / dispersion + 0.5, share)
    found: Bools = known & ((below < (1 - LEVEL) / 2) | (below > (1 + LEVEL) / 2))
    return found


def moved_measures(panel: Panel, row: Ints, since: Ints, onset: Ints, end: Ints) -> Strings:
    """Name the measures of each alarm for which the interval of the ratio excludes 1.

    Parameters
    ----------
    panel
        The panel with the alarms.
    row, since, onset, end
        Row of each alarm, first day of the level before, and first and last day of the shift.

    Returns
    -------
    Names, separated by commas.
    """
    moved = [differ(two_levels(values, row, since, onset, end)) for values in panel.measures.values()]
    kind = sum(part.astype(np.int64) << k for k, part in enumerate(moved))
    kinds, place = np.unique(kind, return_inverse=True)
    names = [", ".join(name for k, name in enumerate(panel.measures) if one >> k & 1) for one in kinds.tolist()]
    return np.array(names, dtype=object)[place]


def usual_levels(values: Floats, row: Ints, left: Ints, first: Ints, temper: float) -> Floats:
    """Return levels that are equally likely to be the usual one: quantiles of a gamma-Poisson posterior.

    Parameters
    ----------
    values
        Counts, ``(n_accounts, n_days)``; NaN is left out.
    row
        Rows.
    left, first
        For each row, the first of its usual days, and the day after them.
    temper
        Days that say as much as one would if days were independent and Poisson; counts are divided by it likewise.

    Returns
    -------
    Shape ``(n_rows, 7)``, ascending, above 0.
    """
    total, count = sums_and_counts(values, row, left, first)
    at = (np.arange(N_USUAL) + 0.5) / N_USUAL
    found: Floats = special.gammaincinv(total[:, None] / temper + 0.5, at) * (temper / np.maximum(count, 1))[:, None]
    return found
