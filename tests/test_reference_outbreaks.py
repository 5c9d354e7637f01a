"""Detectors of outbreaks and outliers agree with other people's packages: golden values with their scripts."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import viewshift as vs
from viewshift.detectors import Ears

GOLDEN = Path(__file__).resolve().parent / "golden"


def golden(name):
    """Return the cases of a golden file, each with the file's tolerance."""
    document = json.loads((GOLDEN / f"{name}.json").read_text())
    return [pytest.param(case, document["tolerance"], id=case["name"]) for case in document["cases"]]


def numbers(values):
    return np.array(values, dtype=np.float64)  # null becomes NaN


def one_account(values):
    return vs.Panel({"episodes": numbers(values)[None, :]}, accounts=["a"], start="2024-01-01")


def scores_of(detector, panel, **learned):
    """Return the scores of a fitted detector that has learned these values instead of its own."""
    fitted = detector.fit(panel)
    for name, value in learned.items():
        assert hasattr(fitted, name)
        setattr(fitted, name, value)
    return fitted.score(panel)[0]


@pytest.mark.parametrize("chart", ["C1", "C2"])
@pytest.mark.parametrize(("case", "tolerance"), golden("ears"))
def test_ears_charts_are_those_of_r(case, tolerance, chart):
    """R surveillance, earsC; it begins when its window is full, we with 6 observed days of 7."""
    inputs, expected = case["inputs"], numbers(case["values"][chart])
    found = scores_of(Ears(chart=chart), one_account(inputs["counts"]), floor_=inputs["floor"])
    full = {"C1": 7, "C2": 9}[chart]
    assert np.isfinite(expected[full:]).all()
    np.testing.assert_allclose(found[full:], expected[full:], **tolerance)


@pytest.mark.parametrize(("case", "tolerance"), golden("ears"))
def test_third_ears_chart_is_the_authors_sum_of_the_second_of_r(case, tolerance):
    """pandas: rolling sum over three days of what R's C2 has above 1 (R's own C3 is another formula)."""
    inputs = case["inputs"]
    expected = (pd.Series(numbers(case["values"]["C2"])) - 1).clip(lower=0).rolling(3).sum().to_numpy()[11:]
    found = scores_of(Ears(chart="C3"), one_account(inputs["counts"]), floor_=inputs["floor"])[11:]
    assert (expected > 0).any()
    np.testing.assert_allclose(found, expected, **tolerance)


def test_days_that_were_not_observed_add_nothing_to_the_third_chart():
    values = numbers([2, 4, 3, 2, 4, 3, 3, 4, 2, 9, 0, 9])
    values[10] = np.nan
    found, alone = (scores_of(Ears(chart=chart), one_account(values), floor_=0.5) for chart in ("C3", "C2"))
    assert np.isnan(found[10])
    assert found[11] == alone[11] - 1 + alone[9] - 1
