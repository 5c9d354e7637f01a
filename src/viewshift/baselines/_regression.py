"""The two regressions of a hurdle model: logit for an active day, zero-truncated negative binomial for its count."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, gammaln, psi
from threadpoolctl import threadpool_limits

from viewshift._typing import Bools, Floats

PENALTY = 1.0
"""On half the squared coefficients of the standardised features: settles what a small reference leaves open."""

MEANS, SIZES = (-14.0, 20.0), (np.log(0.01), np.log(1000.0))
"""Ranges of log m and log r in a fit; beyond them the likelihood is taken for flat."""


def conditioned(features: Floats, penalty: float) -> tuple[Floats, Floats]:
    """Return T and the penalty of b, in coefficients T @ b in which the likelihood is about equally curved all round.

    The first feature is the constant 1; its coefficient is hardly penalised.
    """
    n = max(len(features), 1)
    centre = features[:, 1:].sum(axis=0) / n
    spread = np.sqrt(np.sum((features[:, 1:] - centre) ** 2, axis=0) / n)
    used = spread > 1e-9 * (1 + np.abs(centre))
    scale = np.where(used, spread, 1.0)
    scaled = np.where(used, (features[:, 1:] - centre) / scale, 0.0)
    values, vectors = np.linalg.eigh(scaled.T @ scaled / n)
    ridge = penalty / n + 1e-12
    stretch = 1 / np.sqrt(np.maximum(values, 0) + ridge)
    transform = np.zeros((features.shape[1], features.shape[1]))
    transform[0, 0] = 1.0
    transform[1:, 1:] = np.where(used, 1 / scale, 0.0)[:, None] * vectors * stretch
    transform[0, 1:] = -centre @ transform[1:, 1:]
    return transform, penalty * np.concatenate([[1e-3], stretch**2])


def fit_logit(features: Floats, active: Bools, penalty: float = PENALTY) -> Floats:
    """Return the coefficients of a logit, ``(n_features,)``, by penalised maximum likelihood."""
    transform, ridge = conditioned(features, penalty)
    rows = features @ transform

    def loss(beta: Floats) -> tuple[float, Floats]:
        odds = rows @ beta
        value = np.sum(np.logaddexp(0, odds)) - odds[active].sum()
        return float(value + 0.5 * ridge @ beta**2), (expit(odds) - active) @ rows + ridge * beta

    return transform @ _minimum(loss, len(transform), len(features))


def fit_truncated_nb(
    values: Floats, features: Floats, size_features: Floats, penalty: float = PENALTY
) -> tuple[Floats, Floats]:
    """Return the coefficients of log mean and of log size of a zero-truncated NB by penalised maximum likelihood.

    Parameters
    ----------
    values
        Above 0, ``(n,)``.
    features, size_features
        What log m and log r are linear in, ``(n, n_features)`` each.
    penalty
        On half the squared standardised coefficients.
    """
    (transform, ridge), (size_transform, size_ridge) = (conditioned(x, penalty) for x in (features, size_features))
    rows, size_rows, both = features @ transform, size_features @ size_transform, np.append(ridge, size_ridge)
    n = len(transform)

    def loss(beta: Floats) -> tuple[float, Floats]:
        eta, zeta = rows @ beta[:n], size_rows @ beta[n:]
        m, r = np.exp(np.clip(eta, *MEANS)), np.exp(np.clip(zeta, *SIZES))
        log_share = np.log1p(m / r)  # - log r / (m + r)
        zero = np.exp(-r * log_share)
        positive = -np.expm1(-r * log_share)
        logs = gammaln(values + r) - gammaln(r) - r * log_share + values * np.log(m / (m + r)) - np.log(positive)
        by_m = (values - m) * r / (m + r) - zero / positive * m * r / (m + r)
        by_r = psi(values + r) - psi(r) - log_share + (m - values) / (m + r)
        by_r += zero / positive * (m / (m + r) - log_share)
        by_r *= r
        by_m[(eta < MEANS[0]) | (eta > MEANS[1])] = 0.0
        by_r[(zeta < SIZES[0]) | (zeta > SIZES[1])] = 0.0
        slope = -np.concatenate([by_m @ rows, by_r @ size_rows])
        return float(-logs.sum() + 0.5 * both @ beta**2), slope + both * beta

    beta = _minimum(loss, len(both), len(values))
    return transform @ beta[:n], size_transform @ beta[n:]


def _minimum(loss: Callable[[Floats], tuple[float, Floats]], n_parameters: int, n_rows: int) -> Floats:
    scale = 1.0 / max(n_rows, 1)

    def scaled(beta: Any) -> tuple[float, Floats]:
        value, slope = loss(beta)
        return scale * value, scale * slope

    options: Any = {"maxiter": 300, "ftol": 1e-10, "gtol": 1e-6}
    with threadpool_limits(1, "blas"):  # small products: more threads would only wait for each other
        found = minimize(scaled, np.zeros(n_parameters), jac=True, method="L-BFGS-B", options=options)
    result: Floats = found.x
    return result
