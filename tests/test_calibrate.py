"""Conformal surprise and alarm budgets."""

import numpy as np
import pytest

from viewshift.budget import rate_at, rate_curve, threshold_at
from viewshift.calibrate import PooledConformal


def brute_force_p(reference, scores):
    """Rank by counting, eq. 2.20 of Vovk, Gammerman & Shafer (2005)."""
    return np.array([(1 + np.count_nonzero(reference >= s)) / (1 + reference.size) for s in scores])


@pytest.mark.parametrize("draw", ["normal", "poisson"])
def test_surprise_equals_counting_wherever_a_reference_score_stands(draw):
    """Exact at every kept score, to rounding; a reference of few distinct values keeps them all."""
    rng = np.random.default_rng(1)
    reference = rng.normal(size=1_000) if draw == "normal" else rng.poisson(2.0, size=50_000).astype(float)
    calibration = PooledConformal.fit(reference.reshape(10, -1))
    scores = calibration.scores
    np.testing.assert_allclose(10 ** -calibration.surprise(scores), brute_force_p(reference, scores), rtol=1e-12)
    if draw == "poisson":
        np.testing.assert_array_equal(scores, np.unique(reference))


def test_surprise_between_the_kept_scores_is_within_one_percent_of_counting():
    rng = np.random.default_rng(2)
    reference, scores = rng.standard_t(3, size=200_000), rng.standard_t(3, size=2_000)
    p = 10 ** -PooledConformal.fit(reference).surprise(scores)
    exact = brute_force_p(reference, scores)
    assert np.abs(np.log(p / exact))[exact > 256 / 200_000].max() < 0.02


def test_p_values_of_exchangeable_scores_are_uniform():
    """Exceedance of 1e-2 and 1e-3 over 10^6 fresh scores within 4 standard errors (1 in 16,000)."""
    rng = np.random.default_rng(3)
    calibration = PooledConformal.fit(rng.gumbel(size=1_000_000))
    p = 10 ** -calibration.surprise(rng.gumbel(size=1_000_000))
    for alpha in (1e-2, 1e-3):
        assert abs(np.mean(p <= alpha) - alpha) < 4 * np.sqrt(2 * alpha / 1e6)


def test_surprise_is_monotone_keeps_nan_and_stops_at_the_resolution():
    calibration = PooledConformal.fit(np.random.default_rng(4).exponential(size=999))
    grid = calibration.surprise(np.linspace(-5, 50, 4_001))
    assert (np.diff(grid) >= 0).all()
    assert grid[0] == 0.0
    assert grid[-1] == pytest.approx(np.log10(1_000 / 2))
    assert np.isnan(calibration.surprise(np.array([np.nan]))[0])
    assert calibration.beyond(np.array([1.0, 1e6])).tolist() == [False, True]


def test_no_reference_score_is_refused():
    with pytest.raises(ValueError, match="shorter than the warm-up"):
        PooledConformal.fit(np.full((3, 4), np.nan))


def test_threshold_gives_the_rate_it_was_asked_for():
    """Independent days: the rate of runs separated by 7 quiet days is known, q(1-q)^7 a day; 3 standard errors."""
    rng = np.random.default_rng(5)
    years, shape = 4_000, (2_000, 730)
    curve = rate_curve(-np.log10(rng.random(shape)), quiet=7)
    for dial in (2.0, 0.5, 0.25):
        q = 10 ** -threshold_at(curve, dial)
        assert rate_at(curve, threshold_at(curve, dial)) == pytest.approx(dial)
        expected = q * (1 - q) ** 7 * 365.25
        assert abs(expected - dial) < 3 * np.sqrt(dial / years) + 0.01 * dial


def test_a_dial_beyond_the_reference_is_refused_with_what_can_be_had():
    curve = rate_curve(-np.log10(np.random.default_rng(6).random((50, 400))), quiet=7)
    with pytest.raises(ValueError, match=r"at least .* fit on more account-years"):
        threshold_at(curve, 1e-4)
    with pytest.raises(ValueError, match="must be below"):
        threshold_at(curve, 300.0)


def test_where_scores_tie_the_rate_stays_below_the_dial():
    rng = np.random.default_rng(7)
    curve = rate_curve(rng.choice([0.0, 1.0, 2.0, 3.0], p=[0.9, 0.07, 0.02, 0.01], size=(400, 400)), quiet=7)
    with pytest.raises(ValueError, match=r"must be at least 3\.2"):
        threshold_at(curve, 2.0)
    for dial in (5.0, 10.0):
        assert rate_at(curve, threshold_at(curve, dial)) <= dial
