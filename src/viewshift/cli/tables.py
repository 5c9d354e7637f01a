"""`viewshift daily` and `viewshift simulate`: tables of days."""

from functools import partial
from pathlib import Path

from viewshift import __version__
from viewshift import simulate as simulation
from viewshift._checks import check_choice
from viewshift._files import write_files
from viewshift.cli.files import TABLES, check_target, frame_table, panel_table, write_table
from viewshift.cli.inputs import read_days, read_key, what_was_read
from viewshift.cli.terminal import answer, remind, say, say_when_compiling


def daily(
    file: Path,
    out: Path | None,
    *,
    tz: str | None,
    until: str | None,
    date_order: str | None,
    episodes: str | None,
    key_file: Path | None,
    json: bool,
) -> None:
    """Write the daily panel of an export.

    Parameters
    ----------
    file
        The export.
    out
        Table to write; None only with `json`.
    tz
        Time zone.
    until
        Day of the export.
    date_order
        Order of dates.
    episodes
        Column of daily counts.
    key_file
        File with a key, under which accounts get pseudonyms.
    json
        Whether to print the days as JSON.
    """
    if out is not None:
        check_target(out, TABLES, source=file)
    elif not json:
        raise ValueError("`out` must name the file to write, such as days.csv; with --json the days are printed.")
    days = read_days(file, tz=tz, until=until, date_order=date_order, episodes=episodes, key=read_key(key_file))
    table = panel_table(days.panel)
    if out is not None:
        write_files((out, partial(write_table, table)))
    if json:
        rows = table.fill_nan(None).to_dicts()
        answer({"viewshift": __version__, **what_was_read(days.report, days.panel), "days": rows})
    else:
        say(str(days.report))
    remind(days.warnings)
    if not json:
        say(f"{out}: {days.panel.n_accounts:,} x {days.panel.n_days:,} account-days.")


def simulate(
    out: Path, *, accounts: int, days: int, seed: int, population: str, scenario: str | None, json: bool
) -> None:
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
    json
        Whether to say what was written as JSON.
    """
    say_when_compiling()
    check_target(out, TABLES)
    beside, truth = None, None
    if scenario is None:
        panel = simulation.viewers(accounts, days, seed=seed, population=population)
        write_files((out, partial(write_table, panel_table(panel))))
    else:
        check_choice("scenario", scenario, tuple(simulation.SCENARIOS))
        panel, truth = simulation.SCENARIOS[scenario].sample(accounts, days, seed=seed, population=population)
        beside = out.with_suffix(f".truth{out.suffix}")
        write_files((out, partial(write_table, panel_table(panel))), (beside, partial(write_table, frame_table(truth))))
    n_events = 0 if truth is None else len(truth)
    if json:
        answer(
            {
                "viewshift": __version__,
                "out": out,
                "truth": beside,
                "accounts": accounts,
                "days": days,
                "since": panel.days[0],
                "until": panel.days[-1],
                "events": n_events,
                "population": population,
                "scenario": scenario,
                "seed": seed,
            }
        )
    else:
        told = "" if beside is None else f"; {beside}: {n_events:,} events"
        say(f"{out}: {accounts:,} viewers x {days:,} days{told}.")
