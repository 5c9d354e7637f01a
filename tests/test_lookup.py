"""The look-up of values on a curve gives the bits of NumPy's, wherever the points lie and however many there are."""

import numpy as np
import pytest

from viewshift.conformal import PooledConformal
from viewshift.kernels.lookup import BLOCK, linear_between


def points(rng, n, knots):
    """Draw points: some between the knots, some on them, some beside all, infinite ones and NaN."""
    x = rng.normal(0, 2, n)
    on = rng.random(n) < 0.3
    x[on] = rng.choice(knots, on.sum())
    odd = rng.random(n) < 0.1
    x[odd] = rng.choice([np.nan, np.inf, -np.inf, -1e30, 1e30, 0.0, -0.0], odd.sum())
    return x


@pytest.mark.parametrize("n", [0, 1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 10 * BLOCK + 3])
@pytest.mark.parametrize("n_knots", [1, 2, 3, 8, 9, 1280])
def test_values_between_knots_are_numpys_to_the_bit(n, n_knots):
    rng = np.random.default_rng([n, n_knots])
    knots = np.unique(rng.normal(0, 2, n_knots))
    values = np.cumsum(rng.gamma(0.5, 1, n_knots))
    x = points(rng, n, knots)
    expected = np.where(np.isnan(x), np.nan, np.interp(x, knots, values, left=-7.0))
    np.testing.assert_array_equal(linear_between(x, knots, values, -7.0), expected, strict=True)


def test_surprise_is_the_survival_function_looked_up_in_any_shape_and_precision():
    rng = np.random.default_rng(3)
    pooled = PooledConformal.fit(rng.gamma(0.6, 2, 50_000))
    scores = points(rng, 3_000, pooled.scores).reshape(30, 100)
    expected = np.where(np.isnan(scores), np.nan, -np.interp(scores, pooled.scores, pooled.log10_p, left=0.0))
    np.testing.assert_array_equal(pooled.surprise(scores), expected, strict=True)
    np.testing.assert_array_equal(pooled.surprise(scores.T), expected.T, strict=True)
    single = scores.astype(np.float32)
    np.testing.assert_array_equal(pooled.surprise(single), pooled.surprise(single.astype(np.float64)), strict=True)
