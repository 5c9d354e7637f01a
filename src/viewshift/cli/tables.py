"""`viewshift daily` and `viewshift simulate`: tables of days."""

from functools import partial
from pathlib import Path

from viewshift import simulate as simulation
from viewshift._checks import check_choice
from viewshift._files import write_files
from viewshift.cli.files import TABLES, check_target, frame_table, panel_table, write_table
from viewshift.cli.inputs import read_days
from viewshift.cli.terminal import remind, say, say_when_compiling


def daily(
    file: Path, out: Path, *, tz: str | None, until: str | None, date_order: str | None, episodes: str | None
) -> None:
    """Write the daily panel of an export.

    Parameters
    ----------
    file
        The export.
    out
        Table to write.
    tz
        Time zone.
    until
        Day of the export.
    date_order
        Order of dates.
    episodes
        Column of daily counts.
    """
    check_target(out, TABLES, source=file)
    days = read_days(file, tz=tz, until=until, date_order=date_order, episodes=episodes)
    say(str(days.report))
    remind(days.warnings)
    write_files((out, partial(write_table, panel_table(days.panel))))
    say(f"{out}: {days.panel.n_accounts:,} x {days.panel.n_days:,} account-days.")


def simulate(out: Path, *, accounts: int, days: int, seed: int, population: str, scenario: str | None) -> None:
    """Write a panel of simulated viewers, and beside it what really happened if there is a scenario.

    Parameters
    ----------
    out
        Table to write; the truth goes to the same name with ".truth" before the ending.
    accounts
        Number of viewers.
    days
        Days of each.
    seed
        Seed.
    population
        How viewers are made.
    scenario
        Name of what happens to them; None for nothing.
    """
    say_when_compiling()
    check_target(out, TABLES)
    if scenario is None:
        panel = simulation.viewers(accounts, days, seed=seed, population=population)
        write_files((out, partial(write_table, panel_table(panel))))
        say(f"{out}: {accounts:,} viewers x {days:,} days.")
        return
    check_choice("scenario", scenario, tuple(simulation.SCENARIOS))
    panel, truth = simulation.SCENARIOS[scenario].sample(accounts, days, seed=seed, population=population)
    beside = out.with_suffix(f".truth{out.suffix}")
    write_files((out, partial(write_table, panel_table(panel))), (beside, partial(write_table, frame_table(truth))))
    say(f"{out}: {accounts:,} viewers x {days:,} days; {beside}: {len(truth):,} events.")
