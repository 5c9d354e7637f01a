"""Run the default study and write its report: what ``viewshift compare`` does, from a checkout."""

from pathlib import Path
from typing import Annotated

import typer

from viewshift import study


def main(
    out: Annotated[Path, typer.Option(help="Folder for report, results and timings.")] = Path("reports"),
    quick: Annotated[bool, typer.Option("--quick", help="A small study, to see whether everything runs.")] = False,
    seeds: Annotated[list[int] | None, typer.Option(help="Seeds, one option each; default 1, 2, 3.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; default the number of cores.")] = None,
) -> None:
    """Compare the shipped detectors on simulated viewers at equal alarm rates."""
    typer.echo(study.write(out, quick=quick, seeds=seeds or None, workers=workers))


if __name__ == "__main__":
    typer.run(main)
