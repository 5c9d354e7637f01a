"""What a study is asked to do: detectors, scenarios, seeds and sizes, named and checked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from viewshift import simulate
from viewshift._checks import check_choice, check_positive, check_whole
from viewshift.detectors import Detector
from viewshift.simulate.viewers import POPULATIONS
from viewshift.study.people import People

Detectors = Mapping[str, Detector] | Sequence[Detector]
Scenarios = Mapping[str, simulate.Scenario] | Sequence[str]


@dataclass(frozen=True)
class Setup:
    """Sizes and seeds of a study.

    Parameters
    ----------
    n_accounts, n_days
        Size of each panel that detectors are compared on.
    n_reference
        Accounts of each panel that rules are fitted on.
    population
        Name of the simulated population.
    rates
        Dials, alarms per account-year.
    people
        Real people to compare detectors on instead of simulated ones; `n_accounts` is then how many there are, with
        repetitions.
    """

    n_accounts: int
    n_days: int
    n_reference: int
    population: str
    rates: tuple[float, ...]
    people: People | None = None


@dataclass(frozen=True)
class Curves:
    """Power curves that a study draws beside its tables.

    Parameters
    ----------
    detectors, scenarios
        Names of the study's own; of scenarios with events.
    """

    detectors: tuple[str, ...]
    scenarios: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """A study to run.

    Parameters
    ----------
    title
        The question it asks.
    detectors, scenarios
        By name.
    seeds
        One panel of accounts for each.
    setup
        Sizes.
    power
        Power curves over strength, if any are wanted; none are drawn on real people.
    """

    title: str
    detectors: Mapping[str, Detector]
    scenarios: Mapping[str, simulate.Scenario]
    seeds: tuple[int, ...]
    setup: Setup
    power: Curves | None = None


def reference_seed(seed: int) -> int:
    """Return the seed of the panel that rules are fitted on, far from the seed of the panel they are compared on.

    Parameters
    ----------
    seed
        Seed of the study.
    """
    return int(np.random.SeedSequence([seed, 1]).generate_state(1)[0])


def named_detectors(detectors: Detectors) -> dict[str, Detector]:
    """Return name to detector; a sequence is named by each one's `repr`."""
    if isinstance(detectors, Mapping):
        named = dict(detectors)
    else:
        named = {repr(one).removesuffix("()"): one for one in detectors}
    if not named or len(named) != len(detectors):
        raise ValueError(f"`detectors` must hold at least one and no two alike, got {list(named)}.")
    for name, one in named.items():
        if not isinstance(one, Detector):
            raise TypeError(f"`detectors` must hold detectors, got {one!r} as {name!r}.")
    return named


def chosen_scenarios(scenarios: Scenarios) -> dict[str, simulate.Scenario]:
    """Return name to scenario; names are looked up among the shipped scenarios."""
    if isinstance(scenarios, Mapping):
        chosen = dict(scenarios)
    else:
        for name in scenarios:
            check_choice("scenarios", name, simulate.SCENARIOS)
        chosen = {name: simulate.SCENARIOS[name] for name in scenarios}
    if not chosen or "mean" in chosen:
        raise ValueError(f"`scenarios` must name at least one, and none 'mean', got {list(chosen)}.")
    return chosen


def distinct_seeds(seeds: Iterable[int]) -> tuple[int, ...]:
    """Return the seeds, none twice."""
    numbers = tuple(check_whole("seeds", seed, least=0) for seed in seeds)
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"`seeds` must hold at least one and no two alike, got {numbers}.")
    return numbers


def check_setup(setup: Setup) -> None:
    """Raise if a size, the population or a dial is out of range."""
    check_whole("n_accounts", setup.n_accounts, least=2)
    check_whole("n_days", setup.n_days, least=2)
    check_whole("n_reference", setup.n_reference, least=5)
    check_choice("population", setup.population, POPULATIONS)
    for rate in setup.rates:
        check_positive("rates", rate)
    if not setup.rates or len(set(setup.rates)) < len(setup.rates):
        raise ValueError(f"`rates` must hold at least one and no two alike, got {setup.rates}.")


def check_plan(plan: Plan) -> None:
    """Raise if a study cannot be run as it is."""
    named_detectors(plan.detectors)
    chosen_scenarios(plan.scenarios)
    distinct_seeds(plan.seeds)
    if plan.setup.people is not None and len(plan.seeds) > 1:
        raise ValueError(f"`seeds` must hold one seed for real people, got {plan.seeds}; set `times` instead.")
    if plan.power is not None:
        for name in plan.power.detectors:
            check_choice("power.detectors", name, plan.detectors)
        for name in plan.power.scenarios:
            check_choice("power.scenarios", name, [name for name, one in plan.scenarios.items() if one.wrong])
    check_setup(plan.setup)
