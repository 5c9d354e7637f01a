"""Alarm budgets: which threshold gives a wanted number of alarms per account-year."""

import numpy as np

from viewshift._typing import Floats
from viewshift.kernels.runs import count_runs, runs_above
from viewshift.metrics.bootstrap import account_weights, interval, weighted_ratio
from viewshift.metrics.events import DAYS_PER_YEAR

JUMP = 1.2
"""Ratio of the rates at two neighbouring thresholds from which on scores are taken to tie between them."""


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


def observed_rate(surprise: Floats, threshold: float, quiet: int) -> tuple[float, float, float]:
    """Return the alarms per account-year on some paths, with a 95 % bootstrap interval over accounts.

    Parameters
    ----------
    surprise
        Shape ``(n_accounts, n_days)``.
    threshold
        Surprise at which an alarm opens.
    quiet
        Scored days below the threshold that close an alarm.

    Returns
    -------
    Rate, lower and upper bound; 500 replicates under a fixed seed.
    """
    alarms = np.bincount(runs_above(surprise, threshold, quiet)[0], minlength=len(surprise))
    years = np.count_nonzero(~np.isnan(surprise), axis=1) / DAYS_PER_YEAR
    low, high = interval(weighted_ratio(alarms, years, account_weights(len(surprise), 500, seed=1)))
    return float(alarms.sum() / years.sum()), low, high
