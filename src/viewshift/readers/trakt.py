"""The history of Trakt."""

from pathlib import Path

import polars as pl

from viewshift.daily import Events
from viewshift.readers._columns import as_instant
from viewshift.readers._finding import find_all
from viewshift.readers._json import as_frame, entries_of, inner
from viewshift.readers._plays import clean_titles, zone_of_days
from viewshift.readers._pseudonyms import Key
from viewshift.readers._sieve import Sieve
from viewshift.readers._source import Location, Source

KEYS = {"watched_at", "action", "type"}
TEXTS = ("time", "action", "kind", "title", "show")
SCHEMA = dict.fromkeys(TEXTS, pl.String()) | dict.fromkeys(("season", "number"), pl.Float64())
BULK = 3
"""So many titles marked as watched in one second were not watched then."""

FETCH = "fetch the export again and leave it as it is"


def read_trakt(
    path: Location, *, tz: str | None = None, account: str | None = None, pseudonymise: Key | None = None
) -> Events:
    """Read a Trakt history: JSON, as the site exports it or its interface answers.

    Parameters
    ----------
    path
        A JSON file, or a zip archive or folder with several, of which all are read.
    tz
        Time zone of the viewer, such as "Europe/Berlin". Times are in UTC; without `tz` days are days of UTC, with a
        warning.
    account
        Name for the account, default "me".
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
        If it is no Trakt history, most entries cannot be read, or the key is short.

    Warns
    -----
    UserWarning
        If `tz` is not given.

    Notes
    -----
    Left out and counted: unknown dates and future ones, exact duplicates, and bulk marking: three or more titles
    that were marked as watched by hand ("watch") with one timestamp. There are no durations, so a panel of it has no
    minutes; `watched_at` is when a play was nearly over, and its day is the day of the play.
    """
    sources = find_all(path, is_trakt, "a Trakt history (JSON with watched_at, action and type)")
    name = sources[0].name if len(sources) == 1 else f"{Path(path).name} ({len(sources)} files)"
    zone = zone_of_days(name, tz)
    sieve = Sieve(as_frame(entries_of(sources), SCHEMA, _fields), name, "entry")
    sieve.frame = sieve.frame.with_columns(
        as_instant(sieve.frame["time"]).alias("start"), account=pl.lit(account or "me")
    )
    sieve.refuse_unreadable("the time cannot be read", pl.col("start").is_null(), FETCH)
    sieve.leave_out_impossible(pl.col("start").dt.date())
    sieve.leave_out("exact duplicates", ~pl.struct("start", "show", "season", "number", "title").is_first_distinct())
    by_hand = pl.col("action") == "watch"
    together = by_hand.sum().over("start")
    sieve.leave_out(f"marked as watched in bulk ({BULK} or more with one timestamp)", by_hand & (together >= BULK))
    place = pl.format(
        "{}x{}", pl.col("season").cast(pl.Int64, strict=False), pl.col("number").cast(pl.Int64, strict=False)
    )
    sieve.frame = sieve.frame.with_columns(title=pl.concat_str(place, "title", separator=" ", ignore_nulls=True))
    clean_titles(sieve, "title", "show")
    return sieve.events("Trakt", tz=zone, pseudonymise=pseudonymise)


def is_trakt(source: Source) -> bool:
    """Whether the file is a list of what was watched, when and how."""
    return source.keys >= KEYS


def _fields(entry: dict[str, object]) -> tuple[object, ...]:
    kind = entry.get("type")
    title = inner(entry, kind, "title") if isinstance(kind, str) else None
    begin = entry.get("watched_at"), entry.get("action"), kind, title
    if kind != "episode":
        return *begin, title, None, None
    return *begin, inner(entry, "show", "title"), inner(entry, kind, "season"), inner(entry, kind, "number")
