"""Instants and local days: where on the time axis the days of a time zone begin."""

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from viewshift._checks import nearest
from viewshift._typing import Bools, Ints

NIGHT_ENDS = time(6)
"""Night is 00:00 to 06:00 on the local clock."""


def check_tz(name: str, value: str) -> str:
    """Return `value`, or raise if it is no time zone of the IANA data base."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError, TypeError, AttributeError):
        near = nearest(value, {zone for zone in available_timezones() if "/" in zone})
        raise ValueError(f"`{name}` must be a time zone such as 'Europe/Berlin', got {value!r}{near}") from None
    return value


def check_time_of_day(name: str, value: str) -> time:
    """Return `value` as a time of day, or raise if it is not of the form HH:MM."""
    if not (isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value)):
        raise ValueError(f"`{name}` must be a time of day such as '04:00', got {value!r}.")
    return time.fromisoformat(value)


def tomorrow() -> date:
    """Return the day after today's in UTC, the last that may have begun somewhere: what is later lies in the future."""
    return datetime.now(UTC).date() + timedelta(days=1)


def first_instant(day: date, clock: time, tz: ZoneInfo) -> int:
    """Return the first instant (ms since 1970, UTC) at which the local clock of `day` shows `clock` or later.

    Where the clock is put forward over that time, this is the instant of the change; where it is put back, the
    earlier of the two.
    """
    wall = datetime.combine(day, clock)
    early, late = (int(wall.replace(tzinfo=tz, fold=fold).timestamp()) for fold in (1, 0))
    if early < late:  # a gap: `early` shows a time before it, `late` one after it
        seconds = range(early, late + 1)
        early = seconds[bisect_left(seconds, wall, key=lambda s: datetime.fromtimestamp(s, tz).replace(tzinfo=None))]
        return early * 1000
    return late * 1000


def day_cells(first: int, last: int, tz_name: str, day_start: time) -> tuple[Ints, Ints, Bools, np.datetime64]:
    """Return the borders of days and nights around the instants `first` to `last` (ms since 1970, UTC).

    Returns
    -------
    Borders (ms), and of the cell after each border: the number of its day, whether it is night; and day number 0.
    """
    tz = ZoneInfo(tz_name)
    begin = datetime.fromtimestamp(first / 1000, UTC).date() - timedelta(days=3)
    end = datetime.fromtimestamp(last / 1000, UTC).date() + timedelta(days=3)
    days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
    begins = {
        clock: np.array([first_instant(day, clock, tz) for day in days], dtype=np.int64)
        for clock in {day_start, time(0), NIGHT_ENDS}
    }
    starts, midnights, mornings = begins[day_start], begins[time(0)], begins[NIGHT_ENDS]
    borders = np.unique(np.concatenate([starts, midnights, mornings]))
    day = np.searchsorted(starts, borders, side="right") - 1
    is_night = np.searchsorted(midnights, borders, side="right") > np.searchsorted(mornings, borders, side="right")
    return borders, day, is_night, np.datetime64(begin, "D")
