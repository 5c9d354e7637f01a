"""The watch history of YouTube, as Google Takeout gives it."""

import polars as pl

from viewshift.daily import Events
from viewshift.readers._columns import as_instant
from viewshift.readers._finding import find_one
from viewshift.readers._json import as_frame, entries_of, inner
from viewshift.readers._plays import clean_titles, zone_of_days
from viewshift.readers._pseudonyms import Key
from viewshift.readers._sieve import Sieve
from viewshift.readers._source import Location, Source

KEYS = {"header", "title", "time"}
MUSIC = "YouTube Music"
ADVERTISING = "From Google Ads"
VIDEO = r"/watch\?|/shorts/|youtu\.be/"
SCHEMA = dict.fromkeys(("kind", "title", "address", "time", "show", "detail"), pl.String())
FETCH = "fetch the export again and leave it as it is"


def read_youtube(
    path: Location,
    *,
    tz: str | None = None,
    account: str | None = None,
    music: bool = False,
    pseudonymise: Key | None = None,
) -> Events:
    """Read a YouTube watch history: watch-history.json of Google Takeout.

    Parameters
    ----------
    path
        The JSON file, or the zip archive or folder of Takeout that holds it, whatever the language of its folders.
    tz
        Time zone of the viewer, such as "Europe/Berlin". Times are in UTC; without `tz` days are days of UTC, with a
        warning.
    account
        Name for the account, default "me".
    music
        Whether to read what was played in YouTube Music, which is left out otherwise, in place of the videos.
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
        If it is no watch history, or one in HTML, whose dates are local text; if most entries cannot be read, or the
        key is short.

    Warns
    -----
    UserWarning
        If `tz` is not given.

    Notes
    -----
    Left out and counted: advertisements, music (or videos), searches and posts, unknown dates and future ones, exact
    duplicates. The export has no durations, so a panel of it has no minutes. The show is the channel; the title keeps
    the word for "watched" that the language of the account puts before it.
    """
    source = find_one(path, is_youtube, "a YouTube watch history (watch-history.json)")
    zone = zone_of_days(source.name, tz)
    sieve = Sieve(as_frame(entries_of([source]), SCHEMA, _fields), source.name, "entry")
    sieve.frame = sieve.frame.with_columns(
        as_instant(sieve.frame["time"]).alias("start"), account=pl.lit(account or "me")
    )
    sieve.refuse_unreadable("the time cannot be read", pl.col("start").is_null(), FETCH)
    sieve.leave_out_impossible(pl.col("start").dt.date())
    sieve.leave_out("advertisements", pl.col("detail") == ADVERTISING)
    sieve.leave_out("no videos (searches, posts)", ~pl.col("address").str.contains(VIDEO))
    is_music = (pl.col("kind") == MUSIC).fill_null(value=False)
    sieve.leave_out("videos, and no music" if music else "played in YouTube Music", ~is_music if music else is_music)
    sieve.leave_out("exact duplicates", ~pl.struct("start", "address", "title").is_first_distinct())
    # without an address the title says only that there was one
    sieve.frame = sieve.frame.with_columns(title=pl.when(pl.col("address").is_not_null()).then("title"))
    clean_titles(sieve, "title", "show")
    return sieve.events("YouTube, music" if music else "YouTube", tz=zone, pseudonymise=pseudonymise)


def is_youtube(source: Source) -> bool:
    """Whether the file is a list of what Google calls activities."""
    return source.keys >= KEYS


def _fields(entry: dict[str, object]) -> tuple[object, ...]:
    get = entry.get
    return (
        get("header"),
        get("title"),
        get("titleUrl"),
        get("time"),
        inner(entry, "subtitles", 0, "name") if "subtitles" in entry else None,
        inner(entry, "details", 0, "name") if "details" in entry else None,
    )
