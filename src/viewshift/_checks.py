"""Checks of what a user passed in: each raises one sentence that names parameter, rule, value and remedy."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

import numpy as np


def check_whole(name: str, value: Any, *, least: int, most: int | None = None) -> int:
    """Return `value` as an int, or raise if it is no whole number of at least `least` and at most `most`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"`{name}` must be a whole number, got {value!r}.")
    if value < least:
        raise ValueError(f"`{name}` must be at least {least}, got {value}.")
    if most is not None and value > most:
        raise ValueError(f"`{name}` must be at most {most}, got {value}.")
    return int(value)


def check_positive(name: str, value: Any) -> float:
    """Return `value` as a float, or raise if it is not a finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"`{name}` must be a number, got {value!r}.")
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"`{name}` must be a finite number above 0, got {value}.")
    return float(value)


def check_flag(name: str, value: Any) -> bool:
    """Return `value`, or raise if it is not True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"`{name}` must be True or False, got {value!r}.")
    return bool(value)


def check_ascending(name: str, values: Any) -> tuple[Any, ...]:
    """Return `values`, or raise if they are no tuple, empty or not ascending."""
    if not isinstance(values, tuple) or not values:
        raise ValueError(f"`{name}` must be a tuple of at least one number, such as (1, 7, 28), got {values!r}.")
    if list(values) != sorted(set(values)):
        raise ValueError(f"`{name}` must ascend, got {values!r}.")
    return values


def check_choice(name: str, value: Any, choices: Collection[str]) -> str:
    """Return `value`, or raise if it is not one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        known = ", ".join(map(repr, choices))
        raise ValueError(f"`{name}` must be one of {known}, got {value!r}{nearest(value, choices)}")
    return value


def nearest(value: Any, choices: Collection[str]) -> str:
    """Return the end of a sentence that refuses `value`: the choice that was probably meant, if one is near."""
    by_letters = {choice.lower(): choice for choice in choices}
    near = get_close_matches(str(value).lower(), by_letters, n=1)
    return f"; did you mean {by_letters[near[0]]!r}?" if near else "."


def check_day(name: str, value: Any) -> np.datetime64:
    """Return `value` as a ``datetime64[D]``, or raise if it names no day."""
    try:
        day = np.datetime64(value, "D")
    except (TypeError, ValueError):
        day = np.datetime64("NaT", "D")
    if np.isnat(day):
        raise ValueError(f"`{name}` must be a day such as '2025-07-31', got {value!r}.")
    return day
