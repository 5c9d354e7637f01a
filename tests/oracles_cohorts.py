"""Streaks by walking through the days: the slow, obvious twin of `viewshift.cohorts`."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def accounts_with_streak(plays: Iterable[tuple[str, datetime, str | None, str | None]], tz: str, days: int) -> int:
    """Number of accounts that began one title (with its show) on each of `days` days in a row; starts are in UTC."""
    began: dict[str, dict[tuple[str | None, str], set[date]]] = {}
    for account, start, show, title in plays:
        if title is not None:
            day = start.replace(tzinfo=UTC).astimezone(ZoneInfo(tz)).date()
            began.setdefault(account, {}).setdefault((show, title), set()).add(day)
    return sum(
        any(
            all(first + timedelta(days=later) in dates for later in range(days))
            for dates in titles.values()
            for first in dates
        )
        for titles in began.values()
    )
