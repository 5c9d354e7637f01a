"""`viewshift simulate`, as it is called."""

from pathlib import Path
from typing import Annotated

import typer

from viewshift.cli.options import Json, Population, ScenarioName, Seed

EXAMPLES = (
    "viewshift simulate --out panel.parquet --accounts 20",
    "viewshift simulate --out panel.csv --accounts 20 --days 365 --scenario story",
    "viewshift simulate --out panel.csv --accounts 20 --population markov --seed 7 --json",
)


def simulate(
    out: Annotated[
        Path, typer.Option(metavar="FILE", show_default=False, help="File to write: .csv, .parquet or .json.")
    ],
    accounts: Annotated[int, typer.Option(min=1, help="Number of simulated viewers.")] = 100,
    days: Annotated[int, typer.Option(min=1, help="Days of each.")] = 730,
    seed: Seed = 0,
    population: Population = "sessions",
    scenario: ScenarioName = None,
    json: Json = False,
) -> None:
    """Simulate viewers: one row per account and day."""
    from viewshift.cli import tables  # noqa: PLC0415

    tables.simulate(out, accounts=accounts, days=days, seed=seed, population=population, scenario=scenario, json=json)
