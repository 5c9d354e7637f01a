"""Seconds and memory for reading a million rows of each export: `python benchmarks/readers.py [FORMAT ...]`.

Each export is written to a temporary folder and read by `vs.read` in a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np

NEWEST = datetime(2025, 7, 31, 22, 0)
SHOWS = 4_000
LIMITS = "10 s and 1,000 MB of memory for a million rows"


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


FORMATS: dict[str, Callable[[Path, int], Path]] = {
    "netflix_short": netflix_short,
    "netflix_full": netflix_full,
    "table": table,
    "youtube": youtube,
    "spotify": spotify,
    "trakt": trakt,
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
    print(f"Limits: {LIMITS}.\n\n| export | MB | rows | seconds | CPU seconds | peak MB |\n|---|---|---|---|---|---|")
    for name in asked.formats:
        with tempfile.TemporaryDirectory() as folder:
            path = FORMATS[name](Path(folder), asked.rows)
            size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 1e6
            command = [sys.executable, __file__, "--measure", str(path)]
            found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        print(f"| {name} | {size:,.0f} | {found} |", flush=True)


if __name__ == "__main__":
    main()
