"""Metrics over days in alarm: cases by hand, what is undefined, what days without an opinion do, what is refused."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from viewshift.metrics import (
    affiliation,
    average_precision,
    covering,
    margin_f1,
    mark_days,
    nab_score,
    range_precision,
    range_recall,
    vus_pr,
)


def affiliation_precision(alarm, positive):
    return affiliation(alarm, positive)[0]


def affiliation_recall(alarm, positive):
    return affiliation(alarm, positive)[1]


OF_EVENTS = [range_recall, affiliation_precision, affiliation_recall, nab_score]
ALL = [range_precision, *OF_EVENTS, covering, margin_f1, vus_pr]


def row(text):
    """Return one account: digits, and a dot for "no opinion"."""
    return np.array([[np.nan if letter == "." else float(letter) for letter in text]])


def event(text):
    return row(text) > 0


def ordinary(seed, n_accounts=15, n_days=60):
    """Return alarms (0, 1) and events of some days each, at least one event beginning after day 0 per account."""
    rng = np.random.default_rng(seed)
    alarm, positive = (np.repeat(rng.random((n_accounts, n_days // 3)) < share, 3, axis=1) for share in (0.25, 0.12))
    positive[:, 30], positive[:, 29] = True, False
    alarm[:, 45] = True
    return alarm.astype(float), positive


def test_days_of_windows_are_marked_to_the_end_of_the_panel():
    marked = mark_days(np.array([0, 0, 2, 1]), np.array([1, 2, 4, 7]), np.array([2, 3, 9, 8]), (3, 6))
    np.testing.assert_array_equal(marked.astype(int), [[0, 1, 1, 1, 0, 0], [0] * 6, [0, 0, 0, 0, 1, 1]])


def test_shares_of_events_and_of_alarms_by_hand():
    alarm, positive = row("0110011011"), event("1111000110")
    # events of days 0-3 and 7-8: 2 of 4 days, and 1 of 2 days in two alarms
    assert range_recall(alarm, positive, cardinality="one")[0] == pytest.approx((2 / 4 + 1 / 2) / 2)
    assert range_recall(row("0000000101"), event("0000000111"))[0] == pytest.approx(2 / 3 / 2)  # in two pieces
    # alarms of days 1-2, 5-6 and 8-9: 2 of 2, none of 2, 1 of 2
    assert range_precision(alarm, positive)[0] == pytest.approx((1 + 0 + 1 / 2) / 3)


def test_early_days_count_more_with_a_front_bias():
    assert range_recall(row("0010"), event("0011"), bias="front")[0] == pytest.approx(2 / 3)
    assert range_recall(row("0001"), event("0011"), bias="front")[0] == pytest.approx(1 / 3)


def test_touching_an_event_may_earn_something_of_its_own():
    assert range_recall(row("00100"), event("01111"), existence=0.2)[0] == pytest.approx(0.2 + 0.8 / 4)


def test_an_alarm_beside_the_event_is_as_near_as_chance_says():
    # of a zone of ten days, with the event on days 3 and 4, the day from 6 to 7 is 1 to 2 away from the event:
    # P(distance >= d) = 1 - (2 + 2 d) / 10, which is .5 at d = 1.5
    precision, recall = affiliation(row("0000001000"), event("0001100000"))
    assert precision[0] == pytest.approx(0.5)
    # y from 3 to 5 is 6 - y away from the alarm, the way to the nearer end of the zone is y from 3 to 5:
    # P(|X - y| >= 6 - y) = 1 - (6 - y + min(y, 6 - y)) / 10, of which the mean is .6 = 1 - (2 + 2) / 10
    assert recall[0] == pytest.approx(0.6)


def test_alarms_in_the_zone_of_another_event_do_not_count_for_this_one():
    precision, recall = affiliation(row("1100000000"), event("1100000011"))
    assert (precision[0], recall[0]) == (1.0, 0.5)  # the second event: no precision, recall 0


def test_a_nab_score_falls_with_the_delay_and_with_false_alarms():
    on_day = [
        nab_score(mark_days([0], [day], [day], (1, 100)), mark_days([0], [50], [56], (1, 100))) for day in range(50, 57)
    ]
    assert on_day[0][0] == 100.0
    assert (np.diff(np.concatenate(on_day)) < 0).all()
    assert on_day[-1][0] > 50.0  # found at all
    false = nab_score(row("1010000111"), event("0000000111"))[0]
    assert false == pytest.approx(100 * (1 - 2 * 0.11 + 1) / 2)


def test_a_false_alarm_soon_after_the_event_costs_less():
    late = [
        nab_score(mark_days([0], [day], [day], (1, 40)), event("0" * 10 + "1" * 5 + "0" * 25))[0]
        for day in (15, 18, 26)
    ]
    # 1, 4 and 12 days behind a window of five, in lengths of its last four days: sigma(1/4), sigma(1), -1
    expected = [-50 * 0.11 * (1 - 2 / (1 + np.exp(5 * y))) for y in (0.25, 1.0)] + [-50 * 0.11]
    np.testing.assert_allclose(late, expected, atol=1e-12)


def test_behind_an_event_of_one_day_the_nab_score_counts_days():
    score = nab_score(row("0000100"), event("0001000"))[0]
    assert score == pytest.approx(50 * 0.11 * (2 / (1 + np.exp(5)) - 1))


def test_without_a_buffer_and_with_one_event_the_volume_is_average_precision_from_the_first_hit_on():
    rng = np.random.default_rng(2)
    for _ in range(20):
        score, positive = rng.normal(size=(1, 40)), mark_days([0], [12], [15], (1, 40))
        assert vus_pr(score, positive, buffer=0)[0] == pytest.approx(average_precision(score, positive), abs=1e-12)


def test_a_buffer_forgives_a_score_that_peaks_beside_the_event():
    score, positive = np.zeros((1, 60)), mark_days([0], [30], [32], (1, 60))
    score[0, 33:36] = 1.0
    exact, forgiving = (vus_pr(score, positive, buffer=days)[0] for days in (0, 14))
    assert exact < 0.1 < forgiving


def test_a_history_cut_right_is_covered_and_one_that_is_not_cut_is_covered_by_its_longest_part():
    true = event("0000100000")
    assert covering(row("0000100000"), true)[0] == 1.0
    assert covering(row("0000000000"), true)[0] == pytest.approx(0.4 * 0.4 + 0.6 * 0.6)


def test_f1_counts_the_first_day_and_pairs_each_change_once():
    true = event("0000000000010000000000")
    assert margin_f1(row("0000000000000000000000"), true)[0] == pytest.approx(2 / 3)
    both_sides = row("0000000010010010000000")
    assert margin_f1(both_sides, true)[0] == pytest.approx(2 * 2 / (2 + 4))
    assert margin_f1(row("0000000000000000100000"), true)[0] == 1.0  # five days late
    assert margin_f1(row("0000000000000000010000"), true)[0] == pytest.approx(1 / 2)  # six


@pytest.mark.parametrize("metric", ALL)
def test_days_without_an_opinion_are_as_if_the_calendar_had_none(metric):
    alarm, positive = ordinary(6)
    if metric is vus_pr:
        alarm = alarm + np.random.default_rng(1).normal(size=alarm.shape).round(1)
    rng = np.random.default_rng(8)
    n_days = 2 * alarm.shape[1]
    longer, beside = np.full((len(alarm), n_days), np.nan), rng.random((len(alarm), n_days)) < 0.5
    if metric in (covering, margin_f1):
        beside[:] = False  # a change on a day that was not observed moves, and is no such case
    for k in range(len(alarm)):
        kept = np.sort(rng.choice(n_days, alarm.shape[1], replace=False))
        longer[k, kept], beside[k, kept] = alarm[k], positive[k]
    expected = metric(alarm, positive)
    assert np.isfinite(expected).any()
    np.testing.assert_array_equal(metric(longer, beside), expected)


def test_a_segment_that_begins_on_an_unobserved_day_begins_on_the_next():
    np.testing.assert_array_equal(covering(row("000..10000"), event("0001000000")), [1.0])
    np.testing.assert_array_equal(margin_f1(row("000..10000"), event("0001000000"), margin=0), [1.0])


@pytest.mark.parametrize("metric", [*OF_EVENTS, vus_pr])
def test_without_an_event_day_that_has_an_opinion_nothing_is_said(metric):
    np.testing.assert_array_equal(metric(row("00110"), event("00000")), [np.nan])
    np.testing.assert_array_equal(metric(row("1.0.1"), event("01010")), [np.nan])
    assert np.isnan(metric(np.full((2, 5), np.nan), np.ones((2, 5), dtype=bool))).all()
    assert metric(np.zeros((0, 5)), np.zeros((0, 5), dtype=bool)).shape == (0,)


@pytest.mark.parametrize("metric", [covering, margin_f1])
def test_without_a_true_change_nothing_is_said(metric):
    np.testing.assert_array_equal(metric(row("00100"), event("00000")), [np.nan])
    np.testing.assert_array_equal(metric(row("00000"), event("10000")), [np.nan])  # a history begins anyway
    np.testing.assert_array_equal(metric(row("..100"), event("01000")), [np.nan])
    np.testing.assert_array_equal(metric(row("....."), event("01000")), [np.nan])


def test_no_alarm_has_no_precision_but_recalls_nothing():
    silent, positive = row("000000"), event("001100")
    assert np.isnan(range_precision(silent, positive)[0])
    assert np.isnan(affiliation_precision(silent, positive)[0])
    assert (range_recall(silent, positive)[0], affiliation_recall(silent, positive)[0]) == (0.0, 0.0)
    assert nab_score(silent, positive)[0] == 0.0


def test_alarms_where_there_is_no_event_are_all_false():
    assert range_precision(row("011010"), event("000000"))[0] == 0.0


def test_where_every_scored_day_is_an_event_no_ranking_is_possible():
    assert np.isnan(vus_pr(row("3.12"), event("1011"))[0])


@pytest.mark.parametrize("metric", ALL)
def test_each_account_is_judged_alone(metric):
    alarm, positive = ordinary(7)
    alone = [metric(a[None], p[None])[0] for a, p in zip(alarm, positive, strict=True)]
    np.testing.assert_array_equal(metric(alarm, positive), alone)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: range_recall(row("010"), event("0110")), r"`alarm` and the true days must have one shape"),
        (lambda: affiliation(np.zeros(3), np.zeros(3, dtype=bool)), r"one shape \(n_accounts, n_days\), got \(3,\)"),
        (lambda: nab_score(row("020"), event("010")), "`alarm` must hold 1, 0 or NaN, got 2; compare scores"),
        (lambda: covering(row("030"), event("010")), "`change` must hold 1, 0 or NaN, got 3"),
        (lambda: vus_pr(np.zeros(3), np.zeros(3, dtype=bool)), "`score` and `positive` must have one shape"),
        (lambda: vus_pr(row("010"), event("010"), buffer=-1), "`buffer` must be at least 0, got -1"),
        (lambda: margin_f1(row("010"), event("010"), margin=-1), "`margin` must be at least 0, got -1"),
        (lambda: range_recall(row("010"), event("010"), existence=1.5), r"`existence` must lie in \[0, 1\], got 1.5"),
        (lambda: range_recall(row("010"), event("010"), bias="left"), "`bias` must be one of 'flat'"),
        (lambda: range_precision(row("010"), event("010"), cardinality="two"), "`cardinality` must be one of 'one'"),
        (lambda: nab_score(row("010"), event("010"), miss=0.0), "`miss` must be a finite number above 0"),
    ],
)
def test_what_cannot_be_judged_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_point_adjustment_makes_of_noise_is_what_the_page_shows():
    path = Path(__file__).resolve().parent.parent / "benchmarks" / "point_adjustment.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table = module.table()
    assert table == module.TARGET.read_text()
    last = [float(cell) for cell in table.splitlines()[-1].strip("| ").split(" | ")]
    days, share, plain, adjusted = last[:4]
    assert plain == pytest.approx(2 * share / (1 + share), abs=0.02)  # to call every day an event
    exceed = np.linspace(0.001, 1, 2000)  # of a day; an event is found with 1 - (1 - exceed)^days
    found = share * (1 - (1 - exceed) ** days)
    assert adjusted == pytest.approx((2 * found / (share + found + (1 - share) * exceed)).max(), abs=0.02)
