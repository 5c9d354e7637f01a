"""Counts that name nobody: streaks against a twin, what is never told, and attacks that play two answers off."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

import viewshift as vs
from oracles_cohorts import accounts_with_streak
from viewshift import cohorts
from viewshift.cohorts import DELTA, same_title_streaks

FIRST = date(2025, 6, 1)
EPSILON, K = 0.5, 20
ERROR = len(cohorts._noise(EPSILON)) // 2
KEYS = [f"key number {n:05d} of these tests" for n in range(300)]
ANY = range(1, 20)
"""Days of a streak of 19."""


def events(watched: Iterable[tuple[str, str, Iterable[int]]]) -> vs.Events:
    """Events of (account, title, days counted from 1)."""
    rows = [(account, title, FIRST + timedelta(days=day - 1)) for account, title, days in watched for day in days]
    return vs.read_table(pl.DataFrame(rows, schema=["account", "title", "date"], orient="row"))


def crowd(n: int, days: Iterable[int] = ANY) -> list[tuple[str, str, list[int]]]:
    return [(f"a{number:03d}", "Salt", list(days)) for number in range(n)]


def true_count(watched: vs.Events, days: int, title: str | None = None) -> int:
    plays = cohorts._titled_days(watched)
    return cohorts._with_streak(plays if title is None else plays.filter(pl.col("title") == title), days)


@pytest.mark.parametrize("tz", ["UTC", "America/New_York", "Pacific/Auckland"])
def test_streaks_are_those_of_the_twin(tz):
    """Six accounts, two titles of two shows or of none, plays without title; around a change of clocks."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        plays = [
            (
                f"a{rng.integers(6)}",
                datetime(2024, 10, 30) + timedelta(minutes=int(rng.integers(9 * 24 * 60))),
                (None, "Harbour Lights", "Low Tide")[rng.integers(3)],
                (None, "Pilot", "Salt")[rng.choice(3, p=[0.1, 0.45, 0.45])],
            )
            for _ in range(150)
        ]
        frame = pl.DataFrame(plays, schema=["account", "start", "show", "title"], orient="row")
        table = vs.read_table(frame, tz=tz)
        for days in (1, 2, 3, 4, 6):
            assert true_count(table, days) == accounts_with_streak(plays, tz, days), (seed, days)


@pytest.mark.parametrize(
    ("watched", "longest"),
    [
        ([("me", "Salt", [1, 2, 3])], 3),
        ([("me", "Salt", [1, 2, 2, 2, 3])], 3),
        ([("me", "Salt", [3, 1, 2])], 3),
        ([("me", "Salt", [1, 2, 4, 5])], 2),
        ([("me", "Salt", [1, 3]), ("me", "Two Left Shoes", [2, 4])], 1),
        ([("me", "Salt", [1, 2, 3]), ("me", "Two Left Shoes", [2, 3])], 3),
        ([("me", "Salt", [1, 2]), ("you", "Salt", [3, 4])], 2),
    ],
    ids=[
        "in a row",
        "twice a day",
        "out of order",
        "a day is missing",
        "titles in turn",
        "two at once",
        "two accounts",
    ],
)
def test_length_of_a_streak(watched, longest):
    found = events(watched)
    assert true_count(found, longest) >= 1
    assert true_count(found, longest + 1) == 0


def test_an_account_with_several_streaks_counts_once():
    assert true_count(events([("me", "Salt", [1, 2, 5, 6]), ("me", "Two Left Shoes", [1, 2])]), 2) == 1


def test_a_streak_is_one_of_local_days():
    """Plays at 23:00 and 01:00 UTC are on one day in New York, and on two in London."""
    starts = ["2025-01-10 23:00:00", "2025-01-11 01:00:00"]
    frame = pl.DataFrame({"account": ["me"] * 2, "start": starts, "title": ["Salt"] * 2})
    assert true_count(vs.read_table(frame, tz="Europe/London"), 2) == 1
    assert true_count(vs.read_table(frame, tz="America/New_York"), 2) == 0


def test_one_title_is_asked_for_by_name():
    watched = events([*crowd(90), *[(f"b{n}", "Two Left Shoes", ANY) for n in range(200)]])
    both, one, none = (
        same_title_streaks(watched, title=title, key=KEYS[0]) for title in (None, "Salt", "Never Heard of It")
    )
    assert abs(both.accounts - 290) <= ERROR
    assert abs(one.accounts - 90) <= ERROR
    assert none.accounts is None
    assert "'Salt'" in str(one)


def test_no_number_is_ever_told_of_fewer_than_k():
    below, always = events(crowd(K - 1)), events(crowd(K + 2 * ERROR))
    for key in KEYS[:150]:
        told = same_title_streaks(below, key=key)
        assert (told.accounts, told.low, told.high) == (None, None, None)
        assert same_title_streaks(always, key=key).accounts is not None


def test_the_error_is_bounded_and_the_interval_keeps_its_share():
    """The interval is the shortest that holds 95 % of the noise, counted over all its values."""
    watched = events(crowd(90))
    told = [same_title_streaks(watched, key=key) for key in KEYS]
    assert max(abs(one.accounts - 90) for one in told) <= told[0].error == ERROR
    assert len({one.accounts for one in told}) > 10
    reach = told[0].high - told[0].accounts
    assert {(one.accounts - one.low, one.high - one.accounts) for one in told} == {(reach, reach)}
    noise = cohorts._noise(EPSILON)
    assert noise[ERROR - reach : ERROR + reach + 1].sum() >= 0.95 > noise[ERROR - reach + 1 : ERROR + reach].sum()


@pytest.mark.parametrize("epsilon", [0.01, 0.1, 0.5, 1.0, 3.0, 10.0])
def test_an_answer_is_differentially_private(epsilon):
    """Exactly, over every answer that c and c + 1 accounts can get: P(S) <= e^epsilon Q(S) + delta for every set S."""
    noise = cohorts._noise(epsilon)
    error = len(noise) // 2

    def answers(count):
        told = np.zeros(count + error + 2)
        values = count + np.arange(-error, error + 1)
        shown = values >= K + error
        told[values[shown]] = noise[shown]
        told[0] = noise[~shown].sum()
        return told

    for count in (0, K - 1, K, K + error, K + 2 * error - 1, K + 2 * error, K + 3 * error):
        fewer, more = answers(count), answers(count + 1)
        fewer = np.append(fewer, 0.0)
        for p, q in ((fewer, more), (more, fewer)):
            assert np.maximum(p - np.exp(epsilon) * q, 0.0).sum() <= DELTA * (1 + 1e-9)
    if error > 1:
        tighter = noise[1:-1] / noise[1:-1].sum()
        assert tighter[0] > DELTA, "a smaller bound would have done"


def test_noise_is_drawn_with_its_probabilities():
    """Chi-squared over 2,000 keys; with these keys the p-value is no matter of chance."""
    plays, noise = cohorts._titled_days(events([("me", "Salt", [1])])), cohorts._noise(EPSILON)
    drawn = [cohorts._drawn(noise, f"{n}".encode(), plays, ()) + ERROR for n in range(2000)]
    seen = np.bincount(drawn, minlength=len(noise))
    middle = slice(ERROR - 8, ERROR + 9)
    expected = np.append(noise[middle], 1 - noise[middle].sum()) * 2000
    assert stats.chisquare(np.append(seen[middle], 2000 - seen[middle].sum()), expected).pvalue > 0.001


def with_and_without(ada: Iterable[int]) -> tuple[tuple[vs.Events, int], tuple[vs.Events, int]]:
    """The same question before and after an account was closed."""
    return (events([*crowd(90), ("ada", "Salt", ada)]), 18), (events(crowd(90)), 18)


def eighteen_and_nineteen(ada: Iterable[int]) -> tuple[tuple[vs.Events, int], tuple[vs.Events, int]]:
    """Two lengths; everybody else goes on for longer than both."""
    both = events([*crowd(90, range(1, 26)), ("ada", "Salt", ada)])
    return (both, 18), (both, 19)


def two_windows(ada: Iterable[int]) -> tuple[tuple[vs.Events, int], tuple[vs.Events, int]]:
    """Dates that overlap but for a day; everybody else watches on all of them."""
    first = events([*crowd(90, range(1, 19)), ("ada", "Salt", ada)])
    second = events([*crowd(90, range(2, 20)), ("ada", "Salt", [day for day in ada if day > 1])])
    return (first, 18), (second, 18)


@pytest.mark.parametrize("pair", [with_and_without, eighteen_and_nineteen, two_windows])
@pytest.mark.parametrize("guarded", [True, False])
def test_two_answers_played_off_against_each_other_do_not_tell_on_an_account(monkeypatch, pair, guarded):
    """Did Ada watch it for 18 days, or for a week? Who says so when the first number is the larger is right by half.

    The best that two answers at epsilon .5 allow is 56.5 %: half of 1 + P(the noises are equal). 400 guesses go past
    .68 once in 200,000 tests; without noise all of them are right.
    """
    if not guarded:
        monkeypatch.setattr(cohorts, "_drawn", lambda *_: 0)
    keys, right = KEYS[:200] if guarded else KEYS[:3], 0
    for days, is_so in ((range(1, 19), True), (range(1, 8), False)):
        (first, short), (second, long) = pair(days)
        assert true_count(first, short) - true_count(second, long) == is_so
        for key in keys:
            one, other = (
                same_title_streaks(watched, n, key=key).accounts for watched, n in ((first, short), (second, long))
            )
            right += (one > other) == is_so
    share = right / (2 * len(keys))
    assert share < 0.68 if guarded else share == 1.0


def test_the_same_question_has_the_same_answer_in_any_order():
    watched = events(crowd(90))
    shuffled = replace(watched, table=watched.table.sample(fraction=1.0, shuffle=True, seed=1))
    twice = replace(watched, table=pl.concat([watched.table, watched.table.head(100)]))
    for key in (None, *KEYS[:30]):
        assert len({same_title_streaks(each, key=key).accounts for each in (watched, shuffled, twice)}) == 1


def test_a_smaller_k_takes_nothing_off_the_noise():
    watched = events(crowd(90))
    for key in KEYS[:30]:
        assert len({same_title_streaks(watched, key=key, k=k).accounts for k in (2, 10, 20, 40)}) == 1


@pytest.mark.parametrize("other", ["days", "title", "epsilon", "key", "an account that does not count"])
def test_every_other_question_has_noise_of_its_own(other):
    """Else the difference of two answers would be exact, or their being equal would tell that nobody joined."""
    watched = events([*crowd(90), ("eve", "Two Left Shoes", [1])])
    keys = KEYS[:150]
    plain = [same_title_streaks(watched, key=key).accounts for key in keys]
    asked = {"days": {"days": 17}, "title": {"title": "Salt"}, "epsilon": {"epsilon": 0.51}}.get(other, {})
    data = events(crowd(90)) if other.startswith("an account") else watched
    keys = [key[::-1] for key in keys] if other == "key" else keys
    changed = [same_title_streaks(data, **{"key": key, **asked}).accounts for key in keys]
    assert abs(np.corrcoef(plain, changed)[0, 1]) < 0.35
    assert np.mean(np.equal(plain, changed)) < 0.3


def test_an_answer_names_no_account_and_no_title():
    watched = events(crowd(90))
    for one in (same_title_streaks(watched), same_title_streaks(events(crowd(3)))):
        for text in (str(one), repr(one)):
            assert "a00" not in text
            assert "Salt" not in text


def test_sentences():
    told = same_title_streaks(events(crowd(90)), key=KEYS[0])
    assert str(told) == (
        f"About {told.accounts} accounts ({told.low} to {told.high}) watched one title on each of 18 days in a row."
    )
    assert str(same_title_streaks(events(crowd(5)), days=4)) == (
        "How many accounts watched one title on each of 4 days in a row is not told: too few, or none. "
        "Numbers are told from 20 accounts on, those below 70 only sometimes."
    )


@pytest.mark.parametrize(
    ("asked", "error", "sentence"),
    [
        ({"days": 0}, ValueError, "`days` must be at least 1, got 0"),
        ({"k": 1}, ValueError, "`k` must be at least 2, got 1"),
        ({"epsilon": 0.0}, ValueError, "`epsilon` must be a finite number above 0"),
        ({"epsilon": 11}, ValueError, r"`epsilon` must lie in \[0.01, 10\], got 11"),
        ({"title": 3}, TypeError, "`title` must be text or None, got int"),
        ({"key": "short"}, ValueError, "`key` must be a key of at least 16 bytes"),
    ],
)
def test_what_is_refused(asked, error, sentence):
    with pytest.raises(error, match=sentence):
        same_title_streaks(events(crowd(2)), **asked)


def test_plays_without_titles_are_refused():
    frame = pl.DataFrame({"account": ["me"], "date": ["2025-06-01"]})
    with pytest.raises(ValueError, match="`events` must have plays with titles, got none"):
        same_title_streaks(vs.read_table(frame))


def test_the_worked_example_says_what_the_page_shows(capsys):
    page = (Path(__file__).resolve().parent.parent / "docs" / "cohorts.md").read_text(encoding="utf-8")
    code, shown = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, flags=re.DOTALL).groups()
    exec(compile(code, "cohorts.md", "exec"), {})
    assert capsys.readouterr().out == shown


def test_shares_on_the_page_are_those_of_the_noise():
    page = (Path(__file__).resolve().parent.parent / "docs" / "cohorts.md").read_text(encoding="utf-8")
    noise = cohorts._noise(EPSILON)
    for count in (45, 53):
        share = noise[np.arange(-ERROR, ERROR + 1) + count >= K + ERROR].sum()
        assert re.search(rf"of {count}(?: accounts)? in {100 * share:.0f}(?: of 100 answers)?", page)
    assert f"m is {ERROR}," in page
    assert f"(m = {len(cohorts._noise(1.0)) // 2})" in page
