"""Names for the array types and options that the whole library shares."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""A float32 or float64 array; NaN means "not observed" or "no opinion"."""

Bools: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]
Signs: TypeAlias = NDArray[np.int8]
Strings: TypeAlias = NDArray[np.str_]
Days: TypeAlias = NDArray[np.datetime64]
"""Local days, dtype ``datetime64[D]``."""

Direction: TypeAlias = Literal["up", "down", "both"]
"""Which way a day must depart from the account's past to score high."""

State: TypeAlias = dict[str, NDArray[Any]]
"""What a streaming detector remembers of each account: arrays whose first axis is the account."""
