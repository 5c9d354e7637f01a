"""Help lines by country, from a table that says where each was found and when it was checked."""

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import NamedTuple


class HelpLine(NamedTuple):
    """A public help line: who answers, at which number, where more is said, and when that was last checked."""

    name: str
    number: str
    source: str
    checked: date


@cache
def help_lines() -> dict[str, list[HelpLine]]:
    """Return the help lines of every country that has any, by ISO 3166 code."""
    text = resources.files("viewshift.checkin").joinpath("help_lines.toml").read_text(encoding="utf-8")
    return {country: [HelpLine(**line) for line in lines] for country, lines in tomllib.loads(text).items()}
