"""Arguments and options that several commands share, and what a shell offers for them.

Nothing heavy is imported here, so that help and completion answer at once.
"""

from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import typer

DATE_ORDERS = ("d/m/y", "m/d/y", "y/m/d")
POPULATIONS = ("sessions", "markov")
SCENARIOS = (
    "story",
    "marathon",
    "weekend_season",
    "surge_3d",
    "surge_7d",
    "drift_28d",
    "doubled",
    "going_quiet",
    "second_viewer",
    "night_shift",
    "comfort_rewatch",
    "around_the_clock",
    "new_release",
    "slow_ramp",
    "cold_start",
    "after_pause",
    "missing_days",
    "two_binges",
    "clean",
    "holiday",
    "outage",
    "habitual_weekends",
    "time_zone",
    "lockdown",
)
"""Names of `viewshift.simulate.SCENARIOS`, which take a second to import."""


def _zones() -> list[str]:
    return sorted(available_timezones())


InFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        help="An export as it was downloaded, of Netflix, Prime Video, YouTube, Spotify, Letterboxd, Last.fm, Trakt, "
        "Tautulli or Jellyfin (a file, zip or folder; report.zip/folder/file.csv is one file in a zip), or a CSV or "
        "Parquet table with a column start or date.",
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        show_default=False,
        metavar="ZONE",
        autocompletion=_zones,
        help="Where the person lives, such as Europe/Berlin, if the file has times.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option(show_default=False, metavar="DAY", help="Day of the export: silence up to it was observed."),
]
DateOrder = Annotated[
    str | None,
    typer.Option(
        show_default=False,
        metavar="ORDER",
        autocompletion=lambda: DATE_ORDERS,
        help="Order of dates (d/m/y, m/d/y or y/m/d), if the file does not settle it.",
    ),
]
Episodes = Annotated[
    str | None,
    typer.Option(
        show_default="episodes", metavar="COLUMN", help="Column of a table that holds daily counts, one row a day."
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--pseudonymise-key-file",
        show_default=False,
        metavar="FILE",
        help="A file with a secret of 16 bytes or more: accounts go by keyed pseudonyms.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")]
Population = Annotated[
    str, typer.Option(autocompletion=lambda: POPULATIONS, help="How viewers are made: sessions or markov.")
]
ScenarioName = Annotated[
    str | None,
    typer.Option(
        show_default="none",
        metavar="NAME",
        autocompletion=lambda: SCENARIOS,
        help="What happens to them, such as story, surge_7d or outage; the truth is written beside the panel.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as one JSON document, and nothing else.")]
