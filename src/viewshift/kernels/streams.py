"""Random streams of simulated accounts: each account owns one, and no global state is touched.

SplitMix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA, figure 17). A stream is
an array of one uint64, its state. Streams start at hashed places of one cycle of 2^64 draws, so that two of a million
accounts with a million draws each meet with a probability of 3 in 100,000 at most.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewshift._typing import Floats
from viewshift.kernels._compile import kernel

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


@kernel
def next_bits(stream: NDArray[np.uint64]) -> Any:
    """Advance the stream and return its next 64 bits (uint64)."""
    stream[0] += GOLDEN
    z = stream[0]
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))


@kernel
def open_stream(seed: int, account: int) -> NDArray[np.uint64]:
    """Return the stream of one account under one seed: the account's number mixed into the mixed seed."""
    stream = np.empty(1, np.uint64)
    stream[0] = np.uint64(seed)
    stream[0] = next_bits(stream) ^ (np.uint64(account) * MIX_1)
    stream[0] = next_bits(stream)
    return stream


@kernel
def uniform(stream: NDArray[np.uint64]) -> float:
    """Return a number in [0, 1), a multiple of 2^-53."""
    return float(next_bits(stream) >> np.uint64(11)) * 2.0**-53


@kernel
def normal(stream: NDArray[np.uint64]) -> float:
    """Return a standard normal number (Box & Muller 1958, cosine half)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(stream)))
    return radius * math.cos(2.0 * math.pi * uniform(stream))


@kernel
def chance(stream: NDArray[np.uint64], logit: float) -> bool:
    """Return True with probability ``1 / (1 + exp(-logit))``."""
    return uniform(stream) * (1.0 + math.exp(-logit)) < 1.0


@kernel
def choice(stream: NDArray[np.uint64], cumulative: Floats) -> int:
    """Return an index drawn by its cumulative weights, whose last entry is their sum."""
    u = uniform(stream) * cumulative[-1]
    k = 0
    while k < len(cumulative) - 1 and cumulative[k] <= u:
        k += 1
    return k
