"""Count distributions and counter-based random bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def mixed_bits(counter: NDArray[np.uint64]) -> NDArray[Any]:
    """Return SplitMix64's scrambling of 64-bit counters (same shape): close inputs give unrelated outputs."""
    z = counter.copy()
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z
