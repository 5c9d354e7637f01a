"""The listening histories of Spotify: that of the account data, and the extended one."""

from pathlib import Path

import polars as pl

from viewshift.daily import Events
from viewshift.readers._columns import as_instant
from viewshift.readers._finding import find_all
from viewshift.readers._json import as_frame, entries_of
from viewshift.readers._plays import clean_titles, leave_out_impossible_lengths, zone_of_days
from viewshift.readers._pseudonyms import Key
from viewshift.readers._sieve import Sieve
from viewshift.readers._source import Location, Source

SHORT = {
    "end": ("endTime",),
    "title": ("trackName", "episodeName"),
    "show": ("artistName", "podcastName"),
    "length": ("msPlayed",),
}
LONG = {
    "end": ("ts",),
    "title": ("master_metadata_track_name", "episode_name", "audiobook_chapter_title"),
    "show": ("master_metadata_album_artist_name", "episode_show_name", "audiobook_title"),
    "length": ("ms_played",),
}
"""Keys of the two kinds of export: of music, of podcasts, and of audiobooks."""

KINDS = ("music", "podcast", "audiobook")
SCHEMA = dict.fromkeys(("end", "title", "show", "kind"), pl.String()) | {"length": pl.Float64()}
WANTED = "a Spotify listening history (StreamingHistory*.json or Streaming_History_*.json)"
FETCH = "fetch the export again and leave it as it is"


def read_spotify(
    path: Location,
    *,
    tz: str | None = None,
    account: str | None = None,
    min_seconds: float = 30.0,
    pseudonymise: Key | None = None,
) -> Events:
    """Read a Spotify listening history, that of the account data or the extended one.

    Parameters
    ----------
    path
        The zip archive (my_spotify_data.zip), the folder it unpacks to, of which all files are read, or one JSON file.
    tz
        Time zone of the listener, such as "Europe/Berlin". Times are in UTC; without `tz` days are days of UTC, with a
        warning.
    account
        Name for the account, default "me".
    min_seconds
        What played for less is no play.
    pseudonymise
        A secret key of at least 16 bytes: the account then goes by its `pseudonym` instead of its name.

    Returns
    -------
    Events whose `report` says what was left out and why.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If there is no such history, or there are both kinds, which tell the same plays; if most entries cannot be
        read, or the key is short.

    Warns
    -----
    UserWarning
        If `tz` is not given.

    Notes
    -----
    The export says when a play ended; it starts its length before. Left out and counted: unknown dates and future
    ones, exact duplicates, plays under `min_seconds`. The show is the artist, podcast or book; the kind is "music",
    "podcast" or "audiobook". A title played again on a day is one episode of the day.
    """
    if not min_seconds >= 0:
        raise ValueError(f"`min_seconds` must be at least 0, got {min_seconds}.")
    sources = find_all(path, is_spotify, WANTED)
    short = [source for source in sources if _is_short(source)]
    if 0 < len(short) < len(sources):
        raise ValueError(
            f"{short[0].name} and others tell the same plays twice: there must be account data or extended history, "
            "not both; name the files of one."
        )
    name = sources[0].name if len(sources) == 1 else f"{Path(path).name} ({len(sources)} files)"
    zone = zone_of_days(name, tz)
    keys = SHORT if short else LONG
    sieve = Sieve(as_frame(entries_of(sources), SCHEMA, lambda entry: _fields(entry, keys)), name, "entry")
    sieve.refuse_unreadable("the length cannot be read", ~(pl.col("length") >= 0).fill_null(value=False), FETCH)
    length = pl.duration(milliseconds=pl.col("length").cast(pl.Int64, strict=False), time_unit="ms")
    sieve.frame = sieve.frame.with_columns(
        as_instant(sieve.frame["end"]).alias("until"), account=pl.lit(account or "me")
    )
    sieve.frame = sieve.frame.with_columns(start=pl.col("until") - length, seconds=pl.col("length") / 1000)
    sieve.refuse_unreadable("the time cannot be read", pl.col("start").is_null(), FETCH)
    sieve.leave_out_impossible(pl.col("start").dt.date())
    leave_out_impossible_lengths(sieve, FETCH)
    sieve.leave_out("exact duplicates", ~pl.struct("start", "seconds", "title", "show").is_first_distinct())
    sieve.leave_out(f"under {min_seconds:g} seconds", pl.col("seconds") < min_seconds)
    clean_titles(sieve, "title", "show")
    kind = "Spotify, account data" if short else "Spotify, extended history"
    return sieve.events(kind, tz=zone, pseudonymise=pseudonymise)


def is_spotify(source: Source) -> bool:
    """Whether the file is a list of plays with their ends and lengths, of either kind."""
    return _is_short(source) or source.keys >= {"ts", "ms_played"}


def _is_short(source: Source) -> bool:
    return source.keys >= {"endTime", "msPlayed"}


def _fields(entry: dict[str, object], keys: dict[str, tuple[str, ...]]) -> tuple[object, ...]:
    get = entry.get
    for title, show, kind in zip(keys["title"], keys["show"], KINDS, strict=False):
        if (named := get(title)) is not None:
            return get(keys["end"][0]), named, get(show), kind, get(keys["length"][0])
    return get(keys["end"][0]), None, None, None, get(keys["length"][0])
