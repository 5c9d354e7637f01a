"""Large tables of days, and the panel that some accounts' rows are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from viewshift._checks import check_day
from viewshift.frames import long_to_arrays
from viewshift.panel import Panel
from viewshift.scale._arrow import pa, pc
from viewshift.scale._fields import Day, check_columns, check_span, is_number, is_text


@dataclass(frozen=True, kw_only=True)
class Days:
    """A table with one row per account and day; an account-day without a row was not observed.

    Parameters
    ----------
    account
        Column of account names: text, or whole numbers, which become text.
    day
        Column of local days: dates, timestamps at midnight, or text such as "2025-07-31".
    measures
        Columns of counts and minutes; default all others that are numeric.
    since, until
        First and last day to judge; default those of the table.
    """

    account: str = "account"
    day: str = "day"
    measures: tuple[str, ...] | None = None
    since: Day | None = None
    until: Day | None = None

    def __post_init__(self) -> None:
        check_span(self.since, self.until)
        if isinstance(self.measures, str):
            raise TypeError(
                f"`measures` must be several names, got {self.measures!r}; put it in parentheses, with a comma."
            )

    @property
    def clock(self) -> str:
        """Name of the column that tells the day."""
        return self.day

    def of(self, schema: Any, besides: Iterable[str] = ()) -> Self:
        """Return this layout with its measures named, or raise if the table does not fit it.

        Parameters
        ----------
        schema
            Of the Arrow table.
        besides
            Columns that are no measures, though they may be numeric.
        """
        if self.day not in schema.names and "start" in schema.names:
            raise ValueError(
                f"the table must have a column {self.day!r} of days, got 'start'; if its rows are plays, give "
                "`layout=vs.scale.Plays(tz=..., until=...)`."
            )
        check_columns(schema, self.account, self.day, *(self.measures or ()))
        kind = schema.field(self.day).type
        if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind) or is_text(kind)):
            raise ValueError(f"column {self.day!r} must hold days such as 2025-07-31, got {kind}.")
        if getattr(kind, "tz", None):
            raise ValueError(f"column {self.day!r} must hold local days, got instants ({kind}); make them local first.")
        others = {self.account, self.day, *besides}
        numeric = (field.name for field in schema if field.name not in others and is_number(field.type))
        measures = tuple(numeric) if self.measures is None else tuple(self.measures)
        if not measures:
            raise ValueError("the table must have a numeric column to measure viewing by, got none.")
        return replace(self, measures=measures)

    def columns(self, schema: Any) -> list[str]:
        """Return the columns that are needed.

        Parameters
        ----------
        schema
            Of the Arrow table.
        """
        return [self.account, self.day, *(self.measures or ())]

    def doubts(self, clock: Any) -> bool:
        """Whether a value is so odd that days cannot be told by the bounds of the column: none is.

        Parameters
        ----------
        clock
            As Python has it.
        """
        return clock is None

    def local_day(self, clock: Any) -> np.datetime64:
        """Return the day of one value of `clock`, a date or a timestamp.

        Parameters
        ----------
        clock
            As Python has it.
        """
        return np.datetime64(clock, "D")

    def ends(self, clock: Any) -> tuple[Any, Any]:
        """Return the first and the last of some values of `clock`; None and None if all are missing.

        Parameters
        ----------
        clock
            Arrow column.
        """
        ends = pc.min_max(self._dates(clock)).as_py()
        return ends["min"], ends["max"]

    def usable(self, table: Any) -> tuple[Any, dict[str, int]]:
        """Return the rows that count, and how many were left out for which reason.

        Parameters
        ----------
        table
            Rows.
        """
        table = table.set_column(table.column_names.index(self.day), self.day, self._dates(table[self.day]))
        for name in self.measures or ():
            if pa.types.is_decimal(table.schema.field(name).type):
                table = table.set_column(table.column_names.index(name), name, pc.cast(table[name], pa.float64()))
        return table, {}

    def _dates(self, clock: Any) -> Any:
        """Return text and dates of whatever unit as days, timestamps as they are."""
        if pa.types.is_timestamp(clock.type):
            return clock
        try:
            return pc.cast(pc.cast(clock, pa.string()) if is_text(clock.type) else clock, pa.date32())
        except pa.ArrowInvalid as error:
            raise ValueError(f"column {self.day!r} must hold days such as 2025-07-31: {error}.") from None

    def panel(self, table: Any) -> Panel:
        """Return the panel of some accounts' usable rows.

        Parameters
        ----------
        table
            All rows of these accounts; at least one.
        """
        bounds = (None if day is None else check_day("day", day) for day in (self.since, self.until))
        arrays, accounts, start = long_to_arrays(table, self.account, self.day, self.measures, *bounds)
        return Panel(arrays, accounts=accounts, start=start)
