"""The days that a large table is about."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from viewshift._checks import check_day
from viewshift.scale._fields import is_text
from viewshift.scale.days import Days
from viewshift.scale.partition import Layout, last_day
from viewshift.scale.source import Group, Source


def with_span(layout: Layout, source: Source, groups: Sequence[Group]) -> Layout:
    """Return the layout with `since` and `until`, those of the table where none were asked for.

    They are in the files' statistics, as a rule; where they are not, or tell of impossible days, the column is read.

    Parameters
    ----------
    layout
        That of the table.
    source
        The table.
    groups
        All row groups of it.
    """
    ends = [(group.clock.low, group.clock.high) for group in groups]
    asked = layout.since is not None and layout.until is not None
    if asked and any(low is None or isinstance(low, str) or layout.doubts(low) for low, _ in ends):
        return layout
    if is_text(source.schema.field(layout.clock).type) or any(low is None or layout.doubts(low) for low, _ in ends):
        tables = (table for group in groups for table in source.batches(group, [layout.clock], 1 << 20))
        ends = [layout.ends(table[layout.clock]) for table in tables]
    return overall(layout, ends)


def overall(layout: Layout, ends: Iterable[tuple[Any, Any]]) -> Layout:
    """Return the layout with `since` and `until`, where none were asked for the first and the last of all parts.

    Parameters
    ----------
    layout
        That of the table.
    ends
        First and last value of `clock` in each part; None and None for a part without.
    """
    known = [(low, high) for low, high in ends if low is not None]
    if not known:
        raise ValueError(f"column {layout.clock!r} must have values, got none in all rows.")
    low, high = min(low for low, _ in known), max(high for _, high in known)
    first = layout.local_day(low) if layout.since is None else check_day("since", layout.since)
    last = last_day(layout, high) if layout.until is None else check_day("until", layout.until)
    if isinstance(layout, Days) and (layout.local_day(high) < first or last < layout.local_day(low)):
        raise ValueError(
            f"the table must have rows between `since` and `until`, {first} and {last}; its days are "
            f"{layout.local_day(low)} to {layout.local_day(high)}."
        )
    since, until = (first if layout.since is None else layout.since), (last if layout.until is None else layout.until)
    return replace(layout, since=since, until=until)
