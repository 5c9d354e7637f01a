"""Bayesian online changepoint detection agrees with exact enumeration, with SciPy's laws and with another package."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, special, stats

import oracles_runs as oracles
import viewshift as vs
from viewshift.detectors import Bocpd
from viewshift.kernels.bocpd import COLUMNS, begin, log_gamma, observe, rise, run_odds
from viewshift.kernels.run_priors import day_terms, fit_prior, log_evidence, normal_prior
from viewshift.kernels.segmentation import NB, NORMAL, POISSON

GOLDEN = json.loads((Path(__file__).resolve().parent / "golden" / "bocpd.json").read_text())
MODEL = {"normal": NORMAL, "poisson": POISSON, "nb": NB}
PRIOR = {
    "normal": np.array([1.2, 0.7, 2.5, 3.0]),
    "poisson": np.array([0.8, 0.4]),
    "nb": np.array([1.7, 3.2]),
}
SIZE = 0.6


def to_panel(values, exposure=None):
    accounts = [f"a{i}" for i in range(len(values))]
    return vs.Panel({"episodes": values}, accounts=accounts, start="2024-01-01", exposure=exposure)


def run(values, model, *, prior=None, hazard=0.05, recent=4, sign=1, prune=0.0, longest=400, exposures=None):
    """Return odds and runs of all days at once, accounts as rows."""
    prior = PRIOR[model] if prior is None else prior
    start = np.zeros((len(values), longest, COLUMNS))
    terms = day_terms(MODEL[model], prior, SIZE, values.shape[1])
    exposures = np.ones(values.shape) if exposures is None else exposures
    return run_odds(start, values, exposures, MODEL[model], prior, SIZE, terms, hazard, recent, sign, prune)


def by_first_day(runs, n_days):
    """Return the posterior by the first day of the run, ``(n_accounts, n_days)``."""
    posterior = np.zeros((len(runs), n_days))
    for row, own in enumerate(runs):
        for log_probability, length, *_ in own[own[:, 1] > 0]:
            posterior[row, n_days - int(length)] += np.exp(log_probability)
    return posterior


def changing(n_accounts, n_days, *, seed, hazard=0.05, size=SIZE, missing=0.0):
    """Return counts drawn from the "nb" model itself."""
    rng = np.random.default_rng(seed)
    new = rng.random((n_accounts, n_days)) < hazard
    new[:, 0] = True
    latest = np.maximum.accumulate(np.where(new, np.arange(n_days), 0), axis=1)
    p = np.take_along_axis(rng.beta(*PRIOR["nb"], new.shape), latest, axis=1)
    counts = rng.negative_binomial(size, p).astype(np.float64)
    counts[rng.random(counts.shape) < missing] = np.nan
    return counts


@pytest.mark.parametrize("model", MODEL)
def test_posterior_and_odds_are_those_of_all_segmentations(model):
    """Exact enumeration of the 2^(n - 1) segmentations of 10 days, missing ones among them: 1e-10."""
    values = changing(4, 10, seed=1, hazard=0.2, missing=0.2)
    values[:, 0] = [0, 3, 2, 40]
    values[1, 4] = 1000
    exposures = np.random.default_rng(2).uniform(0.5, 2.0, values.shape)
    if model != "poisson":
        exposures = np.ones(values.shape)
    if model == "normal":
        values = np.sqrt(values)
    shown = {-1: 0, 0: 0, 1: 0}
    for n_days in (6, 10):
        days, seen = values[:, :n_days], exposures[:, :n_days]
        odds = {sign: run(days, model, sign=sign, exposures=seen)[0] for sign in shown}
        posterior = by_first_day(run(days, model, exposures=seen)[1], n_days)
        for row in range(len(days)):
            expected, levels = oracles.posterior_of_runs(days[row], seen[row], model, PRIOR[model], SIZE, 0.05)
            np.testing.assert_allclose(posterior[row], np.exp(expected), rtol=1e-10, atol=1e-300)
            if np.isnan(days[row, -1]):
                continue
            for sign in shown:
                found = odds[sign][row, -1] / np.log(10)
                wanted = oracles.log10_odds(expected, levels, 0.05, 4, sign)
                assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9)
                shown[sign] += wanted > np.log10(0.05 / 0.95) + 0.1
    assert min(shown.values()) > 1, "no direction may rest at its least"


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["inputs"]["model"])
def test_posterior_is_that_of_changepoint_doctor(case):
    """changepoint-doctor 0.0.3, all runs kept: absolute 1e-12, and 1e-9 of each probability above 1e-12."""
    model, prior, hazard, values = case["inputs"].values()
    for day, expected in case["values"].items():
        n_days = int(day) + 1
        _, runs = run(np.array([values[:n_days]]), model, prior=np.array(prior), hazard=hazard)
        found = by_first_day(runs, n_days)[0, ::-1]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
        large = np.array(expected) > 1e-12
        np.testing.assert_allclose(found[large], np.array(expected)[large], rtol=1e-9)


def law(model, prior, days, exposure):
    """Return SciPy's predictive law of the day after `days` of exposure 1."""
    n, total = len(days), days.sum()
    if model == "poisson":
        shape, rate = prior[0] + total, prior[1] + n
        return stats.nbinom(shape, rate / (rate + exposure)).logpmf
    if model == "nb":
        a, b = prior[0] + n * SIZE, prior[1] + total
        return lambda y: (
            special.betaln(a + SIZE, b + y)
            - special.betaln(a, b)
            + (special.gammaln(SIZE + y) - special.gammaln(SIZE) - special.gammaln(y + 1))
        )
    m, kappa, alpha, beta = prior
    mean = (kappa * m + total) / (kappa + n)
    own = beta + 0.5 * (np.sum(days**2) + kappa * m**2 - (kappa + n) * mean**2)
    scale = np.sqrt(own * (kappa + n + 1) / ((alpha + n / 2) * (kappa + n)))
    return stats.t(2 * alpha + n, mean, scale).logpdf


@pytest.mark.parametrize("model", MODEL)
def test_predictive_is_scipys(model):
    """scipy.stats t and nbinom; the difference between a run with a past and a new one, 1e-9."""
    rng = np.random.default_rng(3)
    days = rng.negative_binomial(SIZE, 0.2, 30).astype(float)
    if model == "normal":
        days = np.sqrt(days)
    prior, terms = PRIOR[model], day_terms(MODEL[model], PRIOR[model], SIZE, 40)
    old = np.zeros((COLUMNS, 1))
    begin(old, 0, MODEL[model], prior, 0.0)
    for y in days:
        observe(old, 1, MODEL[model], prior, SIZE, terms, y, 1.0)
    for y in (0.0, 1.0, 7.0, 30.0, 400.0):
        for exposure in (0.5, 1.0, 3.0) if model == "poisson" else (1.0,):
            both = np.concatenate([old, np.zeros((COLUMNS, 1))], axis=1)
            begin(both, 1, MODEL[model], prior, 0.0)
            both[0] = 0.0
            observe(both, 2, MODEL[model], prior, SIZE, terms, y, exposure)
            found = both[0, 0] - both[0, 1]
            expected = law(model, prior, days, exposure)(y) - law(model, prior, days[:0], exposure)(y)
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_predictive_of_whole_size_is_scipys_beta_negative_binomial():
    """scipy.stats.betanbinom takes whole sizes only; absolute probabilities for size 3."""
    y = np.arange(60.0)
    prior = np.array([2.5, 1.5])
    expected = stats.betanbinom(3, *prior).logpmf(y)
    one = np.ones(60)
    found = log_evidence(NB, prior, 3.0, one, y, one) + np.log(special.binom(y + 2, y))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("x", [1e-4, 0.3, 5.0, 15.99, 16.0, 16.01, 40.0, 1e4, 1e9, 1e16])
def test_gamma_function_is_scipys(x):
    assert log_gamma(x) == pytest.approx(special.gammaln(x), rel=4e-15, abs=4e-15)


@pytest.mark.parametrize("x", [1e-4, 0.3, 5.0, 16.0, 1e4, 1e9, 1e16])
def test_rising_factorial_is_scipys(x):
    """scipy.special.poch where it is finite, 1e-12; small whole steps keep their digits at any x, others lose some."""
    for y in (0.0, 1.0, 3.0, 16.0, 17.0, 0.7):
        exact = y in (0.0, 1.0, 3.0, 16.0) and x < 1e15
        digits = 1e-12 if exact else max(1e-12, 4e-15 * x)
        expected = np.log(special.poch(x, y)) if y else 0.0
        found, after = np.zeros(3), np.full(3, x)
        rise(found, after, y, int(y) if y in (0.0, 1.0, 3.0, 16.0) else -1, np.ones(0))
        assert found == pytest.approx(expected, rel=digits, abs=digits)
        assert (after == x + y).all()


def test_pruning_keeps_to_its_bound():
    """400 accounts drawn from the model: mean total variation within 2 prune n_days, and it takes effect.

    The bound holds for the expectation; of distances at most 1 the mean of 400 is within three of its standard errors.
    """
    n_days = 300
    values = changing(400, n_days, seed=4)
    exact = by_first_day(run(values, "nb", prune=0.0)[1], n_days)
    for prune in (1e-6, 1e-4, 1e-3):
        runs = run(values, "nb", prune=prune)[1]
        distance = 0.5 * np.abs(by_first_day(runs, n_days) - exact).sum(axis=1)
        slack = 3 * distance.std() / np.sqrt(len(distance))
        assert 0 < distance.mean() <= 2 * prune * n_days + slack
        assert (runs[:, :, 1] > 0).sum() < 0.8 * (exact > 0).sum()
        np.testing.assert_allclose(np.exp(runs[:, :, 0]).sum(axis=1, where=runs[:, :, 1] > 0), 1.0, rtol=1e-9)


def test_score_hardly_depends_on_the_pruning():
    """Drawn from the model: with the default, 99 % of scores are within 0.02 of the exact ones."""
    values = changing(100, 200, seed=5, hazard=0.01)
    odds = [run(values, "nb", hazard=0.01, recent=14, prune=prune)[0] for prune in (0.0, 1e-6)]
    difference = np.abs(odds[0] - odds[1])[:, 14:] / np.log(10)
    assert 0 < np.quantile(difference, 0.99) < 0.02


def test_runs_longer_than_the_longest_are_merged_and_no_other():
    values = changing(30, 90, seed=6, missing=0.1)
    values[:, 0] = 1
    exact, _ = run(values, "nb")
    for longest in (20, 50):
        odds, runs = run(values, "nb", longest=longest)
        np.testing.assert_array_equal(odds[:, :longest], exact[:, :longest])
        assert (odds[:, longest:] != exact[:, longest:]).any()
        assert np.nanmean(np.abs(odds - exact)) < 0.2
        assert ((runs[:, :, 1] >= longest).sum(axis=1) == 1).all()
        np.testing.assert_allclose(np.exp(runs[:, :, 0]).sum(axis=1, where=runs[:, :, 1] > 0), 1.0, rtol=1e-9)


def test_merged_runs_keep_the_days_of_the_likelier_one():
    values = np.repeat([[0.0, 20.0]], [60, 80], axis=1)
    _, runs = run(values, "nb", longest=30)
    assert runs[0, 0, 2] == 80


def test_a_change_is_either_up_or_down():
    """The probabilities of both directions, the run of tomorrow taken out, add up to that of any change."""
    values = changing(50, 60, seed=7)
    beyond = []
    for sign in (1, -1, 0):
        odds = run(values, "nb", sign=sign)[0][:, 4:]
        q = 1 / (1 + np.exp(-odds))
        beyond.append((q - 0.05) / 0.95)
    np.testing.assert_allclose(beyond[0] + beyond[1], beyond[2], rtol=1e-9, atol=1e-12)
    assert min(part.max() for part in beyond[:2]) > 0.5


def test_exposure_multiplies_poisson_means_and_divides_other_days():
    values = changing(20, 80, seed=8)
    exposure = np.random.default_rng(9).uniform(0.5, 2.0, values.shape)
    panel = to_panel(values, exposure)
    for model, number in MODEL.items():
        detector = Bocpd(model=model, prune=0.0, recent=5).fit(panel)
        taken = {"poisson": values, "nb": values / exposure, "normal": np.sqrt(values / exposure)}[model]
        seen = exposure if model == "poisson" else np.ones(values.shape)
        prior, size = detector.prior_, detector.size_
        start, terms = np.zeros((20, 365, COLUMNS)), day_terms(number, prior, size, 80)
        odds, _ = run_odds(start, taken, seen, number, prior, size, terms, 1 / 200, 5, 1, 0.0)
        np.testing.assert_allclose(detector.score(panel), odds / np.log(10), rtol=1e-12)


def test_prior_makes_the_stretches_likeliest():
    """scipy.stats.nbinom and betaln, maximised by another method from another start: parameters to 1e-3."""
    rng = np.random.default_rng(10)
    n = np.full(3000, 20.0)
    exposure = rng.uniform(15, 25, 3000)
    poisson = rng.poisson(rng.gamma(0.8, 2.0, 3000) * exposure).astype(float)
    nb = rng.negative_binomial(20 * SIZE, rng.beta(1.7, 3.2, 3000)).astype(float)

    def poisson_loss(logs):
        a, b = np.exp(logs)
        return -stats.nbinom(a, b / (b + exposure)).logpmf(poisson).mean()

    def nb_loss(logs):
        a, b = np.exp(logs)
        return -np.mean(special.betaln(a + 20 * SIZE, b + nb) - special.betaln(a, b))

    for model, total, loss, truth in ((POISSON, poisson, poisson_loss, [0.8, 0.5]), (NB, nb, nb_loss, [1.7, 3.2])):
        found = fit_prior(model, SIZE, n, total, exposure)
        best = optimize.minimize(loss, [0.3, 0.3], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-12})
        np.testing.assert_allclose(found, np.exp(best.x), rtol=1e-3)
        np.testing.assert_allclose(found, truth, rtol=0.15)


def test_normal_prior_has_the_moments_of_the_stretches():
    """4,000 stretches of 100 days drawn from it; moments of fourth order, hence 10 %."""
    rng = np.random.default_rng(11)
    m, kappa, alpha, beta = 1.2, 20.0, 6.0, 5.0
    variance = 1 / rng.gamma(alpha, 1 / beta, 4000)
    days = rng.normal(rng.normal(m, np.sqrt(variance / kappa))[:, None], np.sqrt(variance)[:, None], (4000, 100))
    n = np.full(4000, 100.0)
    squares = np.sum((days - days.mean(axis=1, keepdims=True)) ** 2, axis=1)
    np.testing.assert_allclose(normal_prior(n, days.sum(axis=1), squares), [m, kappa, alpha, beta], rtol=0.1)


def test_fit_learns_size_and_prior_of_its_own_stretches():
    """2,000 accounts drawn from the model, each of one level for 200 days; three standard errors are below 10 %."""
    values = changing(2000, 200, seed=12, hazard=0.0)
    detector = Bocpd().fit(to_panel(values))
    assert detector.size_ == pytest.approx(SIZE, rel=0.05)
    np.testing.assert_allclose(detector.prior_, PRIOR["nb"], rtol=0.1)


def test_prior_is_unmoved_by_values_beyond_belief():
    values = changing(50, 200, seed=13)
    spoilt = values.copy()
    spoilt[7, 100] = 1e9
    for model in MODEL:
        before, after = (Bocpd(model=model).fit(to_panel(days)) for days in (values, spoilt))
        np.testing.assert_allclose(after.prior_, before.prior_, rtol=0.02)
        assert after.size_ == pytest.approx(before.size_, rel=0.02)


@pytest.mark.parametrize("model", MODEL)
def test_what_is_beyond_belief_does_not_hang_on_the_model_or_on_an_exposure_of_one(model):
    """20 times the 99.9 % quantile is, and its square root is not 10 times that of the roots."""
    values = changing(50, 200, seed=13)
    values[7, 100] = 20 * np.quantile(values[values > 0], 0.999)
    lost = np.where(values == values[7, 100], np.nan, values)
    plain, without = (Bocpd(model=model).fit(to_panel(days)) for days in (values, lost))
    with_ones = Bocpd(model=model).fit(to_panel(values, np.ones(values.shape)))
    for detector in (without, with_ones):
        np.testing.assert_allclose(plain.prior_, detector.prior_, rtol=1e-9)
        assert plain.size_ == pytest.approx(detector.size_, rel=1e-9)


def test_a_surge_counts_while_it_is_recent_and_until_it_is_over():
    values = np.tile([1.0, 0.0, 2.0, 0.0, 1.0], (1, 40))
    lasting, over = values.copy(), values.copy()
    lasting[0, 120:] += 9
    over[0, 120:126] += 9
    population = to_panel(changing(100, 200, seed=14, hazard=0.005))
    up, down = (Bocpd(direction=direction).fit(population) for direction in ("up", "down"))
    usual, long, short = (up.score(to_panel(days))[0] for days in (values, lasting, over))
    assert np.isnan(usual[:28]).all()
    assert usual[28:].max() < 0
    assert long[124:132].min() > 2
    assert long[150:].max() < 0
    assert short[124] > 2
    assert short[140:].max() < 0
    fall = down.score(to_panel(over))[0]
    assert fall[120:126].max() < -1
    assert fall[132] > fall[120:126].max() + 1
