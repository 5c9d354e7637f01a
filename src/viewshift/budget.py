"""Alarm budgets: which threshold gives a wanted number of alarms per account-year."""

from typing import Any

import numpy as np

from viewshift._typing import Floats
from viewshift.kernels.runs import count_runs, runs_above
from viewshift.metrics.bootstrap import group_totals, interval, replicated_sums
from viewshift.metrics.events import DAYS_PER_YEAR, days_in_alarm, per_account, per_account_year

JUMP = 1.2
"""Ratio of the rates at two neighbouring thresholds from which on scores are taken to tie between them."""

PROMISED = ("low", "high", "days_in_alarm", "account_10", "account_50", "account_90", "above_twice")
"""Interval of the rate, days in alarm per account-year, quantiles of accounts' rates, share above twice the rate."""


def rate_curve(surprise: Floats, quiet: int, n_thresholds: int = 400) -> Floats:
    """Return thresholds and the alarms per account-year that each gives on these paths.

    Parameters
    ----------
    surprise
        Out-of-fold surprise, shape ``(n_accounts, n_days)``.
    quiet
        Scored days below the threshold that close an alarm.
    n_thresholds
        Thresholds, evenly spaced from 0.3 to the largest surprise.

    Returns
    -------
    Array of shape ``(2, n_thresholds)``.
    """
    thresholds = np.linspace(0.3, max(0.4, float(np.nanmax(surprise))), n_thresholds)
    years = np.count_nonzero(~np.isnan(surprise)) / DAYS_PER_YEAR
    return np.stack([thresholds, count_runs(surprise, thresholds, quiet).sum(axis=0) / years])


def threshold_at(curve: Floats, per_account_year: float) -> float:
    """Return the lowest threshold from which on the rate stays at or below the dial.

    Between two thresholds of the curve the logarithm of the rate is taken as linear, unless it jumps because scores
    tie: then the threshold is the one above the jump, and the rate falls short of the dial.

    Parameters
    ----------
    curve
        From `rate_curve`.
    per_account_year
        The dial.

    Raises
    ------
    ValueError
        If the reference is too small to tell so low a rate, or so high a rate is never reached.
    """
    thresholds, rates = curve
    above = np.flatnonzero(rates > per_account_year)
    if not above.size:
        if rates.max() == 0:
            return float(thresholds[0])
        raise ValueError(f"`per_account_year` must be below {rates.max():.3g} for this rule, got {per_account_year}.")
    k = int(above[-1])
    if k + 1 == len(thresholds):
        raise ValueError(
            f"`per_account_year` must be at least {rates[-1]:.2g} for this rule, got {per_account_year}; "
            "fit on more account-years to go lower."
        )
    if rates[k] > JUMP * rates[k + 1]:
        return float(thresholds[k + 1])
    low, high = np.log(rates[k]), np.log(rates[k + 1])
    part = (low - np.log(per_account_year)) / (low - high)
    return float(thresholds[k] + part * (thresholds[k + 1] - thresholds[k]))


def rate_at(curve: Floats, surprise: float) -> float:
    """Return the alarms per account-year at a threshold, the inverse of `threshold_at` where the curve falls.

    Parameters
    ----------
    curve
        From `rate_curve`.
    surprise
        Threshold; beyond the curve's ends the rate is that at the end.
    """
    thresholds, rates = curve[:, curve[1] > 0]
    return float(np.exp(np.interp(surprise, thresholds, np.log(rates)))) if rates.size else 0.0


def observed_rate(surprise: Floats, threshold: float, quiet: int, groups: Any = None) -> tuple[float, float, float]:
    """Return the alarms per account-year on some paths, with a 95 % bootstrap interval.

    Parameters
    ----------
    surprise
        Shape ``(n_accounts, n_days)``.
    threshold
        Surprise at which an alarm opens.
    quiet
        Scored days below the threshold that close an alarm.
    groups
        One label per account; whole groups are drawn. Default: each account its own.

    Returns
    -------
    Rate, lower and upper bound; 500 replicates under a fixed seed.
    """
    alarms = group_totals(per_account(runs_above(surprise, threshold, quiet)[0], len(surprise)), groups)
    years = group_totals(np.count_nonzero(~np.isnan(surprise), axis=1) / DAYS_PER_YEAR, groups)
    low, high = _interval(alarms[:, None], years)[0]
    return float(alarms.sum() / years.sum()), low, high


def promised(surprise: Floats, thresholds: Floats, quiet: int, adapt_after: int, groups: Any = None) -> Floats:
    """Return what each threshold costs on these paths, one row for each of `PROMISED`.

    Parameters
    ----------
    surprise
        Out-of-fold surprise, shape ``(n_accounts, n_days)``.
    thresholds
        Surprises at which an alarm opens, ascending.
    quiet
        Scored days below the threshold that close an alarm.
    adapt_after
        Days after which an alarm closes as lasting.
    groups
        As for `observed_rate`.

    Returns
    -------
    Array of shape ``(len(PROMISED), n_thresholds)``; bootstrap as in `observed_rate`.
    """
    n = len(surprise)
    days = np.count_nonzero(~np.isnan(surprise), axis=1)
    years, scored = group_totals(days / DAYS_PER_YEAR, groups), days > 0
    table, bounds = [], []
    for block in np.array_split(thresholds, max(1, thresholds.size // 50)):
        alarms = []
        for threshold in block:
            row, opened, last = runs_above(surprise, threshold, quiet)
            own = per_account_year(per_account(row, n), days)[scored]
            up = days_in_alarm(opened, last, adapt_after).sum() / years.sum()
            twice = np.mean(own > 2 * len(row) / years.sum())
            table.append([up, *np.quantile(own, [0.1, 0.5, 0.9]), twice])
            alarms.append(group_totals(per_account(row, n), groups))
        bounds += _interval(np.stack(alarms, axis=1), years)
    return np.hstack([bounds, table]).T


def _interval(alarms: Floats, years: Floats) -> list[tuple[float, float]]:
    """Return the bootstrap interval of each column's rate."""
    sums = replicated_sums(np.column_stack([alarms, years]), 500, seed=1)
    rates = np.divide(sums[:, :-1], sums[:, -1:], out=np.full(sums[:, :-1].shape, np.nan), where=sums[:, -1:] > 0)
    return [interval(rate) for rate in rates.T]


def values_at(table: Floats, threshold: float) -> list[float]:
    """Return the values of a table at a threshold, linear in between.

    Parameters
    ----------
    table
        Thresholds, ascending, in the first row, and values of each kind in the rows below.
    threshold
        Beyond the table's ends the values are those at the end.
    """
    return [float(np.interp(threshold, table[0], row)) for row in table[1:]]
