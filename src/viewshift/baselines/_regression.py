"""The two regressions of a hurdle model: logit for an active day, zero-truncated negative binomial for its count."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, gammaln, psi

from viewshift._typing import Bools, Floats

PENALTY = 1e-3
"""On half the squared coefficients of the orthogonal features: settles what a small reference leaves open."""

BOUND = 20.0
"""Largest absolute linear predictor; beyond it the likelihood is taken for flat."""


def whitening(features: Floats) -> Floats:
    """Return W, ``(n_features, rank)``, with uncorrelated columns of mean square 1 in features @ W; drops the rest."""
    if not len(features):
        return np.zeros((features.shape[1], 0))
    scale = np.sqrt(np.mean(features**2, axis=0))
    scale[scale == 0] = 1.0
    scaled = features / scale
    values, vectors = np.linalg.eigh(scaled.T @ scaled / len(features))
    keep = values > 1e-9 * values[-1]
    return vectors[:, keep] / np.sqrt(values[keep]) / scale[:, None]


def fit_logit(features: Floats, active: Bools) -> Floats:
    """Return the maximum-likelihood coefficients of a logit, ``(n_features,)``; the first feature is the constant 1.

    Half an active and half an inactive pseudo-day with mean features keep them finite where all days are alike.
    """
    white = whitening(features)
    rows, centre = features @ white, features.mean(axis=0) @ white if len(features) else np.zeros(0)

    def loss(beta: Floats) -> tuple[float, Floats]:
        odds, middle = rows @ beta, float(centre @ beta)
        value = np.sum(np.logaddexp(0, odds)) - odds[active].sum() + np.logaddexp(0, middle) - 0.5 * middle
        slope = (expit(odds) - active) @ rows + (expit(middle) - 0.5) * centre
        return float(value + 0.5 * PENALTY * beta @ beta), slope + PENALTY * beta

    return white @ _minimum(loss, np.zeros(white.shape[1]), len(features))


def fit_truncated_nb(values: Floats, features: Floats, size_features: Floats) -> tuple[Floats, Floats]:
    """Return the maximum-likelihood coefficients of log mean and of log size of a zero-truncated negative binomial.

    Parameters
    ----------
    values
        Above 0, ``(n,)``.
    features, size_features
        What log m and log r are linear in, ``(n, n_features)`` each; the first feature is the constant 1.
    """
    white, size_white = whitening(features), whitening(size_features)
    rows, size_rows = features @ white, size_features @ size_white
    n, n_values = white.shape[1], len(values)

    def loss(beta: Floats) -> tuple[float, Floats]:
        eta, zeta = rows @ beta[:n], size_rows @ beta[n:]
        m, r = np.exp(np.clip(eta, -BOUND, BOUND)), np.exp(np.clip(zeta, -5, 7))
        log_share = np.log1p(m / r)  # - log r / (m + r)
        zero = np.exp(-r * log_share)
        positive = -np.expm1(-r * log_share)
        logs = gammaln(values + r) - gammaln(r) - r * log_share + values * np.log(m / (m + r)) - np.log(positive)
        by_m = (values - m) * r / (m + r) - zero / positive * m * r / (m + r)
        by_r = psi(values + r) - psi(r) - log_share + (m - values) / (m + r)
        by_r += zero / positive * (m / (m + r) - log_share)
        by_r *= r
        by_m[np.abs(eta) > BOUND] = 0.0
        by_r[(zeta < -5) | (zeta > 7)] = 0.0
        slope = -np.concatenate([by_m @ rows, by_r @ size_rows])
        return float(-logs.sum() + 0.5 * PENALTY * beta @ beta), slope + PENALTY * beta

    beta = _minimum(loss, np.zeros(n + size_white.shape[1]), n_values)
    return white @ beta[:n], size_white @ beta[n:]


def _minimum(loss, start: Floats, n_rows: int) -> Floats:  # type: ignore[no-untyped-def]
    scale = 1.0 / max(n_rows, 1)

    def scaled(beta: Floats) -> tuple[float, Floats]:
        value, slope = loss(beta)
        return scale * value, scale * slope

    if not start.size:
        return start
    found = minimize(scaled, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-11, "gtol": 1e-6})
    result: Floats = found.x
    return result
