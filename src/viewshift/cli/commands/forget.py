"""`viewshift forget`, as it is called."""

from pathlib import Path
from typing import Annotated

import typer

from viewshift.cli.options import Json

EXAMPLES = (
    "viewshift forget ada contacts.csv alarms.csv",
    "viewshift forget ada checkin --keep-out",
)


def forget(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", show_default=False, help="Its name.")],
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            show_default=False,
            help="Monitors, tables (.csv, .json, .parquet), ledgers (.jsonl) and folders of check-ins.",
        ),
    ],
    column: Annotated[str, typer.Option(help="Column of tables that names accounts.")] = "account",
    keep_out: Annotated[
        bool, typer.Option("--keep-out", help="Let the ledger remember, without the name, never to write to it.")
    ] = False,
    json: Json = False,
) -> None:
    """Take an account out of files: out of all of them, or, if anything fails, of none."""
    from viewshift.cli import forget as work  # noqa: PLC0415

    work.forget(account, files, column=column, keep_out=keep_out, json=json)
