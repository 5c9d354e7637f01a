"""Detectors of outbreaks and outliers agree with other people's packages: golden values with their scripts."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.robust
from scipy import stats

import viewshift as vs
from viewshift.detectors import Ears, GeneralizedEsd, SeasonalHybridEsd
from viewshift.detectors.seasonal_hybrid_esd import weekday_component
from viewshift.kernels.esd import critical_values, extreme_deviates, spreads

GOLDEN = Path(__file__).resolve().parent / "golden"


def golden(name):
    """Return the cases of a golden file, each with the file's tolerance."""
    document = json.loads((GOLDEN / f"{name}.json").read_text())
    return [pytest.param(case, document["tolerance"], id=case["name"]) for case in document["cases"]]


def numbers(values):
    return np.array(values, dtype=np.float64)  # null becomes NaN


def one_account(values):
    return vs.Panel({"episodes": numbers(values)[None, :]}, accounts=["a"], start="2024-01-01")


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


def test_the_days_of_the_table_are_those_with_a_score():
    panel = viewing(10, 90, seed=3)
    model = GeneralizedEsd(direction="both").fit(panel)
    table, scores = model.outliers(panel), model.score(panel)
    row, column = np.searchsorted(panel.accounts, table["account"]), np.searchsorted(panel.days, table["day"])
    assert len(table) == np.count_nonzero(scores > 0) > 0
    np.testing.assert_array_equal(scores[row, column], table["distance"].abs())
    np.testing.assert_array_equal(panel["episodes"][row, column], table["value"])
