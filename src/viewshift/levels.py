"""Levels before and during a shift, and how sure they are."""

import numpy as np
from scipy import stats

from viewshift._typing import Floats, Ints
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


def levels(numbers: Floats) -> tuple[Floats, Floats, Floats]:
    """Return lower bound, value and upper bound of the level before, the level during, and their ratio.

    The value of a level is the plain mean; that of the ratio is its posterior median.

    Parameters
    ----------
    numbers
        Sum and days before, sum and days during, dispersion: shape ``(n_alarms, 5)``.

    Returns
    -------
    Three arrays of shape ``(n_alarms, 3)``; NaN for an alarm without a day before.
    """
    tails = np.array([(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    dispersion = numbers[:, 4]
    shape, days = [], []
    bounds = []
    for total, count in ((numbers[:, 0], numbers[:, 1]), (numbers[:, 2], numbers[:, 3])):
        known = count > 0
        a = np.where(known, total / dispersion + 0.5, np.nan)
        d = np.where(known, count / dispersion, np.nan)
        bound = np.asarray(stats.gamma.ppf(tails[None, :], a[:, None]) / d[:, None])
        bound[:, 1] = np.divide(total, count, out=np.full(len(total), np.nan), where=known)
        shape.append(a)
        days.append(d)
        bounds.append(bound)
    prime = stats.betaprime.ppf(tails[None, :], shape[1][:, None], shape[0][:, None])
    return bounds[0], bounds[1], np.asarray(prime * (days[0] / days[1])[:, None])


def moved_measures(panel: Panel, row: Ints, since: Ints, onset: Ints, end: Ints) -> list[str]:
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
    moved: list[list[str]] = [[] for _ in row]
    for name, values in panel.measures.items():
        parts = [two_parts(values[i], *days) for i, *days in zip(row, since, onset, end, strict=True)]
        if parts:
            low, _, high = levels(np.array(parts))[2].T
            for place in np.flatnonzero((low > 1) | (high < 1)):
                moved[place].append(name)
    return [", ".join(names) for names in moved]


def two_parts(values: Floats, since: int, onset: int, end: int) -> tuple[float, float, float, float, float]:
    """Return what `levels` asks for, of one account.

    Parameters
    ----------
    values
        The account's days; NaN is left out.
    since, onset, end
        First day of the level before, and first and last day of the shift.
    """
    before = values[max(0, since) : onset]
    during = values[onset : end + 1]
    parts = [part[~np.isnan(part)].astype(np.float64) for part in (before, during)]
    pearson = sum(float(((part - part.mean()) ** 2).sum() / part.mean()) for part in parts if part.size and part.any())
    dispersion = max(1.0, pearson / max(1, parts[0].size + parts[1].size - 2))
    return parts[0].sum(), parts[0].size, parts[1].sum(), parts[1].size, dispersion


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
    days = [values[i, a:b] for i, a, b in zip(row, left, first, strict=True)]
    total = np.array([np.nansum(part) for part in days], dtype=np.float64)
    count = np.array([max(1, np.count_nonzero(~np.isnan(part))) for part in days], dtype=np.float64)
    at = (np.arange(N_USUAL) + 0.5) / N_USUAL
    found: Floats = stats.gamma.ppf(at, total[:, None] / temper + 0.5) * (temper / count)[:, None]
    return found
