"""Run detectors on scenarios: the same panels for all, compared at equal alarm rates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from viewshift.study.compare import Trials, tidy
from viewshift.study.example import Example
from viewshift.study.files import write_csv
from viewshift.study.progress import progress_bar
from viewshift.study.setup import (
    Detectors,
    Scenarios,
    Setup,
    check_setup,
    chosen_scenarios,
    distinct_seeds,
    named_detectors,
)
from viewshift.study.trial import Work, one_seed


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
        Folder for results.csv, timings.csv and, after failures, ``failures/*.py``; default none is written.
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
        progress=progress,
    ).table


def conduct(
    detectors: Detectors,
    scenarios: Scenarios,
    seeds: Iterable[int],
    *,
    setup: Setup,
    out: Path | None,
    progress: bool | None,
) -> Conducted:
    """Do what `run` does and return timings and examples as well.

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
    progress
        As for `run`.
    """
    named, laid_over, numbers = named_detectors(detectors), chosen_scenarios(scenarios), distinct_seeds(seeds)
    check_setup(setup)
    work = Work(setup, out)
    with progress_bar(len(numbers) * len(named) * (len(laid_over) + 1), progress) as bar:
        for seed in numbers:
            one_seed(work, seed, named, laid_over, bar)
    causal = {name: detector.claims.causal for name, detector in named.items()}
    wrong = {name: scenario.wrong for name, scenario in laid_over.items()}
    table = tidy(work.trials, causal, wrong, numbers, setup)
    timings = pd.DataFrame(work.timings, columns=["detector", "seed", "fit_seconds", "accounts_per_second"])
    if out is not None:
        write_csv(out / "results.csv", table)
        write_csv(out / "timings.csv", timings)
    return Conducted(table, timings, work.examples, setup, work.trials)
