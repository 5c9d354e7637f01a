"""Conformal surprise and alarm budgets."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from oracles_alarms import own_rates, pooled_surprise
from viewshift.budget import rate_at, rate_curve, threshold_at
from viewshift.calibrate import REACH, Ladder
from viewshift.conformal import PooledConformal
from viewshift.kernels.own_rates import ladder_surprise


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


def test_no_reference_score_is_refused():
    with pytest.raises(ValueError, match="shorter than the warm-up"):
        PooledConformal.fit(np.full((3, 4), np.nan))


def overdispersed(seed, shape=(150, 500)):
    """Exponential scores of accounts that differ in scale, with days of no opinion."""
    rng = np.random.default_rng(seed)
    scores = rng.gamma(8.0, 1 / 8, (shape[0], 1)) * rng.exponential(size=shape)
    return np.where(rng.random(shape) < 0.1, np.nan, scores)


@pytest.fixture(scope="module")
def ladder():
    return Ladder.fit(overdispersed(1))


def test_every_step_of_the_ladder_is_the_one_of_the_definition(ladder):
    """The kernel against its twin: classes, interpolation, SciPy's Pareto tail, own rates counted afresh each day."""
    scores = overdispersed(2, (12, 420))
    scores[0] *= 3.0  # beyond the reference
    scores[1] = np.nan
    pooled = np.full(scores.shape, np.nan)
    for i, path in enumerate(scores):
        for scored, t in enumerate(np.flatnonzero(~np.isnan(path))):
            pooled[i, t] = pooled_surprise(path[t], scored, ladder)
    surprise, beyond = ladder.surprise(scores)
    assert ladder.edges.tolist() == [0, 90, 365]
    expected, outside = own_rates(pooled, ladder)
    np.testing.assert_allclose(surprise, expected, rtol=1e-9, atol=1e-12)
    largest = ladder.knots[ladder.first[1:] - 1]
    before = np.cumsum(~np.isnan(scores), axis=1) - ~np.isnan(scores)
    above = scores > largest[np.searchsorted(ladder.edges, before, side="right") - 1]
    np.testing.assert_array_equal(beyond, above | outside)
    assert (above & ~outside).any()


@pytest.mark.parametrize("shape", ["far below", "far beyond", "few numbers", "one number"])
def test_surprise_is_interpolated_wherever_the_knots_lie(shape):
    """The kernel looks a score up in a grid over the knots: against NumPy where the grid's cells are of little use."""
    rng = np.random.default_rng(7)
    reference = rng.normal(size=(50, 300))
    if shape.startswith("far"):
        reference[0, :200] = np.geomspace(1e3, 1e12, 200) * (-1 if shape == "far below" else 1)
    elif shape == "few numbers":
        reference = np.round(reference)
    else:
        reference = np.full((50, 300), 2.5)
    ladder = Ladder.fit(reference, by_history=False, own_rates=False)
    scores = np.concatenate([ladder.knots, ladder.knots[:-1] + np.diff(ladder.knots) * 0.3, [-1e15]])
    expected = -np.interp(scores, ladder.knots, ladder.log10_p)
    np.testing.assert_allclose(ladder.surprise(scores[None, :])[0][0], expected, rtol=1e-9, atol=1e-12)


def test_own_rates_by_hand():
    """One account whose p is .01, .1, .03, .5 and again .01, with c = 20, 10, 8 (METHODS, finding 2)."""
    p = np.array([[0.01, 0.1, np.nan, 0.03, 0.5, 0.01]])
    one = np.array([0.0])
    scored, hits, surprise, _ = ladder_surprise(
        -np.log10(p),
        np.ones(p.shape),
        np.zeros(1, np.int64),
        np.zeros((1, 3), np.int64),
        np.zeros(1, np.int64),
        np.array([0, 2]),
        np.array([0.0, 9.0]),  # scores are -log10 p themselves
        np.array([0.0, -9.0]),
        one,
        one,
        np.array([0.2, 0.05, 0.0125]),
        np.array([20.0, 10.0, 8.0]),
        np.array([0, 2]),
        np.array([0.0, 9.0]),  # and the surprise by own rates is the surprise
        np.array([0.0, -9.0]),
    )
    first = 0.01  # no past: the population's
    level1 = (20 * 0.2 + 1) / (20 + 1)  # after one day at or below every level
    level2 = level1 * (10 * 0.25 + 1) / (10 + 1)
    second = level2 + (0.1 - 0.05) / (0.2 - 0.05) * (level1 - level2)
    q1, q2, q3 = (20 * 0.2 + 3) / (20 + 4), (10 * 0.25 + 2) / (10 + 3), (8 * 0.25 + 1) / (8 + 2)
    fifth = 0.01 * q1 * q2 * q3 / 0.0125
    np.testing.assert_allclose(10 ** -surprise[0, [0, 1, 5]], [first, second, fifth], rtol=1e-12)
    assert scored.tolist() == [5]
    assert hits.tolist() == [[4, 3, 2]]


def test_days_one_at_a_time_give_the_same_bits(ladder):
    scores = overdispersed(3, (20, 400))
    state, days = ladder.start(20), []
    for t in range(400):
        state, surprise, _ = ladder.advance(state, scores[:, t : t + 1])
        days.append(surprise)
    np.testing.assert_array_equal(np.concatenate(days, axis=1), ladder.surprise(scores)[0])


def test_the_tail_is_continuous_and_has_the_shape_of_the_scores():
    """Student's t with 4 degrees of freedom: shape 1/4; SciPy's fit over seeds has a standard error near .07."""
    scores = np.random.default_rng(4).standard_t(4, size=(400, 500))
    ladder = Ladder.fit(scores, by_history=False, own_rates=False)
    joint = ladder.knots[-1]
    below, at, above = ladder.surprise(np.array([[joint - 1e-9, joint, joint + 1e-9]]))[0][0]
    assert below == pytest.approx(at, abs=1e-6)
    assert above == pytest.approx(at, abs=1e-6)
    assert abs(ladder.shape[0] - 0.25) < 0.3


@pytest.mark.parametrize("law", [stats.expon(), stats.genpareto(0.3)], ids=["exponential", "pareto"])
def test_the_tail_means_what_it_says_down_to_a_third_of_an_event(law):
    """Exceedance of the score with nominal p = f / n, f = 3, 1, .3, over f / n: the median of 60 samples is .6-1.4.

    A sample's logarithm has a standard deviation near .8 at f = .3, so the median's is .13: one in 100 fails. Hung on
    the largest of all scores, the tail would give .3 and .4.
    """
    rng, n, found = np.random.default_rng(15), 20_000, []
    grid = law.isf(np.geomspace(1e-2, 1e-8, 2_000))
    for _ in range(60):
        ladder = Ladder.fit(law.rvs((40, 500), random_state=rng), by_history=False, own_rates=False)
        surprise = ladder.surprise(grid[None])[0][0]
        found.append([law.sf(np.interp(-np.log10(f / n), surprise, grid)) / (f / n) for f in (3.0, 1.0, 0.3)])
    ratio = np.median(found, axis=0)
    assert (abs(ratio - 1) < 0.4).all(), ratio


def test_a_largest_score_that_ties_is_counted_and_not_smoothed():
    scores = np.minimum(np.random.default_rng(16).exponential(size=(40, 500)), 7.0)
    ladder = Ladder.fit(scores, by_history=False, own_rates=False)
    n_top = np.count_nonzero(scores == 7.0)
    assert n_top > 1
    assert ladder.surprise(np.array([[7.0]]))[0][0, 0] == pytest.approx(-np.log10((1 + n_top) / 20_001))


def test_extrapolated_is_what_rests_on_no_count_by_score_or_by_own_rates(ladder):
    """An account of calm days surprises beyond the reference by a score that is not beyond it."""
    calm = np.full((1, 300), np.nanquantile(overdispersed(1), 0.1))
    highest = ladder.knots[ladder.first[1:] - 1].min()
    calm[0, 299] = highest
    surprise, beyond = ladder.surprise(calm)
    assert np.flatnonzero(beyond).tolist() == [299]
    assert surprise[0, 299] > -ladder.own_log10_p[-1]


def test_days_with_a_widening_count_for_no_later_one_and_are_no_reference():
    scores, wide = overdispersed(17), np.ones((150, 500))
    wide[:, 100:130] = 2.0
    ladder = Ladder.fit(scores, wide)
    inflated = np.where(wide > 1, 50 * scores, scores)
    again = Ladder.fit(inflated, wide)
    np.testing.assert_array_equal(again.knots, ladder.knots)
    np.testing.assert_array_equal(again.strength, ladder.strength)
    calm = ladder.surprise(scores, wide)[0]
    np.testing.assert_array_equal(ladder.surprise(inflated, wide)[0][wide == 1], calm[wide == 1])


def test_bounded_scores_get_an_exponential_tail_and_tied_ones_none():
    rng = np.random.default_rng(5)
    bounded = Ladder.fit(rng.random((100, 200)), by_history=False, own_rates=False)
    assert bounded.shape[0] == 0.0
    assert bounded.scale[0] > 0.0
    assert np.isfinite(bounded.surprise(np.array([[1.5]]))[0]).all()
    tied = Ladder.fit(rng.choice([0.0, 1.0], p=[0.9, 0.1], size=(100, 200)), by_history=False)
    top = tied.surprise(np.array([[1.0]]))[0]
    np.testing.assert_array_equal(tied.surprise(np.array([[7.0]]))[0], top)
    assert tied.surprise(np.array([[7.0]]))[1].all()


def test_the_constants_are_those_of_the_least_log_loss():
    """Beta-binomial accounts of known strength are found to a step of the grid; equal accounts get the cap."""
    rng = np.random.default_rng(6)
    rate = rng.beta(20 * 0.1, 20 * 0.9, (600, 1))
    hit = rng.random((600, 400)) < rate
    p = np.where(hit, 0.1 * rng.random(hit.shape), 0.1 + 0.9 * rng.random(hit.shape))
    assert 10 <= Ladder.fit(-np.log10(p), by_history=False).strength[0] <= 40
    equal = Ladder.fit(rng.random((600, 400)), by_history=False)
    np.testing.assert_allclose(equal.strength, [REACH, 0.1 * REACH, 0.03 * REACH])


def test_own_rates_leave_the_nominal_rate_as_it_is():
    """The last step is pooled again: over all accounts p <= 1e-2 and 1e-3 come as often as they say; 4 s.e."""
    scores = overdispersed(11, (600, 900))
    surprise = Ladder.fit(overdispersed(12, (600, 900))).surprise(scores)[0]
    n = np.count_nonzero(~np.isnan(scores))
    for alpha in (1e-2, 1e-3):
        assert abs(np.count_nonzero(surprise >= -np.log10(alpha)) / n - alpha) < 4 * np.sqrt(2 * alpha / n)


def test_days_with_p_one_stay_tied_whatever_the_account():
    scores = np.where(np.random.default_rng(13).random((60, 300)) < 0.3, 1.0, 0.0)
    assert set(Ladder.fit(scores).surprise(scores)[0][scores == 0.0]) == {0.0}
    assert set(Ladder.fit(np.zeros((60, 300))).surprise(np.zeros((60, 300)))[0].ravel()) == {0.0}


def test_too_few_scores_for_a_class_join_their_neighbours():
    rng = np.random.default_rng(7)
    assert Ladder.fit(rng.random((20, 100))).edges.tolist() == [0]
    assert Ladder.fit(rng.random((2_000, 20))).edges.tolist() == [0, 7]
    assert Ladder.fit(rng.random((2_000, 8))).edges.tolist() == [0]


def test_accounts_of_their_own_rate_keep_the_nominal_one():
    """Accounts with 0 to 4 times the pooled rate: after two years of own rates the middle 80 % are within a half."""
    scores = overdispersed(8, (400, 900))
    fitted = Ladder.fit(overdispersed(9, (400, 900)))
    pooled = replace(fitted, own_first=np.zeros(2, dtype=np.int64))
    for one, low, high in ((pooled, 0.5, 1.9), (fitted, 0.6, 1.5)):
        share = np.nanmean(np.where(np.isnan(scores), np.nan, one.surprise(scores)[0] >= 1.5), axis=1)
        spread = np.quantile(share / 10**-1.5, [0.1, 0.9])
        assert (spread[0] < low) == (one is pooled), spread
        assert (spread[1] > high) == (one is pooled), spread


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
