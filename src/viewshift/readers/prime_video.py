"""The viewing history of Amazon Prime Video, today's form and the older one."""

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
from viewshift.readers._source import EXCESS, LINE, Location, Source
from viewshift.readers._titles import show_of

NEW = ("playback start datetime (utc)", "seconds viewed", "title")
OLD = ("playback hour", "title")
KINDS = ("material type description", "video type")
WANTED = "a Prime Video history (PrimeVideo.ViewingHistory.csv)"
FETCH = "fetch the export again and leave it as it is"


def read_prime_video(
    path: Location,
    *,
    tz: str | None = None,
    min_minutes: float = 2.0,
    account: str | None = None,
    pseudonymise: Key | None = None,
) -> Events:
    """Read a viewing history of Amazon Prime Video.

    Parameters
    ----------
    path
        PrimeVideo.ViewingHistory.csv, or Digital.PrimeVideo.Viewinghistory.csv as it was called before.
    tz
        Time zone of the viewer, such as "Europe/Berlin". Times are in UTC; without `tz` days are days of UTC, with a
        warning.
    min_minutes
        A title that was played for less on a day, all its pieces together, is no view. Not in the older form.
    account
        Name for the one account of the export, default "me".
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
        If it is no such history, most rows cannot be read, or the key is short.

    Warns
    -----
    UserWarning
        If `tz` is not given.

    Notes
    -----
    Left out and counted: rows that cannot be read, unknown dates (1970) and future ones, promotions and trailers,
    exact duplicates, and titles under `min_minutes`. The older form knows the hour only, and no length, so a panel
    of it has no minutes.
    """
    check_minutes("min_minutes", min_minutes)
    source = find_one(path, is_prime_video, WANTED)
    zone = zone_of_days(source.name, tz)
    is_new = set(NEW) <= set(source.columns)
    kind = next((name for name in KINDS if name in source.columns), None)
    wanted = [*(NEW if is_new else OLD), *([kind] if kind else [])]
    sieve = Sieve(source.scan(*wanted), source.name)
    sieve.refuse_unreadable("the row has more fields than the header, or an open quotation mark", pl.col(EXCESS), FETCH)
    bare = (_bare(name) for name in wanted)
    sieve.frame = sieve.frame.select(LINE, *bare, account=pl.lit(account or "me"))
    sieve.frame = sieve.frame.with_columns(kind=pl.col(kind) if kind else pl.lit(None, pl.String))
    if is_new:
        start = as_instant(sieve.frame[NEW[0]])
        sieve.frame = sieve.frame.with_columns(start.alias("start"), seconds=as_number(sieve.frame[NEW[1]]))
        unreadable = pl.col(NEW[1]).is_not_null() & pl.col("seconds").is_null()
        sieve.refuse_unreadable("the seconds viewed cannot be read", unreadable, FETCH)
    else:
        hour = pl.col(OLD[0]).str.to_datetime("%m/%d/%Y %H:%M:%S", time_unit="ms", time_zone="UTC", strict=False)
        sieve.frame = sieve.frame.with_columns(start=hour)
    sieve.refuse_unreadable("the start cannot be read", pl.col("start").is_null(), FETCH)
    sieve.leave_out_impossible(pl.col("start").dt.date())
    promoted = pl.col("kind").str.to_lowercase().is_in(["promo", "trailer"])
    sieve.leave_out("promotions and trailers", promoted)
    clean_titles(sieve, "title")
    sieve.frame = sieve.frame.with_columns(show=_show())
    if is_new:
        leave_out_impossible_lengths(sieve, FETCH)
        again = ~pl.struct("start", "seconds", "title").is_first_distinct()
        sieve.leave_out("exact duplicates", again & pl.col("title").is_not_null())
        leave_out_short(sieve, min_minutes, zone)
    else:
        sieve.oddities.append("times are full hours, as this form of the export has them, and lengths are unknown")
    form = "Prime Video" if is_new else "Prime Video, older form"
    return sieve.events(form, tz=zone, pseudonymise=pseudonymise)


def is_prime_video(source: Source) -> bool:
    """Whether the header is that of a Prime Video history, in any order of columns."""
    return set(NEW) <= set(source.columns) or set(OLD) <= set(source.columns)


def _bare(name: str) -> pl.Expr:
    """Return a column without quotation marks around its values, null where they say that there is none."""
    text = pl.col(name).str.strip_chars('" ')
    nothing = text.str.to_lowercase().is_in(["", "not available", "not applicable"])
    return pl.when(~nothing).then(text).alias(name)


def _show() -> pl.Expr:
    """Return the show of an episode, which is called "Episode-Show - Season 1"; of others what Netflix would take."""
    series = pl.col("title").str.extract(r"^.*\S-(\S.*?)(?: -)? \p{L}+\.? \d+$")
    return pl.coalesce(series, show_of(pl.col("title")))
