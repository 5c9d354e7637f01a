"""Scrobbles of Last.fm, as the tools write them that fetch them: the site itself exports nothing."""

import re
from dataclasses import replace
from datetime import datetime

import polars as pl

from viewshift.daily import Events
from viewshift.readers._columns import as_instant, as_number
from viewshift.readers._finding import find_one
from viewshift.readers._plays import clean_titles, zone_of_days
from viewshift.readers._pseudonyms import Key
from viewshift.readers._sieve import Sieve
from viewshift.readers._source import EXCESS, LINE, Location, Source

HEADERLESS = ("artist", "album", "track", "date")
TRACKS = ("track", "name", "song", "title")
TIMES = ("uts", "timestamp", "utc_time", "date", "time")
"""Names of the columns, the surest first."""

SPOKEN = re.compile(r"\d{1,2} [a-z]{3} \d{4},? \d{1,2}:\d{2}")
"""A time such as "15 Mar 2025, 14:30", in lower case."""

FOUNDED = pl.lit(datetime(2002, 1, 1)).dt.replace_time_zone("UTC")
WANTED = "scrobbles of Last.fm (CSV with the columns uts, artist and track)"
FETCH = "fetch the scrobbles again and leave the file as it is"


def read_lastfm(
    path: Location, *, tz: str | None = None, account: str | None = None, pseudonymise: Key | None = None
) -> Events:
    """Read scrobbles of Last.fm.

    Parameters
    ----------
    path
        A CSV file with the columns `uts` (or another time), `artist` and `track`; `Artist;Album;AlbumId;Track;Date#me`;
        or without header: artist, album, track, time.
    tz
        Time zone of the listener, such as "Europe/Berlin". Times are in UTC; without `tz` days are days of UTC, with a
        warning.
    account
        Name for the one account of the file. Default the one that its header names after "#", else "me".
    pseudonymise
        A secret key of at least 16 bytes: accounts then go by their `pseudonym` instead of their name.

    Returns
    -------
    Events whose `report` says what was left out and why: tracks as titles, artists as shows, no lengths.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it holds no scrobbles, most rows cannot be read, or the key is short.

    Warns
    -----
    UserWarning
        If `tz` is not given.

    Notes
    -----
    Times are Unix seconds, Unix milliseconds, text such as "15 Mar 2025, 14:30", or ISO 8601. Left out and counted:
    rows that cannot be read, times before 2002, which stand for unknown ones, future ones, what was still playing
    (no time), and exact duplicates.
    """
    source = find_one(path, is_lastfm, WANTED)
    zone = zone_of_days(source.name, tz)
    if _is_headerless(source):
        source = replace(source, columns=HEADERLESS, has_header=False)
    time, track = _time_column(source), _first(TRACKS, source)
    named = time.partition("#")[2] or None
    sieve = Sieve(source.scan(time, "artist", track), source.name)
    sieve.refuse_unreadable("the row has more fields than the header, or an open quotation mark", pl.col(EXCESS), FETCH)
    sieve.frame = sieve.frame.select(
        LINE,
        _instants(sieve.frame[time]).alias("start"),
        is_playing=pl.col(time).is_null(),
        title=pl.col(track),
        show=pl.col("artist"),
        account=pl.lit(account or named or "me"),
        kind=pl.lit("track"),
    )
    sieve.leave_out("still playing, without a time", pl.col("is_playing"))
    sieve.refuse_unreadable("the time cannot be read", pl.col("start").is_null(), FETCH)
    sieve.leave_out("of unknown time (before 2002)", pl.col("start") < FOUNDED)
    sieve.leave_out_impossible(pl.col("start").dt.date())
    clean_titles(sieve, "title", "show")
    again = ~pl.struct("start", "title", "show").is_first_distinct()
    sieve.leave_out("exact duplicates", again & pl.col("title").is_not_null())
    return sieve.events("Last.fm scrobbles", tz=zone, pseudonymise=pseudonymise)


def is_lastfm(source: Source) -> bool:
    """Whether the file has artists, tracks and times, under a header or without one.

    A table may have a date, a title and an artist too: only a column of Unix times or of albums tells scrobbles.
    """
    time = _time_column(source)
    named = "artist" in source.columns and bool(_first(TRACKS, source)) and bool(time)
    return (named and (time == "uts" or "#" in time or "album" in source.columns)) or _is_headerless(source)


def _is_headerless(source: Source) -> bool:
    return len(source.columns) == len(HEADERLESS) and bool(SPOKEN.fullmatch(source.columns[-1]))


def _first(names: tuple[str, ...], source: Source) -> str:
    return next((name for name in names if name in source.columns), "")


def _time_column(source: Source) -> str:
    with_user = (name for name in source.columns if name.startswith("date#"))
    return _first(TIMES, source) or next(with_user, "")


def _instants(column: pl.Series) -> pl.Series:
    """Return instants (UTC, ms) of Unix seconds, Unix milliseconds, spoken or ISO times."""
    number = as_number(column)
    # 1e11 seconds lie in the year 5138, 1e11 milliseconds in 1973
    ms = pl.when(pl.col("n").abs() < 1e11).then(pl.col("n") * 1000).otherwise("n").round()
    within = pl.when(ms.abs() < 1e14).then(ms).cast(pl.Int64).cast(pl.Datetime("ms", "UTC"))
    spoken = pl.col("text").str.replace(",", "", literal=True)
    said = spoken.str.to_datetime("%d %b %Y %H:%M", time_unit="ms", time_zone="UTC", strict=False)
    frame = pl.DataFrame({"n": number, "text": column, "iso": as_instant(column)})
    return frame.select(pl.coalesce(within, said, "iso")).to_series()
