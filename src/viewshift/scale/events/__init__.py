"""Logs of plays of any size to a panel, without holding them in memory."""

import warnings
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import polars as pl

from viewshift._arrays import check_names
from viewshift._checks import check_choice, check_day
from viewshift.daily import MEASURES as IN_PANEL
from viewshift.daily import check_span
from viewshift.local_days import check_time_of_day, check_tz
from viewshift.panel import Panel, panel_of
from viewshift.readers._pseudonyms import Key, check_key, pseudonyms
from viewshift.readers._sieve import CONTROLS
from viewshift.readers._source import EXCESS, LINE
from viewshift.readers.table import _chosen
from viewshift.scale.events._calendar import Calendar
from viewshift.scale.events._clean import Cleaner, Plays
from viewshift.scale.events._in_order import MEASURES, InOrder
from viewshift.scale.events._log import Log, open_log
from viewshift.scale.events._store import Store
from viewshift.scale.events._totals import Collected


def daily(
    source: Any,
    *,
    tz: str,
    account: str | None = None,
    start: str | None = None,
    end: str | None = None,
    duration: str | None = None,
    title: str | None = None,
    show: str | None = None,
    pseudonymise: Key | None = None,
    since: str | np.datetime64 | None = None,
    until: str | np.datetime64 | None = None,
    day_start: str = "00:00",
    measures: Collection[str] | None = None,
) -> Panel:
    """Read a log of plays of any size and sum it over local days: `read_table` and `Events.daily` in one go.

    Days, episodes and minutes mean what they mean there, to the last play: a play across midnight gives minutes to
    both days, overlapping plays of an account count once, pieces of a title on a day are one episode, and rows that
    cannot be counted are left out for the same reasons. The rows may be in any order.

    Parameters
    ----------
    source
        Path of a Parquet, Arrow or CSV file, or of a folder of Parquet files; a frame of pandas, polars (lazy ones are
        not collected) or Arrow; or an iterator of frames, such as an Arrow stream of record batches.
    tz
        Time zone of the local days; times without a zone are taken to be UTC.
    account, start, end, duration, title, show
        Columns, found by their plain names if not given, as in `read_table`. There must be a `start`.
    pseudonymise
        A secret key of at least 16 bytes: accounts then go by their `pseudonym` instead of their name.
    since, until, day_start
        First and last day of the panel, and when a day begins, as in `Events.daily`.
    measures
        Which of ``episodes``, ``minutes``, ``night_minutes`` and ``top_show_episodes`` to sum up; default all that
        the log allows. Each takes 4 bytes per account and day.

    Returns
    -------
    A panel of float32.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file cannot be read, a named column is missing, there is no `start`, most rows cannot be read, a measure
        is asked for that the log does not allow, or the days are none (see `Events.daily`).

    Warns
    -----
    UserWarning
        If rows were left out, and why; or if `until` is not given or long after the last play.

    Notes
    -----
    A log in which the plays of each account come in order of time is summed as it is read. Memory: the panel (less than
    twice), some batches of the log, and some 100 bytes per account, with titles 20 more for each of its busiest day.

    Any other log is read a second time, and an iterator in any case goes this way: 12 to 24 bytes per play are kept up
    to 1 GiB; beyond that plays go to a temporary file (in the folder that ``TMPDIR`` names), from which they come back
    by accounts, a 256th of them at a time.

    Titles and shows, and accounts that are text, are told apart by a 64-bit hash. Of n accounts two are taken for one
    with probability n^2 / 2^65, 3e-8 for a million; titles must differ only within an account's day.

    Examples
    --------
    >>> import polars as pl
    >>> import viewshift as vs
    >>> plays = pl.LazyFrame({"account": [7, 7], "start": ["2025-06-01 21:40:00"] * 2, "duration": [3600, 1800]})
    >>> panel = vs.scale.daily(plays, tz="Europe/Berlin", until="2025-06-02")
    >>> panel["minutes"].tolist(), panel["episodes"].tolist()
    ([[20.0, 40.0]], [[2.0, 0.0]])
    """
    check_tz("tz", tz)
    clock = check_time_of_day("day_start", day_start)
    key = None if pseudonymise is None else check_key("pseudonymise", pseudonymise)
    for measure in measures if measures is not None else ():
        check_choice("measures", measure, MEASURES)
    wanted = set(MEASURES if measures is None else measures)
    span = (
        None if since is None else _number(check_day("since", since)),
        None if until is None else min(_number(check_day("until", until)), _number(np.datetime64("today", "D")) + 2),
    )
    log = open_log(source)
    given = {"account": account, "start": start, "end": end, "duration": duration, "title": title, "show": show}
    if start is None and "start" not in map(str.lower, log.schema):
        others = len(set(log.schema) - {LINE, EXCESS})
        raise ValueError(
            f"{log.name}: there must be a column 'start', got {others} under other names; name it by `start=`."
        )
    columns = _chosen(pl.DataFrame(schema=log.schema), given, log.name)
    with_shows = "top_show_episodes" in wanted and "show" in columns
    with_items = "title" in columns and ("episodes" in wanted or with_shows)
    able = {"episodes"} | ({"top_show_episodes"} if with_shows else set())
    able |= {"minutes", "night_minutes"} if columns.keys() & {"duration", "end"} else set()
    if measures is not None:
        _check_measures(wanted, able, log)
    calendar = Calendar(tz, clock, with_night="night_minutes" in wanted)
    with Store(with_items=with_items, with_shows=with_shows) as store:
        cleaner = Cleaner(log, columns, with_items=with_items, with_shows=with_shows)
        summed: InOrder | Collected | None = None
        if log.can_be_read_again:
            summed = _in_order(cleaner.plays(), InOrder(wanted & able, calendar, *span))
        if summed is None:
            cleaner = Cleaner(log, columns, with_items=with_items, with_shows=with_shows)
            summed = Collected(cleaner, calendar, store)
        if cleaner.left_out:
            warnings.warn(_what_was_left_out(log, cleaner), UserWarning, stacklevel=2)
        able -= set() if cleaner.has_length else {"minutes", "night_minutes"}
        able -= set() if cleaner.has_show else {"top_show_episodes"}
        if measures is not None:
            _check_measures(wanted, able, log)
        first, last = (np.datetime64(calendar.day(ms), "D") for ms in (cleaner.earliest, cleaner.latest))
        opens, closes = check_span(first, last, since, until)
        accounts = cleaner.accounts.names if key is None else pseudonyms(cleaner.accounts.names, key)
        names = accounts.str.replace_all(CONTROLS, "\N{REPLACEMENT CHARACTER}").to_numpy().astype(np.str_)
        order = np.argsort(names)
        check_names(names[order], len(names))
        n_days = _number(closes) - _number(opens) + 1
        sums, first_day = summed.sum(_number(opens), np.argsort(order), n_days, wanted & able)
    measured = {name: sums[name] for name in IN_PANEL if name in sums}
    return panel_of(measured, names[order], opens, np.arange(n_days) >= first_day[:, None])


def _in_order(batches: Iterator[Plays], sums: InOrder) -> InOrder | None:
    """Return the sums with all plays added, or None if they are not in order. Another thread reads ahead."""
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, batches, None)
        while (plays := coming.result()) is not None:
            coming = worker.submit(next, batches, None)
            if not sums.add(plays):
                return None
    return sums


def _check_measures(wanted: set[str], able: set[str], log: Log) -> None:
    if not wanted:
        raise ValueError("`measures` must name at least one measure, got none.")
    if missing := wanted - able:
        what = "shows" if "top_show_episodes" in missing else "durations or ends"
        raise ValueError(f"`measures` must not name {min(missing)!r}, since {log.name} has no {what}.")


def _what_was_left_out(log: Log, cleaner: Cleaner) -> str:
    parts = []
    for part in cleaner.left_out:
        numbers = ", ".join(map(str, part.lines)) + (", ..." if part.rows > len(part.lines) else "")
        parts.append(f"{part.rows:,} {part.reason} ({log.place} {numbers})")
    count = sum(part.rows for part in cleaner.left_out)
    return f"{log.name}: of {cleaner.rows:,} rows {count:,} were left out: {'; '.join(parts)}."


def _number(day: np.datetime64) -> int:
    return int(day.astype(np.int64))
