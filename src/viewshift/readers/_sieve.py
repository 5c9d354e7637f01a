"""Rows on their way to events, and the account of those left out."""

from datetime import date

import polars as pl

from viewshift.daily import SCHEMA, Events
from viewshift.local_days import tomorrow
from viewshift.readers._pseudonyms import Key, check_key, pseudonyms
from viewshift.readers._source import LINE
from viewshift.reading import LeftOut, ReadingReport

CONTROLS = r"[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]"
"""Characters that a terminal obeys, turns of the direction of writing among them."""

SHOWN = 3
"""Numbers of lines shown for each reason."""


class Sieve:
    """A frame of rows with their `LINE`, from which rows are left out for stated reasons.

    Parameters
    ----------
    frame
        The rows.
    source
        Name of the file, for messages.
    place
        What `LINE` counts, from 1 on if the frame has none: "line", "row" or "entry".
    """

    def __init__(self, frame: pl.DataFrame, source: str, place: str = "line") -> None:
        self.frame = frame if LINE in frame.columns else frame.with_row_index(LINE, offset=1)
        self.source = source
        self.place = place
        self.rows = len(frame)
        self.left_out: list[LeftOut] = []
        self.not_used: list[str] = []
        self.oddities: list[str] = []
        if frame.is_empty():
            what = "rows below the header" if place == "line" else "entries"
            raise ValueError(f"{source}: there must be {what}, got none; fetch the export again.")

    def leave_out(self, reason: str, where: pl.Expr) -> None:
        """Leave out the rows where the expression holds, and note how many and why."""
        gone = self.frame.select(where.fill_null(value=False).alias("gone")).to_series()
        if count := int(gone.sum()):
            lines = tuple(self.frame[LINE].filter(gone).head(SHOWN).to_list())
            self.left_out.append(LeftOut(reason, count, lines))
            self.frame = self.frame.filter(~gone)

    def refuse_unreadable(self, reason: str, where: pl.Expr, remedy: str) -> None:
        """Leave out rows that cannot be read; raise if they are more than half of all rows."""
        before = len(self.frame)
        self.leave_out(reason, where)
        if before - len(self.frame) > self.rows / 2:
            part = self.left_out[-1]
            raise ValueError(
                f"{self.source}, {self.place} {part.lines[0]}: {reason}, and so in {part.rows:,} of {self.rows:,} "
                f"rows; {remedy}."
            )

    def leave_out_impossible(self, day: pl.Expr) -> None:
        """Leave out days that stand for an unknown one, and days to come."""
        self.leave_out("of unknown date (1970 or before)", day < date(1971, 1, 1))
        self.leave_out("in the future", day > tomorrow())

    def note(self, sentence: str, where: pl.Expr | pl.Series) -> None:
        """Note as odd what some of the rows show, which stay."""
        seen = self.frame.filter(where)
        if len(seen):
            numbers = ", ".join(map(str, seen[LINE].head(SHOWN)))
            more = ", ..." if len(seen) > SHOWN else ""
            self.oddities.append(f"{len(seen):,} {sentence} ({self.place} {numbers}{more})")

    def _remove_controls(self) -> None:
        """Replace what a terminal would obey, in names and titles."""
        for name in ("account", "title", "show", "kind"):
            if name not in self.frame.columns:
                continue
            column = self.frame[name].cast(pl.String)
            seen = column.str.contains(CONTROLS)
            if seen.any():
                self.note(f"values of {name} have control characters, replaced by \N{REPLACEMENT CHARACTER}", seen)
                clean = column.str.replace_all(CONTROLS, "\N{REPLACEMENT CHARACTER}")
                self.frame = self.frame.with_columns(clean.alias(name))

    def events(
        self, kind: str, *, tz: str | None, date_order: str | None = None, pseudonymise: Key | None = None
    ) -> Events:
        """Return the rows that are left as events with their report; with a key, accounts go by their pseudonyms."""
        if pseudonymise is not None:
            key = check_key("pseudonymise", pseudonymise)
            self.frame = self.frame.with_columns(pseudonyms(self.frame["account"], key))
        self._remove_controls()
        if self.frame.is_empty():
            reasons = "; ".join(f"{part.rows:,} {part.reason}" for part in self.left_out)
            raise ValueError(f"{self.source}: no row is left to count as viewing: {reasons}.")
        report = ReadingReport(
            source=self.source,
            kind=kind,
            rows=self.rows,
            kept=len(self.frame),
            left_out=tuple(self.left_out),
            date_order=date_order,
            tz=tz,
            not_used=tuple(self.not_used),
            oddities=tuple(self.oddities),
            place=self.place,
        )
        columns = [
            (pl.col(name) if name in self.frame.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in SCHEMA.items()
        ]
        return Events(self.frame.select(columns), tz, report)
