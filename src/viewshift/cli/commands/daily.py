"""`viewshift daily`, as it is called."""

from pathlib import Path
from typing import Annotated

import typer

from viewshift.cli.options import DateOrder, Episodes, InFile, Json, KeyFile, Until, Zone

EXAMPLES = (
    "viewshift daily NetflixViewingHistory.csv --until 2025-07-31 --out days.csv",
    "viewshift daily ViewingActivity.csv --tz Europe/Berlin --out days.parquet",
    "viewshift daily NetflixViewingHistory.csv --json",
)


def daily(
    file: InFile,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", show_default=False, help="File to write: .csv, .parquet or .json; needed without --json."
        ),
    ] = None,
    tz: Zone = None,
    until: Until = None,
    date_order: DateOrder = None,
    episodes: Episodes = None,
    key_file: KeyFile = None,
    json: Json = False,
) -> None:
    """Sum an export over days: one row per account and day, with episodes and, where known, minutes."""
    from viewshift.cli import tables  # noqa: PLC0415

    tables.daily(file, out, tz=tz, until=until, date_order=date_order, episodes=episodes, key_file=key_file, json=json)
