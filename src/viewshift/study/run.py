"""Run detectors on scenarios: the same panels for all, compared at equal alarm rates."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from viewshift import simulate
from viewshift._checks import check_whole
from viewshift._progress import progress_bar
from viewshift.detectors import Detector
from viewshift.study.compare import Trials, tidy
from viewshift.study.example import Example
from viewshift.study.failures import leave_script
from viewshift.study.files import write_csv, write_twins
from viewshift.study.setup import (
    Detectors,
    Scenarios,
    Setup,
    check_setup,
    chosen_scenarios,
    distinct_seeds,
    named_detectors,
)
from viewshift.study.store import Store
from viewshift.study.tally import by_household
from viewshift.study.trial import Job, Unit
from viewshift.study.workers import units


@dataclass(frozen=True)
class Conducted:
    """What a run leaves behind.

    Parameters
    ----------
    table
        Results, long.
    timings
        Seconds and accounts per second of each detector and seed.
    examples
        Accounts on which events were found or missed.
    setup
        Sizes of the study.
    trials
        Counts by account, of each detector, scenario and seed.
    """

    table: pd.DataFrame
    timings: pd.DataFrame
    examples: list[Example]
    setup: Setup
    trials: Trials


def run(
    detectors: Detectors,
    scenarios: Scenarios,
    seeds: Iterable[int],
    *,
    n_accounts: int = 300,
    n_days: int = 730,
    rates: Sequence[float] = (1.0, 0.25),
    n_reference: int = 1500,
    population: str = "sessions",
    out: str | Path | None = None,
    workers: int = 1,
    fresh: bool = False,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Compare detectors on scenarios at equal alarm rates.

    For each seed a rule around each detector is fitted on a reference panel; then all rules judge the same panel of
    other accounts, once as it is (the clean twin) and once with each scenario laid over it.

    Parameters
    ----------
    detectors
        Name to detector, or detectors, which are then named by their `repr`.
    scenarios
        Names of ``vs.simulate.SCENARIOS``, or name to scenario.
    seeds
        One panel of accounts for each.
    n_accounts
        Accounts in each panel that detectors are compared on.
    n_days
        Days in every panel.
    rates
        Dials, alarms per account-year.
    n_reference
        Accounts in each panel that rules are fitted on.
    population
        Which simulated population.
    out
        Folder for results (.csv, .parquet and .json), timings.csv, what is finished of the study (``units``), so that
        the same call goes on after an interruption, and, after failures, ``failures/*.py``; default none is written.
    workers
        Number of processes, which share out detectors and seeds; results are the same for any.
    fresh
        Whether to compute what `out` already holds once more.
    progress
        Whether to show a progress bar; default if the output is a terminal.

    Returns
    -------
    One row per detector, scenario, seed, rate and metric with value, 95 % interval and the number n behind it.
    A missing seed is "all seeds together"; the scenario "mean" is the mean over the scenarios with events.

    Raises
    ------
    ValueError
        If a name is unknown or used twice, or a number is out of range.

    Notes
    -----
    A detector or scenario that raises stops nothing: its rows say "failed" with the error in one sentence, and with
    `out` a script is left that does it again. Intervals come from a bootstrap over accounts given the fitted
    thresholds; that thresholds vary too shows in how the seeds differ.

    Examples
    --------
    >>> import viewshift as vs
    >>> table = vs.study.run([vs.detectors.ZScore()], ["story"], [1], n_accounts=20, n_days=400, n_reference=60)
    >>> bool(table.query("metric == 'recall' and rate == 1.0 and seed == 1").value.item() > 0.5)
    True
    """
    return conduct(
        detectors,
        scenarios,
        seeds,
        setup=Setup(n_accounts, n_days, n_reference, population, tuple(rates)),
        out=None if out is None else Path(out),
        workers=workers,
        fresh=fresh,
        progress=progress,
    ).table


def conduct(
    detectors: Detectors,
    scenarios: Scenarios,
    seeds: Iterable[int],
    *,
    setup: Setup,
    out: Path | None,
    workers: int = 1,
    fresh: bool = False,
    progress: bool | None,
) -> Conducted:
    """Do what `run` does and return timings, examples and counts as well.

    Parameters
    ----------
    detectors
        As for `run`.
    scenarios
        As for `run`.
    seeds
        As for `run`.
    setup
        Sizes of the study.
    out
        As for `run`.
    workers
        As for `run`.
    fresh
        As for `run`.
    progress
        As for `run`.
    """
    named, laid_over, numbers = named_detectors(detectors), chosen_scenarios(scenarios), distinct_seeds(seeds)
    check_setup(setup)
    check_whole("workers", workers, least=1)
    jobs = [Job(name, detector, seed) for seed in numbers for name, detector in named.items()]
    store = None if out is None else Store(out / "units", setup, laid_over)
    found = _found(jobs, store, workers, fresh, progress, (setup, laid_over))
    causal = {name: detector.claims.causal for name, detector in named.items()}
    wrong = {name: scenario.wrong for name, scenario in laid_over.items()}
    trials = {
        (*key[:1], scenario, key[1]): trial for key, unit in found.items() for scenario, trial in unit.trials.items()
    }
    table = tidy(trials, causal, wrong, numbers, setup)
    costs = [(*key, unit.fit_seconds, unit.accounts_per_second) for key, unit in found.items()]
    timings = pd.DataFrame(costs, columns=["detector", "seed", "fit_seconds", "accounts_per_second"])
    timings = timings[timings["fit_seconds"].notna()].reset_index(drop=True)
    if out is not None:
        _leave_scripts(out / "failures", found, named, setup)
        write_twins(out / "results", table)
        write_csv(out / "timings.csv", timings)
    return Conducted(table, timings, _first_examples(found), setup, trials)


def households(done: Conducted) -> Trials:
    """Return the counts of a study with a row for each household, where there are such; tests take rows for units.

    Parameters
    ----------
    done
        The study.
    """
    people = done.setup.people
    if people is None:
        return done.trials
    rows = people.rows
    return {
        key: replace(trial, tallies={rate: by_household(one, rows) for rate, one in trial.tallies.items()})
        for key, trial in done.trials.items()
    }


Found = Mapping[tuple[str, int], Unit]
"""By detector and seed, in the order in which they were asked for."""


def _found(
    jobs: Sequence[Job],
    store: Store | None,
    workers: int,
    fresh: bool,
    progress: bool | None,
    of: tuple[Setup, Mapping[str, simulate.Scenario]],
) -> Found:
    """Return what comes of each job, from the store or from now."""
    found: dict[tuple[str, int], Unit] = {}
    if store is not None and not fresh:
        found |= {(job.name, job.seed): unit for job in jobs if (unit := store.get(job)) is not None}
    open_jobs = [job for job in jobs if (job.name, job.seed) not in found]
    with progress_bar(len(jobs), progress, "simulating viewers") as bar, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)  # it is replaced
        if found:
            bar("found finished", len(found))
        for job, unit, lived in units(open_jobs, of[1], of[0], workers):
            if store is not None and lived:
                store.keep(job, unit)
            found[job.name, job.seed] = unit
            bar(f"{job.name}, seed {job.seed}")
    return {(job.name, job.seed): found[job.name, job.seed] for job in jobs}


def _first_examples(found: Found) -> list[Example]:
    """Return the examples of the first seed that has any, for each detector and scenario."""
    first: dict[tuple[str, str], int] = {}
    examples = [one for unit in found.values() for one in unit.examples]
    return [one for one in examples if first.setdefault((one.detector, one.scenario), one.seed) == one.seed]


def _leave_scripts(folder: Path, found: Found, detectors: Mapping[str, Detector], setup: Setup) -> None:
    """Write a script for each failure; one of a scenario itself is of every detector."""
    for (name, seed), unit in found.items():
        for scenario, step in unit.failures:
            who = (None, "every detector") if step == "inject" else (detectors[name], name)
            leave_script(folder, (who[1], scenario, seed), who[0], setup, step)
