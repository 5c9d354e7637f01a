"""Day factors: against brute-force sums, on planted shocks, day by day and all at once, and where they must stay 1."""

from functools import cache

import numpy as np
import pytest
from scipy import stats

import viewshift as vs
from viewshift.baselines import DayFactor, GammaPoisson
from viewshift.kernels.day_factor import limited, tail_membership

DAYS = np.arange(60, 116, 11)


@cache
def fitted():
    return DayFactor().fit(vs.simulate.viewers(800, 300, seed=1))


@cache
def episodes():
    return np.array(vs.simulate.viewers(3_000, 120, seed=2)["episodes"])


def panel(values, **more):
    return vs.Panel({"episodes": values}, accounts=[f"a{i}" for i in range(len(values))], start="2023-01-02", **more)


def hurdles(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.05, 0.95, n), rng.lognormal(0.5, 1, n), rng.lognormal(0, 0.7, n)


def truncated(active, mean, size, top=200_000):
    """Probabilities of 0, 1, 2, ... by scipy."""
    pmf = stats.nbinom(size, size / (size + mean)).pmf(np.arange(top))
    pmf[0] = 0
    pmf *= active / pmf.sum()
    pmf[0] = 1 - active
    return pmf


@pytest.mark.parametrize("scale", [1.0, 60.0])
def test_limited_expectations_are_those_of_brute_force(scale):
    active, mean, size = hurdles(40)
    mean *= scale
    values = np.zeros(40)
    values[1::2] = 1e6
    kept, expected, reached = limited(values, active, mean, size, 3.0)
    for i in range(40):
        pmf = truncated(active[i], mean[i], size[i])
        limit = 3 * (pmf @ np.arange(pmf.size)) / active[i]
        np.testing.assert_allclose(expected[i], pmf @ np.minimum(np.arange(pmf.size), limit), rtol=1e-9)
        np.testing.assert_allclose([kept[i], reached[i]], limit if i % 2 else 0, rtol=1e-9)


def test_chances_of_the_tail_average_its_level():
    active, mean, size = hurdles(20)
    counts = np.arange(4_000)
    for one in zip(active, mean, size, strict=True):
        chances = tail_membership(counts.astype(float), *(np.full(counts.size, part) for part in one), 0.05)
        np.testing.assert_allclose(truncated(*one)[: counts.size] @ chances, 0.05, rtol=1e-9)


def test_the_estimating_equation_holds_at_the_estimate():
    rng = np.random.default_rng(3)
    prediction = vs.baselines.Predictive(*hurdles(500, seed=4))
    values = rng.poisson(3.0, 500).astype(float)
    log = fitted()._solve(values, prediction)[0]
    one = prediction.exposed(np.full(500, np.exp(log)))
    kept, expected, _ = limited(values, one.active, one.nb_mean, one.nb_size, 3.0)
    np.testing.assert_allclose(kept.sum(), expected.sum(), rtol=1e-4)


def shocked(kind):
    values, rng = episodes().copy(), np.random.default_rng(5)
    if kind == "double":
        values[:, DAYS] *= 2
    elif kind == "another":
        values[:, DAYS] += episodes()[:, DAYS - 42]
    elif kind == "half stay away":
        values[:, DAYS] *= rng.random((len(values), DAYS.size)) < 0.5
    elif kind == "halve":
        values[:, DAYS] *= rng.random(values[:, DAYS].shape) < 0.5  # half of the active days do not come about
    return values


KINDS = [("ordinary", 1), ("double", 2), ("another", 2), ("half stay away", 0.5), ("halve", 0.5)]


@pytest.mark.parametrize(("kind", "factor"), KINDS)
def test_shocks_are_found_and_ordinary_days_stay_exactly_1(kind, factor):
    """Smaller active days are not what a factor below 1 means: the day after may then look a little raised."""
    found = fitted().estimate(panel(shocked(kind)))
    np.testing.assert_allclose(found.factor[0, DAYS], factor, rtol=0.12)
    np.testing.assert_allclose(found.factor[0, DAYS].mean(), factor, rtol=0.05)
    usual = np.delete(np.arange(120), [*DAYS, *(DAYS + 1 if kind == "halve" else [])])
    assert (found.factor[0, usual] == 1).all()
    np.testing.assert_allclose(found.factor[0, DAYS[:-1] + 1], 1, rtol=0.25)
    assert (found.standard_error[0, 1:] < 0.1).all()


def test_a_few_accounts_with_very_much_do_not_move_the_factor():
    values = shocked("double")
    values[:6, DAYS] += 25
    values[6, DAYS] = 1e6
    with_them, without = (fitted().estimate(panel(one)).factor[0, DAYS] for one in (values, shocked("double")))
    np.testing.assert_allclose(with_them, without, rtol=0.03)


@pytest.mark.parametrize("n", [1, 5, 50])
def test_few_accounts_have_factor_1_on_ordinary_days_and_are_never_flagged(n):
    found = fitted().estimate(panel(episodes()[:n]))
    assert (found.factor == 1).all()
    assert not found.flagged.any()


def test_strata_do_not_see_each_other():
    values, strata = episodes().copy(), np.repeat(["b", "a", "c"], 1_000)
    values[:1_000, DAYS] *= 2
    found = fitted().estimate(panel(values), strata)
    assert found.strata.tolist() == ["a", "b", "c"]
    assert (found.strata[found.member] == strata).all()
    np.testing.assert_allclose(found.factor[1, DAYS], 2, rtol=0.25)
    assert (found.factor[[0, 2]] == 1).all()
    alone = fitted().estimate(panel(values[:1_000]))
    np.testing.assert_array_equal(alone.factor[0], found.factor[1])
    np.testing.assert_array_equal(alone.standard_error[0], found.standard_error[1])


def test_a_cause_that_takes_hold_of_some_widens_the_surprise_of_all():
    values = episodes().copy()
    values[::6, DAYS] = 8 * values[::6, DAYS] + 4
    found = fitted().estimate(panel(values))
    assert found.flagged[0, DAYS].all()
    assert (found.widening[0, DAYS] > 1).all()
    assert (np.delete(found.widening[0], DAYS) == 1).mean() > 0.95
    np.testing.assert_array_equal(found.flagged, found.widening > 1)


def test_day_by_day_gives_the_same_bits():
    values = shocked("double")[:600]
    values[:100, :40] = np.nan
    values[200:260, 70:80] = np.nan
    values[:, 90] = np.nan
    strata = np.arange(600) % 2
    history = panel(values)
    whole = fitted().estimate(history, strata)
    state, steps = fitted().start(600), []
    for t in range(history.n_days):
        state, step = fitted().advance(state, history.between(history.days[t], history.days[t]), strata)
        steps.append(step)
    for name in ("factor", "standard_error", "flagged", "widening"):
        np.testing.assert_array_equal(np.hstack([getattr(step, name) for step in steps]), getattr(whole, name))
    assert np.isinf(whole.standard_error[:, 90]).all()
    assert (whole.factor[:, 90] == 1).all()
    assert all(len(part) == 600 for part in state.values())


def test_the_past_enters_without_the_shock():
    """The day after: divided by the factor, a doubled week leaves the prediction nearly as it would have been."""
    values = episodes().copy()
    values[:, 60:67] *= 2
    found = fitted().estimate(panel(values))
    np.testing.assert_allclose(found.factor[0, 60:67].mean(), 2, rtol=0.05)
    predictions = [fitted().baseline_.predict(one).mean[:, 67].mean() for one in (panel(episodes()), panel(values))]
    deflated = fitted().baseline_.predict(found.apply(panel(values))).mean[:, 67].mean()
    assert predictions[1] > 1.15 * predictions[0]
    np.testing.assert_allclose(deflated, predictions[0], rtol=0.04)


def test_a_panel_carries_the_factors():
    history = panel(shocked("double"))
    found = fitted().estimate(history)
    carried = found.apply(history)
    np.testing.assert_array_equal(carried.exposure, np.repeat(found.factor, 3_000, axis=0))
    np.testing.assert_array_equal(carried.widening, np.repeat(found.widening, 3_000, axis=0))
    np.testing.assert_array_equal(carried["episodes"], history["episodes"])


def test_any_baseline_will_do_and_stays_as_it_was():
    baseline = GammaPoisson()
    found = DayFactor(baseline=baseline).fit(vs.simulate.viewers(300, 200, seed=1)).estimate(panel(shocked("double")))
    np.testing.assert_allclose(found.factor[0, DAYS].mean(), 2, rtol=0.1)
    assert not hasattr(baseline, "fitted_")


def test_what_was_learned_can_be_kept():
    again = DayFactor().restore(fitted().learned())
    history = panel(shocked("double")[:300])
    np.testing.assert_array_equal(again.estimate(history).factor, fitted().estimate(history).factor)


def test_nonsense_is_refused_in_one_sentence():
    history = panel(episodes()[:10])
    found = fitted().estimate(history)
    for strata in (range(9), 3, [["a"]] * 10):
        with pytest.raises(ValueError, match=r"one label per account \(10\), got the shape \("):
            fitted().estimate(history, strata)
    for missing in (None, float("nan")):
        with pytest.raises(ValueError, match="for account 3; give the unknown a stratum of their own"):
            fitted().estimate(history, [*"abc", missing, *"defghi"])
    later = vs.Panel(history.measures, accounts=history.accounts, start=history.start + 1)
    for other in (history.take(np.arange(10)[::-1]), later, found.apply(history)):
        with pytest.raises(ValueError, match=r"accounts and days that the factors are of|must not have an exposure"):
            found.apply(other)
    with pytest.raises(ValueError, match="must not have an exposure yet"):
        fitted().estimate(found.apply(history))
    with pytest.raises(ValueError, match=r"the factors are of: DayFactors.10 accounts x 120 days"):
        found.apply(history.take(slice(5)))
    with pytest.raises(ValueError, match="needs the measure 'minutes'"):
        DayFactor(baseline=GammaPoisson(measure="minutes")).fit(history)
    with pytest.raises(TypeError, match="must be a Baseline"):
        DayFactor(baseline=7).fit(history)
    with pytest.raises(Exception, match="not fitted yet"):
        DayFactor().estimate(history)
    with pytest.raises(TypeError, match="must be a Panel"):
        fitted().estimate(episodes())
