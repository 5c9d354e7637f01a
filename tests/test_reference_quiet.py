"""The scan for quiet agrees with brute force, with all histories of a few days, and with statsmodels' logit."""

import itertools

import numpy as np
import pytest
from scipy.special import expit, logit
from statsmodels.discrete.discrete_model import Logit

import oracles_quiet as oracles
import viewshift as vs
from viewshift.baselines._regression import fit_logit
from viewshift.detectors import QuietScan
from viewshift.detectors.quiet_scan import DECAY, KEPT, PRIOR_DAYS
from viewshift.kernels.quiet import kinds_of_days, quiet_features, scan_quiet


def histories(seed, n_accounts=6, n_days=80):
    """Return simulated viewers: one falls silent, one is seldom observed, one not for weeks, one never misses a day."""
    rng = np.random.default_rng(seed)
    episodes = np.array(vs.simulate.viewers(n_accounts, n_days, seed=seed)["episodes"], dtype=np.float64)
    episodes[0, 50:] = 0
    episodes[1, rng.random(n_days) < 0.4] = np.nan
    episodes[2, 40:60] = np.nan
    episodes[3] = rng.poisson(9, n_days) + 1
    episodes[3, 70:74] = 0
    episodes[4, :25] = np.nan
    return episodes


def to_panel(episodes, exposure=None):
    accounts = [f"a{i}" for i in range(len(episodes))]
    return vs.Panel({"episodes": episodes}, accounts=accounts, start="2024-01-03", exposure=exposure)


@pytest.fixture(scope="module")
def population():
    return vs.simulate.viewers(200, 400, seed=3)


@pytest.fixture(scope="module")
def scan(population):
    return QuietScan().fit(population)


@pytest.mark.parametrize("longest", [1, 12, 56])
def test_evidence_is_that_of_every_first_day_by_itself(scan, longest):
    """Tolerance 1e-9; under an exposure below 1 on some days, and above 1, which says nothing, on others."""
    episodes = histories(longest)
    factors = np.ones(episodes.shape)
    factors[:, 30:34], factors[:, 52:55] = 0.4, 3.0
    scan = QuietScan(longest=longest).restore(scan.learned())
    panel = to_panel(episodes, factors)
    score, (days, factor) = scan.score(panel), scan.pauses(panel)
    for i, row in enumerate(episodes):
        chances = np.minimum(factors[i], 1.0)
        expected = oracles.likeliest_change(row, chances, scan.prior_, scan.coef_, KEPT, longest)
        np.testing.assert_allclose(score[i], expected[0], rtol=1e-9, atol=1e-9, err_msg=f"account {i}")
        np.testing.assert_array_equal(days[i], expected[1], err_msg=f"account {i}")
        np.testing.assert_array_equal(factor[i], expected[2], err_msg=f"account {i}")
    assert np.nanmax(score) > (0.3 if longest == 1 else 2)


def test_likelihood_ratios_average_to_one_over_all_histories():
    """Exact, to 1e-12: 4096 histories of 12 days, whose chances the scan knows on days of a kind and not on others."""
    n_days, chance = 12, np.array([0.4, 0.2, 0.1])
    histories = np.array(list(itertools.product([0.0, 1.0], repeat=n_days)))
    kinds, _ = kinds_of_days(histories, np.full(len(histories), -1))
    p = np.where(kinds >= 0, chance[kinds], 0.7)
    probability = np.where(histories > 0, p, 1 - p)
    known = np.stack([logit(chance), np.zeros(3), np.zeros(3)], axis=1)
    n = len(histories)
    before, learned = 7, (DECAY, np.full(4, 0.3), 10.0, known, KEPT, np.zeros((n, 4, 2)))
    days = ((histories, np.nan), (np.ones(p.shape), 1.0), (kinds, -1))
    whole = (np.pad(one, ((0, 0), (before, 0)), constant_values=value) for one, value in days)
    score = scan_quiet(*whole, before, *learned)[0]
    assert probability.prod(axis=1).sum() == pytest.approx(1, rel=1e-12)
    for t in range(n_days):
        mean = (probability.prod(axis=1) * np.exp(score[:, t])).sum()
        assert mean == pytest.approx(1, rel=1e-12), f"day {t}"
    assert score.std() > 0.1


def test_kinds_go_by_the_quiet_days_on_record():
    values = np.r_[0, 0, 1, 0, np.nan, 0, 0, 0, 0, np.zeros(10), np.nan, 0, 2, 0][None].astype(float)
    kinds, quiet = kinds_of_days(values, np.array([-1]))
    assert kinds[0].tolist() == [-1, -1, -1, -1, -1, 0, 0, 0, 1, *[1] * 9, 2, -1, 2, 2, -1]
    assert quiet.tolist() == [1]
    assert kinds[0].tolist() == [-1 if np.isnan(y) else oracles.kind(values[0, :t]) for t, y in enumerate(values[0])]
    later, _ = kinds_of_days(values[:, 10:], kinds_of_days(values[:, :10], np.array([-1]))[1])
    np.testing.assert_array_equal(later, kinds[:, 10:])


def test_features_are_the_weighed_days_of_the_past(scan):
    """Tolerance 1e-12."""
    episodes = histories(9)
    chances = np.random.default_rng(9).uniform(0.5, 1, episodes.shape)
    kinds, _ = kinds_of_days(episodes, np.full(len(episodes), -1))
    found = quiet_features(episodes, chances, kinds, DECAY, scan.prior_, PRIOR_DAYS)
    for i, t in np.argwhere(kinds >= 0):
        expected = oracles.features(episodes[i], chances[i], kinds[i], t, kinds[i, t], scan.prior_)
        np.testing.assert_allclose(found[i, t], expected, rtol=1e-12, atol=1e-12)
    assert np.isnan(found[kinds < 0]).all()


def test_chances_are_those_of_statsmodels_logit(population, scan):
    """statsmodels Logit by Newton steps: coefficients to 2e-5, where our search ends; penalised, chances to 3e-4."""
    values = population["episodes"].astype(np.float64)
    kinds, _ = kinds_of_days(values, np.full(len(values), -1))
    features = quiet_features(values, np.ones(values.shape), kinds, DECAY, scan.prior_, PRIOR_DAYS)
    for kind in range(3):
        days, active = features[kinds == kind], values[kinds == kind] > 0
        assert scan.prior_[1 + kind] == (active.sum() + 0.5) / (active.size + 1)
        fitted = Logit(active, days).fit(disp=False, method="newton", tol=1e-12)
        np.testing.assert_allclose(fit_logit(days, active, 1e-9), fitted.params, atol=2e-5)
        np.testing.assert_allclose(expit(days @ scan.coef_[kind]), fitted.predict(days), atol=3e-4)


def test_a_pause_means_more_to_those_who_never_make_one(scan):
    """Ten quiet days after a year in which one account watched daily, the other daily in every other fortnight."""
    daily = np.ones(375)
    fortnightly = np.arange(375) % 28 < 14
    episodes = np.stack([daily, fortnightly]).astype(float)
    episodes[:, 365:] = 0
    score = scan.score(to_panel(episodes))
    assert score[0, -1] > 5
    assert score[1, -1] < 1


def test_a_pause_is_dated_and_called_complete(scan):
    """Thirty silent days of accounts that watched on at least half their days: within three days at the median."""
    episodes = np.array(vs.simulate.viewers(300, 330, seed=8)["episodes"], dtype=np.float64)
    episodes = episodes[(episodes > 0).mean(axis=1) > 0.5]
    episodes[:, 300:] = 0
    days, factor = scan.pauses(to_panel(episodes))
    assert len(episodes) > 20
    assert abs(np.median(days[:, -1]) - 30) <= 3
    assert (factor[:, -1] == KEPT[0]).mean() > 0.9


def test_nothing_is_told_of_days_without_a_record_and_of_accounts_that_never_watched(scan):
    nothing = np.array([np.full(40, np.nan), np.zeros(40)])
    score = scan.score(to_panel(nothing))
    days, factor = scan.pauses(to_panel(nothing))
    assert np.isnan(score[0]).all()
    np.testing.assert_allclose(score[1], 0.0, atol=1e-12)
    assert not days.any()
    assert np.isnan(factor).all()


def test_what_was_watched_does_not_matter_but_that_it_was(scan):
    episodes = histories(4)
    np.testing.assert_array_equal(scan.score(to_panel(episodes)), scan.score(to_panel(1e9 * episodes)))


def test_silence_of_days_on_which_hardly_anybody_could_watch_is_no_evidence(scan):
    episodes = np.ones((1, 200))
    episodes[0, 150:162] = 0
    factors = np.ones(episodes.shape)
    factors[0, 150:162] = 0.01
    blind, told = (scan.score(panel)[0] for panel in (to_panel(episodes), to_panel(episodes, factors)))
    assert np.nanmax(blind) > 5
    assert np.nanmax(told) < 0.1


def test_a_reference_on_which_nobody_could_watch_freely_is_refused():
    episodes = np.ones((2, 60))
    with pytest.raises(ValueError, match="`exposure` of a reference must be at least 1 on some observed days"):
        QuietScan().fit(to_panel(episodes, np.full(episodes.shape, 0.5)))


def test_days_held_down_lower_neither_shares_nor_chances():
    """Half the days held down to a third of their chance: two per cent are three standard errors and more."""
    rng = np.random.default_rng(2)
    factors = np.where(rng.random((400, 200)) < 0.5, 1 / 3, 1.0)
    episodes = (rng.random(factors.shape) < 0.4 * factors).astype(float)
    scan = QuietScan().fit(to_panel(episodes, factors))
    np.testing.assert_allclose(scan.prior_[:2], 0.4, rtol=0.02)
    assert expit(scan.coef_[0] @ [1, logit(0.4), logit(0.4)]) == pytest.approx(0.4, rel=0.02)


@pytest.mark.parametrize(
    "row",
    [
        np.zeros(90),
        np.r_[4.0, np.full(89, np.nan)],
        np.full(90, 3.0),
        np.r_[np.zeros(60), 1e9, np.zeros(29)],
        np.where(np.arange(90) % 2, 2.0, np.nan),
        np.r_[np.ones(400), np.zeros(400)],
        np.arange(5.0),
    ],
    ids=["zeros", "one day", "constant", "enormous", "half missing", "left for good", "five days"],
)
def test_awkward_histories_have_finite_scores(scan, row):
    scores = scan.score(to_panel(row[None]))[0]
    assert np.isfinite(scores[~np.isnan(row)]).all()
    assert np.isnan(scores[np.isnan(row)]).all()
