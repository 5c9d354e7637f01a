"""What the Playback Reporting plugin of Jellyfin keeps: its database, and the backup that it writes."""

import re
from dataclasses import replace

import polars as pl

from viewshift.daily import Events
from viewshift.readers._columns import as_instant, as_number
from viewshift.readers._finding import find_one
from viewshift.readers._plays import (
    check_minutes,
    clean_titles,
    leave_out_impossible_lengths,
    leave_out_short,
    zone_of_days,
)
from viewshift.readers._pseudonyms import Key
from viewshift.readers._sieve import Sieve
from viewshift.readers._source import EXCESS, SQLITE, Location, Source
from viewshift.readers._sqlite import has_log, open_database

TABLE = "playbackactivity"
FIELDS = (
    "datecreated", "userid", "itemid", "itemtype", "itemname", "playbackmethod", "clientname", "devicename",
    "playduration",
)  # fmt: skip
WANTED = ("datecreated", "userid", "itemtype", "itemname", "playduration")
NO_VIEWS = {"music and audio books": ["audio", "audiobook"], "photos": ["photo"], "trailers": ["trailer"]}
"""Types of items that are no viewing, in lower case."""

EPISODE = r"^(.*?) - s\d+e\d+ - "
CLOCK = "times of the server's own clock"
SOUGHT = "playback_reporting.db of Jellyfin or a backup of it (nine columns between tabs)"
FETCH = "fetch the file again and leave it as it is"


def read_jellyfin(
    path: Location, *, tz: str | None = None, min_minutes: float = 2.0, pseudonymise: Key | None = None
) -> Events:
    """Read what the Playback Reporting plugin of Jellyfin keeps; each user of the server is an account.

    Parameters
    ----------
    path
        The SQLite database playback_reporting.db, which is opened read-only and as it lies there, or the backup that
        the plugin writes: nine columns between tabs, no header.
    tz
        Time zone of the server, such as "Europe/Berlin", whose clock the times are of. Where they are in UTC, as new
        versions of the plugin write them, that of the viewers. Without `tz` days are those of the times as they stand
        there, with a warning.
    min_minutes
        A title that was played for less on a day, all its pieces together, is no view.
    pseudonymise
        A secret key of at least 16 bytes: accounts then go by their `pseudonym` instead of their name.

    Returns
    -------
    Events whose `report` says what was left out and why. Accounts are the users' identifiers: the plugin has no names.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is none of the two, is damaged or being written, most rows cannot be read, or the key is short.

    Warns
    -----
    UserWarning
        If `tz` is not given.

    Notes
    -----
    Times that end in Z or an offset are instants; others are of the server's clock. Where that clock shows an hour
    twice, the first is taken. Left out and counted: rows that cannot be read, unknown dates (1970) and future ones,
    music, photos, trailers, exact duplicates, and titles under `min_minutes`.
    """
    check_minutes("min_minutes", min_minutes)
    rows, name, place = _rows(path)
    zone = zone_of_days(name, tz, CLOCK)
    sieve = Sieve(rows, name, place)
    sieve.refuse_unreadable("the row has more than nine fields", pl.col(EXCESS), FETCH)
    start = _instants(sieve, zone)
    length = as_number(sieve.frame["playduration"])
    sieve.frame = sieve.frame.with_columns(start.alias("start"), length.alias("seconds"))
    sieve.refuse_unreadable("the time cannot be read", pl.col("start").is_null(), FETCH)
    sieve.refuse_unreadable("the duration cannot be read", pl.col("seconds").is_null(), FETCH)
    sieve.refuse_unreadable("the user has no identifier", pl.col("userid").is_null(), FETCH)
    sieve.leave_out_impossible(pl.col("start").dt.date())
    for reason, kinds in NO_VIEWS.items():
        sieve.leave_out(reason, pl.col("itemtype").str.to_lowercase().is_in(kinds))
    sieve.frame = sieve.frame.rename({"userid": "account", "itemtype": "kind", "itemname": "title"})
    clean_titles(sieve, "title")
    sieve.frame = sieve.frame.with_columns(show=pl.coalesce(pl.col("title").str.extract(EPISODE), "title"))
    leave_out_impossible_lengths(sieve, FETCH)
    again = ~pl.struct("account", "start", "title", "seconds").is_first_distinct()
    sieve.leave_out("exact duplicates", again & pl.col("title").is_not_null())
    leave_out_short(sieve, min_minutes, zone)
    if place == "row" and has_log(path):
        sieve.oddities.append(
            "a write-ahead log lies beside the database, and the newest plays in it were not read: stop the server "
            "first, or take the backup that the plugin writes, to have them"
        )
    return sieve.events("Jellyfin Playback Reporting", tz=zone, pseudonymise=pseudonymise)


def is_database(tables: frozenset[str]) -> bool:
    """Whether a database has the table of the plugin."""
    return TABLE in tables


def is_backup(source: Source) -> bool:
    """Whether the first line is a row of the plugin's backup."""
    row = source.first_line.rstrip().split("\t")
    return (
        len(row) == len(FIELDS) and bool(re.match(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}", row[0])) and row[-1].isdecimal()
    )


def _rows(path: Location) -> tuple[pl.DataFrame, str, str]:
    """Return the rows as text with their `LINE`, the name of their file, and what `LINE` counts."""
    source = find_one(path, lambda source: source.kind == SQLITE or is_backup(source), SOUGHT)
    if source.kind == SQLITE:
        with open_database(source.path) as database:
            if not is_database(database.tables):
                raise ValueError(
                    f"{database.name}: the database must be that of Playback Reporting, with the table "
                    "PlaybackActivity, found none; name playback_reporting.db."
                )
            rows = database.read(TABLE, texts=WANTED)
            return rows.with_columns(pl.lit(value=False).alias(EXCESS)), database.name, "row"
    source = replace(source, columns=FIELDS, delimiter="\t", has_header=False, is_quoted=False)
    return source.scan(*WANTED), source.name, "line"


def _instants(sieve: Sieve, zone: str) -> pl.Series:
    """Return the times as instants (UTC, ms), and note those that the server's clock cannot have shown."""
    text = sieve.frame["datecreated"]
    as_utc = as_instant(text)
    wall = as_utc.dt.replace_time_zone(None)
    local = wall.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    frame = pl.DataFrame({"utc": as_utc, "local": local, "zoned": text.str.contains(r":\d\d.*(?:Z|[+-]\d\d:?\d\d)$")})
    skipped = frame.select(~pl.col("zoned") & pl.col("local").is_null() & pl.col("utc").is_not_null()).to_series()
    sieve.note("times were skipped by the clock of this zone, so it may be another one", pl.lit(skipped))
    return frame.select(pl.when("zoned").then("utc").otherwise(pl.coalesce("local", "utc"))).to_series()
