"""What the commands print: plain sentences and a table of alarms, nothing of which a name can turn into markup."""

import sys
from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from viewshift._plain_text import plain
from viewshift.cli.findings import Findings, how_rare
from viewshift.cli.words import as_json, with_options
from viewshift.kernels._compile import when_compiling
from viewshift.sentences import is_clear, onset_support, with_interval


def say(text: str = "", *, aside: bool = False) -> None:
    """Print lines; an aside goes to the error stream."""
    console = Console(markup=False, highlight=False, emoji=False, stderr=aside, soft_wrap=True)
    console.print(plain(text))


def answer(content: Mapping[str, Any]) -> None:
    """Print one JSON document."""
    sys.stdout.write(as_json(content))


def say_when_compiling() -> None:
    """Say on the error stream if a command has to wait for kernels to be compiled."""
    when_compiling(lambda: say("Compiling for this machine, once: about a minute.", aside=True))


def remind(sentences: list[str]) -> None:
    """Print warnings of the library as notes on the error stream, in words of the command line."""
    for sentence in sentences:
        say(f"Note: {with_options(sentence)}", aside=True)


def alarm_table(found: Findings, account: str) -> Table:
    """Return the alarms of an account as a table that fits 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False, show_edge=False)
    own = found.alarms[found.alarms["account"] == account]
    level = f"{found.unit}/day\nfrom -> to"
    heads = ["", "since\n(may be)", "noticed\nuntil", "kind", level, "ratio", "how rare"]
    for head in heads:
        table.add_column(head, overflow="fold", no_wrap=head not in heads[4:])
    for number, alarm in enumerate(own.to_dict("records"), start=1):
        table.add_row(
            str(number),
            f"{alarm['onset'].date()}\n{onset_support(alarm)}",
            f"{alarm['detected'].date()}\n{'goes on' if alarm['status'] == 'open' else alarm['end'].date()}",
            "quiet,\nlasting" if (alarm["kind"], alarm["status"]) == ("quiet", "lasting") else alarm["kind"],
            f"{with_interval(alarm, 'usual')}\n-> {with_interval(alarm, 'observed')}",
            _ratio(alarm),
            how_rare(alarm, found.rule, once="1", years="y").replace(" times", "").replace(" 1 in", "\n1 in"),
        )
    return table


def _ratio(alarm: Mapping[Any, Any]) -> str:
    if alarm["usual"] == 0:
        return "from\nnothing"
    return with_interval(alarm, "ratio", "x").replace(" ", "\n") if is_clear(alarm) else "unclear"


def show(found: Findings) -> None:
    """Print the reading report, the alarms or what their absence means, and what to make of them."""
    console = Console(markup=False, highlight=False, emoji=False)
    console.print(plain(str(found.report)), soft_wrap=True)
    console.print()
    console.print(plain(found.headline), style="bold")
    for account in found.alarms["account"].unique():
        console.print()
        if found.panel.n_accounts > 1:
            console.print(plain(account), style="bold")
        console.print(alarm_table(found, account))
    console.print()
    for sentence in found.remarks:
        console.print(plain(sentence))
