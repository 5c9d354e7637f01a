"""Alarm intervals, onsets, levels and sentences."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import viewshift as vs
from oracles_alarms import locate_shift, runs_above
from viewshift.alarms import COLUMNS, describe, explain, find_intervals
from viewshift.detectors._base import SIGNS
from viewshift.kernels.onset import locate_shifts
from viewshift.kernels.runs import count_runs
from viewshift.kernels.scales import highest_on_scale
from viewshift.levels import differ, levels, typical_nb_size, usual_levels


def paths(seed, shape=(40, 120)):
    rng = np.random.default_rng(seed)
    surprise = rng.exponential(size=shape)
    surprise[rng.random(shape) < 0.2] = np.nan
    surprise[0] = np.nan
    return surprise


@pytest.mark.parametrize("quiet", [1, 3, 7])
def test_a_run_ends_where_a_day_goes_the_other_way(quiet):
    for seed in range(5):
        surprise, rng = paths(seed), np.random.default_rng(seed)
        sign = rng.choice(np.array([-1, 0, 1], dtype=np.int8), surprise.shape)
        found = find_intervals(surprise, 1.7, quiet=quiet, sign=sign)
        for ours, slow in zip(found, runs_above(surprise, 1.7, quiet, sign), strict=True):
            np.testing.assert_array_equal(ours, slow)
        assert len(found.row) > len(find_intervals(surprise, 1.7, quiet=quiet).row)


@pytest.mark.parametrize("quiet", [1, 3, 7])
def test_intervals_equal_the_slow_twin(quiet):
    for seed in range(5):
        surprise = paths(seed)
        found = find_intervals(surprise, 1.7, quiet=quiet)
        for ours, slow in zip(found, runs_above(surprise, 1.7, quiet), strict=True):
            np.testing.assert_array_equal(ours, slow)


@pytest.mark.parametrize("quiet", [1, 7])
def test_counts_at_many_thresholds_equal_the_intervals(quiet):
    surprise, thresholds = paths(9), np.array([0.5, 1.0, 2.5, 4.0, 50.0])
    counts = count_runs(surprise, thresholds, quiet)
    for k, threshold in enumerate(thresholds):
        rows = find_intervals(surprise, threshold, quiet=quiet).row
        np.testing.assert_array_equal(counts[:, k], np.bincount(rows, minlength=len(surprise)))


def test_days_without_opinion_neither_close_nor_open_an_alarm():
    surprise = np.full((1, 30), 0.1)
    surprise[0, [5, 20]] = 3.0
    assert len(find_intervals(surprise, 2.0, quiet=7).row) == 2
    surprise[0, 6:20] = np.nan
    assert find_intervals(surprise, 2.0, quiet=7).last.tolist() == [20]


@pytest.mark.parametrize("sign", [-1, 0, 1])
def test_onset_and_ratio_equal_exhaustive_search_with_scipy_likelihoods(sign):
    rng = np.random.default_rng(3)
    n, size = 8, 0.8
    values = rng.negative_binomial(size, size / (size + 1.0), size=(n, 60)).astype(float)
    values[:4, 44:48] += rng.poisson(4, size=(4, 4))
    values[4:6, 42:] = 0
    values[rng.random(values.shape) < 0.1] = np.nan
    values[7, :38] = np.nan
    rows, left, first = np.arange(n), np.arange(n), np.full(n, 38)
    opened, last = np.full(n, 45), np.full(n, 50)
    usual = usual_levels(values, rows, left, first, 4.0)[:, ::3]
    settings = (0.9, 2.0, 1.5, 3.0, 0.5)
    at = np.array([0.05, 0.5, 0.95])
    places, ratio = locate_shifts(values, rows, left, first, opened, last, usual, np.full(n, sign), size, *settings, at)
    for i in range(n):
        where, quantiles = locate_shift(values[i], i, 38, 45, 50, usual[i], size, sign, *settings, at)
        assert tuple(places[i]) == where
        np.testing.assert_allclose(ratio[i], quantiles, rtol=1e-9)


def test_usual_levels_are_middles_of_seven_equal_parts_of_the_posterior():
    values = np.array([[1.0, np.nan, 3.0, 0.0, 9.0]])
    (found,) = usual_levels(values, np.array([0]), np.array([0]), np.array([4]), 2.0)
    parts = stats.gamma.cdf(found, 4.0 / 2.0 + 0.5, scale=2.0 / 3.0)
    np.testing.assert_allclose(parts, (np.arange(7) + 0.5) / 7)


def test_level_intervals_are_the_posterior_quantiles():
    """Gamma quantiles against 400,000 draws from the posteriors: within 3 %."""
    rng = np.random.default_rng(5)
    numbers = np.array([[120.0, 150.0, 40.0, 10.0, 2.0], [0.0, 100.0, 30.0, 7.0, 1.0], [90.0, 30.0, 5.0, 20.0, 3.0]])
    before, during = levels(numbers)
    for k, (y0, d0, y1, d1, dispersion) in enumerate(numbers):
        usual = rng.gamma(y0 / dispersion + 0.5, dispersion / d0, 400_000)
        level = rng.gamma(y1 / dispersion + 0.5, dispersion / d1, 400_000)
        np.testing.assert_allclose(before[k, [0, 2]], np.quantile(usual, [0.05, 0.95]), rtol=0.03)
        np.testing.assert_allclose(during[k, [0, 2]], np.quantile(level, [0.05, 0.95]), rtol=0.01)
        assert before[k, 1] == y0 / d0


def test_levels_differ_where_the_interval_of_their_ratio_excludes_1():
    rng = np.random.default_rng(6)
    days = rng.integers(1, 60, size=(400, 2))
    numbers = np.stack([days[:, 0] * 1.3, days[:, 0], days[:, 1] * rng.uniform(0, 4, 400), days[:, 1]], axis=1)
    numbers = np.column_stack([numbers, rng.uniform(1, 3, 400)])
    y0, d0, y1, d1, dispersion = numbers.T
    low, high = (stats.betaprime.ppf(p, y1 / dispersion + 0.5, y0 / dispersion + 0.5) * d0 / d1 for p in (0.05, 0.95))
    found = differ(numbers)
    np.testing.assert_array_equal(found, (low > 1) | (high < 1))
    assert 0.2 < found.mean() < 0.8
    assert not differ(np.array([[0.0, 0.0, 9.0, 3.0, 1.0], [9.0, 3.0, 0.0, 0.0, 1.0]])).any()


def test_typical_size_recovers_a_known_one():
    """Median over 2,000 accounts of moment estimates from 1,000 days: within 10 % of the true size."""
    counts = stats.nbinom.rvs(0.5, 0.5 / 2.0, size=(2_000, 1_000), random_state=np.random.default_rng(8))
    assert typical_nb_size(counts.astype(float)) == pytest.approx(0.5, rel=0.1)


def explained(values, surprise, threshold=3.0, direction="up", causal=True, exposure=None):
    accounts = [f"a{i}" for i in range(len(values))]
    panel = vs.Panel({"episodes": values}, accounts=accounts, start="2025-01-01", exposure=exposure)
    surprise = np.where(panel.observed, surprise, np.nan)
    intervals = find_intervals(surprise, threshold)
    return explain(
        panel,
        intervals,
        surprise,
        surprise >= 5.0,
        np.full(surprise.shape, SIGNS[direction], dtype=np.int8),
        measure="episodes",
        size=1.0,
        causal=causal,
        quiet=7,
        adapt_after=28,
    )


def test_a_surge_is_dated_sized_and_closed():
    values, surprise = np.tile([1.0, 0.0, 2.0, 1.0, 0.0], 40)[None, :].copy(), np.zeros((1, 200))
    values[0, 150:157] = 9.0
    surprise[0, 152:157] = [3.5, 4.0, 5.0, 4.5, 3.1]
    (alarm,) = explained(values, surprise).to_dict("records")
    day = pd.Timestamp("2025-01-01")
    assert alarm["onset"] == day + pd.Timedelta(days=150)
    assert alarm["onset_low"] <= alarm["onset"] <= alarm["onset_high"]
    assert alarm["detected"] == day + pd.Timedelta(days=152)
    assert alarm["end"] == day + pd.Timedelta(days=156)
    assert alarm["peak_day"] == day + pd.Timedelta(days=154)
    assert (alarm["kind"], alarm["status"], alarm["measures"]) == ("surge", "closed", "episodes")
    assert alarm["extrapolated"]
    assert alarm["usual"] == pytest.approx(0.8)
    assert alarm["observed"] == pytest.approx(9.0)
    assert alarm["ratio_low"] < 9 / 0.8 < alarm["ratio_high"]


def test_a_shift_that_stays_closes_as_lasting_after_28_days():
    values, surprise = np.full((1, 200), 1.0), np.zeros((1, 200))
    values[0, ::3] = 0
    values[0, 100:] = 4.0
    surprise[0, 101:] = 4.0
    (alarm,) = explained(values, surprise).to_dict("records")
    assert (alarm["kind"], alarm["status"]) == ("lasting", "lasting")
    assert alarm["end"] - alarm["detected"] == pd.Timedelta(days=27)


def test_an_alarm_near_the_end_stays_open_and_one_day_is_a_spike():
    values, surprise = np.full((1, 100), 1.0), np.zeros((1, 100))
    values[0, ::3] = 0
    values[0, 97], surprise[0, 97] = 20.0, 4.0
    (alarm,) = explained(values, surprise).to_dict("records")
    assert (alarm["kind"], alarm["status"]) == ("spike", "open")
    assert pd.isna(alarm["end"])
    assert "still going on" in describe(pd.DataFrame([alarm]))[0]


def test_going_quiet_is_called_quiet():
    values, surprise = np.tile([2.0, 3.0], 100)[None, :].copy(), np.zeros((1, 200))
    values[0, 150:] = 0
    surprise[0, 155:160] = 4.0
    (alarm,) = explained(values, surprise, direction="down").to_dict("records")
    assert alarm["kind"] == "quiet"
    assert alarm["ratio_high"] < 1
    assert alarm["onset"] == pd.Timestamp("2025-01-01") + pd.Timedelta(days=150)


def test_an_onset_does_not_reach_back_into_the_alarm_before():
    values, surprise = np.tile([1.0, 0.0], 100)[None, :].copy(), np.zeros((1, 200))
    values[0, 140:170] = 8.0
    surprise[0, [145, 160]] = 4.0
    first, second = explained(values, surprise).to_dict("records")
    assert second["onset"] > first["end"]
    assert second["onset_low"] > first["detected"]


def test_an_end_that_the_next_alarm_cuts_is_the_end_of_its_levels_too():
    values, surprise = np.tile([1.0, 0.0], 100)[None, :].copy(), np.zeros((1, 200))
    values[0, 140:150], values[0, 150:170] = 8.0, 30.0
    surprise[0, [141, 160]] = 4.0
    first, second = explained(values, surprise).to_dict("records")
    assert first["end"] < second["onset"]
    assert first["observed"] == values[0, 140 : (first["end"] - pd.Timestamp("2025-01-01")).days + 1].mean()


def test_a_level_that_lasted_is_the_usual_one_of_later_alarms():
    """Level 1, then 4 for good from day 100 on, then a surge of 15: from 4 and not from a mixture."""
    values, surprise = np.tile([0.0, 2.0, 1.0], 134)[None, :400].copy(), np.zeros((1, 400))
    values[0, 100:] = 4.0
    values[0, 300:306] = 15.0
    surprise[0, 101:120] = surprise[0, 301:306] = 4.0
    lasting, surge = explained(values, surprise).to_dict("records")
    assert (lasting["status"], surge["status"], surge["kind"]) == ("lasting", "closed", "surge")
    assert surge["usual"] == 4.0
    assert surge["onset"] == pd.Timestamp("2025-01-01") + pd.Timedelta(days=300)


def test_a_score_that_stays_high_after_the_days_are_over_does_not_make_a_shift_lasting():
    values, surprise = np.tile([1.0, 0.0, 2.0], 100)[None, :].copy(), np.zeros((1, 300))
    values[0, 200:207] = 20.0
    surprise[0, 202:260] = 4.0
    (alarm,) = explained(values, surprise).to_dict("records")
    assert (alarm["status"], alarm["kind"]) == ("closed", "surge")
    assert alarm["end"] == pd.Timestamp("2025-01-01") + pd.Timedelta(days=206)


def test_an_alarm_that_the_detector_got_used_to_is_still_lasting():
    values, surprise = np.tile([1.0, 0.0, 2.0], 100)[None, :].copy(), np.zeros((1, 300))
    values[0, 200:] = 5.0
    surprise[0, 203:206] = 4.0
    (alarm,) = explained(values, surprise).to_dict("records")
    assert alarm["status"] == "lasting"


def test_an_offline_detector_knows_only_on_the_last_day():
    values, surprise = np.tile([1.0, 0.0, 2.0], 100)[None, :].copy(), np.zeros((1, 300))
    values[0, 200:] = 6.0
    surprise[0, 200] = 4.0  # a change day, and nothing after it
    (alarm,) = explained(values, surprise, causal=False).to_dict("records")
    assert alarm["detected"] == pd.Timestamp("2025-01-01") + pd.Timedelta(days=299)
    assert (alarm["kind"], alarm["observed"]) == ("lasting", 6.0)


def test_levels_are_per_unit_of_exposure():
    values, surprise = np.tile([1.0, 0.0, 2.0], 100)[None, :].copy(), np.zeros((1, 300))
    values[0, 200:210] = 12.0
    surprise[0, 201:210] = 4.0
    exposure = np.ones((1, 300))
    exposure[0, 200:210] = 2.0
    (alarm,) = explained(values, surprise, exposure=exposure).to_dict("records")
    assert alarm["observed"] == pytest.approx(6.0)


def test_a_rise_from_nothing_has_no_ratio_in_words():
    values, surprise = np.zeros((1, 200)), np.zeros((1, 200))
    values[0, 150:155] = 4.0
    surprise[0, 150:155] = 4.0
    sentence = describe(explained(values, surprise))[0]
    assert sentence.startswith("from nothing to 4.0")
    assert "x" not in sentence


def test_an_alarm_without_a_day_before_has_no_usual_level():
    values, surprise = np.full((1, 20), 5.0), np.zeros((1, 20))
    surprise[0, 0] = 4.0
    table = explained(values, surprise)
    assert np.isnan(table["usual"][0])
    assert describe(table)[0].startswith("5.0 (")
    assert "nothing known before" in describe(table)[0]


def test_no_alarm_is_an_empty_table_with_all_columns():
    table = explained(np.ones((2, 50)), np.zeros((2, 50)))
    assert len(table) == 0
    assert list(table.columns) == COLUMNS
    assert describe(table) == []


@pytest.mark.parametrize(("direction", "sign"), [("up", 1), ("down", -1)])
def test_levels_go_the_way_the_rule_looks(direction, sign):
    rule = vs.AlarmRule(vs.detectors.ZScore(direction=direction), per_account_year=4)
    alarms = rule.fit(vs.simulate.viewers(100, 400, seed=1)).alarms(vs.simulate.viewers(200, 400, seed=2))
    assert len(alarms) > 200
    # The day that opened an alarm departs from its own weeks, seldom not from the half year that gives the usual level.
    assert (sign * (alarms["observed"] - alarms["usual"]) >= 0).mean() > 0.98
    assert ((alarms["kind"] == "quiet") == (sign < 0)).all()
    assert (sign * np.log(alarms["ratio"]) >= 0).all()


@pytest.mark.parametrize("population", ["sessions", "markov"])
@pytest.mark.parametrize(
    "detector", [None, vs.detectors.Cusum(direction="both")], ids=["default rule", "Cusum in both directions"]
)
def test_kind_ratio_and_days_of_a_two_way_alarm_agree(detector, population):
    panel = vs.simulate.viewers(300, 400, seed=9, population=population)
    rule = vs.default_rule(1) if detector is None else vs.AlarmRule(detector, per_account_year=1).fit(panel)
    alarms = rule.alarms(panel).dropna(subset="ratio")
    quiet = alarms["kind"] == "quiet"
    assert 5 < quiet.sum() < len(alarms) - 100
    assert (alarms["ratio"][quiet] < 1).all()
    assert (alarms["ratio"][~quiet] >= 1).all()
    contrary = np.where(quiet, -1, 1) * (alarms["observed"] - alarms["usual"]) <= 0
    assert contrary.mean() < 0.01  # an opening day at or below what was usual, after others that were too
    assert not [words for words in describe(alarms[contrary]) if "probably" in words]
    end = alarms["end"].fillna(pd.Timestamp(panel.days[-1]))
    assert ((alarms["onset"] <= alarms["detected"]) & (alarms["detected"] <= alarms["peak_day"])).all()
    assert (alarms["peak_day"] <= end).all()


def test_a_fall_back_after_a_lasting_rise_is_a_fall():
    """Poisson days of 1, then of 6 for ninety days, then of 2.5: from 6, and not from 1, and not up."""
    rng = np.random.default_rng(5)
    days = np.repeat([1.0, 6.0, 2.5], [150, 90, 60])
    panel = vs.Panel(
        {"episodes": rng.poisson(days, (40, 300))}, accounts=[f"a{k}" for k in range(40)], start="2024-01-01"
    )
    calm = vs.Panel(
        {"episodes": rng.poisson(2.0, (40, 300))}, accounts=[f"c{k}" for k in range(40)], start="2024-01-01"
    )
    rule = vs.AlarmRule(vs.detectors.Cusum(direction="both"), per_account_year=0.5).fit(calm)
    alarms = rule.alarms(panel)
    after = alarms[alarms["detected"] > pd.Timestamp("2024-01-01") + pd.Timedelta(days=240)]
    assert len(after) > 30
    assert ((after["kind"] == "quiet") == (after["observed"] < after["usual"])).all()
    assert (after["kind"] == "quiet").mean() > 0.8


def test_a_surge_right_after_a_silence_is_an_alarm_of_its_own():
    panel = vs.simulate.SCENARIOS["story"].sample(200, 400, seed=9)[0].select(["v0000170"])
    silence, story = vs.default_rule(1).alarms(panel).to_dict("records")[1:3]
    assert (silence["kind"], story["kind"]) == ("quiet", "surge")
    assert (story["onset"], story["end"]) == (pd.Timestamp("2023-11-08"), pd.Timestamp("2023-11-14"))
    assert silence["end"] < story["onset"]
    assert 3 * silence["surprise"] < story["surprise"]


def test_an_alarm_of_the_default_rule_is_of_the_way_of_the_member_that_raised_it():
    panel = vs.simulate.viewers(200, 400, seed=9)
    rule = vs.default_rule(1)
    scan, silence = rule.detector_.detectors_
    alarms = rule.alarms(panel)
    place = {name: row for row, name in enumerate(panel.accounts)}
    at = [place[name] for name in alarms["account"]], (alarms["detected"] - pd.Timestamp(panel.start)).dt.days
    knots, one = rule.detector_.knots_, np.ones((len(alarms), 1, 1))
    ours, theirs = (
        highest_on_scale(detector.score(panel)[at][:, None, None] * one, knots[k : k + 1])[0][:, 0]
        for k, detector in enumerate((scan, silence))
    )
    theirs_leads = np.nan_to_num(theirs, nan=-np.inf) > np.nan_to_num(ours, nan=-np.inf)
    np.testing.assert_array_equal(alarms["kind"] == "quiet", theirs_leads)


def test_a_single_day_is_told_as_one_and_in_its_measure():
    rule = vs.AlarmRule(vs.detectors.ZScore(measure="minutes"), per_account_year=4)
    alarms = rule.fit(vs.simulate.viewers(60, 300, seed=1)).alarms(vs.simulate.viewers(60, 300, seed=2))
    single = alarms[(alarms["onset"] == alarms["end"]) & (alarms["status"] == "closed")]
    assert len(single)
    for sentence in describe(single):
        assert "minutes/day on " in sentence
        assert " until " not in sentence


def test_an_alarm_lasts_if_and_only_if_it_fills_the_days_or_gives_way_to_the_next():
    # Levels that lasted move the place of later alarms, which then may last or cease to.
    rule = vs.default_rule(4)
    alarms = rule.alarms(vs.simulate.viewers(1461, 900, seed=77).select(["v0000350", "v0001460"]))
    fills = (alarms["end"] - alarms["detected"]).dt.days == rule.adapt_after - 1
    gives_way = alarms["end"] + pd.Timedelta(days=1) == alarms.groupby("account")["onset"].shift(-1)
    lasting = alarms["status"] == "lasting"
    assert fills.sum() > 2
    assert lasting[fills].all()
    assert (fills | gives_way)[lasting].all()
