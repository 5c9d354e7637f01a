"""Words for the terminal: no control characters, options by their names, one JSON document."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

OPTIONS = (
    "account|accounts|again|column|contacts|cool_down|daily_cap|data|date_order|days|episodes|keep_out|max_age|measure|"
    "out|per_account_year|population|pseudonymise|quiet_hours|scenario|security|seed|seeds|sender|smtp|templates|tz|unsubscribe|until|user"
)

NAMES = {"pseudonymise": "pseudonymise_key_file"}
"""Options that are called otherwise than the parameter."""


def with_options(sentence: str) -> str:
    """Return a sentence of the library in words of the command line: "`episodes='n'`" becomes "--episodes n"."""
    sentence = re.sub(r", or name it by `\w+=`(?: or `\w+=`)?", "", sentence)  # in Python only
    return re.sub(rf"`({OPTIONS})(?:=(?:'([^'`]*)')?)?`", _option, sentence)


def _option(found: re.Match[str]) -> str:
    name = f"--{NAMES.get(found[1], found[1]).replace('_', '-')}"
    return name if found[2] is None else f"{name} {shlex.quote(found[2])}"


def as_json(content: Mapping[str, Any]) -> str:
    """Return one JSON document, in ASCII: a name in it can neither steer a terminal nor break an encoding."""
    return json.dumps(content, indent=2, default=str, allow_nan=False) + "\n"
