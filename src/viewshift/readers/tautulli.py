"""The play history that Tautulli keeps of a Plex server."""

import polars as pl

from viewshift.daily import Events
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
from viewshift.readers._source import SQLITE, Location
from viewshift.readers._sqlite import Database, has_log, open_database

HISTORY, TITLES, USERS = "session_history", "session_history_metadata", "users"
NUMBERS = ("id", "reference_id", "started", "stopped", "paused_counter", "user_id")
NO_VIEWS = {"track": "music", "photo": "photos", "clip": "trailers and other clips"}
"""Kinds of media that are no viewing."""

FETCH = "fetch the database again"


def read_tautulli(
    path: Location, *, tz: str | None = None, min_minutes: float = 2.0, pseudonymise: Key | None = None
) -> Events:
    """Read the database of Tautulli, tautulli.db or a backup of it; each user of the Plex server is an account.

    Parameters
    ----------
    path
        The SQLite database. It is opened read-only and as it lies there.
    tz
        Time zone of the viewers, such as "Europe/Berlin". Times are in UTC; without `tz` days are days of UTC, with a
        warning.
    min_minutes
        A title that was played for less on a day, all its pieces together, is no view.
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
        If it is no such database, is damaged or being written, most rows cannot be read, or the key is short.

    Warns
    -----
    UserWarning
        If `tz` is not given.

    Notes
    -----
    Seconds are ``stopped - started - paused_counter``. Rows with one `reference_id` are one play that was resumed: they
    have one title, keep their own times, and count once a day. An account has the name that Tautulli shows, with the
    number of the user where two share a name, and that number alone where there is none. Left out and counted: rows
    that cannot be read, unknown dates (1970) and future ones, music, photos, clips, and titles under `min_minutes`.
    """
    check_minutes("min_minutes", min_minutes)
    path = find_one(path, lambda source: source.kind == SQLITE, "the database of Tautulli (tautulli.db)").path
    with open_database(path) as database:
        if not is_tautulli(database.tables):
            raise ValueError(
                f"{database.name}: the database must be that of Tautulli, with the tables {HISTORY} and {TITLES}, "
                "found neither or one; name tautulli.db."
            )
        zone = zone_of_days(database.name, tz)
        sieve = Sieve(_plays(database), database.name, "row")
    sieve.refuse_unreadable("the user has no number", pl.col("account").is_null(), FETCH)
    started, stopped = (
        pl.from_epoch(pl.when(pl.col(name).abs() < 1e11).then(name).cast(pl.Int64), time_unit="s")
        .cast(pl.Datetime("ms"))
        .dt.replace_time_zone("UTC")
        for name in ("started", "stopped")
    )
    sieve.frame = sieve.frame.with_columns(start=started, stop=stopped)
    sieve.refuse_unreadable("the start cannot be read", pl.col("start").is_null(), FETCH)
    sieve.leave_out("still playing, without an end", pl.col("stopped").is_null() | (pl.col("stopped") == 0))
    sieve.refuse_unreadable("the end cannot be read", pl.col("stop").is_null(), FETCH)
    sieve.leave_out_impossible(pl.col("start").dt.date())
    for kind, reason in NO_VIEWS.items():
        sieve.leave_out(reason, pl.col("kind") == kind)
    seconds = pl.col("stopped") - pl.col("started") - pl.col("paused_counter").fill_null(0.0)
    sieve.frame = sieve.frame.with_columns(seconds=seconds)
    clean_titles(sieve, "title", "show")
    sieve.note("rows resume a play and count with it", ~pl.struct("account", "play").is_first_distinct())
    leave_out_impossible_lengths(sieve, FETCH)
    leave_out_short(sieve, min_minutes, zone)
    if has_log(path):
        sieve.oddities.append(
            "a write-ahead log lies beside the database, and the newest plays in it were not read: take a backup made "
            "by Tautulli to have them"
        )
    return sieve.events("Tautulli database", tz=zone, pseudonymise=pseudonymise)


def is_tautulli(tables: frozenset[str]) -> bool:
    """Whether a database has the tables of Tautulli."""
    return {HISTORY, TITLES} <= tables


def _plays(database: Database) -> pl.DataFrame:
    """Return the rows of the history with `title`, `show`, `kind`, the `play` they belong to, and their `account`."""
    plays = database.read(HISTORY, numbers=NUMBERS, texts=("media_type",))
    season = tuple({"parent_title"} & database.columns(TITLES))
    titles = database.read(TITLES, numbers=("id",), texts=("title", "grandparent_title", *season))
    parts = pl.concat_str("grandparent_title", *season, "title", separator=": ", ignore_nulls=True)
    named = titles.unique("id", keep="first").select(
        "id",
        title=pl.when(pl.col("title").is_not_null()).then(parts),
        show=pl.coalesce("grandparent_title", "title"),
    )
    users = _accounts(plays["user_id"].drop_nulls().unique(), database)
    plays = plays.join(named, on="id", how="left", maintain_order="left")
    plays = plays.join(users, on="user_id", how="left", maintain_order="left")
    plays = plays.with_columns(play=pl.coalesce("reference_id", "id"), kind="media_type")
    pieces = plays.filter(pl.struct("account", "play").is_duplicated())
    if pieces.is_empty():
        return plays
    # the pieces of a play have one title, that of the first piece with any
    of_play = pieces.group_by("account", "play").agg(
        pl.col(name).drop_nulls().first().alias(f"{name} of play") for name in ("title", "show")
    )
    plays = plays.join(of_play, on=["account", "play"], how="left", maintain_order="left")
    return plays.with_columns(pl.coalesce(f"{name} of play", name).alias(name) for name in ("title", "show"))


def _accounts(users: pl.Series, database: Database) -> pl.DataFrame:
    """Return the name of the account of each user, which no two of them share."""
    known = database.columns(USERS)
    choice = tuple(name for name in ("friendly_name", "username") if name in known)
    table = users.to_frame()
    if choice and "user_id" in known:
        named = database.read(USERS, numbers=("user_id",), texts=choice).unique("user_id", keep="first")
        table = table.join(named, on="user_id", how="left")
    number = pl.col("user_id").cast(pl.Int64, strict=False).cast(pl.String)
    table = table.select(
        "user_id", number=number, name=pl.coalesce(*(name for name in choice if name in table.columns), number)
    )
    numbered = pl.format("{} ({})", "name", "number")
    return table.select("user_id", account=pl.when(pl.len().over("name") > 1).then(numbered).otherwise("name"))
