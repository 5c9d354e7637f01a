"""Every detector keeps the contract, and what it does not claim is indeed false."""

import pytest
from hypothesis import given

from cases import CASES, Case
from contract import ALL_CHECKS, CLAIMS, ON_EVERY_DRAW, ON_ONE_DRAW, applies
from strategies import Draw, draws


def pairs(checks):
    return [pytest.param(case, name, id=f"{case}-{name}") for case in CASES for name in checks if applies(case, name)]


@pytest.mark.parametrize(("case", "check"), pairs(ON_EVERY_DRAW))
@given(draw=draws)
def test_detector_keeps_the_contract(case: Case, check: str, draw: Draw) -> None:
    ON_EVERY_DRAW[check](case, draw)


@pytest.mark.parametrize(("case", "check"), pairs(ON_ONE_DRAW))
def test_detector_keeps_the_contract_that_needs_a_fit(case: Case, check: str) -> None:
    ON_ONE_DRAW[check](case, Draw(seed=1))


CLASSES = {type(case.detector) for case in CASES}
UNCLAIMED = [(cls, claim) for cls in CLASSES for claim in CLAIMS if not getattr(cls().claims, claim)]


@pytest.mark.parametrize(("cls", "claim"), sorted(UNCLAIMED, key=str))
def test_a_claim_that_is_not_made_is_false(cls: type, claim: str) -> None:
    def refuted(case: Case, seed: int) -> bool:
        try:
            CLAIMS[claim](case, Draw(seed=seed))
        except AssertionError:
            return True
        return False

    variants = [case for case in CASES if type(case.detector) is cls]
    assert any(refuted(case, seed) for seed in range(20) for case in variants), f"{cls.__name__} could be {claim}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_exemptions_name_a_check_and_a_reason(case: Case) -> None:
    for check, reason in case.exempt.items():
        assert check in ALL_CHECKS
        assert len(reason.split()) >= 5
