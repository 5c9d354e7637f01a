"""Scores of predictions, against scoringrules, scipy and sums by hand; what is empty is NaN."""

import numpy as np
import pytest
from scipy import stats

import viewshift as vs
from viewshift.baselines import Predictive
from viewshift.kernels.nb_tail import log_zero
from viewshift.kernels.predictive_scores import hurdle_crps
from viewshift.metrics import crps, exceedance_ratios, log_score, pit, pit_histogram


def hurdles(rng, shape=(40, 5), *, plain=False):
    """Hurdles of all kinds; `plain` ones are negative binomials: active = P(NB > 0)."""
    mean, size = rng.lognormal(0.7, 1.2, shape), rng.lognormal(-0.3, 1.0, shape)
    plain_active = -np.expm1(-size * np.log1p(mean / size))
    return Predictive(plain_active if plain else rng.uniform(0.02, 0.98, shape), mean, size)


def draws(rng, prediction):
    """By inversion of the distribution function on a grid, from scipy's probabilities alone."""
    r, m = prediction.nb_size, prediction.nb_mean
    positive = stats.nbinom(r, r / (m + r))
    u = positive.cdf(0) + rng.random(r.shape) * positive.sf(0)
    return np.where(rng.random(r.shape) < prediction.active, positive.ppf(u), 0.0)


def pmf(prediction, i, n):
    r, m, a = (part.flat[i] for part in (prediction.nb_size, prediction.nb_mean, prediction.active))
    probabilities = stats.nbinom(r, r / (m + r)).pmf(np.arange(n)) / stats.nbinom(r, r / (m + r)).sf(0) * a
    probabilities[0] = 1 - a
    return probabilities


def test_scores_of_a_plain_negative_binomial_are_those_of_scoringrules_and_scipy():
    sr = pytest.importorskip("scoringrules")
    rng = np.random.default_rng(0)
    prediction = hurdles(rng, plain=True)
    values = draws(rng, prediction)
    r, p = prediction.nb_size, prediction.nb_size / (prediction.nb_mean + prediction.nb_size)
    theirs = sr.crps_negbinom(values, r, p, backend="numpy")
    np.testing.assert_allclose(crps(prediction, values), theirs, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(log_score(prediction, values), -stats.nbinom(r, p).logpmf(values), rtol=1e-9)


def test_scores_of_hurdles_are_the_sums_by_hand():
    rng = np.random.default_rng(1)
    prediction = hurdles(rng)
    values = draws(rng, prediction)
    for i in range(values.size):
        n = int(values.flat[i]) + int(400 * (1 + prediction.nb_mean.flat[i] * (1 + 1 / prediction.nb_size.flat[i])))
        by_hand = pmf(prediction, i, n)
        steps = np.cumsum(by_hand) - (np.arange(n) >= values.flat[i])
        assert crps(prediction, values).flat[i] == pytest.approx((steps**2).sum(), rel=1e-7, abs=1e-9)
        assert log_score(prediction, values).flat[i] == pytest.approx(-np.log(by_hand[int(values.flat[i])]), rel=1e-8)


def test_the_sum_of_a_crps_ends_within_the_stated_error():
    """A looser bound leaves out at most what it says, also where the tail is long or sizes are extreme."""
    active, mean = np.full(4, 0.5), np.array([0.01, 3.0, 500.0, 1e3])
    size, values = np.array([0.01, 0.05, 800.0, 0.5]), np.array([0.0, 200.0, 500.0, 0.0])
    exact = hurdle_crps(values, active, mean, size, 1e-14)
    for error in (1e-3, 1e-6, 1e-10):
        short = exact - hurdle_crps(values, active, mean, size, error)
        assert (short <= error + 1e-12).all()
        assert (short >= -1e-12).all()
    assert log_zero(500.0, 800.0) < -300


def test_the_transform_of_right_predictions_is_uniform():
    """Kolmogorov-Smirnov at 1e-4 under a fixed seed."""
    rng = np.random.default_rng(2)
    prediction = hurdles(rng, (200, 50))
    values = draws(rng, prediction)
    u = pit(prediction, values, seed=3)
    assert stats.kstest(u.ravel(), "uniform").pvalue > 1e-4
    np.testing.assert_array_equal(u, pit(prediction, values, seed=3))
    assert (u != pit(prediction, values, seed=4)).any()
    doubled = pit(prediction, 2 * values, seed=3)
    assert stats.kstest(doubled.ravel(), "uniform").pvalue < 1e-9


def test_the_transform_lies_within_the_jump_of_the_distribution_function():
    rng = np.random.default_rng(3)
    prediction = hurdles(rng)
    values = draws(rng, prediction)
    u = pit(prediction, values)
    for i in range(values.size):
        upto = np.cumsum(pmf(prediction, i, int(values.flat[i]) + 1))
        assert (upto[-2] if len(upto) > 1 else 0.0) - 1e-12 <= u.flat[i] <= upto[-1] + 1e-12


def test_the_mean_histogram_is_the_mean_of_many_randomised_ones():
    """4,000 days, 400 replicates: Monte Carlo error per bin about 2e-4; bound at six of them."""
    rng = np.random.default_rng(4)
    prediction = hurdles(rng, (400, 10))
    values = draws(rng, prediction) + (rng.random((400, 10)) < 0.2)
    replicates = [np.histogram(pit(prediction, values, seed=s), bins=8, range=(0, 1))[0] for s in range(400)]
    np.testing.assert_allclose(
        pit_histogram(prediction, values, n_bins=8), np.mean(replicates, axis=0) / 4000, atol=1.5e-3
    )


def test_days_not_observed_are_left_out_and_nothing_is_nan():
    rng = np.random.default_rng(5)
    prediction = hurdles(rng)
    values = draws(rng, prediction)
    values[::2] = np.nan
    for score in (crps, log_score, pit):
        np.testing.assert_array_equal(np.isnan(score(prediction, values)), np.isnan(values))
    half = Predictive(prediction.active[1::2], prediction.nb_mean[1::2], prediction.nb_size[1::2])
    np.testing.assert_allclose(pit_histogram(prediction, values), pit_histogram(half, values[1::2]))
    assert np.isnan(pit_histogram(prediction, np.full(values.shape, np.nan))).all()
    with pytest.raises(ValueError, match=r"`values` must have the prediction's shape \(40, 5\), got \(3,\)"):
        crps(prediction, np.zeros(3))


@pytest.mark.parametrize("bad", [0.5, -1.0, np.inf])
@pytest.mark.parametrize("score", [crps, log_score, pit, pit_histogram])
def test_what_is_no_count_is_refused(score, bad):
    prediction = hurdles(np.random.default_rng(6), (1, 2))
    with pytest.raises(ValueError, match=f"`values` must be whole numbers of at least 0, or NaN, got {bad}"):
        score(prediction, np.array([[np.nan, bad]]))


def test_values_beyond_all_expectation_have_a_transform_of_one_and_finite_scores():
    prediction, values = Predictive(np.array([[0.5]]), np.array([[2.0]]), np.array([[3.0]])), np.array([[4000.0]])
    assert pit(prediction, values)[0, 0] == 1.0
    assert pit_histogram(prediction, values, n_bins=4).tolist() == [0, 0, 0, 1]
    assert 1000 < log_score(prediction, values)[0, 0] < np.inf
    upto = np.cumsum(pmf(prediction, 0, 4000))
    assert crps(prediction, values)[0, 0] == pytest.approx((upto**2).sum(), rel=1e-9)


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 3)])
def test_no_day_at_all_gives_no_number(shape):
    prediction, values = hurdles(np.random.default_rng(7), shape), np.zeros(shape)
    for score in (crps, log_score, pit):
        assert score(prediction, values).shape == shape
    assert np.isnan(pit_histogram(prediction, values)).all()
    assert exceedance_ratios(values)["ratio"].isna().all()


def test_exceedances_are_counted_over_all_and_over_each_account():
    surprise = np.full((12, 100), 0.5)
    surprise[0, :4] = 2.0  # p is the level itself: counted
    surprise[1, :2] = 3.5
    surprise[10] = np.nan
    surprise[11, :50] = np.nan
    surprise[11, 60] = 2.5
    table = exceedance_ratios(surprise, (1e-2, 1e-3)).set_index("level")
    assert table.loc[1e-2, ["days", "observed"]].tolist() == [1050, 7]
    assert table.loc[1e-2, "ratio"] == pytest.approx(7 / 10.5)
    assert table.loc[1e-3, "ratio"] == pytest.approx(2 / 1.05)
    own = [4, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert table.loc[1e-2, ["account_10", "account_90"]].tolist() == np.quantile(own, [0.1, 0.9]).tolist()
    assert exceedance_ratios(np.full((2, 3), np.nan))[["ratio", "account_10", "account_90"]].isna().all(axis=None)
    with pytest.raises(ValueError, match=r"`levels` must lie above 0 and below 1, got 1\.0"):
        exceedance_ratios(surprise, (1.0,))


def test_the_personal_baseline_beats_the_population_on_other_viewers():
    reference, others = (vs.simulate.viewers(150, 250, seed=seed) for seed in (1, 2))
    personal = vs.baselines.Hurdle().fit(reference).predict(others)
    ones = np.ones(others.observed.shape)
    values = others["episodes"].astype(float)
    everybody = Predictive((values > 0).mean() * ones, np.median(values[values > 0]) * ones, ones)
    for score in (crps, log_score):
        assert score(personal, values).mean() < 0.95 * score(everybody, values).mean()
    assert np.abs(pit_histogram(personal, values) - 0.1).max() < 0.01
