"""Alarms in plain English: levels, ratios and dates, each with how sure it is."""

from collections.abc import Mapping
from typing import Any

import pandas as pd


def sentence(alarm: Mapping[Any, Any], measure: str) -> str:
    """Say what changed, since when and by how much.

    Parameters
    ----------
    alarm
        One row of the alarms.
    measure
        What the levels count.
    """
    onset, around = alarm["onset"], onset_support(alarm)
    around = f" ({around})" if around else ""
    since, word = "since", ", still going on"
    if alarm["status"] == "lasting":
        word = ", by now usual"
    elif alarm["status"] == "closed":
        since, word = "on" if onset == alarm["end"] else "from", ""
    usual, observed, ratio = (with_interval(alarm, name) for name in ("usual", "observed", "ratio"))
    until = f" until {_day(alarm['end'])}" if since == "from" else ""
    when = f"{since} {_day(onset)} {onset.year}{around}{until}"
    if alarm["usual"] == 0:
        return f"from nothing to {observed} {measure}/day {when}{word}"
    if pd.isna(alarm["usual"]):
        return f"{observed} {measure}/day {when}, with nothing known before{word}"
    return f"from {usual} to {observed} {measure}/day {when}{f', probably x{ratio}' if is_clear(alarm) else ''}{word}"


def is_clear(alarm: Mapping[Any, Any]) -> bool:
    """Return whether ratio and plain means go the same way; a ratio that does not is not worth telling.

    Parameters
    ----------
    alarm
        One row of the alarms.
    """
    return bool((alarm["ratio"] - 1) * (alarm["observed"] - alarm["usual"]) > 0)


def with_interval(alarm: Mapping[Any, Any], name: str, sign: str = "") -> str:
    """Return a level or ratio with its interval: "0.8 (0.6-1.0)", after a sign such as "x".

    Parameters
    ----------
    alarm
        One row of the alarms.
    name
        "usual", "observed" or "ratio".
    sign
        What to put before it.
    """
    if pd.isna(alarm[name]):
        return "(unknown)"
    numbers = [alarm[key] for key in (name, f"{name}_low", f"{name}_high")]
    fine = name == "ratio" and numbers[0] < 0.95
    value, low, high = (f"{number:.2f}" if fine else _short(number) for number in numbers)
    return f"{sign}{value} ({low}-{high})"


def onset_support(alarm: Mapping[Any, Any]) -> str:
    """Return the days on which the change may have begun: "10-14 May"; empty if there is no doubt.

    Parameters
    ----------
    alarm
        One row of the alarms.
    """
    low, high = alarm["onset_low"], alarm["onset_high"]
    if low == high:
        return ""
    return f"{low.day if low.month == high.month else _day(low)}-{_day(high)}"


def counted_alarms(rate: float) -> str:
    """Return a number of alarms in words: "1 alarm", "0.5 alarms".

    Parameters
    ----------
    rate
        The number.
    """
    return f"{rate:g} alarm{'' if rate == 1 else 's'}"


def _short(number: float) -> str:
    """Return a number in few letters: 0.8, 143, 43k."""
    if number >= 9999.5:
        return f"{number / 1000:.0f}k"
    return f"{number:.1f}" if number < 99.95 else f"{number:.0f}"


def _day(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%b}"
