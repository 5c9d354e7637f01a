"""What readers of plays share: the zone of their days, the form of titles, lengths that cannot be or are no view."""

import warnings

import polars as pl

from viewshift.local_days import check_tz
from viewshift.readers._distinct import with_derived
from viewshift.readers._sieve import Sieve
from viewshift.readers._titles import normalised

DAY = 86_400.0


def zone_of_days(source: str, tz: str | None, times: str = "times in UTC") -> str:
    """Return the time zone of local days; UTC, with a warning to the caller of the reader, if none is given."""
    if tz is not None:
        return check_tz("tz", tz)
    warnings.warn(
        f"{source} has {times} and `tz` is not given, so days are days of UTC, and late evenings may count for another "
        "day; give the time zone in which it was watched, such as `tz='Europe/Berlin'`.",
        UserWarning,
        stacklevel=3,
    )
    return "UTC"


def check_minutes(name: str, value: float) -> float:
    """Return `value`, or raise if it is no number of minutes."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"`{name}` must be a number of minutes, got {value!r}.")
    if not value >= 0:
        raise ValueError(f"`{name}` must be at least 0, got {value}.")
    return value


def clean_titles(sieve: Sieve, *names: str) -> None:
    """Bring columns of titles to one form; rows without `title` are noted, and stay."""
    for name in names:
        sieve.frame = (
            with_derived(sieve.frame, name, normalised(name).alias("clean")).drop(name).rename({"clean": name})
        )
    sieve.note("plays without a title, counted as views", pl.col("title").is_null())


def leave_out_impossible_lengths(sieve: Sieve, remedy: str) -> None:
    """Leave out plays that end before they start or last longer than a week; note those of unknown length."""
    sieve.refuse_unreadable("the play ends before it starts", pl.col("seconds") < 0, remedy)
    sieve.leave_out("lasting longer than a week", pl.col("seconds") > 7 * DAY)
    sieve.note("plays have no length and add no minutes", pl.col("seconds").is_null())


def leave_out_short(sieve: Sieve, min_minutes: float, zone: str) -> None:
    """Leave out titles that were played for less than `min_minutes` on their day, all pieces together."""
    day = pl.col("start").dt.convert_time_zone(zone).dt.date()
    pieces = pl.col("seconds").sum().over("account", day, "show", "title")
    together = pl.when(pl.col("title").is_null()).then("seconds").otherwise(pieces)
    known = pl.col("seconds").is_not_null()
    sieve.leave_out(f"under {min_minutes:g} minutes on their day", known & (together < 60 * min_minutes))
