"""Functions that compile to straight lines agree with NumPy's and SciPy's, at awkward arguments too."""

import math

import numba
import numpy as np
import pytest
from scipy import special

from viewshift.kernels.inline import inline_exp, inline_log, inline_log_gamma, sort_key, value_of


def over(function, x):
    """Return a kernel's function of every number, from a loop that the compiler turns into vectors."""

    @numba.njit
    def loop(x):
        y = np.empty(x.size)
        for i in range(x.size):
            y[i] = function(x[i])
        return y

    return loop(x)


def units(found, exact):
    """Return the largest distance in units in the last place."""
    return np.max(np.abs(found - exact) / np.spacing(np.abs(exact)))


@pytest.mark.parametrize("reach", [1e-3, 1.0, 30.0, 700.0])
def test_logarithm_and_exponential_are_numpys_to_two_units(reach):
    """20,000 random arguments and the powers of two; 2 units in the last place."""
    x = np.random.default_rng(1).uniform(-reach, reach, 20_000)
    assert units(over(inline_exp, x), np.exp(x)) <= 2
    positive = np.append(np.exp(x), 2.0 ** np.arange(-1000, 1000))
    assert units(over(inline_log, positive), np.log(positive)) <= 2


def test_logarithm_of_nothing_is_finite_and_exponential_of_little_is_small():
    assert over(inline_log, np.array([1.0]))[0] == 0.0
    assert math.isfinite(over(inline_log, np.array([0.0]))[0])
    np.testing.assert_array_equal(over(inline_exp, np.array([0.0, -700.0, -1e4, -np.inf]))[1:], np.exp(-700.0))
    assert over(inline_exp, np.array([0.0]))[0] == 1.0


def test_gamma_function_is_scipys_on_both_sides_of_the_shift():
    """scipy.special.gammaln: absolute 5e-14 below 16, where it has zeros, 4 units in the last place above."""
    x = np.append(np.exp(np.random.default_rng(2).uniform(-9, 36, 20_000)), [1e-4, 1.0, 2.0, 15.99, 16.0, 16.01])
    found, exact = over(inline_log_gamma, x), special.gammaln(x)
    low = x < 16
    np.testing.assert_allclose(found[low], exact[low], rtol=0, atol=5e-14)
    assert units(found[~low], exact[~low]) <= 4


def test_keys_order_as_their_floats_and_give_them_back():
    x = np.array([-np.inf, -1e300, -2.0, -1e-310, -0.0, 0.0, 1e-310, 0.5, 2.0, 1e300, np.inf])
    keys = [int(sort_key(value)) for value in x]
    assert keys == sorted(set(keys))
    assert [value_of(key) for key in keys] == x.tolist()
