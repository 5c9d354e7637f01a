"""Power curves: what is found as events grow stronger, at an equal rate of alarms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from viewshift._checks import check_positive
from viewshift.simulate import Scenario
from viewshift.study.files import write_twins
from viewshift.study.run import run
from viewshift.study.setup import Detectors, Scenarios, chosen_scenarios

MULTIPLES = (0.25, 0.5, 1.0, 2.0)
COLUMNS = ["detector", "scenario", "unit", "strength", "rate", "net_recall", "low", "high"]


def scaled(scenario: Scenario, multiple: float) -> Scenario:
    """Return the scenario with its strength multiplied; of "times the former viewing" what exceeds 1; at most `most`.

    Parameters
    ----------
    scenario
        Of default strength.
    multiple
        Above 0.
    """
    check_positive("multiples", multiple)
    if scenario.unit.startswith("times the former"):
        return replace(scenario, strength=1 + multiple * (scenario.strength - 1))
    return replace(scenario, strength=min(scenario.most, multiple * scenario.strength))


def power_curves(
    detectors: Detectors,
    scenarios: Scenarios,
    seeds: Iterable[int],
    *,
    multiples: Sequence[float] | None = None,
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
    """Run a study of scenarios at several strengths: each rule is fitted once, and accounts and onsets are the same.

    Parameters
    ----------
    detectors
        As for `run`.
    scenarios
        As for `run`; with events.
    seeds
        As for `run`.
    multiples
        Of each scenario's own strength. For a strength in "times the former viewing" it is what exceeds 1 that is
        multiplied; none is above the scenario's `most`, and each stands once. Default the strengths that a scenario
        names, or 0.25, 0.5, 1 and 2 times its own where it names none.
    n_accounts
        As for `run`.
    n_days
        As for `run`.
    rates
        As for `run`.
    n_reference
        As for `run`.
    population
        As for `run`.
    out
        Folder of its own for power.csv, its twins, and what `run` writes; default none is written.
    workers
        As for `run`.
    fresh
        As for `run`.
    progress
        As for `run`.

    Returns
    -------
    One row per detector, scenario, strength and dial: detector, scenario, unit (of the strength), strength, rate,
    net_recall, and its 95 % interval low to high, over all seeds. What failed is missing.

    Raises
    ------
    ValueError
        If a multiple is not above 0 or a scenario has no events; else as `run`.

    Examples
    --------
    >>> import viewshift as vs
    >>> sizes = {"n_accounts": 20, "n_days": 400, "n_reference": 60, "rates": (2.0,)}
    >>> curves = vs.study.power_curves([vs.detectors.ZScore()], ["marathon"], [1], multiples=(0.25, 2), **sizes)
    >>> bool(curves["net_recall"].is_monotonic_increasing)
    True
    """
    chosen = chosen_scenarios(scenarios)
    for name, scenario in chosen.items():
        if not scenario.wrong:
            raise ValueError(f"`scenarios` must have events, got {name!r}, in which nothing is wrong; leave it out.")
    every = [(name, part) for name, one in chosen.items() for part in _steps(one, multiples)]
    steps = {(name, part.strength): part for name, part in every}
    named: Mapping[str, Scenario] = {f"{name} at {strength:g}": one for (name, strength), one in steps.items()}
    table = run(
        detectors,
        named,
        seeds,
        n_accounts=n_accounts,
        n_days=n_days,
        rates=rates,
        n_reference=n_reference,
        population=population,
        out=out,
        workers=workers,
        fresh=fresh,
        progress=progress,
    )
    found = table[table["seed"].isna() & (table["metric"] == "net_recall") & (table["scenario"] != "mean")]
    of = dict(zip(named, steps, strict=True))
    units = {name: scenario.unit for name, scenario in chosen.items()}
    found = found.assign(
        strength=[of[name][1] for name in found["scenario"]],
        scenario=[of[name][0] for name in found["scenario"]],
        net_recall=found["value"],
    )
    curves = found.assign(unit=found["scenario"].map(units))[COLUMNS].reset_index(drop=True)
    if out is not None:
        write_twins(Path(out) / "power", curves)
    return curves


def _steps(scenario: Scenario, multiples: Sequence[float] | None) -> list[Scenario]:
    if multiples is None and scenario.strengths:
        return [replace(scenario, strength=strength) for strength in scenario.strengths]
    return [scaled(scenario, multiple) for multiple in (MULTIPLES if multiples is None else multiples)]
