"""`viewshift detect`, as it is called."""

from pathlib import Path
from typing import Annotated

import typer

from viewshift.cli.options import DateOrder, Episodes, InFile, Json, KeyFile, Until, Zone

EXAMPLES = (
    "viewshift detect NetflixViewingHistory.csv --until 2025-07-31",
    "viewshift detect NetflixViewingHistory.csv --until 2025-07-31 --out shifts.html",
    "viewshift detect ViewingActivity.csv --tz Europe/Berlin --account Ada",
    "viewshift detect NetflixViewingHistory.csv --per-account-year 1 --json",
)


def detect(
    file: InFile,
    tz: Zone = None,
    until: Until = None,
    rule: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="FILE",
            show_default="shipped with viewshift",
            help="A rule you have saved.",
        ),
    ] = None,
    per_account_year: Annotated[
        str | None,
        typer.Option(
            show_default="0.5 or that of --rule",
            metavar="RATE",
            help="The dial: alarms an ordinary account raises a year.",
        ),
    ] = None,
    account: Annotated[
        str | None, typer.Option(show_default="all", metavar="NAME", help="The one account (profile) to look at.")
    ] = None,
    date_order: DateOrder = None,
    episodes: Episodes = None,
    key_file: KeyFile = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Write the alarms to a .csv or .json, or a page with pictures to a .html.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Name the shifts in a person's viewing: since when, from what level to what level, how rare."""
    from viewshift.cli.detect import detect as find  # noqa: PLC0415

    find(
        file,
        tz=tz,
        until=until,
        rule=rule,
        per_account_year=per_account_year,
        account=account,
        date_order=date_order,
        episodes=episodes,
        key_file=key_file,
        out=out,
        json=json,
    )
