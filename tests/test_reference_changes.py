"""Changepoint methods agree with other packages and with exact brute force."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import oracles_changes as oracles
import viewshift as vs
from viewshift.baselines import Baseline, Predictive
from viewshift.detectors import Focus
from viewshift.kernels.focus import change_gain
from viewshift.kernels.gains import level_gain
from viewshift.kernels.segmentation import NB, NORMAL, POISSON

GOLDEN = Path(__file__).resolve().parent / "golden"
MODEL = {"normal": NORMAL, "poisson": POISSON, "nb": NB}


def golden(name):
    return json.loads((GOLDEN / f"{name}.json").read_text())


def to_panel(values, exposure=None):
    accounts = [f"a{i}" for i in range(len(values))]
    return vs.Panel({"episodes": values}, accounts=accounts, start="2024-01-01", exposure=exposure)


def levels(n_accounts, n_days, *, seed, size=0.8, missing=0.1):
    """Return counts whose level changes now and then, binges and missing days among them, and the first level."""
    rng = np.random.default_rng(seed)
    change = rng.random((n_accounts, n_days)) < 0.03
    change[:, 0] = True
    latest = np.maximum.accumulate(np.where(change, np.arange(n_days), 0), axis=1)
    level = np.take_along_axis(rng.gamma(1.0, 2.0, (n_accounts, n_days)), latest, axis=1) + 0.05
    counts = rng.negative_binomial(size, size / (size + level)).astype(np.float64)
    counts[rng.random(counts.shape) < 0.01] = 40
    counts[rng.random(counts.shape) < missing] = np.nan
    return counts, level


@dataclass(kw_only=True, eq=False, repr=False)
class Known(Baseline):
    """Predicts the same negative binomial for every day, times the exposure."""

    measure: str = "episodes"
    mean: float = 1.0
    size: float = 2.0

    def _fit(self, panel):
        pass

    def _start(self, n_accounts):
        return {"nothing": np.zeros(n_accounts)}

    def _advance(self, state, panel):
        mean = np.full(panel.observed.shape, self.mean)
        size = np.full(panel.observed.shape, self.size)
        return state, Predictive(-np.expm1(-size * np.log1p(mean / size)), mean, size).exposed(panel.exposure)


@pytest.mark.parametrize("family", MODEL)
@pytest.mark.parametrize("sign", [1, -1])
def test_focus_is_the_largest_gain_over_all_changes(family, sign):
    """Exact brute force on 300 accounts, tolerance 1e-8, with means of their own for every day."""
    counts, level = levels(300, 45, seed=1)
    means = level * np.random.default_rng(2).uniform(0.5, 1.5, counts.shape)
    values = (counts - means) / np.sqrt(means) if family == "normal" else counts
    for longest in (1, 10, 45):
        empty = np.full((300, longest - 1), np.nan)
        found = change_gain(np.hstack([empty, values]), np.hstack([empty, means]), 45, MODEL[family], 0.8, sign)
        rows = slice(None) if longest == 10 else slice(20)
        expected = [
            oracles.largest_gain(*row, longest, family, 0.8, sign)
            for row in zip(values[rows], means[rows], strict=True)
        ]
        np.testing.assert_allclose(found[rows], expected, rtol=1e-8, atol=1e-8)
        assert (np.nan_to_num(found) > 1).mean() > 0.05


@pytest.mark.parametrize("case", golden("focus")["cases"], ids=lambda case: case["inputs"]["family"])
def test_focus_is_that_of_its_authors(case):
    """changepoint-online, all days back, level known: 1 for Poisson, 0 in units of the standard deviation for normal.

    The detector is given a baseline that says so: mean 100 and standard deviation sqrt(100 + 100^2 / size).
    """
    family, values = case["inputs"].values()
    known = Known(mean=100.0, size=500.0) if family == "normal" else Known(mean=1.0)
    episodes = 100 + np.array([values]) * np.sqrt(120) if family == "normal" else np.array([values])
    panel = to_panel(episodes)
    detector = Focus(baseline=known, family=family, direction="both", warm_up=0, longest=len(values))
    np.testing.assert_allclose(detector.fit(panel).score(panel)[0], case["values"], rtol=1e-8, atol=1e-8)


def test_focus_of_poisson_days_takes_the_exposure_as_it_is():
    """Brute force with the exposure in the means; negative binomial days are divided by it."""
    counts, _ = levels(5, 80, seed=3)
    exposure = np.random.default_rng(4).uniform(0.5, 2.0, counts.shape)
    panel = to_panel(counts, exposure)
    for family, values, means in (("poisson", counts, exposure), ("nb", counts / exposure, np.ones(counts.shape))):
        detector = Focus(baseline=Known(), family=family, warm_up=0, longest=30).fit(panel)
        expected = [
            oracles.largest_gain(*row, 30, family, detector.size_, 1) for row in zip(values, means, strict=True)
        ]
        np.testing.assert_allclose(detector.score(panel), expected, rtol=1e-8, atol=1e-8)


def test_focus_leaves_out_the_days_before_the_baseline_knows_the_account():
    counts, _ = levels(5, 80, seed=5)
    scores = Focus(baseline=Known(), warm_up=20, longest=30).fit(to_panel(counts)).score(to_panel(counts))
    later = np.where(np.cumsum(~np.isnan(counts), axis=1) > 20, counts, np.nan)
    from_then = Focus(baseline=Known(), warm_up=0, longest=30).fit(to_panel(counts)).score(to_panel(later))
    np.testing.assert_array_equal(scores, from_then)


@pytest.mark.parametrize("family", MODEL)
def test_gain_of_a_level_is_the_difference_of_likelihoods(family):
    rng = np.random.default_rng(6)
    for n in (1, 2, 9):
        days = rng.negative_binomial(0.5, 0.2, n).astype(float)
        for null in (0.2, 1.5, 30.0):
            weights = rng.uniform(0.5, 2, n) if family == "poisson" else np.ones(n)
            found = level_gain(MODEL[family], days.sum(), weights.sum(), null, 0.7)
            expected = oracles.own_gain(days, null * weights, family, 0.7, 0)
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_spread_of_a_prediction_is_that_of_its_probabilities():
    """Sum over all whole values of the probabilities that the prediction itself gives."""
    active, mean, size = (np.array([[x]]) for x in (0.4, 3.0, 0.7))
    prediction = Predictive(active, mean, size)
    y = np.arange(2000.0)
    pmf = np.exp([prediction.logpmf(np.array([[value]]))[0, 0] for value in y])
    assert prediction.std[0, 0] == pytest.approx(np.sqrt(np.sum(pmf * y**2) - np.sum(pmf * y) ** 2), rel=1e-9)
