"""How kernels are compiled: cached, NumPy's division rules, parallel over accounts on request."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba
from numba.core import event

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of scalars and arrays; the result is cached on disk."""
    compiled: Callable[P, R] = numba.njit(cache=True, error_model="numpy", nogil=True)(function)
    return compiled


def inline_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that its callers always take in whole, so that their loops can run on vectors."""
    compiled: Callable[P, R] = numba.njit(cache=True, error_model="numpy", nogil=True, forceinline=True)(function)
    return compiled


def parallel_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function whose outer loop ``for i in prange(n_accounts)`` runs on all threads."""
    compiled: Callable[P, R] = numba.njit(cache=True, error_model="numpy", parallel=True)(function)
    return compiled


class _FirstCompilation(event.Listener):
    """Calls a function when the first kernel is compiled, rather than read from the cache."""

    def __init__(self, say: Callable[[], None]) -> None:
        self.say, self.said = say, False

    def on_start(self, _: event.Event) -> None:
        if not self.said:
            self.said = True
            self.say()

    def on_end(self, _: event.Event) -> None:
        pass


def when_compiling(say: Callable[[], None]) -> None:
    """Call a function once if this process has to compile a kernel: a machine does so once, and it takes a while."""
    event.register("numba:compile", _FirstCompilation(say))  # type: ignore[no-untyped-call]
