"""Logs of plays of any size to a panel, without holding them in memory."""

import warnings
from collections.abc import Collection
from typing import Any

import numpy as np
import polars as pl

from viewshift._checks import check_choice
from viewshift.daily import check_span
from viewshift.local_days import check_time_of_day, check_tz
from viewshift.panel import Panel
from viewshift.readers._pseudonyms import Key, check_key, pseudonyms
from viewshift.readers._sieve import CONTROLS
from viewshift.readers._source import EXCESS, LINE
from viewshift.readers.table import _chosen
from viewshift.scale.events._clean import Cleaner
from viewshift.scale.events._log import Log, open_log
from viewshift.scale.events._store import Store
from viewshift.scale.events._totals import MEASURES, Collected


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
    The log is read once. Memory: the panel (twice for a moment), a batch of the log, some 100 bytes per account, and 12
    to 24 bytes per play up to 1 GiB; beyond that plays go to a temporary file (in the folder that ``TMPDIR`` names),
    from which they come back by accounts, a 256th of them at a time.

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
    cleaner = Cleaner(log, columns, with_items=with_items, with_shows=with_shows)
    with Store(with_items=with_items, with_shows=with_shows) as store:
        collected = Collected(cleaner.plays(), store, with_items=with_items, with_shows=with_shows)
        if cleaner.left_out:
            warnings.warn(_what_was_left_out(log, cleaner), UserWarning, stacklevel=2)
        possible = {"episodes"}
        possible |= {"minutes", "night_minutes"} if collected.has_length else set()
        possible |= {"top_show_episodes"} if collected.has_show else set()
        if measures is not None and (missing := wanted - possible):
            what = "shows" if "top_show_episodes" in missing else "durations or ends"
            raise ValueError(f"`measures` must not name {min(missing)!r}, since {log.name} has no {what}.")
        opens, closes = check_span(*collected.lay_out(tz, clock), since, until)
        accounts = collected.accounts if key is None else pseudonyms(collected.accounts, key)
        names = accounts.str.replace_all(CONTROLS, "\N{REPLACEMENT CHARACTER}").to_numpy().astype(np.str_)
        order = np.argsort(names)
        shape = len(names), int((closes - opens).astype(np.int64)) + 1
        totals = {name: np.zeros(shape, np.float32) for name in MEASURES if name in wanted & possible}
        first_day = collected.sum(opens, np.argsort(order), totals)
    return Panel(totals, accounts=names[order], start=opens, observed=np.arange(shape[1]) >= first_day[:, None])


def _what_was_left_out(log: Log, cleaner: Cleaner) -> str:
    parts = []
    for part in cleaner.left_out:
        numbers = ", ".join(map(str, part.lines)) + (", ..." if part.rows > len(part.lines) else "")
        parts.append(f"{part.rows:,} {part.reason} ({log.place} {numbers})")
    count = sum(part.rows for part in cleaner.left_out)
    return f"{log.name}: of {cleaner.rows:,} rows {count:,} were left out: {'; '.join(parts)}."
