"""The film diary of Letterboxd."""

import polars as pl

from viewshift._checks import check_whole
from viewshift.daily import Events
from viewshift.local_days import check_tz
from viewshift.readers._columns import as_day
from viewshift.readers._finding import find_all
from viewshift.readers._plays import clean_titles
from viewshift.readers._pseudonyms import Key
from viewshift.readers._sieve import Sieve
from viewshift.readers._source import EXCESS, LINE, Location, Source

DIARY = ("name", "watched date")
WANTED = "a film diary of Letterboxd (diary.csv; watched.csv does not say when a film was watched)"
FETCH = "fetch the export again and leave it as it is"


def read_letterboxd(
    path: Location,
    *,
    tz: str | None = None,
    most_films: int = 20,
    account: str | None = None,
    pseudonymise: Key | None = None,
) -> Events:
    """Read a film diary of Letterboxd.

    Parameters
    ----------
    path
        diary.csv (or reviews.csv, which has the same columns and fewer films), or the zip archive or folder with it.
    tz
        Not needed: the diary has local days and no times.
    most_films
        More films than this on one day were entered in bulk, not watched: they are left out.
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
        If it is no diary, most rows cannot be read, or the key is short.

    Notes
    -----
    Days are those of the column `Watched Date`; the column `Date` says when a film was entered. Left out and counted:
    rows that cannot be read, unknown dates (1970) and future ones, and days of bulk entries. Two films of one name
    are told apart by their year.
    """
    if tz is not None:
        check_tz("tz", tz)
    check_whole("most_films", most_films, least=1)
    # the archive holds reviews too, which are part of the diary, and what was deleted from either, in folders
    source = min(find_all(path, is_letterboxd, WANTED), key=lambda source: ("review" in source.columns, source.depth))
    year = "year" if "year" in source.columns else None
    sieve = Sieve(source.scan(*DIARY, *([year] if year else [])), source.name)
    sieve.refuse_unreadable("the row has more fields than the header, or an open quotation mark", pl.col(EXCESS), FETCH)
    days = as_day(sieve.frame["watched date"])
    sieve.frame = sieve.frame.select(
        LINE,
        days.alias("date"),
        title=pl.col("name"),
        year=pl.col(year) if year else pl.lit(None, pl.String),
        account=pl.lit(account or "me"),
        kind=pl.lit("film"),
    )
    sieve.refuse_unreadable("the day of watching cannot be read", pl.col("date").is_null(), FETCH)
    sieve.leave_out_impossible(pl.col("date"))
    clean_titles(sieve, "title")
    named = pl.when(pl.col("year").is_not_null()).then(pl.format("{} ({})", "title", "year")).otherwise("title")
    sieve.frame = sieve.frame.with_columns(title=named)
    sieve.leave_out(f"on days with more than {most_films} films, entered in bulk", pl.len().over("date") > most_films)
    return sieve.events("Letterboxd diary", tz=None, pseudonymise=pseudonymise)


def is_letterboxd(source: Source) -> bool:
    """Whether the header is that of a diary, in any order of columns."""
    return set(DIARY) <= set(source.columns)
