"""Detectors agree with what nobody here wrote: other packages, published tables, exact brute force."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import ruptures
import sklearn.ensemble
from scipy import integrate, optimize, stats
from statsmodels.discrete.discrete_model import Logit, NegativeBinomial
from statsmodels.discrete.truncated_model import TruncatedLFNegativeBinomialP

import oracles
import viewshift as vs
from run_lengths import assert_mean, run_lengths
from viewshift.baselines import GammaPoisson
from viewshift.baselines._regression import fit_logit, fit_truncated_nb
from viewshift.baselines.weekday import weekday_factors
from viewshift.detectors import Cusum, IsolationForest, Pelt, Random, RobustZ, ZScore
from viewshift.kernels.counts import mixed_bits, nb_log_ratio, nb_size
from viewshift.kernels.cusum import cumulative_sum
from viewshift.kernels.segmentation import NB, NORMAL, POISSON, segment


def viewing(n_accounts, n_days, *, seed, missing=0.05):
    """Return counts with weekday rhythm, lasting changes of level and missing days, as a panel."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(1.0, 1.5, (n_accounts, 1)) * np.where(
        np.arange(n_days) < n_days * rng.random((n_accounts, 1)), 1, 3
    )
    mean = level * np.resize([0.9, 0.9, 0.9, 0.9, 1.0, 1.1, 1.3], n_days)
    counts = rng.negative_binomial(0.8, 0.8 / (0.8 + mean)).astype(np.float64)
    counts[rng.random(counts.shape) < missing] = np.nan
    return vs.Panel({"episodes": counts}, accounts=[f"a{i}" for i in range(n_accounts)], start="2024-02-01")


def deflated(panel, detector):
    return panel["episodes"] / detector.weekday_[panel.weekday]


@pytest.mark.parametrize("exposed", [False, True])
def test_weekday_factors_are_those_of_a_pandas_groupby(exposed):
    """Mean by weekday of each account's days over its own mean, over their mean; exposure divided out before."""
    panel = viewing(30, 120, seed=21)
    exposure = np.where(panel.weekday == 5, 2.0, 1.0) * np.ones((30, 1))
    if exposed:
        panel = vs.Panel(panel.measures, accounts=panel.accounts, start=panel.start, exposure=exposure)
    frame = panel.to_frame()
    frame["weekday"] = frame["day"].dt.day_of_week
    if exposed:
        frame["episodes"] /= exposure.reshape(-1)
    frame["share"] = frame["episodes"] / frame.groupby("account")["episodes"].transform("mean")
    means = frame.groupby("weekday")["share"].mean()
    expected = (means / means.mean()).to_numpy()
    np.testing.assert_allclose(weekday_factors(panel, "episodes"), expected, rtol=1e-12)
    assert np.ptp(expected) > 0.2


def test_z_score_is_that_of_pandas_rolling_windows():
    """pandas: shifted rolling mean and std, half the window observed. Tolerance: its running sums round."""
    panel = viewing(40, 200, seed=1)
    detector = ZScore(window=28, guard=5).fit(panel)
    frame = pd.DataFrame(deflated(panel, detector).T)
    rolling = frame.shift(6).rolling(28, min_periods=14)
    mean, std = rolling.mean(), rolling.std()
    assert detector.floor_ == pytest.approx(np.median(std.to_numpy()[std.to_numpy() > 1e-7]), rel=1e-9)
    expected = ((frame - mean) / std.clip(lower=detector.floor_)).to_numpy().T
    np.testing.assert_allclose(detector.score(panel), expected, rtol=1e-9, atol=1e-9)


def test_robust_z_is_that_of_numpys_exact_median_and_mad():
    """numpy: nanmedian over sliding windows, exactly equal."""
    panel = viewing(40, 200, seed=2, missing=0.3)
    detector = RobustZ(window=28, guard=5).fit(panel)
    values = deflated(panel, detector)
    past = np.concatenate([np.zeros((40, 33)), values], axis=1)[:, : 200 + 27]
    past[:, :33] = np.nan
    windows = np.lib.stride_tricks.sliding_window_view(past, 28, axis=1)
    enough = (~np.isnan(windows)).sum(axis=2) >= 14
    median, spread = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    median[enough] = np.nanmedian(windows[enough], axis=1)
    spread[enough] = 1.4826 * np.nanmedian(np.abs(windows[enough] - median[enough][:, None]), axis=1)
    assert detector.floor_ == np.median(spread[spread > 0])
    np.testing.assert_array_equal(detector.score(panel), (values - median) / np.maximum(spread, detector.floor_))


@pytest.mark.parametrize(("threshold", "expected"), [(4.0, 167.68), (5.0, 465.44)])
def test_cumulative_sum_of_normal_increments_has_the_known_run_length(threshold, expected):
    """Two-sided CUSUM, k = 0.5, no shift: Lucas and Crosier (1982), Technometrics 24, table 1 (168, 465); two further
    digits by R package spc, xcusum.arl(0.5, h, 0, sided="two").
    """
    rng = np.random.default_rng(3)
    n = 4000
    state = {"up": np.zeros(n), "down": np.zeros(n)}

    def advance(z):
        up, state["up"] = cumulative_sum(state["up"], z - 0.5)
        down, state["down"] = cumulative_sum(state["down"], -z - 0.5)
        return np.maximum(up, down) > threshold

    assert_mean(run_lengths(lambda: rng.standard_normal((n, 250)), n, advance), expected)


def test_cusum_detector_has_the_known_run_length_if_its_baseline_is_known():
    """The same value (167.68 for h = 4) on the detector's own path: the remembered past is set to mean 100, sd 1."""
    rng = np.random.default_rng(4)
    n = 1500
    accounts = [f"a{i}" for i in range(n)]

    def panel(values):
        return vs.Panel({"episodes": values}, accounts=accounts[: len(values)], start="2024-01-01")

    detector = Cusum(shift=1.0, cap=np.inf, window=2, guard=0, direction="both").fit(panel(np.full((3, 20), 100.0)))
    state = detector.start(n)

    def advance(values):
        nonlocal state
        state = {**state, "past": np.tile(100 + np.array([-1, 1]) / np.sqrt(2), (n, 1))}
        state, scores = detector.advance(state, panel(values))
        return scores > 4.0

    assert_mean(run_lengths(lambda: 100 + rng.standard_normal((n, 1)), n, advance), 167.68)


@pytest.mark.parametrize("truth", [1.0, 1.6], ids=["in control", "shifted"])
@pytest.mark.parametrize(
    ("size", "mean", "reference", "levels"), [(1.0, 0.5, 1, 5), (0.4, 1.5, 3, 21), (2.0, 1.0, 2, 6)]
)
def test_cumulative_sum_of_negative_binomial_increments_has_the_run_length_of_the_exact_chain(
    size, mean, reference, levels, truth
):
    """The ratio is chosen such that the increment is a multiple of y - reference: then the sum lives on a lattice."""

    def slope(ratio):
        return np.log(ratio * (size + mean) / (size + ratio * mean))

    def off_lattice(ratio):
        return size * np.log((size + ratio * mean) / (size + mean)) - reference * slope(ratio)

    ratio = optimize.brentq(off_lattice, 1.01, 1000)
    p = size / (size + truth * mean)
    expected = oracles.run_length(stats.nbinom.pmf(np.arange(levels + reference), size, p), reference, levels)
    rng = np.random.default_rng(5)
    n = 4000
    state = np.zeros(n)

    def advance(counts):
        nonlocal state
        sums, state = cumulative_sum(state, nb_log_ratio(counts, np.array(mean), ratio, size))
        return sums > (levels - 0.5) * slope(ratio)

    assert_mean(run_lengths(lambda: rng.negative_binomial(size, p, (n, 100)).astype(float), n, advance), expected)


def test_size_is_that_of_statsmodels():
    """statsmodels NegativeBinomial (NB2) by maximum likelihood, mean known up to a constant: size = 1 / alpha."""
    rng = np.random.default_rng(6)
    counts = rng.negative_binomial(0.4, 0.4 / (0.4 + 2.0), 3000).astype(np.float64)
    fitted = NegativeBinomial(counts, np.ones((3000, 1))).fit(disp=False)
    assert nb_size(counts, np.full(3000, counts.mean())) == pytest.approx(1 / fitted.params[1], rel=1e-3)


@pytest.mark.parametrize("penalty", [1.0, 3.0, "mbic"])
@pytest.mark.parametrize(("cost", "model"), [("normal", NORMAL), ("poisson", POISSON), ("nb", NB)])
def test_pelt_is_the_exact_optimum_of_every_account(cost, model, penalty):
    """Exact O(n^2) dynamic programme, 1,000 accounts at log n: the same changepoints, the same objective (to rounding).

    Without keeping beaten candidates for a minimum segment, 1 to 10 % of such accounts come out wrong.
    """
    panel = viewing(1000 if penalty == 1.0 else 250, 120, seed=7)
    detector = Pelt(cost=cost, penalty=penalty).fit(panel)
    segments = detector.segments(panel)
    values = panel["episodes"]
    if cost == "normal":
        spread = [1.4826 / 2**0.5 * np.median(np.abs(np.diff(row[~np.isnan(row)]))) for row in values]
        values = values / np.maximum(spread, detector.floor_)[:, None]
    price, by_length = (3.0, 1.0) if penalty == "mbic" else (penalty, 0.0)
    objective = segment(values, model, detector.size_, price, 7, by_length)[2]
    starts = segments.groupby("account", sort=False)["start"].apply(list)
    cuts = 0
    for name, row, reached in zip(panel.accounts, values, objective, strict=True):
        day = np.flatnonzero(~np.isnan(row))
        first, best = oracles.best_segmentation(row[day], cost, detector.size_, price * np.log(day.size), 7, by_length)
        assert reached == pytest.approx(best, rel=1e-9, abs=1e-9)
        assert starts[name] == list(panel.days[day[first]].astype("datetime64[s]").astype(object))
        cuts += len(first) - 1
    assert cuts > 50


def test_pelt_with_normal_cost_reaches_the_sum_of_squares_of_ruptures():
    """ruptures Dynp(model="l2", min_size=7, jump=1), exact for a given number of changes."""
    values = viewing(25, 80, seed=8, missing=0.0)["episodes"]
    begins, _, objective = segment(values, NORMAL, 1.0, 5.0, 7)
    compared = 0
    for i, row in enumerate(values):
        n_changes = int(begins[i].sum()) - 1
        if n_changes:
            search = ruptures.Dynp(model="l2", min_size=7, jump=1).fit(row)
            squares = search.cost.sum_of_costs(search.predict(n_bkps=n_changes))
            assert objective[i] == pytest.approx(squares + 5.0 * np.log(80) * n_changes, rel=1e-9)
            compared += 1
    assert compared >= 10


@pytest.mark.parametrize("direction", ["up", "both"])
def test_isolation_forest_scores_are_those_of_scikit_learn(monkeypatch, direction):
    """scikit-learn IsolationForest.score_samples on the same features, tolerance 1e-12."""
    fitted = []

    class Spy(sklearn.ensemble.IsolationForest):
        def fit(self, *args, **kwargs):
            fitted.append(self)
            return super().fit(*args, **kwargs)

    monkeypatch.setattr(sklearn.ensemble, "IsolationForest", Spy)
    panel, others = viewing(40, 200, seed=9), viewing(20, 200, seed=10)
    detector = IsolationForest(window=56, n_trees=30, direction=direction, seed=4).fit(panel)
    features, scores = detector.features(others), detector.score(others)
    scored = ~np.isnan(scores)
    assert 0.5 < scored.mean() < 0.7
    np.testing.assert_array_equal(scored, ~np.isnan(features).any(axis=2))
    isolation = -fitted[0].score_samples(features[scored])
    np.testing.assert_allclose(detector.isolation(features[scored]), isolation, rtol=0, atol=1e-12)
    among = -fitted[0].score_samples(detector.features(panel)[~np.isnan(detector.score(panel))])
    at_least = np.array([np.count_nonzero(among >= value) for value in isolation])
    # fewer: one rank more or less is over 2.5 %; more: the line between kept scores may cross the jump at the flat days
    clear = (at_least >= 40) & (at_least <= 0.5 * among.size)
    assert clear.mean() > 0.2
    rarity = -np.log10((1 + at_least) / (1 + among.size))
    np.testing.assert_allclose(scores[scored][clear], rarity[clear], rtol=0, atol=0.03)


def test_isolation_forest_takes_accounts_in_any_number_at_once(monkeypatch):
    panel = viewing(7, 150, seed=12)
    detector = IsolationForest(window=56, n_trees=5).fit(panel)
    state, scores = detector.advance(detector.start(7), panel)
    monkeypatch.setattr("viewshift.detectors.isolation_forest.AT_ONCE", 3 * (150 + 56 + 27))
    in_parts, found = detector.advance(detector.start(7), panel)
    np.testing.assert_array_equal(found, scores)
    np.testing.assert_array_equal(in_parts["excess"], state["excess"])
    assert np.isfinite(scores).sum(axis=1).all()


def test_isolation_forest_features_of_one_day_by_hand():
    panel = viewing(3, 150, seed=11, missing=0.1)
    measures = {"episodes": panel["episodes"], "minutes": panel["episodes"] * 30.0}
    measures["night_minutes"] = measures["minutes"] * np.random.default_rng(1).random((3, 150))
    measures["top_show_episodes"] = np.ceil(measures["episodes"] / 2)
    panel = panel.with_measures(measures)
    detector = IsolationForest(window=56, n_trees=2, shares=True, direction="both").fit(panel)
    row, day = 1, int(np.flatnonzero(panel.observed[1])[-1])
    recent, base = slice(day - 6, day + 1), slice(day - 27 - 56, day - 27)
    own = deflated(panel, detector)[row]
    mean, spread = np.nanmean(own[base]), max(np.nanstd(own[base], ddof=1), detector.floor_)
    expected = [(np.nanmean(own[day - w + 1 : day + 1]) - mean) * np.sqrt(w) / spread for w in (1, 3, 7, 28)]
    active = np.where(np.isnan(own), np.nan, own > 0)
    expected.append(np.nanmean(active[recent]) - np.nanmean(active[base]))
    for part, whole in (("night_minutes", "minutes"), ("top_show_episodes", "episodes")):
        a, b = panel[part][row], panel[whole][row]
        expected.append(np.nansum(a[recent]) / np.nansum(b[recent]) - np.nansum(a[base]) / np.nansum(b[base]))
    np.testing.assert_allclose(detector.features(panel)[row, day], expected, rtol=1e-5, atol=1e-6)


def test_random_bits_are_those_of_split_mix_64():
    """First outputs of SplitMix64 with seed 1234567, as the published C code gives them (Rosetta Code lists them)."""
    counter = np.uint64(1234567) + np.arange(1, 6, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert mixed_bits(counter).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_random_scores_are_uniform_and_unrelated_between_days_accounts_and_seeds():
    """Kolmogorov-Smirnov and correlations on 90,000 scores: right noise fails any one of these 1 seed in 1,000."""
    panel = viewing(300, 300, seed=12, missing=0.0)
    scores = Random(seed=1).fit(panel).score(panel)
    assert stats.kstest(scores.ravel(), "uniform").pvalue > 0.001
    other = Random(seed=2).fit(panel).score(panel)
    for a, b in ((scores[:, 1:], scores[:, :-1]), (scores[1:], scores[:-1]), (scores, other)):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 3.3 / np.sqrt(a.size)


def regression_data(n, seed):
    rng = np.random.default_rng(seed)
    features = np.column_stack([np.ones(n), rng.normal(2, 1, n), rng.gamma(2, 1, n), rng.integers(0, 2, n)])
    mean = np.exp(features @ [0.2, 0.4, -0.3, 0.5])
    return features, rng.negative_binomial(1.5, 1.5 / (1.5 + mean)).astype(np.float64)


def test_logit_is_that_of_statsmodels():
    """statsmodels Logit by maximum likelihood, coefficients to 1e-4."""
    features, counts = regression_data(4000, 31)
    fitted = Logit(counts > 0, features).fit(disp=False)
    np.testing.assert_allclose(fit_logit(features, counts > 0, 1e-9), fitted.params, atol=1e-4)


def test_truncated_negative_binomial_is_that_of_statsmodels():
    """statsmodels TruncatedLFNegativeBinomialP (p=2, truncated at 0): coefficients and size = 1 / alpha to 1e-4."""
    features, counts = regression_data(6000, 32)
    features, counts = features[counts > 0], counts[counts > 0]
    fitted = TruncatedLFNegativeBinomialP(counts, features, truncation=0).fit(
        start_params=[0.2, 0.4, -0.3, 0.5, 0.6], method="bfgs", maxiter=500, gtol=1e-7, disp=False
    )
    mean, log_size = fit_truncated_nb(counts, features, features[:, :1], 1e-9)
    np.testing.assert_allclose(mean, fitted.params[:4], atol=1e-4)
    assert np.exp(log_size[0]) == pytest.approx(1 / fitted.params[4], rel=1e-3)


def _poisson_at(share, *, y, factor, posterior):
    return stats.poisson.pmf(y, posterior.ppf(share) * factor)


def test_gamma_poisson_predicts_as_the_integral_over_rates():
    """Integral of the Poisson over the gamma posterior of the account's rate, by scipy; and scipy's nbinom."""
    panel = viewing(30, 100, seed=33)
    model = GammaPoisson(half_life=np.inf).fit(panel)
    prediction = model.predict(panel)
    factors = model.weekday_[panel.weekday]
    for row, day in ((0, 0), (3, 50), (7, 99)):
        past = panel["episodes"][row, :day]
        seen = ~np.isnan(past)
        posterior = stats.gamma(model.shape_ + past[seen].sum(), scale=1 / (model.rate_ + factors[:day][seen].sum()))
        size, rate = posterior.args[0], 1 / posterior.kwds["scale"]
        exact = stats.nbinom(size, rate / (rate + factors[day]))
        for y in (0, 1, 4):
            poisson = partial(_poisson_at, y=y, factor=factors[day], posterior=posterior)
            integral, _ = integrate.quad(poisson, 0, 1, epsabs=1e-10)
            found = np.exp(prediction.logpmf(np.full(panel.observed.shape, float(y)))[row, day])
            assert found == pytest.approx(integral, rel=1e-5)
            assert found == pytest.approx(exact.pmf(y), rel=1e-9)


def test_gamma_over_accounts_is_the_marginal_maximum():
    """Without forgetting, the days given the earlier ones multiply to the marginal NB of the accounts' totals, whose
    likelihood is maximised directly by Nelder-Mead.
    """
    panel = viewing(60, 80, seed=34)
    model = GammaPoisson(half_life=np.inf).fit(panel)
    totals = np.nansum(panel["episodes"], axis=1)
    days = (panel.observed * model.weekday_[panel.weekday]).sum(axis=1)

    def loss(logs):
        a, b = np.exp(logs)
        return -stats.nbinom.logpmf(totals, a, b / (b + days)).sum()

    direct = optimize.minimize(loss, [0, 0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}).x
    assert (model.shape_, model.rate_) == pytest.approx(tuple(np.exp(direct)), rel=1e-3)
