"""Settings for all tests: Hypothesis profiles, no display for figures, one thread for kernels unless told otherwise."""

import os

os.environ.setdefault("NUMBA_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest
from hypothesis import HealthCheck, Phase, settings

pytest.register_assert_rewrite("contract")

collect_ignore = ["golden"]  # scripts that make golden values: test_golden.py runs them

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
NO_SHRINKING = [phase for phase in Phase if phase not in (Phase.shrink, Phase.explain)]  # a drawn seed says it all
settings.register_profile("dev", max_examples=8, deadline=None, suppress_health_check=SLOW, phases=NO_SHRINKING)
settings.register_profile("ci", settings.get_profile("dev"), max_examples=12, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
