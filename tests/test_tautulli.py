"""The database of Tautulli."""

import sqlite3
from pathlib import Path

import pytest

import viewshift as vs
from databases import EVENING, HISTORY, METADATA, plex_play, tautulli, written

HOUR = 3600


def left_out(events: vs.Events) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {part.reason: (part.rows, part.lines) for part in events.report.left_out}


def test_each_user_is_an_account_with_minutes_without_pauses(tmp_path: Path) -> None:
    path = tautulli(
        tmp_path,
        plex_play(1, paused_counter=600),
        plex_play(2, started=EVENING + 5 * HOUR, stopped=EVENING + 6 * HOUR),  # 23:00 UTC, in Berlin on the next day
        plex_play(3, user_id=8, media_type="movie", title="The Quiet Orchard", parent_title="", grandparent_title=""),
    )
    events = vs.read_tautulli(path, tz="Europe/Berlin")
    assert events.table.select("account", "title", "show", "kind").rows() == [
        ("Ada", "Harbour Lights: Season 1: Part 1", "Harbour Lights", "episode"),
        ("Ada", "Harbour Lights: Season 1: Part 2", "Harbour Lights", "episode"),
        ("ben", "The Quiet Orchard", "The Quiet Orchard", "movie"),
    ]
    panel = events.daily(until="2024-07-04")
    assert panel["minutes"].tolist() == [[20, 60], [30, 0]]
    assert panel["episodes"].tolist() == [[1, 1], [1, 0]]
    assert events.report.kind == "Tautulli database"
    assert events.report.place == "row"


def test_pieces_of_a_play_are_one_episode_of_the_day_and_keep_their_own_times(tmp_path: Path) -> None:
    path = tautulli(
        tmp_path,
        plex_play(1, title=None, full_title=None),
        plex_play(2, reference_id=1, started=EVENING + 5 * HOUR, stopped=EVENING + 5 * HOUR + 60, title="Renamed"),
        plex_play(3, reference_id=1, started=EVENING + 7 * HOUR, stopped=EVENING + 7 * HOUR + 600),
        plex_play(4, reference_id=1, user_id=8),
    )
    events = vs.read_tautulli(path, tz="UTC", min_minutes=0)
    assert events.table["title"].n_unique() == 2
    panel = events.daily(until="2024-07-04")
    assert panel["episodes"].tolist() == [[1, 1], [1, 0]]
    assert panel["minutes"].tolist() == [[31, 10], [30, 0]]
    assert "2 rows resume a play and count with it (row 2, 3)" in events.report.oddities
    assert len(vs.read_tautulli(path, tz="UTC")) == 4  # the piece of a minute counts with the half hour before it


def test_what_is_no_view_is_left_out_and_counted(tmp_path: Path) -> None:
    path = tautulli(
        tmp_path,
        plex_play(1),
        plex_play(2, media_type="track"),
        plex_play(3, media_type="photo"),
        plex_play(4, media_type="clip"),
        plex_play(5, stopped=EVENING + 119),
        plex_play(6, stopped=None),
        plex_play(7, stopped=0),
        plex_play(8, started=4_102_444_800, stopped=4_102_448_400),
        plex_play(9, started=0, stopped=3600),
        plex_play(10, stopped=EVENING + 700_000),
        plex_play(11, stopped=EVENING + 120),
    )
    assert left_out(vs.read_tautulli(path, tz="UTC")) == {
        "still playing, without an end": (2, (6, 7)),
        "of unknown date (1970 or before)": (1, (9,)),
        "in the future": (1, (8,)),
        "music": (1, (2,)),
        "photos": (1, (3,)),
        "trailers and other clips": (1, (4,)),
        "lasting longer than a week": (1, (10,)),
        "under 2 minutes on their day": (1, (5,)),
    }


def test_rows_that_cannot_be_read_are_counted_by_reason(tmp_path: Path) -> None:
    good = [plex_play(k, started=EVENING + HOUR * k, stopped=EVENING + HOUR * (k + 1)) for k in range(1, 8)]
    bad = [
        plex_play(8, started=b"\xff\x00"),
        plex_play(9, stopped="soon"),
        plex_play(10, user_id=None),
        plex_play(11, paused_counter=7200),
        plex_play(12, started=9e300),
        plex_play(13, stopped=2**62),
    ]
    assert left_out(vs.read_tautulli(tautulli(tmp_path, *good, *bad), tz="UTC")) == {
        "the user has no number": (1, (10,)),
        "the start cannot be read": (2, (8, 12)),
        "still playing, without an end": (1, (9,)),
        "the end cannot be read": (1, (13,)),
        "the play ends before it starts": (1, (11,)),
    }


def test_accounts_have_the_name_that_is_shown_a_number_where_it_is_shared_and_else_the_number(tmp_path: Path) -> None:
    users = [(1, 7, "ada", "Guest"), (2, 8, "ben", "Guest"), (3, 9, "cy", " "), (4, 10, None, None)]
    plays = [plex_play(k, user_id=user) for k, user in enumerate((7, 8, 9, 10, 11), start=1)]
    path = tautulli(tmp_path, *plays, users=users)
    assert vs.read_tautulli(path, tz="UTC").table["account"].to_list() == ["Guest (7)", "Guest (8)", "cy", "10", "11"]
    key = "a key of 16 bytes or more"
    hidden = vs.read_tautulli(path, tz="UTC", pseudonymise=key).table["account"]
    assert hidden.to_list() == [vs.pseudonym(name, key) for name in ("Guest (7)", "Guest (8)", "cy", "10", "11")]


def test_users_and_seasons_may_be_missing_and_titles_too(tmp_path: Path) -> None:
    titles = METADATA.replace("parent_title TEXT, grandparent", "grandparent")
    play = list(plex_play(1).values())[:8]
    path = written(
        tmp_path / "old.db",
        HISTORY,
        titles,
        session_history=[play, [2, *play[1:]]],
        session_history_metadata=[[1, "Part 1", "Harbour Lights", None]],
    )
    events = vs.read_tautulli(path, tz="UTC")
    assert events.table.select("account", "title").rows() == [("7", "Harbour Lights: Part 1")] * 2
    written(tmp_path / "bare.db", HISTORY, titles, session_history=[play])
    assert vs.read_tautulli(tmp_path / "bare.db", tz="UTC").table["title"].to_list() == [None]


def test_log_beside_the_database_is_told_of(tmp_path: Path) -> None:
    path = tautulli(tmp_path, plex_play(1))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO session_history SELECT 2, 2, started, stopped, 7, 'ada', 0, media_type "
                       "FROM session_history")  # fmt: skip
    connection.commit()
    events = vs.read_tautulli(path, tz="UTC")
    assert len(events) == 1
    assert "the newest plays in it were not read" in events.report.oddities[-1]
    connection.close()
    assert len(vs.read_tautulli(path, tz="UTC")) == 2


def test_missing_time_zone_is_warned_of(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"tautulli.db has times in UTC and `tz` is not given") as caught:
        vs.read_tautulli(tautulli(tmp_path, plex_play(1)))
    assert caught[0].filename == __file__


def test_read_recognises_the_database(tmp_path: Path) -> None:
    assert vs.read(tautulli(tmp_path, plex_play(1)), tz="UTC").report.kind == "Tautulli database"
