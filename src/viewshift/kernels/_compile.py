"""How kernels are compiled: cached, NumPy's division rules, parallel over accounts on request."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of scalars and arrays; the result is cached on disk."""
    compiled: Callable[P, R] = numba.njit(cache=True, error_model="numpy", nogil=True)(function)
    return compiled


def parallel_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function whose outer loop ``for i in prange(n_accounts)`` runs on all threads."""
    compiled: Callable[P, R] = numba.njit(cache=True, error_model="numpy", parallel=True)(function)
    return compiled
