"""Events to days: what falls on which day, and what counts once."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import oracles_daily as oracle
import viewshift as vs
from viewshift.kernels.intervals import cut, unite
from viewshift.local_days import first_instant

# A zone, and a day near which its clock changes: at night, at midnight forwards (no 00:00), at midnight backwards
# (23:00 twice), from 01:00 to 00:00 (00:00 twice), by half an hour, by a whole day (no 30 December), never.
CHANGES = [
    ("Europe/Berlin", "2024-03-31"),
    ("Europe/Berlin", "2024-10-27"),
    ("America/New_York", "2024-11-03"),
    ("America/Sao_Paulo", "2017-10-15"),
    ("America/Sao_Paulo", "2018-02-18"),
    ("America/Havana", "2023-11-05"),
    ("Australia/Lord_Howe", "2024-04-07"),
    ("Pacific/Apia", "2011-12-30"),
    ("Asia/Kolkata", "2024-01-01"),
]


def log(*plays: tuple[str, float, str], account: str = "me") -> pl.DataFrame:
    """Frame of (start in UTC, minutes, "Show: Title")."""
    return pl.DataFrame(
        {
            "account": [account] * len(plays),
            "start": [start for start, _, _ in plays],
            "duration": [60.0 * minutes for _, minutes, _ in plays],
            "title": [title for _, _, title in plays],
            "show": [title.split(": ")[0] for _, _, title in plays],
        }
    )


def test_play_across_midnight_gives_minutes_to_both_days_and_one_episode_to_the_first() -> None:
    events = vs.read_table(log(("2025-06-01 21:40:00", 60, "A: 1")), tz="Europe/Berlin")  # 23:40 to 00:40
    panel = events.daily(until="2025-06-03")
    assert panel["episodes"].tolist() == [[1, 0, 0]]
    assert panel["minutes"].tolist() == [[20, 40, 0]]
    assert panel["night_minutes"].tolist() == [[0, 40, 0]]


def test_overlapping_plays_of_one_account_are_united_and_those_of_two_are_not() -> None:
    mine = log(
        ("2025-06-01 12:00:00", 60, "A: 1"), ("2025-06-01 12:30:00", 60, "B: 1"), ("2025-06-01 12:10:00", 5, "C: 1")
    )
    both = pl.concat([mine, log(("2025-06-01 12:00:00", 60, "A: 1"), account="you")])
    panel = vs.read_table(both, tz="UTC").daily(until="2025-06-01")
    assert panel.accounts.tolist() == ["me", "you"]
    assert panel["minutes"].tolist() == [[90], [60]]
    assert panel["episodes"].tolist() == [[3], [1]]


def test_pieces_of_a_title_on_one_day_are_one_episode_and_on_two_days_two() -> None:
    frame = log(
        ("2025-06-01 10:00:00", 10, "A: 1"), ("2025-06-01 18:00:00", 20, "A: 1"), ("2025-06-02 18:00:00", 5, "A: 1")
    )
    panel = vs.read_table(frame, tz="UTC").daily(until="2025-06-02")
    assert panel["episodes"].tolist() == [[1, 1]]
    assert panel["minutes"].tolist() == [[30, 5]]


def test_titles_of_the_same_name_in_two_shows_are_two() -> None:
    frame = pl.DataFrame({"date": ["2025-06-01"] * 3, "show": ["A", "B", "A"], "title": ["Pilot", "Pilot", "Pilot"]})
    panel = vs.read_table(frame).daily(until="2025-06-01")
    assert panel["episodes"].tolist() == [[2]]
    assert panel["top_show_episodes"].tolist() == [[1]]


def test_day_start_moves_the_border_but_not_the_night() -> None:
    events = vs.read_table(log(("2025-06-02 01:00:00", 240, "A: 1")), tz="Europe/Berlin")  # 03:00 to 07:00 on the 2nd
    panel = events.daily(until="2025-06-02", day_start="04:00")
    assert str(panel.start) == "2025-06-01"
    assert panel["episodes"].tolist() == [[1, 0]]
    assert panel["minutes"].tolist() == [[60, 180]]
    assert panel["night_minutes"].tolist() == [[60, 120]]


@pytest.mark.parametrize("wrong", ["4:00", "24:00", "04:60", "noon", 4])
def test_day_start_must_be_a_time_of_day(wrong: object) -> None:
    events = vs.read_table(log(("2025-06-02 01:00:00", 30, "A: 1")), tz="UTC")
    with pytest.raises(ValueError, match="`day_start` must be a time of day such as '04:00', got"):
        events.daily(until="2025-06-02", day_start=wrong)  # type: ignore[arg-type]


def test_day_start_is_refused_where_plays_have_no_time() -> None:
    events = vs.read_table(pl.DataFrame({"date": ["2025-06-01"]}))
    with pytest.raises(ValueError, match="`day_start` must stay '00:00' for plays without times, got '04:00'"):
        events.daily(until="2025-06-01", day_start="04:00")


def test_silence_to_the_day_of_the_export_is_observed() -> None:
    events = vs.read_table(log(("2025-06-01 12:00:00", 30, "A: 1"), ("2025-06-03 12:00:00", 30, "A: 2")), tz="UTC")
    panel = events.daily(until="2025-06-06")
    assert panel["episodes"].tolist() == [[1, 0, 1, 0, 0, 0]]
    assert panel["minutes"].tolist() == [[30, 0, 30, 0, 0, 0]]


def test_until_defaults_to_the_day_of_the_last_play_with_advice() -> None:
    events = vs.read_table(log(("2025-06-01 12:00:00", 30, "A: 1"), ("2025-06-03 23:50:00", 30, "A: 2")), tz="UTC")
    with pytest.warns(UserWarning, match="`until` is not given, .* the last play, on 2025-06-03; pass"):
        panel = events.daily()
    assert str(panel.days[-1]) == "2025-06-03"
    assert panel["minutes"].tolist() == [[30, 0, 10]]


def test_a_day_to_come_is_refused() -> None:
    events = vs.read_table(pl.DataFrame({"date": ["2025-06-01"]}))
    today = datetime.now(UTC).date()
    with pytest.raises(ValueError, match=f"`until` must not lie in the future, got {today + timedelta(days=2)}"):
        events.daily(until=str(today + timedelta(days=2)))
    with pytest.warns(UserWarning, match="days of silence"):
        assert events.daily(until=str(today)).days[-1] == np.datetime64(today)


def test_long_silence_after_the_last_play_is_remarked_on() -> None:
    events = vs.read_table(pl.DataFrame({"date": ["2025-06-01"]}))
    assert events.daily(until="2025-07-31").n_days == 61
    with pytest.warns(UserWarning, match=r"last play was on 2025-06-01, so 61 days of silence count as observed"):
        events.daily(until="2025-08-01")
    counts = vs.read_table(pl.DataFrame({"date": ["2025-06-01"], "episodes": [1]}))
    assert not counts.daily(until="2025-12-31").observed[0, 1:].any()  # days without a row: nothing to remark on


def test_accounts_are_observed_from_their_first_play_on() -> None:
    frame = pl.DataFrame({"account": ["b", "a"], "date": ["2025-06-01", "2025-06-03"]})
    panel = vs.read_table(frame).daily(until="2025-06-04")
    assert panel.accounts.tolist() == ["a", "b"]
    np.testing.assert_array_equal(panel["episodes"], [[np.nan, np.nan, 1, 0], [1, 0, 0, 0]])


def test_since_and_until_cut_the_panel_and_the_minutes_beyond_it() -> None:
    frame = log(*((f"2025-06-0{day} 23:30:00", 60, f"A: {day}") for day in range(1, 6)))
    panel = vs.read_table(frame, tz="UTC").daily(since="2025-06-02", until="2025-06-04")
    assert str(panel.start) == "2025-06-02"
    assert panel["episodes"].tolist() == [[1, 1, 1]]
    assert panel["minutes"].tolist() == [[60, 60, 60]]
    early = vs.read_table(frame, tz="UTC").daily(since="2025-05-30", until="2025-06-01")
    np.testing.assert_array_equal(early["episodes"], [[np.nan, np.nan, 1]])


@pytest.mark.parametrize("span", [("2025-06-05", "2025-06-04"), (None, "2025-05-31")])
def test_until_must_not_lie_before_since_or_the_first_play(span: tuple[str | None, str]) -> None:
    events = vs.read_table(log(("2025-06-01 12:00:00", 30, "A: 1")), tz="UTC")
    with pytest.raises(ValueError, match=r"`until` must not lie before `since` or the first play \(2025-06-01\), got"):
        events.daily(*span)


def test_days_that_are_no_days_are_refused() -> None:
    events = vs.read_table(log(("2025-06-01 12:00:00", 30, "A: 1")), tz="UTC")
    with pytest.raises(ValueError, match="`until` must be a day such as '2025-07-31', got 'soon'"):
        events.daily(until="soon")


def test_plays_of_unknown_length_are_episodes_without_minutes() -> None:
    frame = log(("2025-06-01 12:00:00", 30, "A: 1"), ("2025-06-01 20:00:00", 30, "A: 2"))
    half = frame.with_columns(pl.when(pl.col("title") == "A: 1").then("duration").alias("duration"))
    panel = vs.read_table(half, tz="UTC").daily(until="2025-06-01")
    assert (panel["episodes"].tolist(), panel["minutes"].tolist()) == ([[2]], [[30]])
    assert set(vs.read_table(frame.drop("duration"), tz="UTC").daily(until="2025-06-01").measures) == {
        "episodes",
        "top_show_episodes",
    }


def test_repr_says_what_and_whose_and_when() -> None:
    events = vs.read_table(
        log(("2025-06-01 23:00:00", 30, "A: 1"), ("2025-06-03 12:00:00", 30, "A: 2")), tz="Europe/Berlin"
    )
    assert repr(events) == "Events(2 plays of 1 account, 2025-06-02 to 2025-06-03 in Europe/Berlin; from polars frame)"


# ---- twins ------------------------------------------------------------------------------------------------------


def random_plays(seed: int, tz: str, day: str) -> list[oracle.Play]:
    rng = np.random.default_rng(seed)
    noon = int(datetime.combine(date.fromisoformat(day), time(12), ZoneInfo(tz)).timestamp()) // 60
    return [
        oracle.Play(
            account=str(rng.choice(["ada", "ben"])),
            start=noon + int(rng.integers(-3 * 1440, 3 * 1440)),
            minutes=int(rng.choice([0, 1, 45, 90, 1500])),
            show=str(rng.choice(["A", "B"])) if rng.random() < 0.8 else None,
            title=str(rng.choice(["1", "2", "3"])) if rng.random() < 0.8 else None,
        )
        for _ in range(rng.integers(1, 25))
    ]


def panel_of(plays: list[oracle.Play], tz: str, day_start: str, until: date) -> vs.Panel:
    frame = pl.DataFrame(
        {
            "account": [play.account for play in plays],
            "start": [datetime.fromtimestamp(60 * play.start, UTC) for play in plays],
            "duration": [60 * play.minutes for play in plays],
            "title": pl.Series([play.title for play in plays], dtype=pl.String),
            "show": pl.Series([play.show for play in plays], dtype=pl.String),
        }
    )
    return vs.read_table(frame, tz=tz).daily(until=np.datetime64(until), day_start=day_start)


def as_dict(panel: vs.Panel, measure: str) -> dict[tuple[str, date], float]:
    days = panel.days.astype(object)
    return {
        (str(panel.accounts[i]), days[t]): float(panel[measure][i, t])
        for i, t in np.argwhere(np.nan_to_num(panel[measure]) > 0)
    }


@given(seed=st.integers(0, 2**32), change=st.sampled_from(CHANGES), begins=st.sampled_from([0, 4]))
@example(seed=0, change=CHANGES[0], begins=0)
@example(seed=1, change=CHANGES[1], begins=4)
@example(seed=2, change=CHANGES[3], begins=0)
@example(seed=3, change=CHANGES[4], begins=0)
@example(seed=4, change=CHANGES[5], begins=0)
@example(seed=5, change=CHANGES[7], begins=0)
def test_daily_equals_a_walk_through_the_minutes(seed: int, change: tuple[str, str], begins: int) -> None:
    tz, day = change
    plays = random_plays(seed, tz, day)
    end = max(play.start + play.minutes for play in plays)
    panel = panel_of(plays, tz, f"{begins:02d}:00", oracle.day_of(end, tz, begins))
    total, night = oracle.minutes(plays, tz, begins)
    assert as_dict(panel, "minutes") == pytest.approx({cell: n for cell, n in total.items() if n})
    assert as_dict(panel, "night_minutes") == pytest.approx({cell: n for cell, n in night.items() if n})
    if any(play.show for play in plays):
        count, top = oracle.episodes(plays, tz, begins)
        assert as_dict(panel, "episodes") == count
        assert as_dict(panel, "top_show_episodes") == top


def test_intervals_that_touch_become_one_but_not_those_of_two_owners() -> None:
    owner, start, end = np.array([1, 0, 0, 1]), np.array([5, 0, 3, 7]), np.array([6, 3, 5, 9])
    united = [part.tolist() for part in unite(owner, start, end)]
    assert united == [[0, 1, 1], [0, 5, 7], [5, 6, 9]]


@given(seed=st.integers(0, 2**32))
def test_cutting_conserves_united_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 200))
    owner, start = rng.integers(0, 4, n), rng.integers(0, 5000, n)
    end = start + rng.integers(0, 300, n)
    whose, opens, closes = unite(owner, start, end)
    covered = {(o, t) for o, a, b in zip(owner, start, end, strict=True) for t in range(a, b)}
    assert sum(closes - opens) == len(covered)
    apart = (whose[1:] > whose[:-1]) | (opens[1:] > closes[:-1])
    assert apart.all()
    assert {(o, t) for o, a, b in zip(whose, opens, closes, strict=True) for t in range(a, b)} == covered
    borders = np.unique(np.concatenate([[-1, 6000], rng.integers(0, 5300, 20)]))
    whole, cell, length = cut(opens, closes, borders)
    np.testing.assert_array_equal(np.bincount(whole, length, minlength=len(opens)), closes - opens)
    assert (length <= np.diff(borders)[cell]).all()


@pytest.mark.parametrize(("tz", "day"), CHANGES)
def test_first_instant_of_a_day_is_the_first_minute_with_its_date(tz: str, day: str) -> None:
    around = date.fromisoformat(day)
    for target in (around, around + timedelta(days=1)):
        instant = first_instant(target, time(0), ZoneInfo(tz))
        assert instant % 60_000 == 0
        minute = instant // 60_000
        assert oracle.local(minute, tz).date() >= target
        assert oracle.local(minute - 1, tz).date() < target


def test_day_of_23_hours_holds_23_hours_of_play() -> None:
    events = vs.read_table(log(("2024-03-30 22:00:00", 48 * 60, "A: 1")), tz="Europe/Berlin")
    panel = events.daily(until="2024-03-31")
    assert panel["minutes"].tolist() == [[60, 23 * 60]]
    assert panel["night_minutes"].tolist() == [[0, 5 * 60]]
