"""A small valid sample of every export that viewshift reads, as bytes; titles and users all hold the word `MARK`."""

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from databases import ACTIVITY, HISTORY, METADATA, USERS

MARK = "Qzxv"
"""Of no word, so that it tells whether a message repeats what is in a file."""

ROWS = 24
BEGIN = datetime(2024, 6, 20, 17, 30, tzinfo=UTC)

Table = list[list[Any]]


def title(k: int) -> str:
    """Return the name of an episode, some of them with marks that CSV has to quote."""
    return [f"{MARK} Lights: Season 1: Part {k}", f"The {MARK} Orchard {k}", f'{MARK}, or the "Tide": Part {k}'][k % 3]


def instants() -> list[datetime]:
    """Return one time for each row, from new to old."""
    return [BEGIN - timedelta(hours=7 * k, minutes=k) for k in range(ROWS)]


def as_csv(head: Iterable[str] | None, rows: Table, delimiter: str = ",", *, quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    """Return a table as text."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    writer.writerows([list(head), *rows] if head else rows)
    return text.getvalue().encode()


def as_json(rows: list[dict[str, Any]]) -> bytes:
    """Return a list of objects as text, one to a line or so."""
    return json.dumps(rows, indent=1, ensure_ascii=False).encode()


def as_zip(**members: bytes) -> bytes:
    """Return an archive; two underscores stand for a slash, the last one for the dot."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            stem, _, ending = name.replace("__", "/").rpartition("_")
            archive.writestr(zipfile.ZipInfo(f"{stem}.{ending}"), member)
    return content.getvalue()


def as_database(*statements: str, **rows: Table) -> bytes:
    """Return a database as the bytes of its file."""
    connection = sqlite3.connect(":memory:")
    for statement in statements:
        connection.execute(statement)
    for table, values in rows.items():
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values[0]))})", values)
    connection.commit()
    return connection.serialize()


def netflix_short() -> bytes:
    rows = [[title(k), f"{t.month}/{t.day}/{t:%y}"] for k, t in enumerate(instants())]
    return as_csv(["Title", "Date"], rows, quoting=csv.QUOTE_ALL)


def netflix_full() -> bytes:
    head = "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Country"
    rows = [
        [f"{MARK} {'AB'[k % 2]}", f"{t:%Y-%m-%d %H:%M:%S}", "00:41:07", "", title(k), "", "TV", "00:41:07", "DE"]
        for k, t in enumerate(instants())
    ]
    return as_csv(head.split(","), rows)


def netflix_archive() -> bytes:
    return as_zip(CONTENT_INTERACTION__ViewingActivity_csv=netflix_full(), README_txt=b"Your export")


def plays_table() -> bytes:
    rows = [[f"{MARK} {'AB'[k % 2]}", t.isoformat(), 1800 + k, title(k), MARK] for k, t in enumerate(instants())]
    return as_csv(["account", "start", "seconds", "title", "show"], rows)


def counts_table() -> bytes:
    return as_csv(["date", "episodes"], [[f"{BEGIN - timedelta(days=k):%Y-%m-%d}", k % 4] for k in range(ROWS)], ";")


def parquet_table() -> bytes:
    content = io.BytesIO()
    frame = {"account": [MARK] * ROWS, "start": instants(), "title": [title(k) for k in range(ROWS)]}
    pl.DataFrame(frame).with_columns(seconds=1800.0).write_parquet(content)
    return content.getvalue()


def youtube() -> bytes:
    return as_json([
        {
            "header": "YouTube",
            "title": f"Watched {title(k)}",
            "titleUrl": f"https://www.youtube.com/watch?v=a{k}",
            "subtitles": [{"name": f"{MARK} Channel", "url": "https://www.youtube.com/channel/c"}],
            "time": f"{t:%Y-%m-%dT%H:%M:%S}.123Z",
            "products": ["YouTube"],
        }
        for k, t in enumerate(instants())
    ])  # fmt: skip


def spotify() -> bytes:
    return as_json([
        {"endTime": f"{t:%Y-%m-%d %H:%M}", "artistName": f"{MARK} {k % 5}", "trackName": title(k), "msPlayed": 180_000}
        for k, t in enumerate(instants())
    ])  # fmt: skip


def spotify_extended() -> bytes:
    return as_json([
        {
            "ts": f"{t:%Y-%m-%dT%H:%M:%SZ}",
            "username": MARK,
            "ms_played": 180_000,
            "master_metadata_track_name": title(k),
            "master_metadata_album_artist_name": f"{MARK} {k % 5}",
            "master_metadata_album_album_name": MARK,
            "spotify_track_uri": f"spotify:track:{k}",
            "episode_name": None,
            "episode_show_name": None,
            "skipped": False,
        }
        for k, t in enumerate(instants())
    ])  # fmt: skip


def trakt() -> bytes:
    return as_json([
        {
            "id": k,
            "watched_at": f"{t:%Y-%m-%dT%H:%M:%S}.000Z",
            "action": ["scrobble", "checkin", "watch"][k % 3],
            "type": "episode",
            "episode": {"season": 1, "number": k, "title": title(k), "ids": {"trakt": k}},
            "show": {"title": f"{MARK} Lights", "year": 2020, "ids": {"trakt": 1}},
        }
        for k, t in enumerate(instants())
    ])  # fmt: skip


def prime_video() -> bytes:
    head = [
        "Playback Start Datetime (UTC)",
        "Playback End Datetime (UTC)",
        "Seconds Viewed",
        "Title",
        "Material Type Description",
    ]
    rows = [[f"{t:%Y-%m-%dT%H:%M:%SZ}", "", "1800.00000", f'"{title(k)}"', '"Full"'] for k, t in enumerate(instants())]
    return b"\xef\xbb\xbf" + as_csv(head, rows, quoting=csv.QUOTE_ALL)


def prime_video_old() -> bytes:
    rows = [[f"{t.month}/{t.day}/{t:%Y %H}:00:00", title(k), "Full"] for k, t in enumerate(instants())]
    return as_csv(["Playback Hour", "Title", "Video Type"], rows)


def tautulli() -> bytes:
    begins = [int(t.timestamp()) for t in instants()]
    plays = [[k, k - k % 2, t, t + 1800, 7 + k % 2, MARK, 60, "episode"] for k, t in enumerate(begins)]
    titles = [[k, title(k), "Season 1", f"{MARK} Lights", title(k)] for k in range(ROWS)]
    users = [[1, 7, f"{MARK} A", None], [2, 8, f"{MARK} B", None]]
    return as_database(HISTORY, METADATA, USERS, session_history=plays, session_history_metadata=titles, users=users)


def _activity() -> Table:
    return [
        [f"{t:%Y-%m-%d %H:%M:%S}.1234567", f"{MARK}{k % 2}", "i9", "Episode", f"{MARK} Lights - s01e{k:02d} - Part",
         "DirectPlay", "Web", "TV", 1800]
        for k, t in enumerate(instants())
    ]  # fmt: skip


def jellyfin() -> bytes:
    return as_database(ACTIVITY, PlaybackActivity=_activity())


def jellyfin_backup() -> bytes:
    return "\n".join("\t".join(map(str, row)) for row in _activity()).encode() + b"\n"


def letterboxd() -> bytes:
    rows = [[f"{BEGIN:%Y-%m-%d}", title(k), 1999, "https://boxd.it/x", 4, "", "", f"{t:%Y-%m-%d}"]
            for k, t in enumerate(instants())]  # fmt: skip
    return as_csv(["Date", "Name", "Year", "Letterboxd URI", "Rating", "Rewatch", "Tags", "Watched Date"], rows)


def lastfm() -> bytes:
    head = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"
    rows = [[int(t.timestamp()), f"{t:%d %b %Y, %H:%M}", f"{MARK} {k % 5}", "", MARK, "", title(k), ""]
            for k, t in enumerate(instants())]  # fmt: skip
    return as_csv(head.split(","), rows)


def lastfm_stats() -> bytes:
    rows = [[f"{MARK} {k % 5}", MARK, "", title(k), int(t.timestamp() * 1000)] for k, t in enumerate(instants())]
    return as_csv(["Artist", "Album", "AlbumId", "Track", f"Date#{MARK}"], rows, ";")


def lastfm_bare() -> bytes:
    return as_csv(None, [[f"{MARK} {k % 5}", MARK, title(k), f"{t:%d %b %Y %H:%M}"] for k, t in enumerate(instants())])


SAMPLES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "netflix_short": ("csv", netflix_short),
    "netflix_full": ("csv", netflix_full),
    "netflix_archive": ("zip", netflix_archive),
    "plays_table": ("csv", plays_table),
    "counts_table": ("csv", counts_table),
    "parquet_table": ("parquet", parquet_table),
    "youtube": ("json", youtube),
    "spotify": ("json", spotify),
    "spotify_extended": ("json", spotify_extended),
    "trakt": ("json", trakt),
    "prime_video": ("csv", prime_video),
    "prime_video_old": ("csv", prime_video_old),
    "tautulli": ("db", tautulli),
    "jellyfin": ("db", jellyfin),
    "jellyfin_backup": ("tsv", jellyfin_backup),
    "letterboxd": ("csv", letterboxd),
    "lastfm": ("csv", lastfm),
    "lastfm_stats": ("csv", lastfm_stats),
    "lastfm_bare": ("csv", lastfm_bare),
}
"""Ending of the file and its content, by format."""
