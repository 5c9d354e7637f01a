"""Parameters of the library, called as the options they came from."""

import re
import shlex

OPTIONS = "account|accounts|data|date_order|days|episodes|out|per_account_year|population|scenario|seed|seeds|tz|until"


def with_options(sentence: str) -> str:
    """Return a sentence of the library in words of the command line: "`episodes='n'`" becomes "--episodes n"."""
    return re.sub(rf"`({OPTIONS})(?:=(?:'([^'`]*)')?)?`", _option, sentence)


def _option(found: re.Match[str]) -> str:
    name = f"--{found[1].replace('_', '-')}"
    return name if found[2] is None else f"{name} {shlex.quote(found[2])}"
