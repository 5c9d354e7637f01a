"""What the commands print: plain sentences and a table of alarms, nothing of which a name can turn into markup."""

from rich import box
from rich.console import Console
from rich.table import Table

from viewshift.cli.findings import Findings, how_rare, interval, plain, support


def say(text: str = "", *, aside: bool = False) -> None:
    """Print lines; an aside goes to the error stream."""
    console = Console(markup=False, highlight=False, emoji=False, stderr=aside, soft_wrap=True)
    console.print(plain(text))


def alarm_table(found: Findings) -> Table:
    """Return the alarms as a table of two lines each that fits 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False, show_edge=False)
    several = found.panel.n_accounts > 1
    heads = ["", "since\n(may be)", "noticed\nuntil", "kind", f"{found.measure}/day\nfrom -> to", "ratio", "how rare"]
    for head in [*heads, *(["account"] * several)]:
        table.add_column(head, overflow="fold", no_wrap=head not in {"account", "how rare"})
    for number, alarm in enumerate(found.alarms.to_dict("records"), start=1):
        table.add_row(
            str(number),
            f"{alarm['onset'].date()}\n{support(alarm)}",
            f"{alarm['detected'].date()}\n{'goes on' if alarm['status'] == 'open' else alarm['end'].date()}",
            alarm["kind"],
            f"{interval(alarm, 'usual')} ->\n{interval(alarm, 'observed')}",
            interval(alarm, "ratio", "x").replace(" ", "\n"),
            how_rare(alarm, found.rule),
            *([plain(alarm["account"])] * several),
        )
    return table


def show(found: Findings) -> None:
    """Print the reading report, the alarms or what their absence means, and what to make of them."""
    console = Console(markup=False, highlight=False, emoji=False)
    console.print(plain(str(found.report)), soft_wrap=True)
    console.print()
    console.print(plain(found.headline), style="bold")
    if len(found.alarms):
        console.print()
        console.print(alarm_table(found))
    console.print()
    for sentence in found.remarks:
        console.print(plain(sentence))
