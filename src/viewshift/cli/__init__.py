"""The command line: `viewshift detect | daily | simulate | compare`.

Only what parses the arguments is imported here, so that ``--help`` answers at once; each command imports its work.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from viewshift import __version__
from viewshift.cli.options import with_options

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

InFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        exists=True,
        dir_okay=False,
        help="An export (NetflixViewingHistory.csv, ViewingActivity.csv, or the zip they came in), or a CSV or "
        "Parquet table with a column start or date.",
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(show_default=False, help="Where the person lives, such as Europe/Berlin, if the file has times."),
]
Until = Annotated[
    str | None,
    typer.Option(show_default=False, metavar="DAY", help="Day of the export: silence up to it was observed."),
]
DateOrder = Annotated[
    str | None,
    typer.Option(show_default=False, help="Order of dates (d/m/y, m/d/y or y/m/d), if the file does not settle it."),
]
Episodes = Annotated[
    str | None,
    typer.Option(
        show_default="episodes", metavar="COLUMN", help="Column of a table that holds daily counts, one row a day."
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")]


def main() -> None:
    """Run the command line; bad input is one sentence on the error stream and exit code 2."""
    try:
        code = typer.main.get_command(app).main(prog_name="viewshift", standalone_mode=False)
    except typer.Abort:
        sys.exit(130)
    except typer.TyperException as error:  # wrong usage
        _refuse(error.format_message())
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _refuse(f"{where}{error.strerror or error}.")
    except ValueError as error:
        _refuse(str(error))
    sys.exit(code)


def _refuse(sentence: str) -> None:
    """Print a sentence, in which parameters of the library are called as the options they came from."""
    print(with_options(sentence), file=sys.stderr)  # noqa: T201
    sys.exit(2)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"viewshift {__version__}")  # noqa: T201
        raise typer.Exit


@app.callback()
def _viewshift(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Find marked shifts in a person's daily viewing, and say how often the finding will be wrong."""


@app.command(
    "detect", epilog="Example: viewshift detect NetflixViewingHistory.csv --until 2025-07-31 --out shifts.html"
)
def _detect(
    file: InFile,
    tz: Zone = None,
    until: Until = None,
    rule: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, show_default="shipped with viewshift", help="A rule you have saved."),
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
    out: Annotated[
        Path | None,
        typer.Option(
            show_default=False, help="Write the alarms to a .csv or .json, or a page with pictures to a .html."
        ),
    ] = None,
) -> None:
    """Name the shifts in a person's viewing: since when, from what level to what level, how rare."""
    from viewshift.cli.detect import detect  # noqa: PLC0415

    detect(
        file,
        tz=tz,
        until=until,
        rule=rule,
        per_account_year=per_account_year,
        account=account,
        date_order=date_order,
        episodes=episodes,
        out=out,
    )


@app.command("daily", epilog="Example: viewshift daily NetflixViewingHistory.csv --until 2025-07-31 --out days.csv")
def _daily(
    file: InFile,
    out: Annotated[Path, typer.Option(show_default=False, help="File to write: .csv, .parquet or .json.")],
    tz: Zone = None,
    until: Until = None,
    date_order: DateOrder = None,
    episodes: Episodes = None,
) -> None:
    """Sum an export over days: one row per account and day, with episodes and, where known, minutes."""
    from viewshift.cli.tables import daily  # noqa: PLC0415

    daily(file, out, tz=tz, until=until, date_order=date_order, episodes=episodes)


@app.command("simulate", epilog="Example: viewshift simulate --out panel.parquet --accounts 500 --scenario story")
def _simulate(
    out: Annotated[Path, typer.Option(show_default=False, help="File to write: .csv, .parquet or .json.")],
    accounts: Annotated[int, typer.Option(min=1, help="Number of simulated viewers.")] = 100,
    days: Annotated[int, typer.Option(min=1, help="Days of each.")] = 730,
    seed: Seed = 0,
    population: Annotated[str, typer.Option(help="How viewers are made: sessions or markov.")] = "sessions",
    scenario: Annotated[
        str | None,
        typer.Option(
            show_default="none",
            help="What happens to them, such as story, surge_7d or outage; the truth is written beside the panel.",
        ),
    ] = None,
) -> None:
    """Simulate viewers: one row per account and day."""
    from viewshift.cli.tables import simulate  # noqa: PLC0415

    simulate(out, accounts=accounts, days=days, seed=seed, population=population, scenario=scenario)


@app.command(
    "compare",
    epilog="Example: viewshift compare --quick --out reports, or viewshift compare --config study.toml --out mine",
)
def _compare(
    out: Annotated[
        Path, typer.Option(file_okay=False, writable=True, help="Folder for report.html, report.md and the tables.")
    ] = Path("reports"),
    quick: Annotated[bool, typer.Option("--quick", help="A small study, to see whether everything runs.")] = False,
    seeds: Annotated[
        list[int] | None,
        typer.Option(
            min=0, show_default="1, 2 and 3, or those of --config", help="A seed; can be given several times."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, show_default="the default study", help="A study of your own, written in TOML."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            show_default="simulated viewers",
            help="A folder of real people's daily counts, each a table of date and episodes.",
        ),
    ] = None,
    episodes: Annotated[
        list[str] | None,
        typer.Option(show_default="episodes", metavar="COLUMN", help="Column of counts; can be given several times."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, show_default="the number of cores", help="Processes that share the work.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, and do not go on from what the folder already holds.")
    ] = False,
) -> None:
    """Compare the detectors on simulated viewers at equal alarm rates, and write a report.

    Interrupted, it goes on where it was when the same command is given again.
    """
    from viewshift.study import write  # noqa: PLC0415

    out.mkdir(parents=True, exist_ok=True)  # before minutes of work
    page = write(
        out,
        config=config,
        data=data,
        episodes=episodes or (),
        quick=quick,
        seeds=seeds or None,
        workers=workers,
        fresh=fresh,
    )
    print(f"The report is in {page}.")  # noqa: T201
