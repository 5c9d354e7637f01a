"""Baselines predict as they say: exact tails, the walk as its slow twin, day by day as at once, whatever is fitted.

Statistical test: `test_hurdle_is_calibrated_on_viewers_it_has_not_seen` is seeded; its bounds are 4 standard errors
wide and more, so that a right model fails less than one seed in 10,000.
"""

import pickle

import numpy as np
import pytest
from scipy import stats

import oracles_baselines as oracles
import viewshift as vs
from strategies import population, to_panel
from viewshift.baselines import GammaPoisson, Hurdle, Predictive, UsualLevel
from viewshift.baselines._personal import PRIOR_DAYS
from viewshift.kernels.counts import discounted_sums
from viewshift.kernels.hurdle import walk_hurdle
from viewshift.kernels.nb_tail import exposed, log_cdf, log_pmf, log_sf, nb_log_tails, quantiles
from viewshift.kernels.predictive_scores import hurdle_crps

BASELINES = [Hurdle(half_lives=(4.0, 30.0)), UsualLevel(half_lives=(20.0, 60.0), guard=5), GammaPoisson(half_life=40.0)]


def kind(baseline):
    return type(baseline).__name__


def parameters(n, seed):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.01, 0.99, n), 10 ** rng.uniform(-6, 6, n), 10 ** rng.uniform(-2, 3, n)


def arrays(prediction):
    return prediction.active, prediction.nb_mean, prediction.nb_size


def same_bits(actual, expected):
    for now, then in zip(arrays(actual), arrays(expected), strict=True):
        np.testing.assert_array_equal(now, then)


# Tails.


def test_tails_are_exact_sums_of_probabilities():
    """400-digit sums; relative 1e-10 of the logarithm, for probabilities down to 1e-3000."""
    rng = np.random.default_rng(1)
    smallest = 0.0
    for m, r in zip(*parameters(60, 2)[1:], strict=True):
        y = float(rng.integers(1, 300))
        upper, lower = nb_log_tails(y, m, r)
        expected = oracles.nb_log_tails(y, m, r)
        np.testing.assert_allclose((upper, lower), expected, rtol=1e-10, atol=1e-300)
        smallest = min(smallest, upper, lower)
    assert smallest < -3000


def test_tails_are_those_of_scipy():
    """scipy.stats.nbinom takes size / (size + mean) and logarithms afterwards: compared where neither has cancelled."""
    rng = np.random.default_rng(3)
    _, mean, size = parameters(4000, 4)
    values = np.ceil(mean * rng.gamma(2.0, 1.0, 4000) + rng.integers(0, 3, 4000)) + 1
    found = np.array([nb_log_tails(*row) for row in zip(values, mean, size, strict=True)])
    distribution = stats.nbinom(size, size / (size + mean))
    for ours, theirs in ((found[:, 0], distribution.logsf(values - 1)), (found[:, 1], distribution.logcdf(values - 1))):
        clear = (theirs > -600) & (theirs < -1e-4) & (mean > 1e-4 * size)
        assert clear.sum() > 500
        np.testing.assert_allclose(ours[clear], theirs[clear], rtol=1e-9)


def test_tails_between_whole_numbers_are_the_incomplete_beta_function():
    rng = np.random.default_rng(5)
    values, mean, size = rng.uniform(0.01, 40, 500), rng.uniform(0.1, 30, 500), rng.uniform(0.1, 20, 500)
    found = np.array([nb_log_tails(*row) for row in zip(values, mean, size, strict=True)])
    beta = stats.beta(values, size)
    np.testing.assert_allclose(np.exp(found[:, 0]), beta.cdf(mean / (mean + size)), rtol=1e-10)
    np.testing.assert_allclose(np.exp(found[:, 1]), beta.sf(mean / (mean + size)), rtol=1e-10)


def test_hurdle_tails_are_sums_of_its_probabilities():
    rng = np.random.default_rng(6)
    for active, mean, size in zip(
        rng.uniform(0.01, 0.99, 60), rng.uniform(0.05, 20, 60), rng.uniform(0.1, 9, 60), strict=True
    ):
        pmf = oracles.hurdle_probabilities(4000, active, mean, size)
        values = np.arange(0.0, 60)
        hurdle = np.full(60, active), np.full(60, mean), np.full(60, size)
        np.testing.assert_allclose(log_pmf(values, *hurdle), np.log(pmf[:60]), rtol=1e-9)
        np.testing.assert_allclose(log_cdf(values, *hurdle), np.log(np.cumsum(pmf)[:60]), rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(
            log_sf(values, *hurdle), np.log(np.cumsum(pmf[::-1])[::-1][:60]), rtol=1e-9, atol=1e-13
        )
        for q in (0.0, 0.3, 0.9, 0.999):
            found = quantiles(np.log1p(-q), *(part[:1] for part in hurdle))
            assert found[0] == np.searchsorted(np.cumsum(pmf), q - 1e-15)
        prediction = Predictive(*(np.array([[part]]) for part in (active, mean, size)))
        assert prediction.mean[0, 0] == pytest.approx(pmf @ np.arange(4001), rel=1e-9)


def test_mean_and_std_are_the_sums_over_scipys_probabilities():
    """scipy nbinom over all counts below its 1e-18 quantile; days nearly always active and hardly ever, too."""
    active, mean, size = parameters(300, 5)
    mean, size = np.minimum(mean, 300.0), np.maximum(size, 0.1)
    active[:50], active[50:100] = 1e-9, 1 - 1e-12
    prediction = Predictive(active[None], mean[None], size[None])
    for i, (a, m, r) in enumerate(zip(active, mean, size, strict=True)):
        positive = stats.nbinom(r, r / (m + r))
        y = np.arange(1, positive.isf(1e-18) + 10)
        pmf = positive.pmf(y) / positive.sf(0) * a
        expected = (pmf * y).sum()
        assert prediction.mean[0, i] == pytest.approx(expected, rel=1e-10)
        spread = (pmf * (y - expected) ** 2).sum() + (1 - a) * expected**2
        assert prediction.std[0, i] == pytest.approx(np.sqrt(spread), rel=1e-8)


def test_tails_never_fall_apart():
    """Parameters and values from end to end: monotone, at most 0, NaN only for NaN."""
    active, mean, size = parameters(2000, 7)
    values = np.sort(10 ** np.random.default_rng(8).uniform(-3, 9, (2000, 20)), axis=1)
    upper = np.array([log_sf(column, active, mean, size) for column in values.T])
    lower = np.array([log_cdf(column, active, mean, size) for column in values.T])
    assert np.isfinite(upper).all()
    assert np.isfinite(lower).all()
    assert (np.diff(upper, axis=0) <= 1e-9 * np.abs(upper[1:])).all()
    assert (np.diff(lower, axis=0) >= -1e-9).all()
    assert max(upper.max(), lower.max()) <= 0
    one = np.ones(1)
    for log in (log_sf, log_cdf, log_pmf):
        assert np.isnan(log(np.array([np.nan]), 0.5 * one, one, one)[0])


def test_predictive_says_what_is_wrong():
    prediction = Predictive(*(np.full((2, 3), x) for x in (0.5, 2.0, 1.0)))
    with pytest.raises(ValueError, match="`values` must have the prediction's shape"):
        prediction.logsf(np.ones((3, 2)))
    with pytest.raises(ValueError, match="`q` must be at least 0 and below 1"):
        prediction.quantile(1.0)
    assert prediction.quantile(0.5).shape == (2, 3)


def test_exposure_raises_the_size_of_active_days_and_lowers_their_chance():
    rng = np.random.default_rng(9)
    active, mean, size = parameters(500, 10)
    factor = rng.choice([0.2, 1.0, 1.7, 30.0], 500)
    days, means = exposed(active, mean, size, factor)
    before, after = (Predictive(a[:, None], m[:, None], size[:, None]) for a, m in ((active, mean), (days, means)))
    np.testing.assert_allclose(after.mean[:, 0], before.mean[:, 0] * factor, rtol=1e-9)
    np.testing.assert_allclose(days, active * np.minimum(factor, 1))
    np.testing.assert_array_equal(means[factor <= 1], mean[factor <= 1])


# The walk.


def under_factors(panel, factor=None):
    if factor is None:
        factor = np.random.default_rng(19).uniform(0.4, 1.6, panel.n_days)
    factor = np.broadcast_to(factor, panel.observed.shape)
    return vs.Panel(
        panel.measures, accounts=panel.accounts, start=panel.start, observed=panel.observed, exposure=factor
    )


def drawn(n_accounts, n_days, seed):
    rng = np.random.default_rng(seed)
    values = rng.negative_binomial(0.5, 0.15, (n_accounts, n_days)).astype(np.float64)
    values[rng.random(values.shape) < 0.15] = np.nan
    values[0, :30] = np.nan
    return values


@pytest.mark.parametrize(("guard", "winsor"), [(0, 1.0), (3, 0.9)])
@pytest.mark.parametrize("least", [1.0, 0.3])
def test_walk_is_its_slow_twin(guard, winsor, least):
    values = drawn(6, 90, 11)
    chances = np.minimum(np.random.default_rng(17).uniform(least, 1.2, values.shape), 1)
    half_lives, prior, cap = (2.0, 15.0, 50.0), np.array([0.4, 1.1, 1.6]), 40.0
    rng = np.random.default_rng(12)
    coefficients = rng.normal(0, 0.15, (3, 21))
    log_sizes = np.array([-1.0, 2.0])
    log_above = np.log1p(-winsor) if winsor < 1 else -np.inf
    n = len(values)
    state = np.zeros((n, 3, 4)), np.zeros((n, 7, 2)), np.zeros((n, 3)), np.full((n, guard, 2), np.nan)
    decays = 0.5 ** (1 / np.array(half_lives))
    active, mean, size, kept, _ = walk_hurdle(
        values, chances, 4, decays, prior, PRIOR_DAYS, coefficients, log_sizes, cap, log_above, 5, *state
    )
    weekdays = (4 + np.arange(90)) % 7
    for i in range(n):
        used = np.minimum(values[i], cap)
        for t in range(90):
            until = max(t - guard, 0)
            row = oracles.personal_features(
                used[:until],
                chances[i, :until],
                weekdays[:until],
                weekdays[t],
                half_lives,
                prior,
                PRIOR_DAYS,
                guard=guard,
            )
            eta = coefficients @ row
            expected = 1 / (1 + np.exp(-eta[0])), np.exp(eta[1]), np.exp(np.clip(eta[2], *log_sizes))
            np.testing.assert_allclose((active[i, t], mean[i, t], size[i, t]), expected, rtol=1e-9)
            if (t + i) % 5 == 0:
                np.testing.assert_allclose(kept[i, t // 5], row if used[t] >= 0 else np.nan, rtol=1e-9, atol=1e-12)
            if winsor < 1 and used[t] > 0:
                used[t] = min(used[t], quantiles(log_above, *(np.array([x]) for x in expected))[0])


@pytest.mark.parametrize("baseline", [Hurdle(), UsualLevel()], ids=kind)
def test_a_stretch_under_a_known_factor_leaves_the_baseline_where_it_was(baseline):
    """Predicted over seen share and size of active days, in the last 40 of 100 days at the factor and 40 days after."""
    rng = np.random.default_rng(18)
    chance, level = rng.uniform(0.2, 0.9, (1500, 1)), rng.lognormal(0.7, 0.6, (1500, 1))

    def lived(factor):
        size = (1 + rng.poisson(level * rng.gamma(1.5, 1 / 1.5, (1500, 320)))) * np.maximum(factor, 1)
        return np.where(rng.random(size.shape) < chance * np.minimum(factor, 1), size, 0.0)

    model = baseline.fit(to_panel(lived(np.ones(320)), seed=0))
    for e in (0.5, 0.7, 1.5):
        factor = np.where((np.arange(320) >= 160) & (np.arange(320) < 260), e, 1.0)
        values = lived(factor)
        panel = under_factors(to_panel(values, seed=0), factor)
        prediction = model.predict(panel)
        for days in (slice(220, 260), slice(260, 300)):
            seen, active = values[:, days], prediction.active[:, days]
            size = (prediction.mean[:, days] * (seen > 0) / active).sum() / seen.sum()
            assert active.sum() / (seen > 0).sum() == pytest.approx(1, abs=0.05)
            assert size == pytest.approx(1, abs=0.05)


def test_a_factor_that_proves_wrong_leaves_predictions_finite():
    panel = to_panel(np.full((3, 90), 4.0), seed=0)
    for baseline in (Hurdle(), UsualLevel()):
        prediction = baseline.fit(population()).predict(under_factors(panel, 0.01))
        assert all(np.isfinite(part).all() for part in arrays(prediction))
        with pytest.raises(ValueError, match="`exposure` of a reference must be at least 1 on some observed days"):
            baseline.fit(under_factors(panel, 0.9))


def test_a_crps_of_endless_length_is_refused():
    one = np.ones(1)
    for value, mean in ((1e9, 1.0), (0.0, 4e8)):
        with pytest.raises(ValueError, match="must not need more than 10,000,000 terms"):
            hurdle_crps(value * one, 0.5 * one, mean * one, one, 1e-10)


def test_discounted_sums():
    values, factors = drawn(4, 40, 13), np.random.default_rng(14).uniform(0.5, 2, (4, 40))
    past, days, last = discounted_sums(np.zeros((4, 2)), values, factors, 0.9)
    for i in range(4):
        for t in range(40):
            weight = 0.9 ** np.arange(t)[::-1] * ~np.isnan(values[i, :t])
            assert past[i, t] == pytest.approx(weight @ np.nan_to_num(values[i, :t]))
            assert days[i, t] == pytest.approx(weight @ factors[i, :t])
    _, _, on = discounted_sums(last, values, factors, 0.9)
    np.testing.assert_allclose(on[:, 1], last[:, 1] * 0.9**40 + last[:, 1])


# What every baseline keeps.


@pytest.fixture(scope="module", params=BASELINES, ids=kind)
def fitted(request):
    return request.param.fit(population())


def test_a_new_account_is_predicted_from_the_first_day(fitted):
    panel = population()
    prediction = fitted.predict(panel)
    assert all(np.isfinite(part).all() and part.shape == panel.observed.shape for part in arrays(prediction))
    assert ((prediction.active > 0) & (prediction.active < 1)).all()
    assert np.ptp(prediction.mean[:, 0]) == 0
    assert (fitted.predict(panel.between(until=panel.start - 1))).active.shape == (panel.n_accounts, 0)


def test_days_one_by_one_are_days_at_once(fitted):
    panel = under_factors(population().take(slice(0, None, 6)))
    state, pieces, first = fitted.start(panel.n_accounts), [], 0
    for length in (1, 3, 1, 50, 2, 20, 1, 122):
        part = panel.between(panel.days[first], panel.days[first + length - 1])
        state, prediction = fitted.advance(pickle.loads(pickle.dumps(state)), part)
        pieces.append(arrays(prediction))
        first += length
    assert first == panel.n_days
    same_bits(
        Predictive(*(np.concatenate(parts, axis=1) for parts in zip(*pieces, strict=True))), fitted.predict(panel)
    )


def test_an_account_that_begins_later_is_predicted_as_if_the_panel_began_there(fitted):
    panel = under_factors(population())
    late = panel.observed.copy()
    late[:, :33] = False
    hidden = vs.Panel(
        panel.measures, accounts=panel.accounts, start=panel.start, observed=late, exposure=panel.exposure
    )
    rest = fitted.predict(panel.between(since=panel.days[33]))
    same_bits(Predictive(*(part[:, 33:].copy() for part in arrays(fitted.predict(hidden)))), rest)


def test_what_was_learned_restores_the_fit(fitted):
    panel = population()
    restored = type(fitted)(**fitted.get_params()).restore(fitted.learned())
    same_bits(restored.predict(panel), fitted.predict(panel))


@pytest.mark.parametrize("baseline", BASELINES, ids=kind)
@pytest.mark.parametrize(
    ("n_accounts", "n_days", "fill"),
    [(5, 60, 0.0), (5, 60, 3.0), (1, 200, None), (6, 5, None), (5, 60, np.nan), (1, 1, 2.0), (3, 80, 1e9)],
)
def test_poor_references_give_finite_predictions(baseline, n_accounts, n_days, fill):
    rng = np.random.default_rng(15)
    values = np.full((n_accounts, n_days), fill) if fill is not None else rng.poisson(1.0, (n_accounts, n_days)) * 1.0
    model = type(baseline)(**baseline.get_params()).fit(to_panel(values, seed=0))
    panel = population()
    prediction = model.predict(panel)
    for tail in (prediction.logsf, prediction.logcdf):
        assert np.isfinite(tail(panel["episodes"])[panel.observed]).all()
    assert np.isfinite(prediction.mean).all()


@pytest.mark.parametrize("baseline", [Hurdle(measure="minutes"), Hurdle(half_lives=(7.0,))], ids=["minutes", "one"])
def test_minutes_and_half_missing_histories(baseline):
    viewers = vs.simulate.viewers(60, 200, seed=3)
    observed = np.random.default_rng(16).random((60, 200)) < 0.5
    panel = vs.Panel(viewers.measures, accounts=viewers.accounts, start=viewers.start, observed=observed)
    prediction = baseline.fit(panel).predict(panel)
    logs = prediction.logsf(panel[baseline.measure])
    assert np.isfinite(logs[observed]).all()
    assert 0.3 < np.mean(logs[observed] <= np.log(0.05)) / 0.05 < 2


def test_one_corrupt_cell_leaves_other_accounts_as_they_were():
    panel = vs.simulate.viewers(150, 300, seed=4)
    values = panel["episodes"].copy()
    values[7, 140] = 1e9
    for baseline in (Hurdle(), UsualLevel()):
        clean = baseline.fit(panel).predict(panel).mean
        corrupt = baseline.fit(panel.with_measures({"episodes": values})).predict(panel).mean
        change = np.abs(np.log(corrupt / clean))
        assert np.quantile(change, 0.999) < 0.05


def test_a_surge_cannot_raise_its_own_usual_level_soon():
    viewers = vs.simulate.viewers(150, 400, seed=5)
    values = viewers["episodes"].copy()
    values[:, 300:310] += 20
    surged = viewers.with_measures({"episodes": values})
    model = UsualLevel().fit(viewers)
    before, during = (model.predict(panel).mean[:, 300:310] for panel in (viewers, surged))
    np.testing.assert_array_equal(during[:, :8], before[:, :8])
    assert np.median(during[:, 9] / before[:, 9]) < 2
    quick = Hurdle().fit(viewers).predict(surged).mean[:, 309] / before[:, 9]
    assert np.median(quick) > 4


def test_hurdle_is_calibrated_on_viewers_it_has_not_seen():
    """P(Y >= y) <= p at most p, less what counts leave unsaid; .6 to 1.4 of 1e-2 (60,000 days)."""
    model = Hurdle().fit(vs.simulate.viewers(200, 400, seed=6))
    others = vs.simulate.viewers(200, 300, seed=7)
    prediction = model.predict(others)
    logs = prediction.logsf(others["episodes"])
    assert 0.6 < np.mean(logs <= np.log(0.01)) / 0.01 < 1.4
    first_week = np.mean(logs[:, :7] <= np.log(0.05)) / 0.05
    assert 0.3 < first_week < 1.7
    level = UsualLevel().fit(vs.simulate.viewers(200, 400, seed=6)).predict(others)
    assert prediction.logpmf(others["episodes"]).mean() > level.logpmf(others["episodes"]).mean()


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        (Hurdle(half_lives=()), "`half_lives` must be a tuple"),
        (Hurdle(half_lives=(3.0, -1.0)), "`half_lives` must be a finite number above 0"),
        (UsualLevel(guard=-1), "`guard` must be at least 0"),
        (UsualLevel(winsor=0.3), "`winsor` must be from 0.5 to 1"),
        (GammaPoisson(half_life=0.0), "`half_life` must be a finite number above 0"),
        (GammaPoisson(measure="hours"), "needs the measure 'hours'"),
    ],
)
def test_nonsense_is_refused(baseline, words):
    with pytest.raises(ValueError, match=words):
        baseline.fit(population())
