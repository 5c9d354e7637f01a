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
    if is_text(source.schema.field(layout.clock).type) or any(low is None or layout.doubts(low) for low, _ in ends):
        if layout.since is not None and layout.until is not None:
            return layout
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
    since = layout.local_day(low) if layout.since is None else layout.since
    until = last_day(layout, high) if layout.until is None else layout.until
    first, last = layout.local_day(low), layout.local_day(high)
    if isinstance(layout, Days) and (last < check_day("since", since) or check_day("until", until) < first):
        raise ValueError(
            f"the table must have rows between `since` and `until`, {since} and {until}; its days are {first} to "
            f"{last}."
        )
    return replace(layout, since=since, until=until)
