"""Detectors of outbreaks and outliers agree with other people's packages: golden values with their scripts."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.robust
from scipy import stats

import viewshift as vs
from viewshift.detectors import Ears, Farrington, GeneralizedEsd, SeasonalHybridEsd
from viewshift.detectors.seasonal_hybrid_esd import weekday_component
from viewshift.kernels.esd import critical_values, extreme_deviates, spreads
from viewshift.kernels.farrington import expected_counts, fit_window

GOLDEN = Path(__file__).resolve().parent / "golden"


def golden(name):
    """Return the cases of a golden file, each with the file's tolerance."""
    document = json.loads((GOLDEN / f"{name}.json").read_text())
    return [pytest.param(case, document["tolerance"], id=case["name"]) for case in document["cases"]]


def numbers(values):
    return np.array(values, dtype=np.float64)  # null becomes NaN


def one_account(values, exposure=None):
    exposure = None if exposure is None else numbers(exposure)[None, :]
    return vs.Panel({"episodes": numbers(values)[None, :]}, accounts=["a"], start="2024-01-01", exposure=exposure)


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


@pytest.mark.parametrize(("case", "tolerance"), golden("farrington"))
def test_farrington_is_that_of_r(case, tolerance):
    """R surveillance, farringtonFlexible with the weekdays as seasons; it knows no smallest mean and dispersion."""
    inputs, expected = case["inputs"], {name: numbers(values) for name, values in case["values"].items()}
    panel, (window, guard) = one_account(inputs["counts"], inputs["exposure"]), (inputs["window"], inputs["guard"])
    detector = Farrington(window=window, guard=guard)
    found = scores_of(detector, panel, floor_=0.0, dispersion_=1.0)
    mean, dispersion = expected_counts(panel["episodes"], panel.exposure, window, guard, window)
    scored = slice(len(found) - 40, None)
    mean = mean[0] * panel.exposure[0, window + guard :]
    np.testing.assert_allclose(mean[scored.start - window - guard :], expected["mean"], **tolerance)
    np.testing.assert_allclose(dispersion[0, scored.start - window - guard :], expected["dispersion"], **tolerance)
    np.testing.assert_allclose(10 ** -found[scored], expected["p"], **tolerance)
    np.testing.assert_array_equal(detector.upper(panel, inputs["alpha"])[0, scored], expected["upper"])


def test_golden_farrington_leaves_some_trends_out_and_reaches_the_poisson():
    values = [case.values[0]["values"] for case in golden("farrington")]
    assert any(0 < sum(one["trend"]) < len(one["trend"]) for one in values)
    assert any(min(one["dispersion"]) == 1 for one in values)


def quasi_poisson(y, x, ahead, *, trend):
    """Return level and dispersion by two fits of statsmodels' GLM, the second with weights by Anscombe residuals."""
    seen, day = ~np.isnan(y), np.arange(len(y))
    design = np.column_stack([day % 7 == w for w in range(7)] + [day / len(y)] * trend).astype(float)

    def fit(weights):
        family, offset = sm.families.Poisson(), np.log(x[seen])
        model = sm.GLM(y[seen], design[seen], family=family, offset=offset, var_weights=weights)
        fitted = model.fit(tol=1e-13, maxiter=200)
        return fitted, max(1, fitted.pearson_chi2 / fitted.df_resid)

    first, dispersion = fit(np.ones(seen.sum()))
    s = first.resid_anscombe_unscaled / np.sqrt(dispersion * (1 - first.get_hat_matrix_diag()))
    assert (s > 2.58).any(), "no day counts for less: the weights are not tested"
    weights = np.where(s > 2.58, s**-2.0, 1)
    second, dispersion = fit(weights * len(weights) / weights.sum())
    last = np.append(np.arange(7) == (len(y) - 1 + ahead) % 7, [(len(y) - 1 + ahead) / len(y)] * trend)
    return np.exp(last @ second.params), dispersion


@pytest.mark.parametrize("trend", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_quasi_poisson_fit_is_that_of_statsmodels(seed, trend):
    """GLM with log link, offset and var_weights, on missing days, exposures, surges and quiet weekdays: 1e-6."""
    rng = np.random.default_rng(seed)
    n, ahead = rng.integers(40, 400), int(rng.integers(1, 15))
    x = rng.uniform(0.3, 3, n)
    y = rng.negative_binomial(1, 1 / (1 + 4 * x * np.exp(rng.normal() * np.arange(n) / n))).astype(float)
    y[rng.integers(n, size=3)] += 40
    y[rng.random(n) < 0.2] = np.nan
    found = fit_window(y, x, ahead, trend)
    np.testing.assert_allclose(found, quasi_poisson(y, x, ahead, trend=trend), rtol=1e-6)


def test_windows_of_farrington_end_before_the_guard():
    """Each day's window cut out by hand; a trend that leads above all of its days is left out."""
    window, guard = 42, 5
    values = viewing(8, 90, seed=4, missing=0.3)["episodes"] * (np.arange(8)[:, None] < np.arange(90) - 60)
    exposure = np.random.default_rng(5).uniform(0.5, 2, values.shape)
    found, without = expected_counts(values, exposure, window, guard, 28), 0
    for i, t in np.ndindex(*found[0].shape):
        y, x = values[i, t : t + window], exposure[i, t : t + window]
        expected = fit_window(y, x, guard + 1, True)
        if expected[0] > np.nanmax(y / x):
            expected, without = fit_window(y, x, guard + 1, False), without + 1
        expected = expected if np.count_nonzero(~np.isnan(y)) >= 28 else (np.nan, np.nan)
        np.testing.assert_array_equal([part[i, t] for part in found], expected)
    assert without > 0
    assert np.isnan(found[0]).any()


@pytest.mark.parametrize("trend", [True, False])
def test_farrington_fit_of_windows_that_know_little(trend):
    """By hand: the estimate of a weekday that was always 0 is 0, of a weekday never observed unknown."""
    ones, idle = np.ones(56), np.zeros(56)
    assert fit_window(idle, ones, 1, trend) == (0, 1)
    weekdays = np.tile([0.0, 2, 1, 0, 3, 1, 2], 8)
    level, dispersion = fit_window(weekdays, ones, 1, trend)  # on the weekday of the window's first day
    assert (level, dispersion) == (0, 1)
    assert fit_window(weekdays, ones, 7, trend)[0] == pytest.approx(2, rel=1e-9)
    weekdays[::7] = np.nan
    assert np.isnan(fit_window(weekdays, ones, 1, trend)[0])
    for day, value in ((0, 1.0), (30, 1e9), (55, 1.0)):
        once = idle.copy()
        once[day] = value
        assert np.isfinite(fit_window(once, ones, 8 + day % 7, trend)).all()
    assert expected_counts(np.append(once, 0.0)[None], np.ones((1, 57)), 56, 0, 28)[0] == 0
    on_its_weekday = expected_counts(np.append(once, idle[:7])[None], np.ones((1, 63)), 56, 6, 28)[0]
    assert on_its_weekday == pytest.approx(1 / 8), "no trend through a single day"


def test_bound_of_farrington_is_exact_and_where_its_score_says():
    """scipy: quantiles of NB and Poisson at the fitted mean and dispersion."""
    panel = viewing(30, 150, seed=6)
    model = Farrington(window=56).fit(panel)
    _, mean, phi = model._regress(model.start(30), panel)
    mean, phi = np.maximum(mean, model.floor_), np.maximum(phi, model.dispersion_)
    assert model.dispersion_ > 1
    known = ~np.isnan(mean)
    for alpha in (0.2, 0.01, 0.001):
        bound = np.where(known, stats.nbinom.ppf(1 - alpha, mean / (phi - 1), 1 / phi), np.nan)
        np.testing.assert_array_equal(model.upper(panel, alpha), bound)
        above = (panel["episodes"] > bound)[panel.observed & known]
        assert above.any()
        np.testing.assert_array_equal(above, model.score(panel)[panel.observed & known] >= -np.log10(alpha))
    with pytest.raises(ValueError, match="`alpha` must be at least 1e-12 and below 1, got 0"):
        model.upper(panel, 0)


def removals(values, *, most, alpha, robust, scale=1.0):
    """Return days in the order of removal, R and critical value of each step, and the number of outliers."""
    critical = critical_values(alpha, len(values), 2)
    found = extreme_deviates(values[None, :], critical / scale, 0.0, (most + 0.5) / len(values), 0, robust)
    outlier, step, statistic, _ = (part[0] for part in found)
    removed = np.argsort(np.where(step > 0, step, len(values)), kind="stable")[:most]
    assert step.max() == most
    return removed, statistic[removed], critical[len(values) - np.arange(most)], np.count_nonzero(outlier)


@pytest.mark.parametrize(("case", "tolerance"), golden("generalized_esd"))
def test_generalized_esd_is_that_of_pyastronomy(case, tolerance):
    inputs, expected = case["inputs"], case["values"]
    values = numbers(inputs["values"])
    removed, statistics, critical, n = removals(values, most=inputs["most"], alpha=inputs["alpha"], robust=False)
    np.testing.assert_allclose(statistics, expected["statistics"], **tolerance)
    np.testing.assert_allclose(critical, expected["critical"], **tolerance)
    np.testing.assert_array_equal(values[removed], values[expected["removed"]])
    assert n == expected["n_outliers"]


def test_generalized_esd_gives_the_table_of_the_nist_handbook():
    """NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.5.17.3: Rosner's 54 values, three decimals."""
    values = numbers(golden("generalized_esd")[0].values[0]["inputs"]["values"])
    _, statistics, critical, n = removals(values, most=10, alpha=0.05, robust=False)
    table = [3.118, 2.942, 3.179, 2.810, 2.815, 2.848, 2.279, 2.310, 2.101, 2.067]
    np.testing.assert_allclose(statistics, table, atol=1e-3)
    np.testing.assert_allclose(
        critical, [3.158, 3.151, 3.143, 3.136, 3.128, 3.120, 3.111, 3.103, 3.094, 3.085], atol=1e-3
    )
    assert n == 3


@pytest.mark.parametrize(("case", "tolerance"), golden("hybrid_esd"))
def test_hybrid_esd_is_that_of_sesd(case, tolerance):
    """sesd takes the MAD as it is, we 1.4826 times that, as the authors' own code: so is its critical value smaller."""
    inputs, expected = case["inputs"], case["values"]
    values = numbers(inputs["values"])
    removed, statistics, critical, n = removals(
        values, most=inputs["most"], alpha=inputs["alpha"], robust=True, scale=1.4826
    )
    np.testing.assert_allclose(1.4826 * statistics, expected["statistics"], **tolerance)
    np.testing.assert_allclose(critical, expected["critical"], **tolerance)
    assert removed.tolist() == expected["removed"]
    assert removed[:n].tolist() == expected["declared"]


@pytest.mark.parametrize(("case", "tolerance"), golden("weekday_component"))
def test_weekday_component_is_that_of_r(case, tolerance):
    """R stats, stl with s.window = "periodic": beginning on another day, the component is turned by as much."""
    counts = numbers(case["inputs"]["counts"])
    for first in (0, 3):
        day = np.arange(first, first + counts.size)
        found = weekday_component(counts, day)[day[:7] % 7]
        np.testing.assert_allclose(found, case["values"], **tolerance)


def viewing(n_accounts, n_days, *, seed, missing=0.05):
    rng = np.random.default_rng(seed)
    counts = rng.negative_binomial(0.8, 0.2, (n_accounts, n_days)).astype(np.float64)
    counts[rng.random(counts.shape) < missing] = np.nan
    return vs.Panel({"episodes": counts}, accounts=[f"a{i}" for i in range(n_accounts)], start="2024-02-01")


def test_spreads_are_those_of_numpy_and_statsmodels():
    values = viewing(20, 60, seed=1, missing=0.75)["episodes"]
    tested = np.count_nonzero(~np.isnan(values), axis=1) >= 15
    assert 0 < tested.sum() < 20
    for row, plain, robust in zip(
        values[tested], spreads(values, False)[tested], spreads(values, True)[tested], strict=True
    ):
        seen = row[~np.isnan(row)]
        assert plain == pytest.approx(seen.std(ddof=1), rel=1e-12)
        assert robust == pytest.approx(1.4826 * statsmodels.robust.mad(seen, c=1.0), rel=1e-12)
    assert np.isnan(spreads(values, False)[~tested]).all()


def outliers_by_hand(values, direction, *, alpha, floor, robust):
    """Return R and critical value of each outlier and all scores, in ascending order: lists, numpy and scipy."""

    def distances(of, left):
        centre = np.median(left) if robust else np.mean(left)
        spread = 1.4826 * statsmodels.robust.mad(left, c=1.0) if robust else np.std(left, ddof=1)
        return {"up": 1, "down": -1}.get(direction, 1) * (np.array(of) - centre) / max(spread, floor)

    left, steps, last = values.tolist(), [], 0
    for step in range(1, int(0.2 * len(values)) + 1):
        n = len(left)
        far = distances(left, left)
        far = np.abs(far) if direction == "both" else far
        t = stats.t.ppf(1 - alpha / (2 if direction == "both" else 1) / n, n - 2)
        steps.append((far.max(), (n - 1) * t / np.sqrt((n - 2 + t**2) * n), left.pop(int(far.argmax()))))
        last = step if steps[-1][0] > steps[-1][1] else last
    outside = [value for _, _, value in steps[:last]]
    scores = distances(outside, left + [value for _, _, value in steps[last:]])
    scores = np.abs(scores) if direction == "both" else np.maximum(scores, 0)
    return np.array(steps)[:last, :2], np.sort(np.append(scores, np.zeros(len(values) - last)))


@pytest.mark.parametrize("direction", ["up", "down", "both"])
@pytest.mark.parametrize("detector", [GeneralizedEsd, SeasonalHybridEsd])
def test_outliers_and_scores_are_those_of_removing_one_day_after_the_other(detector, direction):
    panel, robust = viewing(25, 90, seed=2), detector is SeasonalHybridEsd
    turned = np.where(np.arange(25)[:, None] < 8, np.maximum(40 - panel["episodes"], 0), panel["episodes"])
    panel = panel.with_measures({"episodes": turned})  # what rises in most accounts falls in some
    model = detector(direction=direction, alpha=0.1).fit(panel)
    table, scores, n_outliers = model.outliers(panel), model.score(panel), 0
    for name, row, found in zip(panel.accounts, panel["episodes"], scores, strict=True):
        day = np.flatnonzero(~np.isnan(row))
        values = row[day]
        if robust:
            steady = statsmodels.robust.mad(values) == 0
            values = values - (0 if steady else weekday_component(values, day)[day % 7]) - np.median(values)
        steps, expected = outliers_by_hand(values, direction, alpha=0.1, floor=model.floor_, robust=robust)
        own = table[table["account"] == name]
        np.testing.assert_allclose(own[["statistic", "critical"]], steps, rtol=1e-9)
        np.testing.assert_allclose(np.sort(found[day]), expected, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(row))
        n_outliers += len(steps)
    assert n_outliers > 10


@pytest.mark.parametrize("side", [-1, 0, 1])
def test_every_removal_knows_mean_and_deviation_of_the_days_left(side):
    """By hand, up to half of the days, of values far above their spread and of some days far above these."""
    values = 1e4 + np.random.default_rng(4).lognormal(0, 3, 201)
    critical = critical_values(0.05, len(values), 1 + (side == 0))
    _, step, statistic, _ = (part[0] for part in extreme_deviates(values[None], critical, 0.0, 0.499, side, False))
    assert step.max() == 100
    for s in range(1, 101):
        left, (gone,) = values[(step == 0) | (step >= s)], values[step == s]
        expected = abs(gone - left.mean()) / left.std(ddof=1)
        assert statistic[step == s][0] == pytest.approx(expected, rel=1e-7)


def test_the_days_of_the_table_are_those_with_a_score():
    panel = viewing(10, 90, seed=3)
    model = GeneralizedEsd(direction="both").fit(panel)
    table, scores = model.outliers(panel), model.score(panel)
    row, column = np.searchsorted(panel.accounts, table["account"]), np.searchsorted(panel.days, table["day"])
    assert len(table) == np.count_nonzero(scores > 0) > 0
    np.testing.assert_array_equal(scores[row, column], table["distance"].abs())
    np.testing.assert_array_equal(panel["episodes"][row, column], table["value"])
