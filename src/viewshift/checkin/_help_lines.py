"""Help lines by country, from a table that says where to look and when each was written down."""

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import NamedTuple


class HelpLine(NamedTuple):
    """A public help line: who answers, at which number, where more is said, and when that was written down."""

    name: str
    number: str
    source: str
    noted: date


@cache
def help_lines() -> dict[str, list[HelpLine]]:
    """Return the help lines of every country that has any, by ISO 3166 code."""
    text = resources.files("viewshift.checkin").joinpath("help_lines.toml").read_text(encoding="utf-8")
    return {country: [HelpLine(**line) for line in lines] for country, lines in tomllib.loads(text).items()}
