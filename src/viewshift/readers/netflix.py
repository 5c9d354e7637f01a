"""The two viewing exports of Netflix."""

import warnings

import polars as pl

from viewshift.daily import Events
from viewshift.local_days import check_tz
from viewshift.readers._dates import read_dates
from viewshift.readers._distinct import with_derived
from viewshift.readers._finding import find_one
from viewshift.readers._pseudonyms import Key
from viewshift.readers._sieve import Sieve
from viewshift.readers._source import EXCESS, LINE, Location, Source
from viewshift.readers._titles import normalised, show_of

SHORT = ("title", "date")
FULL = ("profile name", "start time", "duration", "title", "supplemental video type")
TABLE = {"account", "start", "day", "end", "duration", "seconds", "show", "kind", "episodes"}
"""Columns that no short export has, but a table with `title` and `date` may."""

WANTED = "a Netflix export (NetflixViewingHistory.csv or ViewingActivity.csv)"
FETCH = "fetch the export again and leave it as it is"


def read_netflix(
    path: Location,
    *,
    tz: str | None = None,
    date_order: str | None = None,
    min_minutes: float = 2.0,
    account: str | None = None,
    pseudonymise: Key | None = None,
) -> Events:
    """Read a Netflix export, the short one (NetflixViewingHistory.csv) or the full one (ViewingActivity.csv).

    Parameters
    ----------
    path
        The CSV file, or a zip archive or folder that holds one of the two.
    tz
        Time zone of the viewer, such as "Europe/Berlin". The full export has times in UTC; without `tz` its days are
        days of UTC, with a warning. The short export has local days and needs none.
    date_order
        "d/m/y", "m/d/y" or "y/m/d". Default: the one that gives valid dates and no step forward in time, since rows
        run from new to old.
    min_minutes
        A title that was played for less on a day, all its pieces together, is no view. Full export only.
    account
        Name for the one account of a short export, default "me". A full export names its own: its profiles.
    pseudonymise
        A secret key of at least 16 bytes: accounts then go by their `pseudonym` instead of their name.

    Returns
    -------
    Events whose `report` says what was left out and why.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no Netflix export, its dates have no order or several, most rows cannot be read, or the key is short.

    Warns
    -----
    UserWarning
        If a full export is read without `tz`.

    Notes
    -----
    Left out and counted: rows that cannot be read, unknown dates (1970) and future ones, trailers and other
    supplemental videos, exact duplicates (but not of removed titles, which are all called the same: blank), and
    titles under `min_minutes`, which are put together within days of the calendar.
    """
    if tz is not None:
        check_tz("tz", tz)
    source = find_one(path, lambda source: is_full(source) or is_short(source), WANTED)
    if not is_full(source):
        return _read_short(source, date_order, account or "me", pseudonymise)
    if account is not None:
        raise ValueError(f"`account` must stay None for a full export, whose profiles are accounts, got {account!r}.")
    return _read_full(source, tz, date_order, min_minutes, pseudonymise)


def is_netflix(source: Source) -> bool:
    """Whether the header is that of a Netflix export, and of no table with columns of its own."""
    return is_full(source) or (is_short(source) and not set(source.columns) & TABLE)


def is_full(source: Source) -> bool:
    """Whether the header is that of the full export, in any order of columns."""
    return set(FULL) <= set(source.columns)


def is_short(source: Source) -> bool:
    """Whether the header is that of the short export, in any order of columns."""
    return set(SHORT) <= set(source.columns)


def _read_short(source: Source, date_order: str | None, account: str, pseudonymise: Key | None) -> Events:
    sieve = Sieve(source.scan(*SHORT), source.name)
    sieve.refuse_unreadable("the row has more fields than the header, or an open quotation mark", pl.col(EXCESS), FETCH)
    dates = read_dates(sieve.frame.select(line=LINE, text="date", account=pl.lit(account)), source.name, date_order)
    sieve.frame = sieve.frame.with_columns(dates.days.alias("date"), account=pl.lit(account))
    sieve.refuse_unreadable(
        "the date cannot be read", pl.col("date").is_null(), f"{FETCH}, or pass another `date_order=`"
    )
    sieve.leave_out_impossible(pl.col("date"))
    _read_titles(sieve)
    again = ~pl.struct("title", "date").is_first_distinct()
    sieve.leave_out("exact duplicates", again & pl.col("title").is_not_null())
    sieve.oddities.extend(dates.oddities)
    return sieve.events("Netflix, short export", tz=None, date_order=dates.order, pseudonymise=pseudonymise)


def _read_full(
    source: Source, tz: str | None, date_order: str | None, min_minutes: float, pseudonymise: Key | None
) -> Events:
    if not min_minutes >= 0:
        raise ValueError(f"`min_minutes` must be at least 0, got {min_minutes}.")
    if tz is None:
        warnings.warn(
            f"{source.name} has times in UTC and `tz` is not given, so days are days of UTC: up to half of the plays "
            "fall on the wrong day; pass the viewer's time zone, such as `tz='Europe/Berlin'`.",
            UserWarning,
            stacklevel=3,
        )
    tz = tz or "UTC"
    sieve = Sieve(source.scan(*FULL).rename({"profile name": "account"}), source.name)
    sieve.refuse_unreadable("the row has more fields than the header, or an open quotation mark", pl.col(EXCESS), FETCH)
    order = _parse_start(sieve, date_order)
    clock = pl.col("duration").str.extract_groups(r"^(\d{1,3}):([0-5]\d):([0-5]\d)$")
    hours, minutes, seconds = (clock.struct.field(str(k)).cast(pl.Int64) for k in (1, 2, 3))
    length = (hours * 3600 + minutes * 60 + seconds).alias("seconds")
    sieve.frame = with_derived(sieve.frame, "duration", length)
    sieve.refuse_unreadable("the start time cannot be read", pl.col("start").is_null(), FETCH)
    sieve.refuse_unreadable("the duration cannot be read", pl.col("seconds").is_null(), FETCH)
    sieve.refuse_unreadable("the profile has no name", pl.col("account").is_null(), FETCH)
    sieve.leave_out_impossible(pl.col("start").dt.date())
    sieve.leave_out("supplemental videos (trailers, recaps, hooks)", pl.col("supplemental video type").is_not_null())
    _read_titles(sieve)
    again = ~pl.struct("account", "start", "seconds", "title").is_first_distinct()
    sieve.leave_out("exact duplicates", again & pl.col("title").is_not_null())
    day = pl.col("start").dt.convert_time_zone(tz).dt.date().alias("day")
    pieces = pl.col("seconds").sum().over("account", day, "title")
    together = pl.when(pl.col("title").is_null()).then("seconds").otherwise(pieces)
    sieve.leave_out(f"under {min_minutes:g} minutes on their day", together < 60 * min_minutes)
    return sieve.events("Netflix, full export", tz=tz, date_order=order, pseudonymise=pseudonymise)


def _parse_start(sieve: Sieve, date_order: str | None) -> str | None:
    """Add `start`, an instant; return the order of dates if the file has others than ISO dates."""
    iso = pl.col("start time").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="ms", time_zone="UTC", strict=False)
    sieve.frame = sieve.frame.with_columns(start=iso)
    if sieve.frame["start"].null_count() < len(sieve.frame):
        return None
    parts = pl.col("start time").str.split_exact(" ", 1)
    split = sieve.frame.select(line=LINE, text=parts.struct.field("field_0"), account="account")
    dates = read_dates(split, sieve.source, date_order)
    sieve.oddities.extend(dates.oddities)
    clock = parts.struct.field("field_1").str.extract(r"^(\d{1,2}:\d{2})(?::\d{2})?$")
    text = pl.concat_str(dates.days.cast(pl.String), clock, separator=" ")
    start = text.str.to_datetime("%Y-%m-%d %H:%M", time_unit="ms", time_zone="UTC", strict=False)
    sieve.frame = sieve.frame.with_columns(start=start)
    sieve.oddities.append("times are not as Netflix writes them, as when a spreadsheet has saved the file again")
    return dates.order


def _read_titles(sieve: Sieve) -> None:
    """Bring titles to one form and add `show`, the text before the first ": "."""
    sieve.note("titles have characters that are no UTF-8", pl.col("title").str.contains("\N{REPLACEMENT CHARACTER}"))
    title = normalised("title")
    sieve.frame = with_derived(sieve.frame, "title", title.alias("clean"), show_of(title).alias("show"))
    sieve.frame = sieve.frame.with_columns(title="clean")
    sieve.note("removed titles (blank), counted as views", pl.col("title").is_null())
