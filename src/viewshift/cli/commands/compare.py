"""`viewshift compare`, as it is called."""

from pathlib import Path
from typing import Annotated

import typer

from viewshift.cli.options import Json
from viewshift.cli.words import as_json

EXAMPLES = (
    "viewshift compare --quick --out reports",
    "viewshift compare --config study.toml --out mine --workers 2",
    "viewshift compare --data counts --episodes plays --out people",
)


def compare(
    out: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", file_okay=False, writable=True, help="Folder for report.html, report.md and the tables."
        ),
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
            metavar="FILE",
            exists=True,
            dir_okay=False,
            show_default="the default study",
            help="A study of your own, written in TOML.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
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
    json: Json = False,
) -> None:
    """Compare the detectors on simulated viewers at equal alarm rates, and write a report.

    Interrupted, it goes on where it was when the same command is given again.
    """
    from viewshift import __version__  # noqa: PLC0415
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
    if json:
        tables = {name: out / f"{name}.json" for name in ("results", "comparisons", "mean_ranks", "manifest")}
        print(as_json({"viewshift": __version__, "report": page, "markdown": out / "report.md"} | tables), end="")  # noqa: T201
    else:
        print(f"The report is in {page}.")  # noqa: T201
