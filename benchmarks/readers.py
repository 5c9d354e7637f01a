"""Seconds and memory for reading a million rows of each export: `python benchmarks/readers.py [FORMAT ...]`.

Each export is written to a temporary folder and read by `vs.read` in a process of its own. A table of all formats goes
to results/readers.md.
"""

import argparse
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import numpy as np

from viewshift._files import write_whole

NEWEST = datetime(2025, 7, 31, 22, 0)
SHOWS = 4_000
LIMITS = "10 s and 1,000 MB of memory for a million rows"
TARGET = Path(__file__).with_name("results") / "readers.md"


def starts(rows: int, years: float = 15.0) -> Iterator[datetime]:
    """Yield times that run back over so many years, or more where there are over a thousand rows a day."""
    rng = np.random.default_rng(0)
    step = max(years * 365 * 86_400 / rows, 60.0)
    behind = np.cumsum(np.round(rng.exponential(step, rows))).astype(int)
    return (NEWEST - timedelta(seconds=int(seconds) % 600_000_000) for seconds in behind)


def titles(rows: int) -> Iterator[tuple[str, int, int]]:
    """Yield show, season and episode, a third of a million different ones."""
    rng = np.random.default_rng(1)
    show, season, episode = (rng.integers(low, high, rows).tolist() for low, high in ((0, SHOWS), (1, 9), (1, 11)))
    return ((f"Harbour Lights {n}", s, e) for n, s, e in zip(show, season, episode, strict=True))


def netflix_short(path: Path, rows: int) -> Path:
    """Write NetflixViewingHistory.csv."""
    lines = (
        f'"{show}: Season {season}: Part {episode}","{start.month}/{start.day}/{start:%y}"'
        for start, (show, season, episode) in zip(starts(rows), titles(rows), strict=True)
    )
    return _written(path / "NetflixViewingHistory.csv", "Title,Date", lines)


def netflix_full(path: Path, rows: int) -> Path:
    """Write ViewingActivity.csv of five profiles."""
    header = (
        "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,"
        "Latest Bookmark,Country"
    )
    lines = (
        f'"Profile {n % 5}","{start}","00:{20 + n % 40}:{n % 60:02}","Autoplayed: user action: None; ",'
        f'"{show}: Season {season}: Part {episode}","{"TRAILER" if n % 7 == 0 else ""}","Smart television",'
        f'"00:{20 + n % 40}:00","Not latest view","DE (Germany)"'
        for n, (start, (show, season, episode)) in enumerate(zip(starts(rows), titles(rows), strict=True))
    )
    return _written(path / "ViewingActivity.csv", header, lines)


def table(path: Path, rows: int) -> Path:
    """Write a table of plays of a thousand accounts."""
    lines = (
        f"a{n % 1000},{start.isoformat()}Z,0:{20 + n % 40}:00,Part {season}x{episode},{show}"
        for n, (start, (show, season, episode)) in enumerate(zip(starts(rows), titles(rows), strict=True))
    )
    return _written(path / "plays.csv", "account,start,duration,title,show", lines)


def youtube(path: Path, rows: int) -> Path:
    """Write watch-history.json."""
    entries = (
        {
            "header": "YouTube Music" if n % 7 == 0 else "YouTube",
            "title": f"Watched {show}, part {season}x{episode}",
            "titleUrl": f"https://www.youtube.com/watch?v={show[15:]:0>7}{season:02}{episode:02}",
            "subtitles": [{"name": f"Channel {n % 5000}", "url": f"https://www.youtube.com/channel/{n % 5000:024}"}],
            "time": f"{start.isoformat()}.{n % 1000:03}Z",
            "products": ["YouTube"],
            "activityControls": ["YouTube watch history"],
        }
        | ({"details": [{"name": "From Google Ads"}]} if n % 4 == 0 else {})
        for n, (start, (show, season, episode)) in enumerate(zip(starts(rows), titles(rows), strict=True))
    )
    return _dumped(path / "watch-history.json", entries)


def spotify(path: Path, rows: int) -> Path:
    """Write the extended history, in files of sixteen thousand entries as Spotify does."""
    folder = path / "Spotify Extended Streaming History"
    folder.mkdir()
    entries = (
        {
            "ts": f"{start.isoformat()}Z",
            "platform": "android",
            "ms_played": 1000 * (n % 300),
            "conn_country": "DE",
            "ip_addr": "0.0.0.0",
            "master_metadata_track_name": f"Song {season}x{episode}",
            "master_metadata_album_artist_name": show,
            "master_metadata_album_album_name": f"Album {season}",
            "spotify_track_uri": f"spotify:track:{n % 100_000:022}",
            "episode_name": None,
            "episode_show_name": None,
            "spotify_episode_uri": None,
            "audiobook_title": None,
            "audiobook_uri": None,
            "audiobook_chapter_uri": None,
            "audiobook_chapter_title": None,
            "reason_start": "trackdone",
            "reason_end": "trackdone",
            "shuffle": False,
            "skipped": False,
            "offline": False,
            "offline_timestamp": None,
            "incognito_mode": False,
        }
        for n, (start, (show, season, episode)) in enumerate(zip(starts(rows), titles(rows), strict=True))
    )
    for number in range(-(-rows // 16_000)):
        _dumped(folder / f"Streaming_History_Audio_{number}.json", islice(entries, 16_000))
    return folder


def trakt(path: Path, rows: int) -> Path:
    """Write a history."""
    entries = (
        {
            "id": n,
            "watched_at": f"{start.isoformat()}.000Z",
            "action": "scrobble",
            "type": "episode",
            "episode": {"season": season, "number": episode, "title": f"Part {episode}", "ids": {"trakt": n % 9999}},
            "show": {"title": show, "year": 2001, "ids": {"trakt": n % 999, "slug": "harbour-lights"}},
        }
        for n, (start, (show, season, episode)) in enumerate(zip(starts(rows), titles(rows), strict=True))
    )
    return _dumped(path / "history.json", entries)


def prime_video(path: Path, rows: int) -> Path:
    """Write PrimeVideo.ViewingHistory.csv."""
    header = '"Playback Start Datetime (UTC)","Playback End Datetime (UTC)","Seconds Viewed","Title","Material Type"'
    lines = (
        f'"{start.isoformat()}Z","","{600 + n % 3000}.00000","""Part {episode}-{show} - Season {season}""","""Full"""'
        for n, (start, (show, season, episode)) in enumerate(zip(starts(rows), titles(rows), strict=True))
    )
    return _written(path / "PrimeVideo.ViewingHistory.csv", header, lines)


def tautulli(path: Path, rows: int) -> Path:
    """Write tautulli.db of fifty users, with the columns that make up most of such a file."""
    database = sqlite3.connect(path / "tautulli.db")
    history = "id INTEGER PRIMARY KEY, reference_id INTEGER, started INTEGER, stopped INTEGER, rating_key INTEGER"
    history += ", user_id INTEGER, user TEXT, ip_address TEXT, paused_counter INTEGER, player TEXT, media_type TEXT"
    database.execute(f"CREATE TABLE session_history ({history})")
    metadata = "id INTEGER PRIMARY KEY, title TEXT, parent_title TEXT, grandparent_title TEXT, full_title TEXT, summary"
    database.execute(f"CREATE TABLE session_history_metadata ({metadata} TEXT)")
    database.execute("CREATE TABLE users (user_id INTEGER, username TEXT, friendly_name TEXT)")
    begins = (int((start - datetime(1970, 1, 1)).total_seconds()) for start in starts(rows))
    plays = (
        (n, n - n % 3, at, at + 1500, n % 9999, n % 50, "viewer", "192.0.2.1", 30, "Television", "episode")
        for n, at in enumerate(begins)
    )
    database.executemany(f"INSERT INTO session_history VALUES ({'?, ' * 10}?)", plays)
    names = (
        (n, f"Part {episode}", f"Season {season}", show, f"{show} - Part {episode}", "Something happens. " * 12)
        for n, (show, season, episode) in enumerate(titles(rows))
    )
    database.executemany("INSERT INTO session_history_metadata VALUES (?, ?, ?, ?, ?, ?)", names)
    database.executemany("INSERT INTO users VALUES (?, ?, ?)", [(n, f"u{n}", f"Viewer {n}") for n in range(50)])
    database.commit()
    database.close()
    return path / "tautulli.db"


def jellyfin(path: Path, rows: int) -> Path:
    """Write playback_reporting.db of ten users."""
    database = sqlite3.connect(path / "playback_reporting.db")
    database.execute(
        "CREATE TABLE PlaybackActivity (DateCreated DATETIME NOT NULL, UserId TEXT, ItemId TEXT, ItemType TEXT, "
        "ItemName TEXT, PlaybackMethod TEXT, ClientName TEXT, DeviceName TEXT, PlayDuration INT)"
    )
    database.executemany("INSERT INTO PlaybackActivity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _activity(rows))
    database.commit()
    database.close()
    return path / "playback_reporting.db"


def jellyfin_backup(path: Path, rows: int) -> Path:
    """Write a backup of the same."""
    lines = ("\t".join(map(str, row)) for row in _activity(rows))
    return _written(
        path / "PlaybackReportingBackup.tsv", "\t".join(map(str, next(_activity(1)))), islice(lines, 1, None)
    )


def _activity(rows: int) -> Iterator[tuple[object, ...]]:
    for n, (start, (show, season, episode)) in enumerate(zip(starts(rows), titles(rows), strict=True)):
        name = f"{show} - s{season:02}e{episode:02} - Part {episode}"
        yield f"{start}.1234567", f"{n % 10:032}", f"{n:032}", "Episode", name, "DirectPlay", "Web", "TV", 900 + n % 999


def letterboxd(path: Path, rows: int) -> Path:
    """Write diary.csv: three in ten films on days of twenty, the others on days entered in bulk."""

    def days() -> Iterator[int]:
        return (n % 15_000 if n < 0.3 * rows else 15_001 + n % 100 for n in range(rows))

    lines = (
        f"2025-07-31,{show} {episode},{1950 + season},https://boxd.it/{n:x},4,,,{NEWEST - timedelta(days=day):%Y-%m-%d}"
        for n, (day, (show, season, episode)) in enumerate(zip(days(), titles(rows), strict=True))
    )
    return _written(path / "diary.csv", "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date", lines)


def lastfm(path: Path, rows: int) -> Path:
    """Write scrobbles."""
    header = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"
    lines = (
        f'"{(start - datetime(1970, 1, 1)).total_seconds():.0f}","{start:%d %b %Y, %H:%M}","{show}","{n:032}",'
        f'"Album {season}","","Song {season}x{episode}",""'
        for n, (start, (show, season, episode)) in enumerate(zip(starts(rows), titles(rows), strict=True))
    )
    return _written(path / "scrobbles.csv", header, lines)


FORMATS: dict[str, Callable[[Path, int], Path]] = {
    "netflix_short": netflix_short,
    "netflix_full": netflix_full,
    "table": table,
    "youtube": youtube,
    "spotify": spotify,
    "trakt": trakt,
    "prime_video": prime_video,
    "tautulli": tautulli,
    "jellyfin": jellyfin,
    "jellyfin_backup": jellyfin_backup,
    "letterboxd": letterboxd,
    "lastfm": lastfm,
}
"""Each writes so many rows into a folder and returns the path to read."""


def _written(path: Path, header: str, lines: Iterable[str]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write(header + "\n")
        file.writelines(line + "\n" for line in lines)
    return path


def _dumped(path: Path, entries: Iterable[dict[str, object]]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for number, entry in enumerate(entries):
            file.write(("," if number else "[") + json.dumps(entry, indent=2))
        file.write("]")
    return path


def _measure(path: Path) -> None:
    """Read, sum over days, and print what it took; run in a process of its own."""
    import viewshift as vs  # noqa: PLC0415

    warnings.simplefilter("ignore")
    began, cpu = time.perf_counter(), time.process_time()
    events = vs.read(path, tz="Europe/Berlin")
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{events.report.rows:,} | {seconds:.1f} | {cpu:.1f} | {peak:,.0f}")


def main() -> None:
    """Print a table of seconds and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", default=list(FORMATS), help=f"any of {', '.join(FORMATS)}; default all")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        _measure(asked.measure)
        return
    lines = ["| export | MB of file | rows | seconds | CPU seconds | peak MB |", "|---|--:|--:|--:|--:|--:|"]
    for name in asked.formats:
        with tempfile.TemporaryDirectory() as folder:
            path = FORMATS[name](Path(folder), asked.rows)
            size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 1e6
            command = [sys.executable, __file__, "--measure", str(path)]
            found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        lines.append(f"| {name} | {size:,.0f} | {found} |")
        print(lines[-1], flush=True)
    if set(asked.formats) == set(FORMATS):
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, polars {version('polars')}"
        load = f"Seconds are by the clock, with other work beside (a load of {os.getloadavg()[2]:.0f})."
        write_whole(TARGET, "\n".join([*lines, "", f"The limit is {LIMITS}; {machine}. {load}", ""]))


if __name__ == "__main__":
    main()
