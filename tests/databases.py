"""SQLite databases as media servers keep them, and what a hostile file may hold; every title and user is invented."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

EVENING = 1_720_029_600
"""3 July 2024, 18:00 UTC, in seconds since 1970."""

HISTORY = (
    "CREATE TABLE session_history (id INTEGER PRIMARY KEY AUTOINCREMENT, reference_id INTEGER, started INTEGER, "
    "stopped INTEGER, user_id INTEGER, user TEXT, paused_counter INTEGER DEFAULT 0, media_type TEXT)"
)
METADATA = (
    "CREATE TABLE session_history_metadata (id INTEGER PRIMARY KEY, title TEXT, parent_title TEXT, "
    "grandparent_title TEXT, full_title TEXT)"
)
USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, user_id INTEGER UNIQUE, username TEXT, friendly_name TEXT)"
ACTIVITY = (
    "CREATE TABLE PlaybackActivity (DateCreated DATETIME NOT NULL, UserId TEXT, ItemId TEXT, ItemType TEXT, "
    "ItemName TEXT, PlaybackMethod TEXT, ClientName TEXT, DeviceName TEXT, PlayDuration INT)"
)

Play = dict[str, Any]


def written(path: Path, *statements: str, **rows: Iterable[Iterable[Any]]) -> Path:
    """Make a database by statements, then fill its tables."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    for table, values in rows.items():
        for value in values:
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(list(value)))})", list(value))
    connection.commit()
    connection.close()
    return path


def plex_play(k: int, **given: Any) -> Play:
    """Return a play of half an hour with its titles; what is given replaces the rest."""
    play = {
        "id": k, "reference_id": k, "started": EVENING, "stopped": EVENING + 1800, "user_id": 7, "user": "ada",
        "paused_counter": 0, "media_type": "episode", "title": f"Part {k}", "parent_title": "Season 1",
        "grandparent_title": "Harbour Lights", "full_title": f"Harbour Lights - Part {k}",
    }  # fmt: skip
    return play | given


def tautulli(
    folder: Path, *plays: Play, users: Iterable[Iterable[Any]] = ((1, 7, "ada", "Ada"), (2, 8, "ben", None))
) -> Path:
    """Write tautulli.db."""
    parts = [list(play.values()) for play in plays]
    return written(
        folder / "tautulli.db",
        HISTORY,
        METADATA,
        USERS,
        session_history=[part[:8] for part in parts],
        session_history_metadata=[[part[0], *part[8:]] for part in parts],
        users=users,
    )


def activity(
    when: str = "2024-07-03 20:00:00.1234567",
    seconds: object = 1800,
    name: str | None = "Harbour Lights - s01e02 - Low Tide",
    kind: str = "Episode",
    user: str | None = "a1",
) -> tuple[Any, ...]:
    """Return a row of Playback Reporting."""
    return when, user, "i9", kind, name, "DirectPlay", "Web, 10.8", 'TV "big"', seconds


def jellyfin(folder: Path, *rows: tuple[Any, ...]) -> Path:
    """Write playback_reporting.db."""
    return written(folder / "playback_reporting.db", ACTIVITY, PlaybackActivity=rows)


def backup(folder: Path, *rows: tuple[Any, ...]) -> Path:
    """Write the backup of Playback Reporting: nine columns between tabs, without header and quotes."""
    path = folder / "PlaybackReportingBackup-20240704-103000.tsv"
    lines = ["\t".join("" if field is None else str(field) for field in row) for row in rows]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8", newline="")
    return path
