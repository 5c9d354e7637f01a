"""How good predictions of days are: calibrated, sharp, and right in the tail, for all accounts and for each."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from viewshift._checks import check_whole
from viewshift._typing import Floats
from viewshift.kernels.predictive_scores import hurdle_crps

if TYPE_CHECKING:
    from viewshift.baselines import Predictive

CRPS_ERROR = 1e-10
"""At most so much is left out of the sum of a CRPS, in units of the measure."""

LEVELS = (1e-2, 1e-3, 1e-4)


def pit(prediction: "Predictive", values: Floats, *, seed: int = 0) -> Floats:
    r"""Randomised probability integral transform, uniform on [0, 1] if the predictions are right.

    .. math:: u = P(Y < y) + V\,P(Y = y), \qquad V \sim U(0, 1)

    Parameters
    ----------
    prediction
        Of each account-day, ``(n_accounts, n_days)``.
    values
        Whole numbers, at least 0, same shape; NaN gives NaN.
    seed
        Seed of V, at least 0.

    References
    ----------
    Smith, J. Q. (1985). Diagnostic checks of non-standard time series models. J. Forecasting 4, 283-291.
    """
    check_whole("seed", seed, least=0)
    below, upto = _steps(prediction, values)
    return below + np.random.default_rng(seed).random(below.shape) * (upto - below)


def pit_histogram(prediction: "Predictive", values: Floats, *, n_bins: int = 10) -> Floats:
    """Non-randomised histogram of the probability integral transform: flat if the predictions are right.

    Each day spreads its weight evenly between P(Y < y) and P(Y <= y).

    Parameters
    ----------
    prediction
        Of each account-day, ``(n_accounts, n_days)``.
    values
        Whole numbers, at least 0, same shape; NaN is left out.
    n_bins
        Number of equal bins.

    Returns
    -------
    Shares of shape ``(n_bins,)``, which add up to 1; all NaN without a day.

    References
    ----------
    Czado, C., Gneiting, T. and Held, L. (2009). Predictive model assessment for count data. Biometrics 65, 1254-1261,
    eq. 1 and 2.
    """
    check_whole("n_bins", n_bins, least=1)
    below, upto = (part[~np.isnan(part)] for part in _steps(prediction, values))
    if not below.size:
        return np.full(n_bins, np.nan)
    width = np.maximum(upto - below, np.finfo(float).tiny)
    mean = [np.clip((u - below) / width, 0, 1).mean() for u in np.linspace(0, 1, n_bins + 1)[1:-1]]
    return np.diff([0.0, *mean, 1.0])


def log_score(prediction: "Predictive", values: Floats) -> Floats:
    """Logarithmic score -ln P(Y = y) of each account-day; lower is better.

    Parameters
    ----------
    prediction
        Of each account-day, ``(n_accounts, n_days)``.
    values
        Whole numbers, at least 0, same shape; NaN gives NaN.

    References
    ----------
    Good, I. J. (1952). Rational decisions. JRSS B 14, 107-114.
    """
    return -prediction.logpmf(_counts(values))


def crps(prediction: "Predictive", values: Floats) -> Floats:
    r"""Continuous ranked probability score of each account-day, in units of the measure; lower is better.

    .. math:: \sum_{k=0}^\infty \left(P(Y \le k) - [y \le k]\right)^2

    summed until at most 1e-10 is left.

    Parameters
    ----------
    prediction
        Of each account-day, ``(n_accounts, n_days)``.
    values
        Whole numbers, at least 0, same shape; NaN gives NaN.

    References
    ----------
    Epstein, E. S. (1969). A scoring system for probability forecasts of ranked categories. J. Appl. Meteorology 8,
    985-987. Czado, Gneiting and Held (2009), eq. 4.
    """
    shape = prediction.active.shape
    if np.shape(values) != shape:
        raise ValueError(f"`values` must have the prediction's shape {shape}, got {np.shape(values)}.")
    y = np.ascontiguousarray(_counts(values)).reshape(-1)
    active, mean, size = prediction.active, prediction.nb_mean, prediction.nb_size
    return hurdle_crps(y, active.reshape(-1), mean.reshape(-1), size.reshape(-1), CRPS_ERROR).reshape(shape)


def exceedance_ratios(surprise: Floats, levels: tuple[float, ...] = LEVELS) -> pd.DataFrame:
    """Days whose p-value is at or below a level, relative to the number promised, over all accounts and over each.

    Parameters
    ----------
    surprise
        -log10 p, ``(n_accounts, n_days)``; NaN is left out.
    levels
        p-values, in (0, 1).

    Returns
    -------
    One row per level: level, days, observed, ratio (1 if the promise holds), and the 10 % and 90 % quantiles of the
    ratio over accounts with a scored day, account_10 and account_90; NaN without any day.
    """
    scored = np.count_nonzero(~np.isnan(surprise), axis=1)
    rows = []
    for level in levels:
        if not 0 < level < 1:
            raise ValueError(f"`levels` must lie above 0 and below 1, got {level}.")
        hits = np.count_nonzero(surprise >= -np.log10(level), axis=1)
        own = hits[scored > 0] / (scored[scored > 0] * level)
        ratio = hits.sum() / (scored.sum() * level) if own.size else np.nan
        low, high = np.quantile(own, [0.1, 0.9]) if own.size else (np.nan, np.nan)
        rows.append((level, int(scored.sum()), int(hits.sum()), ratio, low, high))
    return pd.DataFrame(rows, columns=["level", "days", "observed", "ratio", "account_10", "account_90"])


def _steps(prediction: "Predictive", values: Floats) -> tuple[Floats, Floats]:
    """Return P(Y < y) and P(Y <= y)."""
    below = -np.expm1(prediction.logsf(_counts(values)))
    return below, np.maximum(np.exp(prediction.logcdf(values)), below)


def _counts(values: Floats) -> Floats:
    numbers = np.asarray(values, dtype=np.float64)
    wrong = numbers[~(np.isfinite(numbers) & (numbers >= 0) & (numbers == np.floor(numbers)) | np.isnan(numbers))]
    if wrong.size:
        raise ValueError(f"`values` must be whole numbers of at least 0, or NaN, got {wrong[0]}; round them first.")
    return numbers
