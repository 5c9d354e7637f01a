"""The monitor says what the rule says of everything known so far, whatever the days brought.

Nothing here is a matter of chance: surprise must agree to the bit, on every day.
"""

import copy
import functools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

import oracles_monitor
import viewshift as vs
from cases import CASES
from strategies import KINDS, Draw, population
from viewshift import archives
from viewshift.alarms import COLUMNS, LOOKBACK, MEMORY, explain, find_intervals
from viewshift.detectors import StreamingDetector
from viewshift.judge import Judged
from viewshift.kernels.runs import follow_runs

STREAMING = [case for case in CASES if isinstance(case.detector, StreamingDetector)]
BESIDES = ["status", "end"]


@functools.cache
def fitted(case):
    rule = vs.AlarmRule(case.detector, n_folds=2).fit(population())
    if isinstance(case.detector, vs.detectors.Constant):
        rule.curve_ = np.array([[0.3, 1.0], [5.0, 0.0]])  # its scores tie, so that no threshold gives any dial
    return rule.at(min(4.0, 0.9 * rule.curve_[1].max()))


@pytest.fixture(scope="module")
def rule():
    return vs.AlarmRule(vs.detectors.Cusum(), per_account_year=4.0).fit(vs.simulate.viewers(100, 400, seed=11))


@pytest.fixture(scope="module")
def panel():
    return vs.simulate.viewers(12, 330, seed=12)


def day_of(panel, day):
    return panel.between(panel.days[day], panel.days[day])


def keys(alarms):
    return set(zip(alarms["account"], alarms["detected"], strict=True))


def with_values(panel, **measures):
    return panel.with_measures({name: np.asarray(values, dtype=float) for name, values in measures.items()})


def agree(rule, monitor, known, collected):
    """The surprise of the days collected, and the alarms now, are those of the rule on everything known."""
    whole = known.panel()
    assert monitor.accounts.tolist() == known.accounts
    assert monitor.last_day == whole.days[-1]
    judged = rule.judged(whole)
    for day, (names, values) in collected.items():
        column = int((day - whole.start).astype(int))
        np.testing.assert_array_equal(values, judged.surprise[: len(names), column], err_msg=str(day), strict=True)
    collected.clear()
    table = explained(rule, whole, judged)
    unquiet = oracles_monitor.unquiet(judged.surprise, judged.sign, rule.threshold_, rule.quiet, rule.adapt_after)
    wanted = {(whole.accounts[row], pd.Timestamp(whole.days[day])) for row, day in unquiet}
    is_open = np.array([key in wanted for key in zip(table["account"], table["detected"], strict=True)], dtype=bool)
    expected = table[is_open & (table["status"] != "lasting")].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        monitor.alarms().drop(columns=BESIDES),
        expected.drop(columns=BESIDES),
        check_exact=True,
        check_dtype=len(expected) > 0,
    )
    assert set(monitor.alarms()["status"]) <= {"open"}
    assert monitor.alarms()["end"].isna().all()


def explained(rule, whole, judged):
    """All alarms in the days that a monitor remembers."""
    kept = slice(-(LOOKBACK + MEMORY + rule.adapt_after + 15), None)
    recent = Judged(*(part[:, kept] for part in judged))
    return explain(
        whole.between(whole.days[kept][0]),
        find_intervals(recent.surprise, rule.threshold_, quiet=rule.quiet, sign=recent.sign),
        *recent,
        measure=rule.detector.measure,
        size=rule.size_,
        causal=True,
        quiet=rule.quiet,
        adapt_after=rule.adapt_after,
    )


def thinned(panel, day, rng):
    """A day's panel without some accounts, with some not observed, and in another order."""
    today = day_of(panel, day)
    rows = rng.permutation(panel.n_accounts)[: rng.integers(panel.n_accounts // 2, panel.n_accounts + 1)]
    return today.take(rows)


def mended(panel, rng):
    """The same day with other values for some of the accounts."""
    some = panel.take(rng.permutation(panel.n_accounts)[: rng.integers(1, panel.n_accounts + 1)])
    return vs.Panel(
        {name: rng.choice([values, np.zeros_like(values), values + 9]) for name, values in some.measures.items()},
        accounts=some.accounts,
        start=some.start,
        observed=some.observed & (rng.random(some.observed.shape) < 0.9),
        exposure=some.exposure,
        widening=some.widening,
    )


def drawn(seed, rng, n_days):
    """A panel of so many days; even seeds have exposure and widening."""
    plain = Draw(
        seed=seed, kinds=(*rng.permutation(list(KINDS))[:8].tolist(), "realistic", "late"), n_days=n_days
    ).panel()
    if seed % 2:
        return plain
    special = rng.random(plain.observed.shape) < 0.05
    return vs.Panel(
        plain.measures,
        accounts=plain.accounts,
        start=plain.start,
        observed=plain.observed,
        exposure=np.where(special, rng.uniform(0.5, 2, special.shape), 1),
        widening=np.where(special, rng.uniform(1, 2, special.shape), 1),
    )


def walk(rule, seed, folder, n_days=400):
    """Some days with gaps, new accounts, corrections, repetitions and restarts at random days."""
    rng = np.random.default_rng(seed)
    panel = drawn(seed, rng, n_days)
    first = int(rng.integers(1, 120))
    history = panel.between(until=panel.days[first - 1]).take(slice(rng.integers(1, 6)))
    monitor, known, collected = rule.monitor(history), oracles_monitor.Known(history), {}
    day = first
    while day < panel.n_days:
        today = thinned(panel, day, rng)
        before = keys(monitor.alarms())
        changes = monitor.update(today)
        known.tell(today)
        collected[today.start] = monitor.accounts, monitor.surprise.to_numpy()
        assert keys(changes.continued) == before & keys(monitor.alarms())
        assert keys(changes.opened) == keys(monitor.alarms()) - before
        assert keys(changes.closed) >= before - keys(monitor.alarms())
        if rng.random() < 0.1:
            agree(rule, monitor, known, collected)
            correction = mended(thinned(panel, max(0, day - int(rng.integers(15))), rng), rng)
            monitor.update(correction)
            known.tell(correction)
            agree(rule, monitor, known, collected)
            assert all(table.empty for table in monitor.update(correction))
        if rng.random() < 0.03:
            monitor.save(folder / "monitor.vs")
            monitor = vs.load_monitor(folder / "monitor.vs")
        day += int(rng.choice([1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 20 if rng.random() < 0.1 else 1]))
    agree(rule, monitor, known, collected)


ONE_OF_EACH = list({type(case.detector): case for case in reversed(STREAMING)}.values())
OTHERS = [case for case in STREAMING if case not in ONE_OF_EACH]


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=repr)
def test_the_monitor_equals_the_rule_on_all_that_is_known(case, tmp_path):
    walk(fitted(case), 2, tmp_path)


@pytest.mark.guarantee
@pytest.mark.parametrize(("seed", "case"), list(enumerate(OTHERS, start=3)), ids=repr)
def test_every_other_variant_can_be_watched(case, seed, tmp_path):
    walk(fitted(case), seed, tmp_path, n_days=260)


@pytest.mark.guarantee
@pytest.mark.parametrize("seed", range(100, 103))
def test_more_walks_of_another_rule(rule, seed, tmp_path):
    walk(rule, seed, tmp_path)


@pytest.mark.parametrize("seed", range(4))
def test_runs_are_followed_as_by_looking_back(seed):
    rng = np.random.default_rng(seed)
    surprise = rng.choice([np.nan, 0.0, 1.0, 2.0], size=(30, 60), p=[0.3, 0.4, 0.2, 0.1])
    sign = rng.choice(np.array([-1, 0, 1], dtype=np.int8), surprise.shape)
    opened, below, way = np.full(30, -1), np.full(30, 3), np.zeros(30, dtype=np.int8)
    for first, last in ((0, 1), (1, 20), (20, 59), (59, 60)):
        days = slice(first, last)
        opened, below, way = follow_runs(opened, below, way, surprise[:, days], sign[:, days], first, 1.0, 3)
        both = zip(surprise, sign, strict=True)
        expected = [oracles_monitor.latest_run(path[:last], ways[:last], 1.0, 3) for path, ways in both]
        assert [(None if a < 0 else a, b) for a, b in zip(opened.tolist(), below.tolist(), strict=True)] == expected


def surge(panel, account, first, days, extra=300):
    """The panel with many episodes more on some days of one account."""
    values = panel["episodes"].astype(float).copy()
    values[account, first : first + days] += extra
    return panel.with_measures({"episodes": values})


@pytest.fixture(scope="module")
def spiky():
    reference = vs.simulate.viewers(100, 400, seed=11)
    return vs.AlarmRule(vs.detectors.RobustZ(), per_account_year=0.5).fit(reference)


def fed(monitor, panel, first, last):
    """Changes by day."""
    return {day: monitor.update(day_of(panel, day)) for day in range(first, last)}


def test_an_alarm_opens_goes_on_and_closes_when_it_has_been_quiet(spiky, panel):
    binge = surge(panel, 4, 200, 2)
    changes = fed(spiky.monitor(binge.between(until=binge.days[199])), binge, 200, 212)
    name, detected = panel.accounts[4], pd.Timestamp(panel.days[200])
    state = [
        [part for part, table in change._asdict().items() if (name, detected) in keys(table)]
        for change in changes.values()
    ]
    assert state == [["opened"], *[["continued"]] * 7, ["closed"], [], [], []]
    alarm = changes[208].closed.set_index("account").loc[name]
    assert (alarm["status"], alarm["end"]) == ("closed", pd.Timestamp(panel.days[201]))
    assert list(changes[200].opened.columns) == COLUMNS
    assert repr(changes[200]).startswith("Changes(opened: ")
    assert name in repr(changes[200])


def test_a_shift_that_stays_is_reported_as_lasting_after_four_weeks(spiky, panel):
    moved = surge(panel, 4, 200, 130, extra=300)
    changes = fed(spiky.monitor(moved.between(until=moved.days[199])), moved, 200, 240)
    name = panel.accounts[4]
    told = [
        (day, row.status)
        for day, change in changes.items()
        for row in change.closed.itertuples()
        if row.account == name
    ]
    assert (227, "lasting") in told


def test_the_last_word_on_every_old_alarm_is_that_of_the_rule(spiky, panel):
    rule = spiky.at(4.0)
    changes = fed(rule.monitor(panel.between(until=panel.days[29])), panel, 30, 330)
    told = {}
    for change in changes.values():
        told |= {(row.account, row.detected): row.status for row in change.closed.itertuples()}
    final = rule.alarms(panel)
    final = final[(final["detected"] >= panel.days[30]) & (final["detected"] <= panel.days[300])]
    old = {key: status for key, status in told.items() if key[1] <= pd.Timestamp(panel.days[300])}
    assert {(row.account, row.detected): row.status for row in final.itertuples()} == old


def test_a_correction_takes_an_alarm_back_and_gives_it_again(spiky, panel):
    binge = surge(panel, 4, 200, 1)
    monitor = spiky.monitor(binge.between(until=binge.days[202]))
    before, name = monitor.surprise, panel.accounts[4]
    assert name in set(monitor.alarms()["account"])
    right = day_of(panel, 200).take([4])
    opened, continued, closed = monitor.update(right)
    assert (closed["account"].tolist(), closed["status"].tolist()) == ([name], ["withdrawn"])
    assert opened.empty
    assert continued.empty
    assert name not in set(monitor.alarms()["account"])
    pd.testing.assert_series_equal(monitor.surprise, spiky.monitor(panel.between(until=panel.days[202])).surprise)
    assert monitor.update(day_of(binge, 200).take([4])).opened["account"].tolist() == [name]
    pd.testing.assert_series_equal(monitor.surprise, before, check_exact=True)


def test_an_alarm_that_a_correction_shows_to_be_over_is_reported_closed(spiky, panel):
    monitor = spiky.at(0.5).monitor(panel.between(until=panel.days[213]))
    changes = monitor.update(day_of(surge(panel, 4, 200, 1), 200).take([4]))
    assert (changes.closed["account"].tolist(), changes.closed["status"].tolist()) == ([panel.accounts[4]], ["closed"])


def test_an_account_may_be_new_today_or_in_a_corrected_day(rule, panel):
    monitor = rule.monitor(panel.between(until=panel.days[200]).take(slice(8)))
    newer = day_of(panel, 190)
    monitor.update(newer)
    monitor.update(day_of(panel, 201))
    known = oracles_monitor.Known(panel.between(until=panel.days[200]).take(slice(8)))
    known.tell(newer)
    known.tell(day_of(panel, 201))
    agree(rule, monitor, known, {known.last: (monitor.accounts, monitor.surprise.to_numpy())})
    assert len(monitor.accounts) == 12


def test_forgetting_an_account_changes_no_bit_of_the_others(spiky, panel, tmp_path):
    """Against a monitor that never had it; the forgotten one has an open alarm and a name longer than the others."""
    names = panel.accounts.tolist()
    names[5] = "somebody with a long name"
    shifted = surge(surge(panel, 5, 300, 8), 2, 301, 10)
    shifted = vs.Panel(dict(shifted.measures), accounts=names, start=shifted.start)
    without = shifted.take([row for row in range(12) if row != 5])
    monitor = spiky.monitor(shifted.between(until=shifted.days[304]))
    never = spiky.monitor(without.between(until=without.days[304]))
    assert names[5] in set(monitor.alarms()["account"])
    monitor.forget(names[5])
    for day in range(305, 312):
        monitor.save(tmp_path / "forgotten.vs")
        never.save(tmp_path / "never.vs")
        one, other = (archives.read_archive(tmp_path / f"{name}.vs", "monitor") for name in ("forgotten", "never"))
        assert one[0] == other[0]
        assert one[1].keys() == other[1].keys()
        for name, values in one[1].items():
            np.testing.assert_array_equal(values, other[1][name], err_msg=name, strict=True)
        both = [kept.update(day_of(without, day)) for kept in (monitor, never)]
        for mine, theirs in [(monitor.alarms(), never.alarms()), *zip(*both, strict=True)]:
            pd.testing.assert_frame_equal(mine, theirs, check_dtype=len(theirs) > 0)
        assert len(never.alarms())
    assert names[5].encode("utf-32-le") not in b"".join(np.asarray(value).tobytes() for value in one[1].values())


def test_who_was_forgotten_may_come_again_as_new(rule, panel):
    monitor = rule.monitor(panel.between(until=panel.days[-2]))
    for name in panel.accounts:
        monitor.forget(str(name))
    assert len(monitor.accounts) == len(monitor.surprise) == 0
    monitor.update(day_of(panel, -1))
    assert monitor.accounts.tolist() == panel.accounts.tolist()
    assert monitor.surprise.isna().all(), "a detector with a window knows nothing of them"
    with pytest.raises(ValueError, match="`account` must be one of the monitor's accounts, got 'nobody'"):
        monitor.forget("nobody")


def test_single_precision_is_the_same(rule, panel):
    single = panel.with_measures({name: values.astype(np.float32) for name, values in panel.measures.items()})
    monitor = rule.monitor(single.between(until=panel.days[199]))
    for day in range(200, 240):
        monitor.update(day_of(single, day))
    np.testing.assert_array_equal(monitor.surprise, rule.surprise(single)[:, 239])


def test_the_state_does_not_grow_with_the_days(rule, panel, tmp_path):
    monitor, sizes = rule.monitor(panel.between(until=panel.days[9])), []
    for day in range(10, 310):
        monitor.update(day_of(panel, day))
        if day % 100 == 9:
            parts = monitor._record.packed()
            marks = parts.pop("marks")
            sizes.append(sum(array.nbytes for part in parts.values() for array in part.values()))
            assert (marks["day"] > monitor._record.last - monitor._record.memory.n_days).all()
            assert len(marks["day"]) > 0
    assert sizes[0] == sizes[1] == sizes[2]
    assert sizes[0] / panel.n_accounts < 8000  # four measures, two of which need float64


def test_a_rule_changed_later_does_not_change_its_monitor(rule, panel):
    own = copy.copy(rule)
    monitor = own.monitor(panel.between(until=panel.days[199]))
    threshold = monitor.rule.threshold_
    own.per_account_year = 0.2
    assert monitor.rule.threshold_ == threshold


def test_loading_refuses_what_is_damaged_unknown_or_something_else(rule, panel, tmp_path, monkeypatch):
    path, other = tmp_path / "monitor.vs", tmp_path / "other.vs"
    rule.monitor(panel.between(until=panel.days[99])).save(path)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:-1], b"", b"Title,Date\n"):
        other.write_bytes(content)
        with pytest.raises(ValueError, match="must be a monitor saved by viewshift, but it is damaged or"):
            vs.load_monitor(other)
    rule.save(other)
    with pytest.raises(ValueError, match="but it holds a rule"):
        vs.load_monitor(other)
    with pytest.raises(ValueError, match="but it holds a monitor"):
        vs.load_rule(path)
    monkeypatch.setitem(archives.FORMATS, "monitor", 99)
    with pytest.raises(ValueError, match="monitor format 2, but this version reads format 99"):
        vs.load_monitor(path)


def test_what_cannot_be_taken_in_is_refused_with_a_sentence(rule, panel):
    monitor = rule.monitor(panel.between(panel.days[50], panel.days[199]))
    state = copy.deepcopy(monitor._record.packed())
    only = vs.Panel({"episodes": [[1.0]]}, accounts=["a"], start=panel.days[200])
    for today, sentence in (
        (panel.between(panel.days[200], panel.days[201]), "`today` must be a panel of one day, got 2"),
        (only, "`today` must have the measures of the history, 'episodes', .*; it has 'episodes'."),
        (day_of(panel, 184), f"`today` is {panel.days[184]}, but only days from {panel.days[185]} on can be corrected"),
        (
            vs.Panel(day_of(panel, 200).measures, accounts=panel.accounts, start="2140-01-01"),
            f"`today` must not skip days that are still to come, got 2140-01-01 after {panel.days[199]}",
        ),
        (day_of(panel, 49), f"`today` is {panel.days[49]}, before the history, which begins on {panel.days[50]}"),
    ):
        with pytest.raises(ValueError, match=sentence):
            monitor.update(today)
    with pytest.raises(TypeError, match="`today` must be a Panel, got DataFrame"):
        monitor.update(panel.to_frame())
    with pytest.raises(ValueError, match="must not repeat a name"):
        vs.Panel({"episodes": [[1.0], [2.0]]}, accounts=["a", "a"], start=panel.days[200])
    np.testing.assert_equal(monitor._record.packed(), state)
    monitor.update(day_of(panel, 185))


def test_days_to_come_are_taken_in_one_after_the_other(rule, panel):
    ahead = vs.Panel(panel.measures, accounts=panel.accounts, start="2140-01-01")
    monitor = rule.monitor(ahead.between(until=ahead.days[199]))
    monitor.update(day_of(ahead, 200))
    assert monitor.last_day == ahead.days[200]


def test_what_cannot_be_watched_is_refused_with_a_sentence(rule, panel):
    with pytest.raises(ValueError, match="`history` must hold at least one day"):
        rule.monitor(panel.between(panel.days[5], panel.days[4]))
    with pytest.raises(NotFittedError, match="not fitted yet"):
        vs.AlarmRule(vs.detectors.Cusum()).monitor(panel)
    hindsight = vs.AlarmRule(vs.detectors.Pelt()).fit(vs.simulate.viewers(30, 200, seed=1))
    with pytest.raises(TypeError, match="must score day by day to be advanced, got Pelt"):
        hindsight.monitor(panel)
    with pytest.raises(ValueError, match="needs the measure 'episodes'"):
        rule.monitor(vs.Panel({"minutes": [[1.0]]}, accounts=["a"], start="2024-01-01"))


def test_the_page_on_monitors_runs_as_it_stands(tmp_path, monkeypatch):
    page = Path(__file__).resolve().parent.parent / "docs" / "monitor.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    said = {}
    exec("\n".join(blocks), said)
    assert len(said["monitor"].accounts) == 500
    assert "anna" not in said["monitor"].accounts
    assert said["monitor"].last_day == said["today"] + 3
