"""Days by walking through them: slow, obvious twins of `viewshift.daily`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

Cells: TypeAlias = dict[tuple[str, date], int]
"""Value by account and day."""


@dataclass(frozen=True)
class Play:
    """One play: `start` and `minutes` are whole minutes, `start` since 1970 in UTC."""

    account: str
    start: int
    minutes: int
    show: str | None
    title: str | None


def local(minute: int, tz: str) -> datetime:
    return datetime.fromtimestamp(60 * minute, UTC).astimezone(ZoneInfo(tz)).replace(tzinfo=None)


def day_of(minute: int, tz: str, begins: int) -> date:
    """The date that the clock on the wall shows, `begins` hours ago on that clock."""
    return (local(minute, tz) - timedelta(hours=begins)).date()


def minutes(plays: Iterable[Play], tz: str, begins: int) -> tuple[Cells, Cells]:
    """Minutes, and night minutes, by account and day: each minute in which an account plays anything counts once."""
    watched = {(play.account, play.start + k) for play in plays for k in range(play.minutes)}
    total: dict[tuple[str, date], int] = defaultdict(int)
    night: dict[tuple[str, date], int] = defaultdict(int)
    for account, minute in watched:
        cell = account, day_of(minute, tz, begins)
        total[cell] += 1
        night[cell] += local(minute, tz).hour < 6
    return total, night


def episodes(plays: Iterable[Play], tz: str, begins: int) -> tuple[Cells, Cells]:
    """Distinct titles that start on a day, and the most of them that are of one show; an untitled play is a title."""
    titles: dict[tuple[str, date], set[tuple[str | None, object]]] = defaultdict(set)
    for number, play in enumerate(plays):
        name = number if play.title is None else play.title
        titles[play.account, day_of(play.start, tz, begins)].add((play.show, name))
    top = {}
    for cell, seen in titles.items():
        shows = [show for show, _ in seen]
        top[cell] = max(1 if show is None else shows.count(show) for show in shows)
    return {cell: len(seen) for cell, seen in titles.items()}, top
