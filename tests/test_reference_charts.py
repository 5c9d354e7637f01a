"""Charts on a baseline's residuals agree with what nobody here wrote: R, pandas, long decimals, brute force."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import viewshift as vs
from run_lengths import assert_mean, run_lengths
from viewshift.baselines import GammaPoisson, UsualLevel
from viewshift.detectors import Cusum, Ewma, ShiryaevRoberts
from viewshift.kernels.counts import nb_log_ratio
from viewshift.kernels.ewma import weighted_sums
from viewshift.kernels.shiryaev_roberts import log_ratio_sums

GOLDEN = Path(__file__).resolve().parent / "golden"
BASELINES = [UsualLevel(half_lives=(20.0, 90.0)), GammaPoisson()]


def viewing(n_accounts=12, n_days=160, *, seed, missing=0.1, exposed=True):
    """Return overdispersed counts with weekends, a surge, missing days and an exposure."""
    rng = np.random.default_rng(seed)
    mean = rng.gamma(1.0, 2.0, (n_accounts, 1)) * np.resize([0.9, 0.9, 0.9, 0.9, 1.0, 1.1, 1.3], n_days)
    mean[::2, 100:120] *= 4
    exposure = rng.choice([0.5, 1.0, 1.0, 2.0], (n_accounts, n_days)) if exposed else np.ones(mean.shape)
    mean = mean * exposure
    counts = rng.negative_binomial(0.6, 0.6 / (0.6 + mean)).astype(np.float64)
    counts[rng.random(counts.shape) < missing] = np.nan
    accounts = [f"a{i}" for i in range(n_accounts)]
    return vs.Panel({"episodes": counts}, accounts=accounts, start="2024-02-01", exposure=exposure)


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: type(baseline).__name__)
@pytest.mark.parametrize("increments", ["normal", "nb"])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_cusum_on_a_baseline_sums_the_excess_over_its_prediction(baseline, increments, direction):
    """Plain loop over the prediction of a baseline fitted apart; equal to rounding."""
    panel, others = viewing(seed=1), viewing(seed=2)
    shift = {"normal": 0.5, "nb": 1.5}[increments]
    detector = Cusum(increments=increments, shift=shift, baseline=baseline, direction=direction).fit(panel)
    prediction = baseline.fit(panel).predict(others)
    values, sign = others["episodes"], {"up": 1, "down": -1}[direction]
    if increments == "normal":
        x = np.minimum(sign * (values - prediction.mean) / prediction.std, 3.0) - shift / 2
    else:
        x = nb_log_ratio(values, prediction.mean, shift**sign, detector.size_)
    expected, total = np.full(values.shape, np.nan), np.zeros(len(values))
    for t in range(others.n_days):
        seen = others.observed[:, t]
        total = np.where(seen, np.maximum(0, total + np.where(seen, x[:, t], 0)), total)
        expected[seen, t] = total[seen]
    scores = detector.score(others)
    assert np.nanmax(scores) > 0.5
    np.testing.assert_allclose(scores, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("detector", [Cusum(baseline=UsualLevel(measure="minutes")), Cusum(baseline="usual")], ids=str)
def test_a_baseline_of_another_measure_or_none_is_refused(detector):
    panel = viewing(2, 10, seed=3)
    panel = panel.with_measures({"episodes": panel["episodes"], "minutes": 30 * panel["episodes"]})
    with pytest.raises(
        (TypeError, ValueError), match=r"`measure` must be the baseline's, 'minutes'|`baseline` must be"
    ):
        detector.fit(panel)


def tabled(chart):
    """Return parameters and mean run length of each golden case of a chart."""
    cases = json.loads((GOLDEN / "run_lengths.json").read_text())["cases"]
    return [(case["parameters"], case["values"][0]) for case in cases if case["chart"] == chart]


@pytest.mark.parametrize(("parameters", "expected"), tabled("ewma"), ids=str)
def test_ewma_of_normal_days_has_the_run_length_of_r(parameters, expected):
    """R spc, xewma.arl, two-sided (368.99 is also in the literature); 4,000 paths, and all is in `assert_mean`."""
    rng = np.random.default_rng(11)
    n, weight = 4000, parameters["weight"]
    state = np.zeros((n, 2))

    def advance(z):
        nonlocal state
        sums, variances, state = weighted_sums(state, z, weight)
        if not parameters["exact_variance"]:
            variances = weight / (2 - weight)
        return np.abs(sums) > parameters["limit"] * np.sqrt(variances)

    assert_mean(run_lengths(lambda: parameters["mean"] + rng.standard_normal((n, 250)), n, advance), expected)


@pytest.mark.parametrize("cap", [3.0, np.inf])
@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: type(baseline).__name__)
def test_ewma_is_the_discounted_sum_of_pandas(baseline, cap):
    """pandas ewm(...).sum() of z for the sum, and of ones, at the squared weights, for its variance; 1e-10."""
    panel, others = viewing(seed=4), viewing(seed=5, missing=0.3)
    prediction = baseline.fit(panel).predict(others)
    z = pd.DataFrame(((others["episodes"] - prediction.mean) / prediction.std).T).clip(-cap, cap)
    for weight in (0.05, 0.3):
        sums = weight * z.ewm(alpha=weight).sum()
        variances = weight**2 * (0 * z + 1).ewm(alpha=1 - (1 - weight) ** 2).sum()
        expected = (sums / np.sqrt(variances)).where(z.notna()).to_numpy().T
        scores = Ewma(baseline=baseline, weight=weight, cap=cap).fit(panel).score(others)
        np.testing.assert_allclose(scores, expected, rtol=1e-10, atol=1e-10)


def test_ewma_without_missing_days_is_the_recursion_of_pandas():
    """pandas ewm(adjust=False).mean() of z after a first 0; 1e-12. Weight 1 is z itself."""
    z = np.random.default_rng(6).normal(size=(5, 300))
    expected = pd.DataFrame(np.column_stack([np.zeros(5), z]).T).ewm(alpha=0.2, adjust=False).mean().to_numpy().T
    sums, variances, _ = weighted_sums(np.zeros((5, 2)), z, 0.2)
    np.testing.assert_allclose(sums, expected[:, 1:], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(variances[:, -1], 0.2 / 1.8, rtol=1e-12)
    np.testing.assert_array_equal(weighted_sums(np.zeros((5, 2)), z, 1.0)[0], z)


def test_weight_of_an_average_is_at_most_one():
    with pytest.raises(ValueError, match=r"`weight` must be at most 1, got 1.5"):
        Ewma(weight=1.5).fit(viewing(2, 10, seed=7))


@pytest.mark.parametrize(("parameters", "expected"), tabled("shiryaev_roberts"), ids=str)
def test_shiryaev_roberts_of_normal_days_has_the_run_length_of_r(parameters, expected):
    """R spc, xgrsr.arl without its reflection; 20,000 paths, and all is in `assert_mean`."""
    rng = np.random.default_rng(12)
    n, shift = 20_000, parameters["shift"]
    state = np.full(n, -np.inf)

    def advance(z):
        nonlocal state
        sums, state = log_ratio_sums(state, shift * z - shift**2 / 2)
        return sums >= parameters["log_limit"]

    assert_mean(run_lengths(lambda: parameters["mean"] + rng.standard_normal((n, 100)), n, advance), expected)


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: type(baseline).__name__)
@pytest.mark.parametrize("increments", ["normal", "nb"])
@pytest.mark.parametrize("direction", ["up", "down", "both"])
def test_shiryaev_roberts_adds_the_likelihood_ratios_of_all_beginnings(baseline, increments, direction):
    """scipy: logpmf or logpdf of the shifted less that of the predicted, added by day, logsumexp over first days."""
    panel, others = viewing(seed=8), viewing(seed=9)
    shift, cap = {"normal": (0.7, 2.5), "nb": (1.6, 3.0)}[increments]
    detector = ShiryaevRoberts(baseline=baseline, increments=increments, shift=shift, cap=cap, direction=direction)
    prediction = baseline.fit(panel).predict(others)
    scores, values, sides = detector.fit(panel).score(others), others["episodes"], []
    for sign in {"up": (1,), "down": (-1,), "both": (1, -1)}[direction]:
        if increments == "normal":
            z = np.minimum(sign * (values - prediction.mean) / prediction.std, cap)
            x = stats.norm.logpdf(z, shift) - stats.norm.logpdf(z)
        else:
            size, raised = detector.size_, prediction.mean * shift**sign
            x = stats.nbinom.logpmf(values, size, size / (size + raised))
            x -= stats.nbinom.logpmf(values, size, size / (size + prediction.mean))
        until = np.cumsum(np.where(others.observed, x, 0.0), axis=1)
        before = np.column_stack([np.zeros(len(x)), until[:, :-1]])
        begun = np.where(others.observed, -before, -np.inf)
        all_days = [special.logsumexp(begun[:, : t + 1], axis=1) for t in range(others.n_days)]
        sides.append(np.where(others.observed, until + np.transpose(all_days), np.nan))
    assert np.nanmax(scores) > 3
    np.testing.assert_allclose(scores, np.maximum.reduce(sides), rtol=1e-9, atol=1e-9)


def test_one_corrupt_day_does_not_bend_the_size():
    panel = viewing(60, 160, seed=10)
    values = panel["episodes"].copy()
    values[3, 80] = 1e9
    corrupt = panel.with_measures({"episodes": values})
    clean, bent = (ShiryaevRoberts(baseline=UsualLevel()).fit(one).size_ for one in (panel, corrupt))
    assert bent == pytest.approx(clean, rel=0.02)
