"""What one day of many accounts says of a common factor: limited values, what they should be, and the upper tail."""

import math

import numpy as np
from numba import prange

from viewshift._typing import Floats
from viewshift.kernels._compile import parallel_kernel
from viewshift.kernels.nb_tail import hurdle_log_sf, log_zero, nb_log_tails


@parallel_kernel
def limited(
    values: Floats, active: Floats, mean: Floats, size: Floats, multiple: float
) -> tuple[Floats, Floats, Floats]:
    """Return min(Y, c), its expectation, and c where Y reaches c (else 0); all of shape (n,), values above or at 0.

    The limit c is `multiple` times the expected value of an active day of the hurdle (active, mean, size). With
    k = floor(c), E min(Y, c) = E[Y; Y <= k] + c P(Y > k), and for a negative binomial E[Y; Y <= k] = m P(Z < k) with
    Z of size r + 1 and mean m (r + 1) / r (Johnson, Kemp and Kotz, 2005, section 5.10). Small limits are summed up.
    """
    kept = np.empty(values.size)
    expected = np.empty(values.size)
    reached = np.zeros(values.size)
    for i in prange(values.size):
        m, r = mean[i], size[i]
        positive = -math.expm1(log_zero(m, r))
        c = multiple * m / positive
        k = math.floor(c)
        pmf = math.exp(log_zero(m, r))
        if k <= 64.0 and pmf > 1e-200:
            short = c * pmf
            for y in range(int(k)):
                pmf *= (y + r) / (y + 1.0) * (m / (m + r))
                short += (c - y - 1.0) * pmf
            whole = c - short
        else:
            below = math.exp(nb_log_tails(k, m * (r + 1.0) / r, r + 1.0)[1]) if k > 0.0 else 0.0
            whole = m * below + c * math.exp(nb_log_tails(k + 1.0, m, r)[0])
        expected[i] = active[i] * whole / positive
        kept[i] = min(values[i], c)
        if values[i] >= c:
            reached[i] = c
    return kept, expected, reached


@parallel_kernel
def tail_membership(values: Floats, active: Floats, mean: Floats, size: Floats, level: float) -> Floats:
    """Return the chance that each day's randomised upper-tail p-value is at most `level`; shape (n,).

    That p-value is uniform between P(Y > y) and P(Y >= y), so that the chances average `level` if the hurdles are true,
    however coarse the counts (Geyer and Meeden, 2005, section 1.4).
    """
    chance = np.empty(values.size)
    for i in prange(values.size):
        high = math.exp(hurdle_log_sf(values[i], active[i], mean[i], size[i]))
        low = math.exp(hurdle_log_sf(values[i] + 1.0, active[i], mean[i], size[i]))
        chance[i] = 1.0 if high <= level else min(max((level - low) / (high - low), 0.0), 1.0)
    return chance
