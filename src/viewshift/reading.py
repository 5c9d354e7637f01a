"""What a reader says about a file it has read."""

from dataclasses import dataclass

from viewshift._display import report_card
from viewshift._plain_text import plain


@dataclass(frozen=True)
class LeftOut:
    """Rows that a reader left out for one reason.

    Parameters
    ----------
    reason
        Why, in words.
    rows
        How many.
    lines
        The first few of their lines in the file (or rows of the frame, counted from 0).
    """

    reason: str
    rows: int
    lines: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class ReadingReport:
    """Rows read, rows left out and why, and what the reader settled on, in words when shown.

    Parameters
    ----------
    source
        Name of the file, or of the kind of frame.
    kind
        What the file was recognised as.
    rows
        Rows read, without the header.
    kept
        Rows that became events.
    left_out
        The others, by reason; ``kept`` and these add up to ``rows``.
    date_order
        Order of day, month and year in which dates were read, or None where they are ISO or typed.
    tz
        Time zone of the local days, or None where the file itself holds local days.
    not_used
        Columns that the reader had no use for.
    oddities
        Sentences on what looked odd, such as a file that a spreadsheet has written again.
    place
        What the numbers of left-out rows count: "line" of a file or "row" of a frame.
    """

    source: str
    kind: str
    rows: int
    kept: int
    left_out: tuple[LeftOut, ...] = ()
    date_order: str | None = None
    tz: str | None = None
    not_used: tuple[str, ...] = ()
    oddities: tuple[str, ...] = ()
    place: str = "line"

    _repr_html_ = report_card

    def __repr__(self) -> str:
        lines = [f"{self.source}: {self.kind}", *(f"  {name}: {text}" for name, text in self.facts())]
        return plain("\n".join(lines))

    def facts(self) -> list[tuple[str, str]]:
        """Return name and text of each line of the report."""
        lines = [("rows", f"{self.rows:,} read, {self.kept:,} kept")]
        for part in self.left_out:
            numbers = ", ".join(map(str, part.lines)) + (", ..." if part.rows > len(part.lines) else "")
            lines.append(("left out", f"{part.rows:,} {part.reason} ({self.place} {numbers})"))
        if self.date_order:
            lines.append(("dates", self.date_order))
        lines.append(("days", f"local days of {self.tz}" if self.tz else "local days as the file has them"))
        if self.not_used:
            lines.append(("columns not used", ", ".join(self.not_used)))
        return lines + [("odd", sentence) for sentence in self.oddities]
