"""How good predictions of days are: calibrated, sharp, and right in the tail, for all accounts and for each."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from viewshift._checks import check_whole
from viewshift._typing import Floats
from viewshift.kernels.predictive_scores import hurdle_crps
from viewshift.metrics.bootstrap import group_totals, ratio_interval, replicated_sums

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
    days = _days_in_bins(prediction, values, n_bins).sum(axis=0)
    total = days.sum()
    return days / total if total else np.full(n_bins, np.nan)


def pit_intervals(
    prediction: "Predictive", values: Floats, *, n_bins: int = 10, groups: Any = None
) -> tuple[Floats, Floats]:
    r"""Bounds within which 95 samples of 100 have all shares of `pit_histogram`, if the predictions are right.

    .. math:: 1/K \pm t_{G-1}(1 - .05 / 2K)\, s_k, \qquad
              s_k^2 = \frac{G}{G - 1} \sum_g (m_{gk} - \hat p_k n_g)^2 / n^2

    for K bins and G groups, with t the quantile of Student's law, :math:`m_{gk}` of the :math:`n_g` days of group g in
    bin k, and :math:`\hat p_k` the share of all; :math:`s_k` is at least what independent days have.

    Parameters
    ----------
    prediction
        Of each account-day, ``(n_accounts, n_days)``.
    values
        Whole numbers, at least 0, same shape; NaN is left out.
    n_bins
        Number of equal bins.
    groups
        One label per account; accounts of one group (a household) count as one. Default: each its own.

    Returns
    -------
    Lowest and highest share of each bin, shape ``(n_bins,)``; NaN without a day.

    Notes
    -----
    Days of a group may depend on each other in any way; groups are taken for independent. Where there is one group
    only, its days are: then the bounds are too narrow.

    References
    ----------
    Cochran, W. G. (1977). Sampling Techniques, 3rd ed., sec. 6.4 (variance of a ratio). Dunn, O. J. (1961). Multiple
    comparisons among means. J. American Statistical Association 56, 52-64 (the simultaneous level).
    """
    check_whole("n_bins", n_bins, least=1)
    in_bins = group_totals(_days_in_bins(prediction, values, n_bins), groups)
    days = in_bins.sum(axis=1, keepdims=True)
    in_bins, days = in_bins[days[:, 0] > 0], days[days > 0][:, None]
    n, n_groups = days.sum(), len(days)
    if not n_groups:
        return np.full(n_bins, np.nan), np.full(n_bins, np.nan)
    apart = ((in_bins - in_bins.sum(axis=0) / n * days) ** 2).sum(axis=0) / n**2 * n_groups / max(1, n_groups - 1)
    error = np.sqrt(np.maximum(apart, (n_bins - 1) / n_bins**2 / n))
    law = stats.t(n_groups - 1) if n_groups > 1 else stats.norm
    reach = law.ppf(1 - 0.05 / 2 / n_bins) * error
    return np.maximum(1 / n_bins - reach, 0.0), np.minimum(1 / n_bins + reach, 1.0)


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


def exceedance_ratios(surprise: Floats, levels: tuple[float, ...] = LEVELS, *, groups: Any = None) -> pd.DataFrame:
    """Days whose p-value is at or below a level, relative to the number promised, over all accounts and over each.

    Parameters
    ----------
    surprise
        -log10 p, ``(n_accounts, n_days)``; NaN is left out.
    levels
        p-values, in (0, 1).
    groups
        One label per account; whole groups (households) are drawn in the bootstrap. Default: each its own.

    Returns
    -------
    One row per level: level, days, observed, ratio (1 if the promise holds), its 95 % interval, low to high, and the
    10 % and 90 % quantiles of the ratio over accounts with a scored day, account_10 and account_90; NaN without a day.

    Notes
    -----
    The interval is of each level by itself: at each end the wider of the bootstrap and of the exact one for a Poisson
    count.
    """
    scored = np.count_nonzero(~np.isnan(surprise), axis=1)
    for level in levels:
        if not 0 < level < 1:
            raise ValueError(f"`levels` must lie above 0 and below 1, got {level}.")
    hits = [np.count_nonzero(surprise >= -np.log10(level), axis=1) for level in levels]
    drawn = replicated_sums(group_totals(np.column_stack([*hits, scored]), groups), 500, seed=1)
    rows = []
    for k, level in enumerate(levels):
        own = hits[k][scored > 0] / (scored[scored > 0] * level)
        total = hits[k].sum()
        found = ratio_interval(total, scored.sum() * level, drawn[:, k], drawn[:, -1] * level)
        spread = np.quantile(own, [0.1, 0.9]) if own.size else (np.nan, np.nan)
        rows.append((level, int(scored.sum()), int(total), *found, *spread))
    columns = ["level", "days", "observed", "ratio", "low", "high", "account_10", "account_90"]
    return pd.DataFrame(rows, columns=columns)


def _days_in_bins(prediction: "Predictive", values: Floats, n_bins: int) -> Floats:
    """Return how many days of each account lie in each bin of the transform, shape ``(n_accounts, n_bins)``."""
    below, upto = _steps(prediction, values)
    width = np.maximum(upto - below, np.finfo(float).tiny)
    edges = np.linspace(0, 1, n_bins + 1)[1:-1]
    upper = [np.nansum(np.clip((edge - below) / width, 0, 1), axis=1) for edge in edges]
    none, every = np.zeros(len(below)), np.count_nonzero(~np.isnan(below), axis=1)
    return np.diff([none, *upper, every], axis=0).T


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
