"""Functions of floats that compile to straight lines, so that a loop over them runs on vectors."""

import math
from typing import Any

import numpy as np

from viewshift.kernels._compile import inline_kernel

LOG_2 = math.log(2.0)
LOG_2_HIGH = 0.693145751953125
LOG_2_LOW = 1.428606820309417232e-6
"""Their sum is log 2; whole multiples of the first up to 2^33 are exact."""
HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)
ALL_BUT_SIGN = 0x7FFFFFFFFFFFFFFF
MANTISSA = 0x000FFFFFFFFFFFFF
HALF_ROOT = 0x3FE6A09E667F3BCD
"""Bits of the square root of 1/2."""
TWO_52 = 0x4330000000000000
"""Bits of 2^52: put below them, a whole number under 2^52 becomes the float 2^52 + itself."""


@inline_kernel
def sort_key(x: float) -> Any:
    """Return an integer (int64) that orders as the floats do: the lowest of many is found without branches."""
    bits = np.float64(x).view(np.int64)
    return bits ^ ((bits >> 63) & ALL_BUT_SIGN)


@inline_kernel
def value_of(key: Any) -> float:
    """Return the float of a `sort_key`."""
    bits = np.int64(key) ^ ((np.int64(key) >> 63) & ALL_BUT_SIGN)
    return float(np.int64(bits).view(np.float64))


@inline_kernel
def inline_log(x: float) -> float:
    """Return log x of a normal float above 0, to 2 units in the last place, and something finite for 0.

    x = 2^e m with m from the root of 1/2 to that of 2; log m = 2 artanh(s), s = (m - 1) / (m + 1), by its series.
    """
    bits = np.float64(x).view(np.int64) - HALF_ROOT + (1024 << 52)
    exponent = np.int64((bits >> 52) | TWO_52).view(np.float64) - (4503599627370496.0 + 1024.0)
    m = np.int64((bits & MANTISSA) + HALF_ROOT).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    series = 1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21)))
    series = 1 / 7 + z * (1 / 9 + z * (1 / 11 + z * (1 / 13 + z * series)))
    series = z * (1 / 3 + z * (1 / 5 + z * series))
    return exponent * LOG_2 + 2.0 * (s + s * series)


@inline_kernel
def inline_exp(x: float) -> float:
    """Return exp x of x from -700 to 700, to 2 units in the last place; of less, that of -700.

    x = k log 2 + r, |r| at most log(2) / 2; exp r by its series, and k goes into the exponent.
    """
    x = max(x, -700.0)
    shifted = x * (1.0 / LOG_2) + 6755399441055744.0  # 1.5 * 2^52: the last bits are k
    k = shifted - 6755399441055744.0
    r = (x - k * LOG_2_HIGH) - k * LOG_2_LOW
    series = 1 / 5040 + r * (1 / 40320 + r * (1 / 362880 + r * (1 / 3628800 + r * (1 / 39916800 + r / 479001600))))
    series = 1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * series)))
    series = 1.0 + (r + r * r * (0.5 + r * series))
    bits = np.float64(series).view(np.int64) + (np.float64(shifted).view(np.int64) << 52)
    return float(np.int64(bits).view(np.float64))


@inline_kernel
def inline_log_gamma(x: float) -> float:
    """Return log Gamma(x) for x above 0, to 3e-14 or 4 units in the last place; below 16 by way of x + 16."""
    z = x if x >= 16.0 else x + 16.0
    low = (x * (x + 1.0)) * ((x + 2.0) * (x + 3.0)) * ((x + 4.0) * (x + 5.0)) * ((x + 6.0) * (x + 7.0))
    high = (x + 8.0) * (x + 9.0) * ((x + 10.0) * (x + 11.0)) * ((x + 12.0) * (x + 13.0)) * ((x + 14.0) * (x + 15.0))
    product = 1.0 if x >= 16.0 else low * high
    s = 1.0 / (z * z)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - s / 1188) * s) * s) * s) / z
    return ((z - 0.5) * inline_log(z) - z + HALF_LOG_TWO_PI + series) - inline_log(product)
