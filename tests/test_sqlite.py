"""Databases that are hostile, broken or something else: one sentence, no lock, no change, no code of theirs."""

import os
import sqlite3
from pathlib import Path

import pytest

import viewshift as vs
from databases import ACTIVITY, HISTORY, METADATA, activity, jellyfin, plex_play, tautulli, written
from viewshift.readers import _sqlite
from viewshift.readers._sqlite import open_database

VIEW = (
    "CREATE VIEW session_history AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT * FROM n"
)


def refusal(path: Path) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        vs.read_tautulli(path, tz="UTC")
    message = str(caught.value)
    assert message.startswith(path.name)
    assert "\n" not in message
    return message


def test_files_that_are_no_database_are_named(tmp_path: Path) -> None:
    path = tmp_path / "tautulli.db"
    path.write_bytes(b"Title,Date\n")
    assert "must be the database of Tautulli (tautulli.db), got 2 columns" in refusal(path)
    path.write_bytes(b"")
    assert "the file is empty" in refusal(path)
    path.write_bytes(b"SQLite format 3\0" + os.urandom(4096))
    assert "encrypted or damaged" in refusal(path)
    with pytest.raises(FileNotFoundError, match="must be a file, found nothing there"):
        vs.read_tautulli(tmp_path / "none.db")


def test_damaged_databases_are_refused(tmp_path: Path) -> None:
    path = tautulli(tmp_path, *(plex_play(k, title="x" * 300) for k in range(200)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "the database is damaged or only half there" in refusal(path)
    page = bytearray(whole)
    page[3 * 4096 : 3 * 4096 + 64] = bytes(64)
    path.write_bytes(page)
    assert "the database is damaged or only half there" in refusal(path)


def test_rows_that_the_file_holds_and_does_not_count_are_damage(tmp_path: Path) -> None:
    path = tautulli(tmp_path, *(plex_play(k) for k in range(20)))
    connection = sqlite3.connect(path)
    (page,), (size,) = (connection.execute(f"{order}").fetchone() for order in (
        "SELECT rootpage FROM sqlite_master WHERE name = 'session_history'", "PRAGMA page_size"
    ))  # fmt: skip
    connection.close()
    content = bytearray(path.read_bytes())
    at = (page - 1) * size
    assert (content[at], content[at + 4]) == (0x0D, 20)  # a leaf of twenty rows
    content[at + 4] = 19
    path.write_bytes(content)
    assert len(sqlite3.connect(path).execute("SELECT * FROM session_history").fetchall()) == 19
    assert "the database is damaged or only half there" in refusal(path)


def test_missing_tables_and_columns_are_named(tmp_path: Path) -> None:
    assert "with the tables session_history and" in refusal(written(tmp_path / "a.db", "CREATE TABLE x (y)"))
    assert "with the tables session_history and" in refusal(written(tmp_path / "b.db", HISTORY))
    cut = HISTORY.replace("stopped INTEGER, ", "")
    assert "session_history must have the column 'stopped', found none" in refusal(
        written(tmp_path / "c.db", cut, METADATA)
    )
    with pytest.raises(ValueError, match=r"^d.db: .* with the table PlaybackActivity, found none; name playback_rep"):
        vs.read_jellyfin(written(tmp_path / "d.db", HISTORY))
    with pytest.raises(ValueError, match=r"^d.db: the file must be an export of .*, got an SQLite database\.$"):
        vs.read(tmp_path / "d.db")
    empty = written(tmp_path / "e.db", HISTORY, METADATA)
    assert "there must be entries, got none" in refusal(empty)


@pytest.mark.parametrize(
    "table",
    [VIEW, "CREATE VIRTUAL TABLE session_history USING fts5(id, started)"],
    ids=["view", "virtual"],
)
def test_views_and_virtual_tables_are_no_tables(tmp_path: Path, table: str) -> None:
    assert "must be that of Tautulli" in refusal(written(tmp_path / "tautulli.db", table, METADATA))


def test_generated_columns_are_no_columns(tmp_path: Path) -> None:
    made = HISTORY.replace("started INTEGER", "started INTEGER AS (length(hex(zeroblob(8000000))))")
    path = written(tmp_path / "tautulli.db", made, METADATA)
    assert "must have the column 'started', found none" in refusal(path)


def test_triggers_and_other_tables_do_no_harm(tmp_path: Path) -> None:
    path = tautulli(tmp_path, plex_play(1))
    connection = sqlite3.connect(path)
    connection.execute("CREATE TRIGGER t AFTER INSERT ON session_history BEGIN DELETE FROM users; END")
    connection.execute("CREATE TABLE 'session_history; DROP TABLE users --' (x)")
    connection.commit()
    connection.close()
    assert len(vs.read_tautulli(path, tz="UTC")) == 1


def test_sql_in_names_and_titles_is_text(tmp_path: Path) -> None:
    drop = "'; DROP TABLE session_history; --"
    path = tautulli(tmp_path, plex_play(1, title=drop, grandparent_title=None), users=[(1, 7, drop, None)])
    before = path.read_bytes()
    events = vs.read_tautulli(path, tz="UTC")
    assert events.table["account"].to_list() == [drop]
    assert events.table["title"].to_list() == [f"Season 1: {drop}"]
    assert path.read_bytes() == before


def test_huge_values_are_refused_or_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tautulli(tmp_path, plex_play(1, title="x" * 100_000, grandparent_title=None, parent_title=None))
    assert vs.read_tautulli(path, tz="UTC").table["title"].str.len_chars().to_list() == [_sqlite.CUT]
    monkeypatch.setattr(_sqlite, "LONGEST", 1 << 16)
    assert "values of the database must be shorter than" in refusal(path)


def test_what_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tautulli(tmp_path, *(plex_play(k) for k in range(2000)))
    monkeypatch.setattr(_sqlite, "PATIENCE", (0.0, 0.0))
    assert "takes far longer than its size explains" in refusal(path)


def test_text_that_is_no_utf8_is_read_with_marks(tmp_path: Path) -> None:
    path = tautulli(tmp_path, plex_play(1, title="A", grandparent_title=None, parent_title=None))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE session_history_metadata SET title = CAST(x'41ff42' AS TEXT)")
    connection.commit()
    connection.close()
    assert vs.read_tautulli(path, tz="UTC").table["title"].to_list() == ["A\ufffdB"]


def test_a_database_in_the_middle_of_a_change_is_refused_and_a_lock_is_no_matter(tmp_path: Path) -> None:
    path = tautulli(tmp_path, plex_play(1))
    connection = sqlite3.connect(path)
    connection.execute("BEGIN EXCLUSIVE")
    assert len(vs.read_tautulli(path, tz="UTC")) == 1
    connection.execute("DELETE FROM users")
    assert (tmp_path / "tautulli.db-journal").is_file()
    assert "found tautulli.db-journal beside it; end the program that writes it" in refusal(path)
    connection.rollback()
    connection.close()


def test_nothing_is_written_beside_the_database(tmp_path: Path) -> None:
    folder = tmp_path / "what? 100% #1"
    folder.mkdir()
    path = jellyfin(folder, activity())
    before, stamp = path.read_bytes(), path.stat().st_mtime_ns
    vs.read(path, tz="UTC")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, stamp)
    assert os.listdir(folder) == ["playback_reporting.db"]


def test_connection_takes_no_orders_to_write(tmp_path: Path) -> None:
    path = written(tmp_path / "x.db", ACTIVITY)
    with pytest.raises(ValueError, match=r"^x.db: "), open_database(path) as database:
        database.connection.execute("DELETE FROM PlaybackActivity")
