"""The contract rejects every planted fault under each of ten seeds, and is no wall: the healthy twin passes."""

import pytest

from cases import Case
from contract import ALL_CHECKS
from mutants import FAULTS, TWIN
from strategies import Draw

SEEDS = range(10)


@pytest.mark.parametrize(("mutant", "check"), FAULTS.items(), ids=lambda part: getattr(part, "__name__", part))
def test_planted_fault_is_rejected(mutant: type, check: str) -> None:
    case = Case(name=mutant.__name__, detector=mutant(), warm=TWIN.warm)
    passed = []
    for seed in SEEDS:
        try:
            ALL_CHECKS[check](case, Draw(seed))
        except AssertionError:
            continue
        passed.append(seed)
    assert not passed, f"{mutant.__name__} passes {check!r} under the seeds {passed}"


@pytest.mark.parametrize("check", ALL_CHECKS)
def test_healthy_twin_passes(check: str) -> None:
    for seed in SEEDS:
        ALL_CHECKS[check](TWIN, Draw(seed))


def test_every_check_has_a_fault_that_it_rejects() -> None:
    assert set(FAULTS.values()) == set(ALL_CHECKS)
