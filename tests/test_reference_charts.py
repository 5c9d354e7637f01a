"""Charts on a baseline's residuals agree with what nobody here wrote: R, pandas, long decimals, brute force."""

import numpy as np
import pytest

import viewshift as vs
from viewshift.baselines import GammaPoisson, UsualLevel
from viewshift.detectors import Cusum
from viewshift.kernels.counts import nb_log_ratio

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
    detector = Cusum(increments=increments, baseline=baseline, direction=direction).fit(panel)
    prediction = baseline.fit(panel).predict(others)
    values, sign = others["episodes"], {"up": 1, "down": -1}[direction]
    if increments == "normal":
        x = np.minimum(sign * (values - prediction.mean) / prediction.std, 3.0) - 1.0
    else:
        x = nb_log_ratio(values, prediction.mean, 2.0**sign, detector.size_)
    expected, total = np.full(values.shape, np.nan), np.zeros(len(values))
    for t in range(others.n_days):
        seen = others.observed[:, t]
        total = np.where(seen, np.maximum(0, total + np.where(seen, x[:, t], 0)), total)
        expected[seen, t] = total[seen]
    scores = detector.score(others)
    assert np.nanmax(scores) > 1
    np.testing.assert_allclose(scores, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("detector", [Cusum(baseline=UsualLevel(measure="minutes")), Cusum(baseline="usual")], ids=str)
def test_a_baseline_of_another_measure_or_none_is_refused(detector):
    panel = viewing(2, 10, seed=3)
    panel = panel.with_measures({"episodes": panel["episodes"], "minutes": 30 * panel["episodes"]})
    with pytest.raises(
        (TypeError, ValueError), match=r"`measure` must be the baseline's, 'minutes'|`baseline` must be"
    ):
        detector.fit(panel)
