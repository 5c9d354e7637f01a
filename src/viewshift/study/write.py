"""A whole study in a folder: results, timings and report."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.base import clone

from viewshift._processes import n_cores
from viewshift.baselines import UsualLevel
from viewshift.detectors import (
    Bocpd,
    Constant,
    Cusum,
    Detector,
    Ears,
    Ewma,
    Farrington,
    Focus,
    Glr,
    IsolationForest,
    Pelt,
    PredictiveTail,
    Random,
    RobustZ,
    SurgeScan,
    WindowSums,
    ZScore,
)
from viewshift.saved import default_rule
from viewshift.simulate import SCENARIOS
from viewshift.study.comparisons import write_comparisons
from viewshift.study.config import SHIPPED, read_plan, with_people
from viewshift.study.files import TWINS, write_twins
from viewshift.study.manifest import write_manifest
from viewshift.study.overlay import shows
from viewshift.study.peers import Peer, at_defaults
from viewshift.study.people import read_people
from viewshift.study.power import power_curves
from viewshift.study.report import TITLE, report
from viewshift.study.run import conduct, households
from viewshift.study.setup import (
    Curves,
    Detectors,
    Plan,
    Scenarios,
    Setup,
    chosen_scenarios,
    distinct_seeds,
    named_detectors,
)

SEEDS = (1, 2, 3)
RATES = (1.0, 0.25)
FULL = Setup(n_accounts=300, n_days=730, n_reference=1500, population="sessions", rates=RATES)
QUICK = Setup(n_accounts=100, n_days=500, n_reference=400, population="sessions", rates=RATES)
CURVES = Curves(
    (SHIPPED, "ZScore", "WindowSums", "Cusum, NB", "PredictiveTail, usual level"),
    ("surge_3d", "surge_7d", "drift_28d", "doubled", "going_quiet"),
)
QUICK_MOST = 20
"""Accounts that slow detectors judge in a quick study."""


def default_detectors() -> dict[str, Detector]:
    """Return the detectors that the default study compares, with their default parameters unless named otherwise."""
    return {
        SHIPPED: default_rule().detector,
        "SurgeScan": SurgeScan(),
        "ZScore": ZScore(),
        "RobustZ": RobustZ(),
        "Ears C2": Ears(chart="C2"),
        "Farrington": Farrington(),
        "WindowSums": WindowSums(),
        "Ewma": Ewma(),
        "Focus": Focus(),
        "Glr": Glr(),
        "Bocpd": Bocpd(),
        "Cusum, normal": Cusum(increments="normal"),
        "Cusum, NB": Cusum(increments="nb"),
        "Cusum, one show": Cusum(measure="top_show_episodes", shift=5.0, cap=8.0, window=180, guard=14),
        "Cusum, NB, down": Cusum(increments="nb", direction="down"),
        "IsolationForest": IsolationForest(),
        "PredictiveTail": PredictiveTail(),
        "PredictiveTail, usual level": PredictiveTail(baseline=UsualLevel()),
        "Pelt, NB, log n": Pelt(cost="nb", penalty=1.0),
        "Random": Random(),
        "Constant": Constant(),
    }


def default_plan() -> Plan:
    """Return the study that is run where nothing else is asked for."""
    return Plan(TITLE, default_detectors(), dict(SCENARIOS), SEEDS, FULL, CURVES)


def write(
    out: str | Path,
    *,
    config: str | Path | None = None,
    data: str | Path | None = None,
    episodes: Sequence[str] = (),
    quick: bool = False,
    seeds: Iterable[int] | None = None,
    detectors: Detectors | None = None,
    scenarios: Scenarios | None = None,
    workers: int | None = None,
    fresh: bool = False,
    progress: bool | None = None,
) -> Path:
    """Run a study and write its tables, report.html and report.md, and manifest.json.

    Parameters
    ----------
    out
        Folder to write to; made if it is missing.
    config
        TOML file that says which study; default that of `default_detectors` on all scenarios.
    data
        Folder of real people's daily counts (see `docs/study.md`), to compare detectors on instead of simulated
        viewers; default that of `config`, if any.
    episodes
        Names the column of counts may have there, if not "episodes".
    quick
        A small study of the first seed, without power curves and peers at their own defaults, to see whether
        everything runs.
    seeds
        Default those of `config`, or 1, 2, 3.
    detectors
        Default those of `config`, or `default_detectors()`. Without power curves.
    scenarios
        Default those of `config`, or all shipped ones. Without power curves.
    workers
        Number of processes; default the number of cores. Results are the same for any.
    fresh
        Whether to compute what the folder already holds once more.
    progress
        Whether to show a progress bar; default if the output is a terminal.

    Returns
    -------
    Path of report.html.

    Raises
    ------
    FileNotFoundError
        If there is no such file as `config`, or no such folder as `data`.
    ValueError
        If `config` is no TOML, a key, name or value in it is unknown or wrong, or the counts cannot be read.
    """
    out = Path(out)
    default = default_plan()
    plan = default if config is None else read_plan(config, default)
    if data is not None:
        sizes = with_people(read_people(data, episodes=episodes))
        plan = replace(plan, seeds=plan.seeds[:1], setup=replace(plan.setup, **sizes))
    if quick:
        sizes = {name: getattr(QUICK, name) for name in ("n_accounts", "n_days", "n_reference")}
        sizes |= {} if plan.setup.people is None else with_people(replace(plan.setup.people, times=1))
        plan = replace(plan, seeds=plan.seeds[:1], setup=replace(plan.setup, **sizes))
    plan = _able(plan, default)
    if quick:
        plan = replace(plan, detectors={name: _hurried(one) for name, one in plan.detectors.items()})
    given: dict[str, Any] = {
        "seeds": None if seeds is None else distinct_seeds(seeds),
        "detectors": None if detectors is None else named_detectors(detectors),
        "scenarios": None if scenarios is None else chosen_scenarios(scenarios),
    }
    plan = replace(plan, **{name: value for name, value in given.items() if value is not None})
    if quick or plan.setup.people is not None or detectors is not None or scenarios is not None:
        plan = replace(plan, power=None)
    how: dict[str, Any] = {"workers": n_cores() if workers is None else workers, "fresh": fresh, "progress": progress}
    done = conduct(plan.detectors, plan.scenarios, plan.seeds, setup=plan.setup, out=out, **how)
    comparisons, ranks = write_comparisons(out, households(done), done.table)
    power = _power(plan, out / "power", how)
    peers = {name: one for name, one in plan.detectors.items() if isinstance(one, Peer)}
    defaults = None if quick or plan.setup.people is not None else _defaults(peers, plan, out, how["workers"])
    beside = {"power/power": power, "at_defaults": defaults}
    tables = ("results", "comparisons", "mean_ranks", *(name for name, one in beside.items() if one is not None))
    write_manifest(out, plan, tuple(f"{name}{ending}" for name in tables for ending in TWINS))
    return report(
        done.table,
        out / "report.html",
        title=plan.title,
        timings=done.timings,
        examples=done.examples,
        setup=plan.setup,
        command=_command(config, quick, plan.seeds) if detectors is None and scenarios is None else "",
        parameters=_as_run(plan.detectors),
        comparisons=comparisons,
        ranks=ranks,
        power=power,
        peers=list(peers),
        defaults=defaults,
    )


def _power(plan: Plan, out: Path, how: Mapping[str, Any]) -> pd.DataFrame | None:
    """Return the power curves that the plan asks for; write them beside what they come from."""
    if plan.power is None:
        return None
    return power_curves(
        {name: plan.detectors[name] for name in plan.power.detectors},
        {name: plan.scenarios[name] for name in plan.power.scenarios},
        plan.seeds,
        **_sizes(plan.setup),
        rates=plan.setup.rates,
        n_reference=plan.setup.n_reference,
        out=out,
        **how,
    )


def _defaults(peers: Mapping[str, Peer], plan: Plan, out: Path, workers: int) -> pd.DataFrame | None:
    """Return what peers do at their own defaults, and write it; None where the study has no peers, or no events."""
    wrong = {name: one for name, one in plan.scenarios.items() if one.wrong}
    if not peers or not wrong:
        return None
    found = at_defaults(peers, wrong, plan.seeds, **_sizes(plan.setup), workers=workers)
    write_twins(out / "at_defaults", found)
    return found


def _sizes(setup: Setup) -> dict[str, Any]:
    return {"n_accounts": setup.n_accounts, "n_days": setup.n_days, "population": setup.population}


def _hurried(detector: Detector) -> Detector:
    """Return a slow detector that judges still fewer accounts."""
    most = getattr(detector, "most_accounts", None)
    if most is None:
        return detector
    hurried: Detector = clone(detector).set_params(most_accounts=min(most, QUICK_MOST))
    return hurried


def _able(plan: Plan, default: Plan) -> Plan:
    """Leave out of the default detectors and scenarios those that need more than real people's counts."""
    people = plan.setup.people
    if people is None:
        return plan
    able: dict[str, Any] = {}
    if plan.detectors is default.detectors:
        known = set(people.panel.measures)
        able["detectors"] = {name: one for name, one in plan.detectors.items() if set(one.measures) <= known}
    if plan.scenarios is default.scenarios:
        able["scenarios"] = {name: one for name, one in plan.scenarios.items() if shows(one, people.panel.measures)}
    return replace(plan, **able)


def _as_run(detectors: Mapping[str, Detector]) -> dict[str, str]:
    """Return how each detector was run, and which of them is that of the shipped rule."""
    shipped = default_rule().detector
    mark = {repr(shipped): ", as in the shipped default rule"}
    return {name: f"{one!r}{mark.get(repr(one), '')}" for name, one in detectors.items()}


def _command(config: str | Path | None, quick: bool, seeds: Sequence[int]) -> str:
    parts = ["viewshift compare", *([f"--config {shlex.quote(Path(config).name)}"] if config else [])]
    return " ".join([*parts, *(["--quick"] if quick else []), *(f"--seeds {seed}" for seed in seeds), "--out reports"])
