"""The metrics of the literature in a study: what goes into each, by hand; means over accounts; rows of the table."""

from types import SimpleNamespace

import numpy as np
import pytest

import viewshift as vs
from viewshift.metrics import account_weights
from viewshift.study.by_account import ALARM_METRICS, CHANGE_METRICS, values_by_account
from viewshift.study.compare import Trial, tidy
from viewshift.study.setup import Setup
from viewshift.study.tally import Tally, Windows, account_means

RULE = SimpleNamespace(threshold_=2.0, quiet=7, adapt_after=28)


def days(*numbers):
    return np.array(numbers, dtype=np.int64)


def windows(onset, end):
    return Windows(days(0), days(onset), days(end))


def of_one(surprise, events, ranked=None, **how):
    positive = np.zeros(surprise.shape, dtype=bool)
    positive[0, events.onset[0] : events.end[0] + 1] = True
    how = {"lasting": False, "causal": True, **how}
    values = values_by_account({1.0: RULE}, surprise, surprise if ranked is None else ranked, positive, events, **how)
    return {name: value[0] for (_, name), value in values.items()}


def test_alarms_are_their_days_and_for_nab_their_openings():
    surprise = np.zeros((1, 100))
    surprise[0, 10:16:2] = 3.0  # one false alarm, up from day 10 to 14
    surprise[0, 42:44] = 3.0  # days 42 and 43 of the event of days 40 to 43
    values = of_one(surprise, windows(40, 43))
    assert values["range_recall"] == 2 / 4
    assert values["range_precision"] == (0 / 5 + 2 / 2) / 2
    assert 0.9 < values["affiliation_recall"] < 1.0
    found = np.tanh(2.5 * 2 / 4) / np.tanh(2.5)  # 2 / (1 + exp(-x)) - 1 = tanh(x / 2)
    assert values["nab"] == pytest.approx(50 * (found - 0.11 + 1))  # five days in the false alarm cost once


def test_an_alarm_that_is_up_at_the_onset_counts_for_ranges_and_not_for_nab():
    surprise = np.zeros((1, 100))
    surprise[0, 38:44] = 3.0
    values = of_one(surprise, windows(40, 43))
    assert (values["range_recall"], values["range_precision"]) == (1.0, 4 / 6)
    assert values["nab"] == pytest.approx(50 * -0.11)


def test_an_alarm_is_over_when_it_is_taken_as_lasting():
    surprise = np.full((1, 100), 0.0)
    surprise[0, 40:90] = 3.0
    assert of_one(surprise, windows(40, 79))["range_recall"] == 28 / 40


def test_days_that_are_neither_event_nor_ordinary_are_left_out():
    surprise = np.zeros((1, 100))
    surprise[0, 60:90] = 3.0
    ranked = surprise.copy()
    ranked[0, 70:] = np.nan
    values = of_one(surprise, windows(50, 69), ranked, lasting=True)
    assert values["range_precision"] == 1.0  # the alarm's days from 70 on say nothing
    assert values["vus_pr"] > of_one(surprise, windows(50, 69))["vus_pr"]


def test_an_event_that_passes_is_two_changes_and_one_that_lasts_is_one():
    surprise = np.full((1, 100), np.nan)
    surprise[0, 10:] = 0.0
    surprise[0, [40, 60]] = 3.0
    passing = of_one(surprise, windows(40, 59), causal=False)
    assert passing == {"covering": 1.0, "margin_f1": 1.0}
    lasting = of_one(surprise, windows(40, 59), causal=False, lasting=True)
    assert lasting["margin_f1"] == pytest.approx(2 * 2 / (2 + 3))
    assert lasting["covering"] == pytest.approx((30 * 1 + 60 * (40 / 60)) / 90)
    at_the_end = of_one(surprise, windows(60, 99), causal=False)  # ends with the panel
    assert at_the_end["margin_f1"] == pytest.approx(2 * 2 / (2 + 3))


def test_where_nothing_is_wrong_there_is_nothing_to_tell():
    none = Windows(days(), days(), days())
    silent, never = np.zeros((2, 50)), np.zeros((2, 50), dtype=bool)
    for causal in (True, False):
        assert values_by_account({1.0: RULE}, silent, silent, never, none, lasting=False, causal=causal) == {}


def test_means_are_over_the_accounts_that_have_a_value():
    values = {"a": np.array([0.5, np.nan, 0.25, 0.75]), "b": np.full(4, np.nan)}
    weights = np.array([[1.0, 2.0, 1.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 0.0, 4.0]])
    means = account_means(values, weights)
    assert (means["a"].value, means["a"].n) == (0.5, 3)
    np.testing.assert_array_equal(means["a"].replicates, [0.375, np.nan, 0.75])
    assert np.isnan(means["b"].value)
    assert means["b"].n == 0


def test_means_do_not_depend_on_the_order_of_accounts():
    rng = np.random.default_rng(3)
    value, weights, order = rng.normal(size=500), account_weights(500, 40, seed=1), rng.permutation(500)
    one, other = account_means({"a": value}, weights)["a"], account_means({"a": value[order]}, weights[:, order])["a"]
    assert one.value == other.value == pytest.approx(value.mean(), abs=1e-9)
    np.testing.assert_array_equal(one.replicates, other.replicates)
    np.testing.assert_allclose(one.replicates, weights @ value / 500, atol=1e-9)


def trial_of(nab, volume):
    none = np.zeros(2, dtype=np.int64)
    tally = Tally(*[none] * 9, late_row=none[:0], late=none[:0])
    return Trial({1.0: tally}, by_account={(1.0, "nab"): np.array(nab), (None, "vus_pr"): np.array(volume)})


def test_seeds_are_pooled_account_by_account_and_a_failed_seed_leaves_no_pooled_number():
    setup = Setup(n_accounts=2, n_days=365, n_reference=5, population="sessions", rates=(1.0,))
    trials = {("d", "a", 1): trial_of([10.0, np.nan], [0.5, 0.25]), ("d", "a", 2): trial_of([40.0, 70.0], [1.0, 0.25])}
    table = tidy(trials, {"d": True}, {"a": True}, [1, 2], setup)
    by = table[table["scenario"] == "a"].set_index(["metric", "seed"])
    assert by.loc["nab", "value"].tolist() == [10.0, 55.0, 40.0]
    assert by.loc["nab", "n"].tolist() == [1, 2, 3]
    assert by.loc["vus_pr", "value"].tolist() == [0.375, 0.625, 0.5]
    assert by.loc["vus_pr", "rate"].isna().all()
    trials["d", "a", 2] = Trial(errors={1.0: "it broke"})
    table = tidy(trials, {"d": True}, {"a": True}, [1, 2], setup)
    whole = table[(table["scenario"] == "a") & table["seed"].isna()].set_index("metric")
    assert whole.loc[["nab", "vus_pr"], "value"].isna().all()
    assert whole.loc["nab", "status"] == "failed"


def test_each_kind_of_detector_has_its_metrics_in_the_table_with_intervals():
    detectors = {"causal": vs.detectors.ZScore(), "offline": vs.detectors.Pelt(cost="nb", penalty=0.5)}
    small = {"n_accounts": 12, "n_days": 420, "n_reference": 30, "rates": (4.0, 2.0)}
    table = vs.study.run(detectors, ["story", "doubled", "clean"], [1], progress=False, **small)
    table = table[table["seed"].notna()]
    for name, own in (("causal", ALARM_METRICS), ("offline", CHANGE_METRICS)):
        part = table[(table["detector"] == name) & (table["scenario"] != "clean")]
        assert set(own) <= set(part["metric"])
        found = part[part["metric"].isin(own)]
        assert (found["status"] == "ok").all()
        assert (found["low"] <= found["value"]).all()
        assert (found["value"] <= found["high"]).all()
        assert len(found) == 2 * 2 * len(own)  # scenarios, dials
    volume = table[table["metric"] == "vus_pr"]
    assert set(volume["detector"]) == {"causal"}
    assert volume["rate"].isna().all()
    of_clean = set(table.loc[table["scenario"] == "clean", "metric"])
    assert of_clean.isdisjoint({*ALARM_METRICS, *CHANGE_METRICS, "vus_pr"})
    story = table[(table["scenario"] == "story") & (table["rate"] == 4.0)].set_index(["detector", "metric"])["value"]
    assert story["causal", "affiliation_recall"] > 0.8
    assert 0.2 < story["offline", "margin_f1"] < 0.8  # it marks rises only, and at this dial more than the one
