"""What a monitor keeps of its accounts is small, and exact."""

import copy

import numpy as np
import pandas as pd
import pytest

import viewshift as vs
from viewshift.monitor import _monitor, _record
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
        ([1e39], np.float64),
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


@pytest.mark.parametrize(("method", "fails_at"), [("advance", 0), ("advance", 1), ("explained", 0), ("explained", 1)])
def test_an_update_that_failed_can_be_done_again(histories, monkeypatch, method, fails_at):
    """Days, and then corrections of them, are handed over twice: the first time the rule breaks off half-way."""
    rule, days = vs.default_rule(2.0), histories.days
    monitor, plain = (rule.monitor(histories.between(until=days[189])) for _ in range(2))
    whole, done, calls = getattr(type(rule), method), 0, iter(())

    def breaks_off(self, *given):
        if next(calls, None) == fails_at:
            raise KeyboardInterrupt
        return whole(self, *given)

    monkeypatch.setattr(type(rule), method, breaks_off)
    for day in days[190:]:
        today = histories.between(day, day)
        none = vs.Panel({"episodes": np.zeros(today.observed.shape)}, accounts=today.accounts, start=day)
        for update in (none, today):
            calls = iter(range(fails_at + 1))
            try:
                changes = monitor.update(update)
            except KeyboardInterrupt:
                done += 1
                changes = monitor.update(update)
            calls = iter(())
            for mine, theirs in zip(changes, plain.update(update), strict=True):
                pd.testing.assert_frame_equal(mine, theirs)
    assert done >= 10
    assert monitor.last_day == plain.last_day
    pd.testing.assert_frame_equal(monitor.alarms(), plain.alarms())
    np.testing.assert_equal(monitor._record.packed(), plain._record.packed())


@pytest.mark.parametrize("fails_at", range(6))
def test_an_update_that_failed_after_missed_days_loses_no_alarm(histories, monkeypatch, tmp_path, fails_at):
    """Three steps over a gap of 40 days, each of the two states; new accounts come with the last."""
    rule, days = vs.default_rule(6.0), histories.days
    known = histories.take(range(100)).between(until=days[149])
    monitor, plain = rule.monitor(known), rule.monitor(known)
    today, advance = histories.between(days[189], days[189]), type(rule).advance
    expected = plain.update(today)
    calls = iter(range(fails_at + 1))

    def breaks_off(self, state, panel):
        if next(calls, None) == fails_at:
            raise MemoryError
        return advance(self, state, panel)

    monkeypatch.setattr(type(rule), "advance", breaks_off)
    with pytest.raises(MemoryError):
        monitor.update(today)
    assert monitor.accounts.tolist() == known.accounts.tolist()
    if fails_at >= 4:  # the first steps are done
        with pytest.raises(ValueError, match=f"an update broke off after {monitor.last_day}; hand over its day again"):
            monitor.save(tmp_path / "monitor.vs")
    for mine, theirs in zip(monitor.update(today), expected, strict=True):
        pd.testing.assert_frame_equal(mine, theirs)
    assert len(expected.closed)
    np.testing.assert_equal(monitor._record.packed(), plain._record.packed())


def broken_off(monkeypatch, monitor, where, name, today):
    """Hand over a day, and break off in a function."""

    def breaks_off(*_):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(where, name, breaks_off)
        with pytest.raises(MemoryError):
            monitor.update(today)


def test_an_update_that_failed_leaves_alarms_to_be_told_and_accounts_unknown(histories, monkeypatch):
    rule, days = vs.default_rule(6.0), histories.days
    known = histories.take(range(100)).between(until=days[189])
    monitor, plain = rule.monitor(known), rule.monitor(known)
    today = histories.between(days[190], days[190])
    for where, name in ((_monitor, "compare"), (_record.States, "joined")):
        broken_off(monkeypatch, monitor, where, name, today)
        assert monitor.accounts.tolist() == known.accounts.tolist()
        assert len(monitor.surprise) == 100
    for mine, theirs in zip(monitor.update(today), plain.update(today), strict=True):
        pd.testing.assert_frame_equal(mine, theirs)
    np.testing.assert_equal(monitor._record.packed(), plain._record.packed())


def test_a_correction_that_failed_has_changed_nothing(histories, monkeypatch):
    monitor = vs.default_rule(6.0).monitor(histories)
    before, day = copy.deepcopy(monitor._record.packed()), histories.days[195]
    shape = (histories.n_accounts, 1)
    unseen = vs.Panel({"episodes": np.full(shape, np.nan)}, accounts=histories.accounts, start=day)
    broken_off(monkeypatch, monitor, _monitor, "compare", unseen)
    np.testing.assert_equal(monitor._record.packed(), before)
    monitor.update(unseen)
    assert not np.array_equal(monitor._record.memory.columns["scored"], before["memory"]["scored"])


def test_who_is_forgotten_after_an_update_that_failed_is_not_told_of(histories, monkeypatch):
    rule, days = vs.default_rule(6.0), histories.days
    monitor = rule.monitor(histories.between(until=days[149]))
    today = histories.between(days[189], days[189])
    broken_off(monkeypatch, monitor, _monitor, "contents", today)
    assert len(monitor._missed) == 2
    told = pd.concat(monitor._missed)["account"]
    monitor.forget(told.iloc[0])
    closed = monitor.update(today.take(np.flatnonzero(today.accounts != told.iloc[0]))).closed["account"]
    assert told.iloc[0] not in set(closed)
    assert set(told) - {told.iloc[0]} <= set(closed)
