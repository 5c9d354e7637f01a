"""What a monitor keeps of its accounts is small, and exact."""

import numpy as np
import pandas as pd
import pytest

import viewshift as vs
from viewshift.monitor import _record
from viewshift.monitor._kinds import narrow, told, widened
from viewshift.monitor._states import States


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 1, 254, np.nan], np.uint8),
        ([255], np.uint16),
        ([65_534, np.nan], np.uint16),
        ([65_535], np.float32),
        ([0.5, np.inf, -3, np.nan], np.float32),
        ([2**24 + 1], np.float64),
        ([0.1, np.nan], np.float64),
        ([], np.uint8),
    ],
)
def test_numbers_are_kept_in_the_smallest_kind_in_which_they_are_exact(values, kind):
    given = np.array(values, dtype=np.float64)
    assert narrow(given).dtype == kind
    np.testing.assert_array_equal(told(narrow(given)), given)
    for first in ([3.0], [300.0], [0.5], [0.1]):
        column = widened(narrow(np.array(first)), given)
        assert column.dtype == max(narrow(np.array(first)).dtype, np.dtype(kind), key=lambda one: one.itemsize)
        np.testing.assert_array_equal(told(column), first)


def test_what_is_no_float64_stays_as_it_is():
    state = {
        "small": np.array([0, 255, 7], dtype=np.uint8),
        "whole": np.array([1, -(10**9), 2]),
        "yes": np.ones(3, bool),
    }
    states = States.of(state)
    states = States.joined([states, states]).replaced(np.array([1]), {name: part[:1] for name, part in state.items()})
    for name, values in states.read(np.arange(6)).items():
        expected = np.concatenate([state[name]] * 2)
        expected[1] = expected[0]
        np.testing.assert_array_equal(values, expected, strict=True)
        np.testing.assert_array_equal(states[name], expected, strict=True)


def test_states_of_unlike_kinds_are_joined_and_replaced_exactly():
    parts = [np.array([[1.0, np.nan], [254.0, 0.0]]), np.array([[0.1, 300.0]]), np.array([[255.0, np.nan]])]
    whole = np.concatenate(parts)
    states = States.joined([States.of({"past": part}) for part in parts])
    np.testing.assert_array_equal(states["past"], whole, strict=True)
    counts = States.of({"past": parts[0]})
    again = counts.replaced(np.array([1]), {"past": np.array([[0.1, 70_000.0]])})
    np.testing.assert_array_equal(again["past"], [[1.0, np.nan], [0.1, 70_000.0]])
    np.testing.assert_array_equal(counts["past"], parts[0])


@pytest.fixture(scope="module")
def histories():
    panel = vs.simulate.viewers(150, 200, seed=4)
    return vs.Panel({"episodes": panel["episodes"].astype(np.float32)}, accounts=panel.accounts, start=panel.start)


def test_accounts_are_judged_in_groups_of_any_size(histories, monkeypatch):
    """Whatever the groups, surprise and the arrays kept are the same to the bit."""
    rule, monitors = vs.default_rule(2.0), []
    for at_once in (10**9, 7_000, 1):
        monkeypatch.setattr(_record, "AT_ONCE", at_once)
        monitor = rule.monitor(histories.between(until=histories.days[189]))
        for day in histories.days[190:]:
            monitor.update(histories.between(day, day))
        monitors.append(monitor)
    expected = monitors[0]._record.packed()
    np.testing.assert_array_equal(monitors[0].surprise, rule.surprise(histories)[:, -1])
    for monitor in monitors[1:]:
        np.testing.assert_equal(monitor._record.packed(), expected)


@pytest.mark.parametrize("detector", ["Bank", "PredictiveTail", "Cusum", "RobustZ"])
def test_an_account_of_whole_counts_takes_two_kilobytes_at_most(histories, detector):
    if detector in ("Bank", "PredictiveTail"):
        rule = vs.default_rule(detector=detector)
    else:
        rule = vs.AlarmRule(getattr(vs.detectors, detector)(), per_account_year=1.0, n_folds=2).fit(histories)
    packed = rule.monitor(histories)._record.packed()
    assert sum(array.nbytes for part in packed.values() for array in part.values()) / histories.n_accounts < 2_000


@pytest.mark.parametrize("fails_at", [0, 1])
def test_an_update_that_failed_can_be_done_again(histories, monkeypatch, fails_at):
    """Days, and then corrections of them, are handed over twice: the first time the rule breaks off half-way."""
    rule, days = vs.default_rule(2.0), histories.days
    monitor, whole = rule.monitor(histories.between(until=days[189])), rule.monitor(histories)
    advance, calls = type(rule).advance, iter(())

    def breaks_off(self, state, panel):
        if next(calls, None) == fails_at:
            raise KeyboardInterrupt
        return advance(self, state, panel)

    monkeypatch.setattr(type(rule), "advance", breaks_off)
    for day in days[190:]:
        today = histories.between(day, day)
        none = vs.Panel({"episodes": np.zeros(today.observed.shape)}, accounts=today.accounts, start=day)
        for update, n_calls in ((none, 2), (today, 1)):
            calls = iter(range(n_calls))
            if fails_at < n_calls:
                with pytest.raises(KeyboardInterrupt):
                    monitor.update(update)
            monitor.update(update)
    pd.testing.assert_series_equal(monitor.surprise, whole.surprise, check_exact=True)
    assert monitor.last_day == whole.last_day
    pd.testing.assert_frame_equal(monitor.alarms(), whole.alarms())
    for name in whole._record.head.columns:
        np.testing.assert_array_equal(monitor._record.head[name], whole._record.head[name])
        np.testing.assert_array_equal(monitor._record.base[name], whole._record.base[name])
