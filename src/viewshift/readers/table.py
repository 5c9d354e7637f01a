"""Tables with named columns: CSV, Parquet, or a frame of pandas, polars or Arrow."""

from os import PathLike
from typing import Any

import polars as pl

from viewshift._plain_text import plain
from viewshift.daily import Events
from viewshift.local_days import check_tz
from viewshift.readers._columns import as_day, as_instant, as_number, as_seconds, from_frame
from viewshift.readers._finding import find_all, which
from viewshift.readers._plays import zone_of_days
from viewshift.readers._pseudonyms import Key
from viewshift.readers._sieve import Sieve
from viewshift.readers._source import EXCESS, LINE, PARQUET, Source

PLAIN_NAMES = {
    "account": ("account",),
    "start": ("start",),
    "date": ("date", "day"),
    "end": ("end",),
    "duration": ("duration", "seconds"),
    "title": ("title",),
    "show": ("show",),
    "kind": ("kind",),
    "episodes": ("episodes",),
}
"""Names by which a column is recognised, in lower or upper case."""

DAY = 86_400.0

MOST_PLAYS = 1e6
"""Plays of a day that can be meant by a count."""

MOST_ROWS = 50_000_000
"""Rows of a Parquet table, at most: few bytes can stand for many."""


def read_table(
    source: Any,
    *,
    account: str | None = None,
    start: str | None = None,
    date: str | None = None,
    end: str | None = None,
    duration: str | None = None,
    title: str | None = None,
    show: str | None = None,
    kind: str | None = None,
    episodes: str | None = None,
    tz: str | None = None,
    pseudonymise: Key | None = None,
) -> Events:
    """Read a table of plays, or of daily counts, with named columns.

    Each parameter but the first and the last two names a column; a column that is not named is found if it goes by its
    plain name: account, start, date or day, end, duration or seconds, title, show, kind, episodes.

    Parameters
    ----------
    source
        Path of a CSV or Parquet file, or a frame of pandas, polars or Arrow.
    account
        Whose play it is; without it all are of one account, "me".
    start
        When the play began: timestamps, or text such as "2025-07-31 20:15:00" or "2025-07-31T18:15:00Z". Times
        without a zone are taken to be UTC.
    date
        The local day of the play, for tables without times: dates, or text such as "2025-07-31".
    end
        When the play ended, as `start`.
    duration
        How long it played: seconds, durations, or text such as "0:42:10". It goes before `end`.
    title
        What was played. Several rows of one title on a day are one episode.
    show
        The show it belongs to.
    kind
        What kind of thing it is; kept in the event table.
    episodes
        Column of daily counts: a row stands for so many plays on its `date`, and 0 says that the day was observed.
        Days without a row are not observed.
    tz
        Time zone of the local days. Without it times give days of UTC, with a warning.
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
        If a named column is missing, there is neither `start` nor `date`, or most rows cannot be read; if no row has a
        title or show, no account has two rows on a day, and there are columns of numbers, since the rows are then
        daily counts whose column `episodes` must name; if the key is short.

    Warns
    -----
    UserWarning
        If there are times and `tz` is not given.

    Notes
    -----
    To measure more than episodes by daily totals (minutes, say), build the panel itself: `Panel.from_frame`.

    Examples
    --------
    >>> import polars as pl
    >>> import viewshift as vs
    >>> plays = pl.DataFrame({"start": ["2025-06-01 21:40:00"], "duration": ["1:00:00"], "title": ["Pilot"]})
    >>> vs.read_table(plays, tz="Europe/Berlin").daily(until="2025-06-02")["minutes"]
    array([[20., 40.]])
    """
    if tz is not None:
        check_tz("tz", tz)
    frame, name, place = _load(source)
    given = {
        "account": account, "start": start, "date": date, "end": end, "duration": duration, "title": title,
        "show": show, "kind": kind, "episodes": episodes,
    }  # fmt: skip
    columns = _chosen(frame, given, name)
    if objects := [column for column in columns.values() if frame[column].dtype == pl.Object]:
        raise ValueError(
            f"{name}: the column {objects[0]!r} must hold text, numbers or times, got Python objects; cast it."
        )
    sieve = Sieve(frame, name, place)
    if EXCESS in frame.columns:
        sieve.refuse_unreadable(
            "the row has more fields than the header, or an open quotation mark", pl.col(EXCESS), "mend the file"
        )
    sieve.not_used = [column for column in frame.columns if column not in {*columns.values(), LINE, EXCESS}]
    sieve.frame = sieve.frame.select(LINE, **{role: pl.col(column) for role, column in columns.items()})
    if "account" not in columns:
        sieve.frame = sieve.frame.with_columns(account=pl.lit("me"))
    texts = [role for role in ("account", "title", "show", "kind") if role in sieve.frame.columns]
    sieve.frame = sieve.frame.with_columns(pl.col(texts).cast(pl.String).str.strip_chars().replace("", None))
    sieve.refuse_unreadable("the account has no name", pl.col("account").is_null(), "name it in every row")
    if "start" in columns and "episodes" not in columns:
        tz = zone_of_days(sieve.source, tz, "times")
        _read_times(sieve)
        return sieve.events("table of plays", tz=tz, pseudonymise=pseudonymise)
    if "date" not in columns:
        raise ValueError(
            f"{name}: a table of daily counts must have a column of days; call it 'date', or name it by `date=`."
        )
    _replace(sieve, "date", as_day(sieve.frame["date"]), "the date cannot be read", "write days as 2025-07-31")
    sieve.leave_out_impossible(pl.col("date"))
    if "episodes" not in columns:
        _refuse_unnamed_counts(sieve, frame)
        return sieve.events("table of plays by day", tz=None, pseudonymise=pseudonymise)
    sieve.leave_out("without a count", pl.col("episodes").is_null())
    counts = as_number(sieve.frame["episodes"])
    sieve.frame = sieve.frame.with_columns(plays=counts.set(~counts.is_between(0, MOST_PLAYS), None))
    sieve.refuse_unreadable("the count cannot be read", pl.col("plays").is_null(), "write counts as whole numbers")
    return sieve.events("table of daily counts", tz=None, pseudonymise=pseudonymise)


def is_table(source: Source) -> bool:
    """Whether it is Parquet, or its header has a column of times or days under its plain name."""
    return source.kind == PARQUET or bool(set(source.columns) & {*PLAIN_NAMES["start"], *PLAIN_NAMES["date"]})


def _load(source: Any) -> tuple[pl.DataFrame, str, str]:
    """Return the rows with their `LINE`, a name for messages, and what `LINE` counts."""
    if not isinstance(source, str | PathLike):
        return from_frame(source), f"{type(source).__module__.split('.')[0]} frame", "row"
    found = find_all(source, lambda file: file.kind in {"text", PARQUET}, "a table (CSV or Parquet)")
    found = list(filter(is_table, found)) or found
    if len(found) > 1:
        raise ValueError(which(found))
    text = found[0]
    if text.kind == PARQUET:
        return _parquet(text), text.name, "row"
    if not any(text.columns):
        raise ValueError(f"{text.name}, line 1: there must be a header of names of columns, got an empty line.")
    return text.scan(*dict.fromkeys(filter(None, text.columns))), text.name, "line"


def _parquet(source: Source) -> pl.DataFrame:
    try:
        rows = pl.scan_parquet(source.path, glob=False)
        if (n_rows := rows.select(pl.len()).collect().item()) > MOST_ROWS:
            raise ValueError(
                f"{source.name}: a table must have at most {MOST_ROWS:,} rows, got {n_rows:,}; `vs.scale.daily` takes "
                "more."
            )
        return rows.collect().with_row_index(LINE)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise ValueError(f"{source.name}: the Parquet file cannot be read; fetch or write it again.") from None


def _chosen(frame: pl.DataFrame, given: dict[str, str | None], source: str) -> dict[str, str]:
    """Return the column of each role that the table has, named or found."""
    by_lower = {column.lower(): column for column in reversed(frame.columns)}
    names = [column for column in frame.columns if column not in {LINE, EXCESS}]
    chosen = {}
    for role, column in given.items():
        if column is not None:
            match = column if column in frame.columns else by_lower.get(column.lower())
            if match is None:
                have = plain(", ".join(map(repr, names)))[:120]
                raise ValueError(f"`{role}` must name a column of {source}, got {column!r}; it has {have}.")
            chosen[role] = match
        elif found := next((by_lower[plain] for plain in PLAIN_NAMES[role] if plain in by_lower), None):
            chosen[role] = found
    if "start" not in chosen and "date" not in chosen:
        raise ValueError(
            f"{source}: there must be a column 'start' or 'date', got {len(names)} under other names; call one of "
            "them so, or name it by `start=` or `date=`."
        )
    return chosen


def _replace(sieve: Sieve, role: str, values: pl.Series, reason: str, remedy: str) -> None:
    sieve.frame = sieve.frame.with_columns(values.alias(role))
    sieve.refuse_unreadable(reason, pl.col(role).is_null(), remedy)


def _refuse_unnamed_counts(sieve: Sieve, frame: pl.DataFrame) -> None:
    """Raise if rows look like daily counts under a name that is not known: each would be taken for one play."""
    if {"title", "show"} & set(sieve.frame.columns) or sieve.frame.select("account", "date").is_duplicated().any():
        return
    numbers = {name: as_number(frame[name]) for name in sieve.not_used if _is_count(frame[name])}
    if numbers:
        whole = [name for name, values in numbers.items() if (values.drop_nulls() % 1 == 0).all()]
        likely = [*whole, *numbers][0]
        raise ValueError(
            f"{sieve.source}: `episodes` must name the column of daily counts, since each day has one row and no "
            f"title, got none among the columns of numbers {', '.join(map(repr, numbers))}; pass "
            f"`episodes={likely!r}`, or leave them out of the table if each row is one play."
        )


def _is_count(column: pl.Series) -> bool:
    """Whether a column holds nothing but numbers of at least 0, some of them missing at most."""
    if not (column.dtype.is_numeric() or column.dtype == pl.String):
        return False
    values = as_number(column)
    return values.null_count() == column.null_count() < len(column) and bool((values.drop_nulls() >= 0).all())


def _read_times(sieve: Sieve) -> None:
    """Turn `start`, `end` and `duration` into `start` and `seconds`."""
    _replace(
        sieve, "start", as_instant(sieve.frame["start"]), "the start cannot be read", "write it as 2025-07-31 20:15:00"
    )
    sieve.leave_out_impossible(pl.col("start").dt.date())
    if "duration" in sieve.frame.columns:
        seconds = as_seconds(sieve.frame["duration"])
    elif "end" in sieve.frame.columns:
        seconds = (as_instant(sieve.frame["end"]) - sieve.frame["start"]).dt.total_milliseconds() / 1000
    else:
        return
    sieve.frame = sieve.frame.with_columns(seconds=seconds)
    length = "duration" if "duration" in sieve.frame.columns else "end"
    sieve.refuse_unreadable("the play ends before it starts", pl.col("seconds") < 0, "check the column")
    sieve.refuse_unreadable(
        f"the {length} cannot be read",
        pl.col("seconds").is_null() & pl.col(length).is_not_null(),
        "write it as 0:42:10",
    )
    sieve.leave_out("lasting longer than a week", pl.col("seconds") > 7 * DAY)
    sieve.note("plays have no length and add no minutes", pl.col("seconds").is_null())
    sieve.note("plays last longer than a day", pl.col("seconds") > DAY)
