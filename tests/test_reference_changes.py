"""Changepoint methods agree with other packages and with exact brute force."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import oracles_changes as oracles
import viewshift as vs
from viewshift.baselines import Baseline, Predictive
from viewshift.detectors import Capa, Focus, Glr, Pelt
from viewshift.detectors._prices import cuts_at_all_prices
from viewshift.kernels.anomalies import anomalous_stretches, winsorised_mean
from viewshift.kernels.counts import credible
from viewshift.kernels.focus import _follow, change_gain
from viewshift.kernels.gains import level_gain
from viewshift.kernels.glr import shift_gain
from viewshift.kernels.segmentation import NB, NORMAL, POISSON, segment

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


@pytest.mark.parametrize("family", MODEL)
@pytest.mark.parametrize("sign", [1, -1])
def test_focus_of_a_day_rests_on_its_window_alone(family, sign):
    """On awkward accounts: the largest gain by brute force, tolerance 1e-8; and each window by itself, to the bit."""
    n_days, longest = 60, 20
    counts, level = levels(16, n_days, seed=5)
    means = level * np.random.default_rng(6).uniform(0.5, 1.5, counts.shape)
    counts[:5], means[:5] = np.array([[0.1], [0.7], [3.0], [0.0], [1.0]]), 1.0
    counts[5, 20:] = counts[6, 15:40] = counts[7] = np.nan
    counts[8], means[8] = np.resize([0.3, 0.1, 0.2], n_days), 0.2
    values = (counts - means) / np.sqrt(means) if family == "normal" else counts
    empty = np.full((16, longest - 1), np.nan)
    values, means = np.hstack([empty, values]), np.hstack([empty, means])
    found = change_gain(values, means, n_days, MODEL[family], 0.8, sign)
    expected = [
        oracles.largest_gain(*row, longest, family, 0.8, sign)
        for row in zip(values[:, longest - 1 :], means[:, longest - 1 :], strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)
    for t in range(n_days):
        window = slice(t, t + longest)
        alone = change_gain(values[:, window].copy(), means[:, window].copy(), 1, MODEL[family], 0.8, sign)
        np.testing.assert_array_equal(alone[:, 0], found[:, t])


def test_focus_of_no_day_looks_nowhere():
    """In Python, since compiled code does not notice an index that lies outside."""
    pools, part = ((np.empty(8), np.empty(8), np.empty(8, dtype=np.int64)) for _ in range(2))
    _follow.py_func(np.ones(4), np.ones(4), 4, POISSON, 1.0, 1, np.empty(0), pools, part)
    assert change_gain(np.ones((2, 4)), np.ones((2, 4)), 0, POISSON, 1.0, 1).shape == (2, 0)


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


@pytest.mark.parametrize("kind", [Focus, Glr])
def test_days_before_the_baseline_knows_the_account_are_left_out(kind):
    counts, _ = levels(5, 80, seed=5)
    scores = kind(baseline=Known(), warm_up=20).fit(to_panel(counts)).score(to_panel(counts))
    later = np.where(np.cumsum(~np.isnan(counts), axis=1) > 20, counts, np.nan)
    from_then = kind(baseline=Known(), warm_up=0).fit(to_panel(counts)).score(to_panel(later))
    np.testing.assert_array_equal(scores, from_then)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("size", "shortest"), [(0.05, 1), (0.8, 4), (30.0, 1)])
def test_glr_is_the_largest_gain_over_all_shifts(sign, size, shortest):
    """Brute force with Brent's search, relative to 1e-10: unequal means, missing days, a day of 1e9 episodes."""
    counts, level = levels(4, 45, seed=12)
    means = level * np.random.default_rng(13).gamma(0.5, 2.0, counts.shape) + 1e-4
    counts[0, 25] = 1e9
    for window in (4, 20):
        empty = np.full((4, window - 1), np.nan)
        found = shift_gain(np.hstack([empty, counts]), np.hstack([empty, means]), 45, size, sign, shortest)
        expected = [
            oracles.largest_shift_gain(*row, window, size, sign, shortest) for row in zip(counts, means, strict=True)
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
        assert (found > 0.1).mean() > 0.1


@pytest.mark.parametrize("case", golden("glr")["cases"], ids=lambda case: case["name"])
def test_glr_is_that_of_its_authors(case):
    """R surveillance, glrnb, all days back, to 1e-10; the detector is given the means as exposure of a known 1."""
    direction, size, shortest, means, counts = case["inputs"].values()
    panel = to_panel(np.array([counts], dtype=float), np.array([means]))
    detector = Glr(baseline=Known(), warm_up=0, window=len(counts), shortest=shortest, direction=direction).fit(panel)
    detector.size_ = size
    np.testing.assert_allclose(detector.score(panel)[0], case["values"], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("direction", ["up", "down", "both"])
def test_glr_of_equal_means_is_focus(direction):
    """Functional pruning and bounded search, two ways to one quantity, on 300 accounts; 1e-10, sizes learned."""
    counts, _ = levels(300, 120, seed=14)
    panel = to_panel(counts)
    focus = Focus(baseline=Known(mean=1.3), warm_up=0, longest=56, direction=direction).fit(panel)
    glr = Glr(baseline=Known(mean=1.3), warm_up=0, direction=direction).fit(panel)
    assert glr.size_ == pytest.approx(focus.size_, rel=1e-9)
    scores = glr.score(panel)
    np.testing.assert_allclose(scores, focus.score(panel), rtol=1e-10, atol=1e-10)
    assert (np.nan_to_num(scores) > 1).mean() > 0.2


def test_glr_learns_its_size_from_credible_days():
    counts, _ = levels(50, 100, seed=15, missing=0.0)
    corrupt = counts.copy()
    corrupt[3, 50] = 1e9
    without = np.where(corrupt == 1e9, np.nan, counts)
    sizes = [Glr(baseline=Known()).fit(to_panel(values)).size_ for values in (corrupt, without)]
    assert sizes[0] == sizes[1]


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


@pytest.mark.parametrize("cost", MODEL)
@pytest.mark.parametrize(("sign", "least"), [(1, 2), (0, 5), (-1, 3)])
def test_capa_saves_the_most_that_can_be_saved(cost, sign, least):
    """Exact dynamic programme over all stretches: the same anomalies, the same total to 1e-9."""
    counts, level = levels(40, 60, seed=7)
    counts += 1e-3 * np.random.default_rng(11).random(counts.shape)  # no ties
    values = counts - 1 if cost == "normal" else counts
    weights = np.random.default_rng(8).uniform(0.5, 2, counts.shape) if cost == "poisson" else np.ones(counts.shape)
    null = np.zeros(40) if cost == "normal" else np.median(level, axis=1)
    length, gain, saved = anomalous_stretches(values, weights, null, MODEL[cost], 0.8, sign, (1.0, 1.5), least, 20)
    found = 0
    for i in range(40):
        day = np.flatnonzero(~np.isnan(counts[i]))
        unit = np.log(day.size)
        stretches, total = oracles.best_anomalies(
            values[i, day], weights[i, day], null[i], cost, 0.8, sign, (unit, 1.5 * unit), least, 20
        )
        first = np.flatnonzero(length[i])
        assert [(int(np.searchsorted(day, d)), int(length[i, d])) for d in first] == stretches
        assert saved[i] == pytest.approx(total, rel=1e-9, abs=1e-9)
        paid = sum(unit * (1.5 if days == 1 else 1.0) for _, days in stretches)
        assert 2 * gain[i].sum() - paid == pytest.approx(total, rel=1e-9, abs=1e-9)
        found += len(stretches)
    assert found > 20


@pytest.mark.parametrize("case", golden("capa")["cases"], ids=lambda case: case["inputs"]["cost"])
def test_capa_finds_what_skchange_finds(case):
    """skchange CAPA: identical stretches and single days, the same total saved to 1e-9."""
    cost, usual, penalty, point_penalty, longest, values = case["inputs"].values()
    days = np.array([values])
    length, _, saved = anomalous_stretches(
        days, np.ones(days.shape), np.array([usual]), MODEL[cost], 1.0, 0, (penalty, point_penalty), 2, longest
    )
    first = np.flatnonzero(length[0])
    spans = [(int(d), int(d + length[0, d])) for d in first]
    assert [list(span) for span in spans if span[1] - span[0] > 1] == case["values"]["stretches"]
    assert [a for a, b in spans if b - a == 1] == case["values"]["single"]
    assert saved[0] == pytest.approx(case["values"]["saved"], rel=1e-9)


@pytest.mark.parametrize("cost", MODEL)
def test_anomalies_are_told_with_their_days_and_levels(cost):
    counts, _ = levels(30, 200, seed=9)
    exposure = np.random.default_rng(10).uniform(0.5, 2.0, counts.shape)
    panel = to_panel(counts, exposure)
    detector = Capa(cost=cost, direction="both", penalty=2.0).fit(panel)
    table, scores = detector.segments(panel), detector.score(panel)
    usual = np.maximum(winsorised_mean(counts / exposure, 0.9), detector.floor_)
    assert len(table) > 20
    for row, (name, own) in enumerate((name, table[table["account"] == name]) for name in panel.accounts):
        first = (own["start"].to_numpy().astype("datetime64[D]") - panel.start).astype(int)
        last = (own["end"].to_numpy().astype("datetime64[D]") - panel.start).astype(int)
        assert (first[1:] > last[:-1]).all(), name
        for a, b, mean in zip(first, last, own["mean"], strict=True):
            assert panel.observed[row, [a, b]].all()
            assert mean == pytest.approx(np.nanmean((counts / exposure)[row, a : b + 1]), rel=1e-12)
        np.testing.assert_array_equal(own["gain"], scores[row, first])
        assert np.nansum(scores[row]) == pytest.approx(own["gain"].sum())
        assert (own["usual"] == usual[row]).all()


def test_winsorised_mean_holds_large_days_down():
    days = np.array([[1.0, 2.0, np.nan, 3.0, 4.0, 90.0], [np.nan] * 6])
    found = winsorised_mean(days, 0.75)
    assert found[0] == pytest.approx((1 + 2 + 3 + 4 + 4) / 5)
    assert np.isnan(found[1])


def test_values_beyond_belief_do_not_count():
    values = np.append(np.arange(1000.0), [1e9, np.nan])
    np.testing.assert_array_equal(credible(values), np.append(np.ones(1000, dtype=bool), [False, False]))
    np.testing.assert_array_equal(credible(np.array([0.0, np.nan])), [True, False])


@pytest.mark.parametrize("cost", MODEL)
@pytest.mark.parametrize("least", [1, 3])
def test_modified_bic_is_the_best_of_all_ways_to_cut(cost, least):
    """All some 2,000 ways to cut 12 days: 3 log n a change, log(days / n) a segment (Zhang and Siegmund 2007)."""
    values = levels(60, 12, seed=12, missing=0.0)[0] + 1e-3 * np.random.default_rng(13).random((60, 12))  # no ties
    begins, _, objective = segment(values, MODEL[cost], 0.8, 3.0, least, 1.0)
    whole = segment(values, MODEL[cost], 0.8, 1e3, least)[2]
    for i, row in enumerate(values):
        starts, saved = oracles.best_cuts(row, cost, 0.8, least, 3.0, 1.0)
        assert np.flatnonzero(begins[i]).tolist() == starts
        assert whole[i] - objective[i] == pytest.approx(saved, rel=1e-9, abs=1e-7)
    assert begins.sum() > 65


@pytest.mark.parametrize("cost", MODEL)
def test_path_of_pelt_is_the_best_at_every_penalty(cost):
    """Exact lowest cost of each number of changes: at both ends of every row, so between them, nothing is below it."""
    counts, _ = levels(30, 60, seed=14)
    panel = to_panel(counts)
    detector = Pelt(cost=cost, min_segment=3, autocorrelated=True).fit(panel)
    path, rho = detector.path(panel, 0.2, 20.0), detector.rho_
    assert rho > 0.05
    for name, row in zip(panel.accounts, counts, strict=True):
        days = row[~np.isnan(row)]
        if cost == "normal":
            spread = max(1.4826 / 2**0.5 * np.median(np.abs(np.diff(days))), detector.floor_)
            days = days * (1 - rho) ** 0.5 / spread
        best = oracles.best_costs(days, cost, detector.size_, 3)
        own = path[path["account"] == name]
        low, high, changes = (own[column].to_numpy() for column in ("low", "high", "changes"))
        assert low[0] == 0.2
        assert high[-1] == 20.0
        np.testing.assert_array_equal(low[1:], high[:-1])
        assert (low < high).all()
        assert (np.diff(changes) < 0).all()
        above = own["cost"] - own["cost"].iloc[-1]
        np.testing.assert_allclose(above, best[changes] - best[changes[-1]], rtol=1e-9, atol=1e-7)
        for penalty in (low, high):
            price = penalty * (1 + rho) / (1 - rho) * np.log(len(days))
            lowest = (best + price[:, None] * np.arange(len(best))).min(axis=1)
            np.testing.assert_allclose(best[changes] + price * changes, lowest, rtol=1e-9, atol=1e-7)
    assert len(path) > 120


@pytest.mark.parametrize("case", golden("crops")["cases"], ids=lambda case: case["inputs"]["cost"])
def test_path_of_pelt_is_that_of_skchange(case):
    """skchange CROPS: the same numbers of changes, the same costs less that of the fewest, to 1e-9."""
    cost, low, high, least, values = case["inputs"].values()
    scale = (1.4826 / 2**0.5 * np.median(np.abs(np.diff(values)))) ** 2 if cost == "normal" else 1.0
    panel, unit = to_panel(np.array([values])), scale * np.log(len(values))
    path = Pelt(cost=cost, min_segment=least).fit(panel).path(panel, low / unit, high / unit)
    assert path["changes"].tolist() == case["values"]["changes"][::-1]
    above = scale * (path["cost"] - path["cost"].iloc[-1])
    expected = np.subtract(case["values"]["cost"], case["values"]["cost"][0])
    np.testing.assert_allclose(above, expected[::-1], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("cost", MODEL)
@pytest.mark.parametrize("autocorrelated", [False, True])
def test_path_of_pelt_counts_the_segments_of_each_penalty(cost, autocorrelated):
    counts, _ = levels(12, 150, seed=15)
    counts[3] = np.nan
    counts[4, 1:] = np.nan
    panel = to_panel(counts, np.random.default_rng(16).uniform(0.5, 2.0, counts.shape))
    options = {"cost": cost, "autocorrelated": autocorrelated}
    path = Pelt(**options).fit(panel).path(panel, 0.5, 12.0)
    for penalty in (0.51, 1.1, "bic", 3.0, 7.0, 11.9):
        segments = Pelt(**options, penalty=penalty).fit(panel).segments(panel)
        at = 2.0 if penalty == "bic" else penalty
        own = path[(path["low"] <= at) & (at < path["high"])]
        assert (
            dict(zip(own["account"], own["changes"] + 1, strict=True)) == segments["account"].value_counts().to_dict()
        )


@pytest.mark.parametrize("favoured", [0, 1, 2, 3])
def test_a_segmentation_that_is_best_at_one_penalty_only_is_left_out(favoured):
    """Costs on a line: 10, 8, 6 and 4 with 0 to 3 changes are all best at price 2 and nowhere between."""
    costs = [10.0, 8.0, 6.0, 4.0, 3.5]

    def best(price):
        priced = [cost + price * changes for changes, cost in enumerate(costs)]
        lowest = [changes for changes, total in enumerate(priced) if total == min(priced)]
        changes = favoured if favoured in lowest else lowest[-1]
        return changes, costs[changes]

    assert cuts_at_all_prices(best, 0.25, 4.0) == ([0.25, 0.5, 2.0, 4.0], [(4, 3.5), (3, 4.0), (0, 10.0)])


def autocorrelated_days(cost, rho, *, seed):
    """Return 150 accounts of 300 days of one level, each day's mean given the one before falling back by 1 - rho.

    Normal: an autoregression. Poisson and negative binomial (size 0.8): each of yesterday's episodes is repeated with
    probability rho (for nb, of the beta distribution of that mean), and new ones keep the days' distribution.
    """
    rng = np.random.default_rng(seed)
    mean, size = 4.0, 0.8
    days = np.empty((150, 300))
    for t in range(300):
        if cost == "normal":
            days[:, t] = (
                rng.normal(size=150) if t == 0 else rho * days[:, t - 1] + rng.normal(0, (1 - rho**2) ** 0.5, 150)
            )
            continue
        repeated, share = np.zeros(150), 1.0
        if t and rho:
            chance = rho if cost == "poisson" else rng.beta(size * rho, size * (1 - rho), 150)
            repeated, share = rng.binomial(days[:, t - 1].astype(int), chance), 1 - rho
        new = rng.poisson(mean * share, 150)
        if cost == "nb":
            new = rng.negative_binomial(size * share, size / (size + mean), 150)
        days[:, t] = repeated + new
    return to_panel(50 + 5 * days if cost == "normal" else days)


@pytest.mark.parametrize("cost", MODEL)
def test_a_dearer_change_makes_up_for_dependent_days(cost):
    """One level throughout, so every change is false; autocorrelation 0 or 0.6.

    On six other seeds of each cost, dependent days had 13 to 76 times the changes of independent ones, and .14 to .50
    times with `autocorrelated`. With counts of 20 to 90 the bounds are over four standard errors away: under 1 seed in
    10,000 fails.
    """
    detector = Pelt(cost=cost, penalty=1.3)
    independent, dependent = (autocorrelated_days(cost, rho, seed=17) for rho in (0.0, 0.6))
    assert Pelt(cost=cost).fit(dependent).rho_ == pytest.approx(0.6, abs=0.03)
    assert Pelt(cost=cost).fit(independent).rho_ == pytest.approx(0.0, abs=0.03)

    def false_changes(panel, *, autocorrelated):
        fitted = detector.set_params(autocorrelated=autocorrelated).fit(panel)
        return len(fitted.segments(panel)) - panel.n_accounts

    usual = false_changes(independent, autocorrelated=False)
    assert false_changes(dependent, autocorrelated=False) > 5 * usual
    assert 0 < false_changes(dependent, autocorrelated=True) < 1.2 * usual
    assert false_changes(independent, autocorrelated=True) > 0.7 * usual


def test_one_corrupt_day_does_not_bend_the_size_of_pelt():
    counts, _ = levels(60, 200, seed=18)
    corrupt = counts.copy()
    corrupt[3, 80] = 1e9
    clean, bent = (Pelt().fit(to_panel(values)).size_ for values in (counts, corrupt))
    assert bent == pytest.approx(clean, rel=0.02)
