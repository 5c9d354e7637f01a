"""Metrics on cases worked by hand, and against scikit-learn and brute force."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from viewshift.metrics import (
    account_weights,
    average_precision,
    average_precision_replicates,
    days_in_alarm,
    first_alarm_delay,
    interval,
    per_account,
    per_account_year,
    weighted_median,
    weighted_ratio,
)


def days(*numbers):
    return np.array(numbers, dtype=np.int64)


def ones(n_accounts):
    return np.ones((1, n_accounts))


@pytest.mark.parametrize(
    ("opened", "delay"),
    [
        (10, 0.0),  # on the onset
        (16, 6.0),  # on the last day of the window
        (9, np.nan),  # the day before: an alarm that is up already is not a finding
        (17, np.nan),  # the day after
    ],
)
def test_only_an_alarm_that_opens_within_the_window_finds_the_event(opened, delay):
    found = first_alarm_delay(days(0), days(opened), days(0), days(10), days(16))
    np.testing.assert_array_equal(found, [delay])


def test_the_earliest_of_several_alarms_counts_and_alarms_of_other_accounts_do_not():
    row, opened = days(2, 0, 0, 1, 2), days(30, 14, 12, 11, 3)
    event_row, onset, end = days(0, 1, 2, 3), days(10, 12, 3, 10), days(16, 18, 9, 16)
    delay = first_alarm_delay(row, opened, event_row, onset, end)
    np.testing.assert_array_equal(delay, [2.0, np.nan, 0.0, np.nan])


def test_delays_equal_a_plain_double_loop_on_random_alarms_and_events():
    rng = np.random.default_rng(4)
    row, opened = rng.integers(20, size=90), rng.integers(100, size=90)
    event_row, onset = rng.integers(20, size=60), rng.integers(100, size=60)
    end = onset + rng.integers(15, size=60)
    expected = []
    for r, a, b in zip(event_row, onset, end, strict=True):
        inside = [o - a for q, o in zip(row, opened, strict=True) if q == r and a <= o <= b]
        expected.append(min(inside) if inside else np.nan)
    np.testing.assert_array_equal(first_alarm_delay(row, opened, event_row, onset, end), expected)


def test_no_alarm_finds_nothing_and_no_event_gives_no_delay():
    none = days()
    np.testing.assert_array_equal(first_alarm_delay(none, none, days(0), days(1), days(2)), [np.nan])
    assert first_alarm_delay(days(0), days(1), none, none, none).shape == (0,)


def test_days_in_alarm_end_when_a_shift_is_taken_as_lasting():
    np.testing.assert_array_equal(days_in_alarm(days(5, 5, 5), days(5, 11, 90), 28), [1, 7, 28])


def test_amounts_fall_on_their_own_rows():
    np.testing.assert_array_equal(per_account(days(2, 0, 2), 4), [1, 0, 2, 0])
    np.testing.assert_array_equal(per_account(days(2, 0, 2), 4, days(5, 7, 1)), [7, 0, 6, 0])


def test_an_account_year_is_365_and_a_quarter_days_and_nothing_over_nothing_is_undefined():
    assert per_account_year(3, 2 * 365.25) == 1.5
    assert np.isnan(per_account_year(0, 0))


@pytest.mark.parametrize("decimals", [0, 1, 6])  # 0 and 1: many ties
def test_average_precision_is_scikit_learns_with_days_of_no_opinion_left_out(decimals):
    rng = np.random.default_rng(decimals)
    score = rng.normal(size=(30, 50)).round(decimals)
    positive = rng.random((30, 50)) < 0.05
    score[positive] += 1.0
    silent = rng.random((30, 50)) < 0.3
    expected = average_precision_score(positive[~silent], score[~silent])
    score[silent] = np.nan
    assert average_precision(score, positive) == pytest.approx(expected, abs=1e-12)


def test_average_precision_is_the_step_sum_and_not_the_trapezoid():
    # ranks: +, -, -, +  ->  1/2 * 1 + 1/2 * 2/4 = .75 by steps; the trapezoid gives .6875
    score = np.array([0.9, 0.8, 0.7, 0.6])
    assert average_precision(score, np.array([True, False, False, True])) == pytest.approx(0.75, abs=1e-15)


@pytest.mark.parametrize("positive", [[False, False, True], [True, True, True]])
def test_average_precision_without_a_scored_positive_or_negative_is_undefined(positive):
    assert np.isnan(average_precision(np.array([0.1, 0.2, np.nan]), np.array(positive)))


def test_resampled_average_precision_is_that_of_the_panel_with_those_accounts_repeated():
    rng = np.random.default_rng(7)
    score = rng.normal(size=(12, 40))
    positive = np.zeros((12, 40), dtype=bool)
    positive[:, 10:14] = True
    score[positive] += 1.2
    weights = account_weights(12, 20, seed=3)
    got = average_precision_replicates(score, positive, weights, n_steps=1000)  # as many levels as positive days
    for value, drawn in zip(got, weights.astype(int), strict=True):
        rows = np.repeat(np.arange(12), drawn)
        assert value == pytest.approx(average_precision_score(positive[rows].ravel(), score[rows].ravel()), abs=1e-12)


def test_grouping_scores_leaves_the_estimate_exact():
    rng = np.random.default_rng(8)
    score, positive = rng.normal(size=(50, 100)), np.zeros((50, 100), dtype=bool)
    positive[:, 30:40] = True
    one = average_precision_replicates(score, positive, ones(50), n_steps=16)
    assert one[0] == pytest.approx(average_precision_score(positive.ravel(), score.ravel()), abs=1e-12)


def test_each_replicate_draws_as_many_accounts_as_there_are_and_repeats_with_its_seed():
    weights = account_weights(17, 50, seed=[1, 2])
    np.testing.assert_array_equal(weights.sum(axis=1), 17)
    np.testing.assert_array_equal(weights, account_weights(17, 50, seed=[1, 2]))
    assert not np.array_equal(weights, account_weights(17, 50, seed=[1, 3]))


def test_weighted_ratio_is_the_ratio_over_repeated_accounts_and_undefined_over_nothing():
    weights = np.array([[2.0, 0.0, 1.0], [0.0, 3.0, 0.0]])
    np.testing.assert_array_equal(weighted_ratio([1, 5, 2], [4, 0, 2], weights), [0.4, np.nan])


def test_weighted_median_is_numpys_over_repeated_accounts():
    rng = np.random.default_rng(5)
    row, value = rng.integers(9, size=30), rng.integers(12, size=30)
    weights = account_weights(9, 40, seed=1)
    expected = [np.median(np.repeat(value, drawn[row].astype(int))) for drawn in weights]
    np.testing.assert_array_equal(weighted_median(row, value, weights), expected)


def test_weighted_median_of_a_replicate_without_values_is_undefined():
    got = weighted_median([0], [3], np.array([[0.0, 2.0], [1.0, 0.0]]))
    np.testing.assert_array_equal(got, [np.nan, 3.0])
    assert np.isnan(weighted_median([], [], ones(2))).all()


def test_bootstrap_interval_of_a_rate_covers_the_truth_at_its_nominal_level():
    # 400 studies of 60 accounts; 95 % intervals miss about 1 in 20 times: 0.90 to 0.98 holds with p > .999
    rng = np.random.default_rng(11)
    covered = 0
    for study in range(400):
        hits = rng.binomial(3, 0.4, size=60)
        low, high = interval(weighted_ratio(hits, np.full(60, 3), account_weights(60, 300, seed=study)))
        covered += low <= 0.4 <= high
    assert 0.90 <= covered / 400 <= 0.98


def test_an_interval_of_mostly_undefined_replicates_is_undefined():
    assert np.isnan(interval(np.array([1.0, np.nan, np.nan]))).all()
    assert interval(np.array([1.0, 1.0, np.nan])) == (1.0, 1.0)
