"""Scores on the scale of their own alarm rates: rates are counted ones, scales ascend, and the highest is highest."""

import numpy as np
import pytest

from viewshift.alarms import find_intervals
from viewshift.detectors._alarm_rates import FEWEST, alarm_rate_knots, same_length
from viewshift.kernels.scales import highest_on_scale, on_scale

IDENTITY = [[0.0, 1.0], [0.0, 1.0]]


def paths(seed=0, n_accounts=60, n_days=400):
    """Scores that linger for some days, as a CUSUM's do, with a warm-up and gaps."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_exponential((n_accounts, n_days))
    for t in range(1, n_days):
        scores[:, t] += 0.6 * scores[:, t - 1]
    scores[rng.random(scores.shape) < 0.05] = np.nan
    scores[:, :30] = np.nan
    return scores


def whole(seed=0):
    """Few different scores, most of them 0: the alarms at 0 are one per account, since they never end."""
    return np.floor(np.maximum(0.0, paths(seed) - 4))


AWKWARD = {
    "ordinary": paths(),
    "whole": whole(),
    "two values": (paths() > 7).astype(float),
    "constant": np.full((20, 300), 5.0),
    "constant and huge": np.full((20, 300), -1e18),
    "one account": paths(n_accounts=1),
    "one score": np.where(np.arange(50) == 7, 2.5, np.full((3, 50), np.nan)),
    "equal up to rounding": 3 + 1e-15 * paths(),
    "0 up to rounding": 1e-17 * paths(),
    "huge ones": np.where(paths() > 8, 1e12 * paths(), paths()),
    "one huge": np.where(paths() == np.nanmax(paths()), 1e250, paths()),
    "falls only": -np.exp(paths()),
    "never": np.full((5, 90), np.nan),
    "no account": np.empty((0, 90)),
}


def counted(scores, threshold):
    """-log of the alarms per account-year, from the alarms themselves."""
    years = np.count_nonzero(~np.isnan(scores)) / 365.25
    return -np.log(len(find_intervals(scores, threshold).row) / years)


@pytest.mark.parametrize("name", ["ordinary", "whole", "huge ones", "one huge", "falls only"])
def test_at_its_knots_a_scale_is_the_rate_of_the_alarms_themselves(name):
    scores = AWKWARD[name]
    knots = alarm_rate_knots(scores)
    np.testing.assert_allclose(knots[1], [counted(scores, threshold) for threshold in knots[0]], rtol=1e-12)
    assert np.isin(knots[0], scores).all()


@pytest.mark.parametrize("scores", [paths(), -np.exp(paths())], ids=["ordinary", "falls only"])
def test_between_its_knots_a_scale_is_nearly_the_rate_too(scores):
    """Where a year sees at most six alarms; a tenth is what 100 alarms leave open."""
    knots = alarm_rate_knots(scores)
    thresholds = np.linspace(knots[0, knots[1] > -np.log(6)][0], knots[0, -2], 57)
    scaled = [on_scale(threshold, knots) for threshold in thresholds]
    np.testing.assert_allclose(scaled, [counted(scores, threshold) for threshold in thresholds], atol=0.1)


def test_each_of_few_scores_has_its_own_rate():
    scores = whole()
    knots = alarm_rate_knots(scores)
    assert knots[0].tolist() == [1, 2, 3, 4, 5]
    for value in range(1, 6):
        assert on_scale(float(value), knots) == pytest.approx(counted(scores, value), rel=1e-12)
    assert knots[0, 0] == 1  # alarms are most frequent there: at 0 each account has one, for good
    assert counted(scores, 0) > counted(scores, 1)


def test_beyond_its_knots_a_scale_rises_as_over_the_rarest_ten_alarms():
    """Exponential scores of single days: e times as rare for 1 more; ten gaps leave a third open."""
    rises = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        scores = np.full((50, 400), np.nan)
        scores[:, ::8] = rng.standard_exponential((50, 50))
        knots = alarm_rate_knots(scores)
        years = 2500 / 365.25
        np.testing.assert_allclose(np.exp(-knots[1, -2:]) * years, [2 * FEWEST, FEWEST], rtol=0.2)
        rises.append(on_scale(1e6 + 1.0, knots) - on_scale(1e6, knots))
    assert np.median(rises) == pytest.approx(1, abs=0.2)
    assert min(rises) > 0.3
    assert max(rises) < 3


@pytest.mark.parametrize("name", AWKWARD)
def test_a_scale_ascends_and_is_finite_whatever_the_scores(name):
    scores = AWKWARD[name]
    knots = alarm_rate_knots(scores)
    assert knots.shape[1] >= 2
    assert (np.diff(knots) > 0).all()
    assert np.isfinite(knots).all()
    known = scores[~np.isnan(scores)]
    span = np.concatenate([-np.logspace(280, -9, 60), [0.0], np.logspace(-9, 280, 60)])
    asked = np.unique(np.concatenate([span, known, knots[0], np.nextafter(knots[0], -np.inf)]))
    scaled = np.array([on_scale(value, knots) for value in asked])
    assert np.isfinite(scaled).all()
    assert (np.diff(scaled) >= 0).all()
    apart = np.linspace(knots[0, 0] - 3 * np.ptp(knots[0]), knots[0, -1] + 3 * np.ptp(knots[0]), 99)
    assert (np.diff([on_scale(value, knots) for value in apart]) > 0).all()


@pytest.mark.parametrize("name", ["never", "no account"])
def test_without_scores_they_stay_as_they_are(name):
    np.testing.assert_array_equal(alarm_rate_knots(AWKWARD[name]), IDENTITY)


@pytest.mark.parametrize(("name", "step"), [("constant", 5.0), ("constant and huge", 1e18), ("two values", 1.0)])
def test_one_rate_alone_is_kept_and_the_scale_goes_on_from_it(name, step):
    scores = AWKWARD[name]
    (low, high), rates = alarm_rate_knots(scores)
    assert high - low == step
    assert rates[0] == pytest.approx(counted(scores, low))
    assert rates[1] == rates[0] + 1


def test_one_huge_score_bends_no_scale():
    scores, plain = AWKWARD["one huge"], alarm_rate_knots(AWKWARD["ordinary"])
    np.testing.assert_array_equal(alarm_rate_knots(scores), plain)


def test_equal_up_to_rounding_is_equal():
    for name in ("equal up to rounding", "0 up to rounding"):
        (low, high), rates = alarm_rate_knots(AWKWARD[name])
        assert high - low >= 1
        assert rates[0] == pytest.approx(counted(AWKWARD[name], -1))  # of alarms that never end


def on_line(value, knots):
    """The twin: the broken line that NumPy draws, and the outer lines beyond."""
    if value < knots[0, 0]:
        return np.polynomial.Polynomial.fit(knots[0, :2], knots[1, :2], 1)(value)
    if value > knots[0, -1]:
        return np.polynomial.Polynomial.fit(knots[0, -2:], knots[1, -2:], 1)(value)
    return np.interp(value, *knots)


@pytest.mark.parametrize("n_knots", [2, 3, 8, 61])
def test_a_scale_is_the_broken_line_through_its_knots(n_knots):
    rng = np.random.default_rng(n_knots)
    knots = np.cumsum(rng.exponential(size=(2, n_knots)), axis=1) - 3
    for value in [*rng.uniform(-20, 20 + n_knots, 200), *knots[0]]:
        assert on_scale(value, knots) == pytest.approx(on_line(value, knots), rel=1e-9, abs=1e-9)


def test_rounding_lifts_no_score_above_the_next_knot():
    for rates in np.cumsum(np.random.default_rng(3).exponential(size=(500, 3)), axis=1):
        knots = np.stack([[-8.0, 1.0, 2.0], rates - 2])
        assert on_scale(np.nextafter(1.0, 0.0), knots) <= on_scale(1.0, knots) == rates[1] - 2


def test_knots_of_one_length_give_the_same_scales():
    knots = [alarm_rate_knots(paths()), alarm_rate_knots(whole()), np.array(IDENTITY)]
    stacked = same_length(knots)
    assert stacked.shape == (3, 2, max(one.shape[1] for one in knots))
    assert (np.diff(stacked) > 0).all()
    for one, longer in zip(knots, stacked, strict=True):
        for value in (-5.0, 0.3, 1.0, 2.7, 20.0, 1e9):
            assert on_scale(value, longer) == pytest.approx(on_scale(value, one), rel=1e-9)


def test_the_highest_on_its_scale_counts():
    rng = np.random.default_rng(1)
    found = rng.normal(size=(7, 90, 4))
    found[rng.random(found.shape) < 0.4] = np.nan
    found[2] = np.nan
    found[3, :, 3] = found[3, :, 1]  # with the same scale: the first of equals counts
    knots = np.cumsum(rng.exponential(size=(4, 2, 9)), axis=2) - 4
    knots[3] = knots[1]
    highest, which = highest_on_scale(found, knots)
    scaled = np.array([[[on_line(v, k) for v, k in zip(day, knots, strict=True)] for day in own] for own in found])
    known = ~np.isnan(scaled).all(axis=2)
    assert not known[2].any()
    assert np.isnan(highest[~known]).all()
    assert (which[~known] == -1).all()
    np.testing.assert_allclose(highest[known], np.nanmax(scaled[known], axis=1), rtol=1e-9)
    np.testing.assert_array_equal(which[known], np.nanargmax(scaled[known], axis=1))
    assert set(which[3].tolist()) <= {-1, 0, 1, 2}
