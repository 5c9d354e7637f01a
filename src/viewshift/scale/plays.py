"""Large tables of plays, and the panel that some accounts' rows are."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

import numpy as np

from viewshift._checks import check_day
from viewshift._typing import Floats
from viewshift.daily import MEASURES
from viewshift.local_days import check_time_of_day, check_tz, day_cells, first_instant, tomorrow
from viewshift.panel import Panel
from viewshift.readers import read_table
from viewshift.scale._arrow import pa, pc
from viewshift.scale._fields import Day, check_columns, check_span, is_number, is_text

INSTANT = pa.timestamp("ms", "UTC")

EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
LONGEST = 7 * 86_400.0
"""Plays before it, or of more seconds, are no plays, as for `read_table`."""

PLAIN = ("start", "end", "duration", "seconds", "title", "show")
LENGTHS = {"end", "duration", "seconds"}


@dataclass(frozen=True, kw_only=True)
class Plays:
    """A table with one row per play.

    Besides the account, columns go by their plain names: ``start`` (timestamps; UTC if they have no zone), ``end``
    (timestamps) or ``duration`` or ``seconds`` (numbers or durations), ``title`` and ``show``.

    Parameters
    ----------
    tz
        Time zone of the local days.
    until
        Last day to judge: the day up to which the log was kept, since silence up to then was observed.
    since
        First day to judge; default that of the first play.
    account
        Column of account names: text, or whole numbers, which become text.
    day_start
        Local time at which a day begins.
    """

    tz: str
    until: Day
    since: Day | None = None
    account: str = "account"
    day_start: str = "00:00"

    def __post_init__(self) -> None:
        check_tz("tz", self.tz)
        check_day("until", self.until)
        check_time_of_day("day_start", self.day_start)
        check_span(self.since, self.until)

    @property
    def clock(self) -> str:
        """Name of the column that tells the day."""
        return "start"

    def of(self, schema: Any, besides: Iterable[str] = ()) -> Self:
        """Return this layout, or raise if the table does not fit it.

        Parameters
        ----------
        schema
            Of the Arrow table.
        besides
            Columns that the layout has no use for.
        """
        check_columns(schema, self.account, "start")
        for name in ("start", "end", "duration", "seconds"):
            kind = schema.field(name).type if name in schema.names else None
            if kind is None:
                continue
            if name in ("start", "end") and not pa.types.is_timestamp(kind):
                raise ValueError(f"column {name!r} must hold timestamps, got {kind}.")
            if name in ("duration", "seconds") and not (pa.types.is_duration(kind) or is_number(kind)):
                raise ValueError(f"column {name!r} must hold seconds or durations, got {kind}.")
        return self

    def columns(self, schema: Any) -> list[str]:
        """Return the columns that are needed, of those that the table has.

        Parameters
        ----------
        schema
            Of the Arrow table.
        """
        return [self.account, *(name for name in PLAIN if name in schema.names)]

    def doubts(self, clock: Any) -> bool:
        """Whether a value is so odd that days cannot be told by the bounds of the column.

        Parameters
        ----------
        clock
            As Python has it.
        """
        return bool((clock if clock.tzinfo else clock.replace(tzinfo=UTC)) < EARLIEST)

    def local_day(self, clock: Any) -> np.datetime64:
        """Return the day on which an instant lies.

        Parameters
        ----------
        clock
            A timestamp as Python has it; UTC if it has no zone.
        """
        instant = clock if clock.tzinfo else clock.replace(tzinfo=UTC)
        ms = int(instant.timestamp() * 1000)
        borders, number, _, begin = day_cells(ms, ms, self.tz, check_time_of_day("day_start", self.day_start))
        return np.datetime64(begin + number[np.searchsorted(borders, ms, side="right") - 1], "D")

    def ends(self, clock: Any) -> tuple[Any, Any]:
        """Return the first and the last of some values of `clock`, the impossible ones apart; None and None if all are.

        Parameters
        ----------
        clock
            Arrow column.
        """
        start = pc.cast(clock, INSTANT, safe=False)
        ends = pc.min_max(start.filter(pc.greater_equal(start, pa.scalar(EARLIEST, INSTANT)))).as_py()
        return ends["min"], ends["max"]

    def usable(self, table: Any) -> tuple[Any, dict[str, int]]:
        """Return the rows that count, and how many were left out for which reason: those that `read_table` leaves out.

        Parameters
        ----------
        table
            Rows.
        """
        start = pc.cast(table["start"], INSTANT, safe=False)
        end = date.fromisoformat(str(check_day("until", self.until))) + timedelta(days=1)
        close = first_instant(end, check_time_of_day("day_start", self.day_start), ZoneInfo(self.tz))
        reasons = {
            "without an account": _nameless(table[self.account]),
            "without a start": pc.is_null(start),
            "of unknown date (1970 or before)": pc.less(start, pa.scalar(EARLIEST, INSTANT)),
            "in the future": pc.greater(pc.cast(start, pa.date32()), tomorrow()),
            "after the last day": pc.greater_equal(start, pa.scalar(close, pa.int64()).cast(INSTANT)),
        }
        if (length := _seconds(table, start)) is not None:
            reasons |= {
                "of unreadable length": pc.invert(pc.is_finite(length)),
                "ending before they start": pc.less(length, 0.0),
                "lasting longer than a week": pc.greater(length, LONGEST),
            }
        left_out, kept = {}, pa.chunked_array([np.ones(len(table), dtype=bool)])
        for reason, where in reasons.items():
            gone = pc.and_(kept, pc.fill_null(where, False))
            if count := pc.sum(gone).as_py():
                left_out[reason] = count
                kept = pc.and_not(kept, gone)
        return table.filter(kept) if left_out else table, left_out

    def panel(self, table: Any) -> Panel:
        """Return the panel of some accounts' usable rows.

        Parameters
        ----------
        table
            All rows of these accounts; at least one.
        """
        events = read_table(table, account=self.account, tz=self.tz)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # silence at the end is that of few accounts here
            panel = events.daily(self.since, self.until, day_start=self.day_start)
        # these accounts may have nothing of what others have
        nothing, episodes = np.where(panel.observed, 0.0, np.nan), panel["episodes"]
        others: dict[str, Floats] = {}
        if LENGTHS & set(table.column_names) and "minutes" not in panel.measures:
            others |= {"minutes": nothing, "night_minutes": nothing}
        if "show" in table.column_names and "top_show_episodes" not in panel.measures:
            others["top_show_episodes"] = np.minimum(episodes, 1.0)
        if not others:
            return panel
        known = {**panel.measures, **others}
        ordered = {name: known[name] for name in MEASURES if name in known}
        return Panel(ordered, accounts=panel.accounts, start=panel.start, observed=panel.observed)


def _nameless(account: Any) -> Any:
    missing = pc.is_null(account)
    return pc.or_kleene(missing, pc.equal(pc.cast(account, pa.string()), "")) if is_text(account.type) else missing


def _seconds(table: Any, start: Any) -> Any:
    """Return the lengths of plays, null where unknown; None if the table has none."""
    given = next((name for name in ("duration", "seconds") if name in table.column_names), None)
    if given is None:
        if "end" not in table.column_names:
            return None
        lengths = pc.subtract(pc.cast(table["end"], INSTANT, safe=False), start)
    else:
        lengths = table[given]
        if not pa.types.is_duration(lengths.type):
            return pc.cast(lengths, pa.float64())
    return pc.divide(pc.cast(pc.cast(lengths, pa.duration("ms"), safe=False), pa.int64()), 1000.0)
