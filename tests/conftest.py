"""Settings for all tests: Hypothesis profiles, no display for figures, one thread for kernels unless told otherwise."""

import os

os.environ.setdefault("NUMBA_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("contract")

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("dev", max_examples=8, deadline=None, suppress_health_check=SLOW)
settings.register_profile(
    "ci", max_examples=20, deadline=None, suppress_health_check=SLOW, derandomize=True, database=None, print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
