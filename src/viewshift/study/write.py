"""A whole study in a folder: results, timings and report."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from viewshift.detectors import (
    Constant,
    Cusum,
    Detector,
    IsolationForest,
    Pelt,
    PredictiveTail,
    Random,
    RobustZ,
    ZScore,
)
from viewshift.saved import default_rule
from viewshift.simulate import SCENARIOS
from viewshift.study.comparisons import write_comparisons
from viewshift.study.report import report
from viewshift.study.run import conduct
from viewshift.study.setup import Detectors, Scenarios, Setup, named_detectors
from viewshift.study.workers import n_cores

SEEDS = (1, 2, 3)
RATES = (1.0, 0.25)
FULL = Setup(n_accounts=300, n_days=730, n_reference=1500, population="sessions", rates=RATES)
QUICK = Setup(n_accounts=100, n_days=500, n_reference=400, population="sessions", rates=RATES)


def default_detectors() -> dict[str, Detector]:
    """Return the detectors that the default study compares, with their default parameters unless named otherwise."""
    return {
        "SurgeScan, QuietScan": default_rule().detector,
        "ZScore": ZScore(),
        "RobustZ": RobustZ(),
        "Cusum, normal": Cusum(increments="normal"),
        "Cusum, NB": Cusum(increments="nb"),
        "Cusum, one show": Cusum(measure="top_show_episodes", shift=5.0, cap=8.0, window=180, guard=14),
        "Cusum, NB, down": Cusum(increments="nb", direction="down"),
        "IsolationForest": IsolationForest(),
        "PredictiveTail": PredictiveTail(),
        "Pelt, NB, log n": Pelt(cost="nb", penalty=1.0),
        "Random": Random(),
        "Constant": Constant(),
    }


def write(
    out: str | Path,
    *,
    quick: bool = False,
    seeds: Iterable[int] | None = None,
    detectors: Detectors | None = None,
    scenarios: Scenarios | None = None,
    workers: int | None = None,
    fresh: bool = False,
    progress: bool | None = None,
) -> Path:
    """Run a study and write results.csv, timings.csv, comparisons.csv, mean_ranks.csv, report.html and report.md.

    Parameters
    ----------
    out
        Folder to write to; made if it is missing.
    quick
        A small study of one seed, to see whether everything runs.
    seeds
        Default 1, 2, 3; 1 for a quick study.
    detectors
        Default `default_detectors()`.
    scenarios
        Default all shipped ones.
    workers
        Number of processes; default the number of cores. Results are the same for any.
    fresh
        Whether to compute what the folder already holds once more.
    progress
        Whether to show a progress bar; default if the output is a terminal.

    Returns
    -------
    Path of report.html.
    """
    out = Path(out)
    detectors_run = named_detectors(default_detectors() if detectors is None else detectors)
    setup = QUICK if quick else FULL
    numbers = tuple(seeds) if seeds is not None else (SEEDS[:1] if quick else SEEDS)
    done = conduct(
        detectors_run,
        tuple(SCENARIOS) if scenarios is None else scenarios,
        numbers,
        setup=setup,
        out=out,
        workers=n_cores() if workers is None else workers,
        fresh=fresh,
        progress=progress,
    )
    write_comparisons(out, done.trials, done.table)
    return report(
        done.table,
        out / "report.html",
        timings=done.timings,
        examples=done.examples,
        setup=setup,
        command=_command(quick, numbers) if detectors is None and scenarios is None else "",
        parameters=_as_run(detectors_run),
    )


def _as_run(detectors: Mapping[str, Detector]) -> dict[str, str]:
    """Return how each detector was run, and which of them is that of the shipped rule."""
    shipped = default_rule().detector
    mark = {repr(shipped): ", as in the shipped default rule"}
    return {name: f"{one!r}{mark.get(repr(one), '')}" for name, one in detectors.items()}


def _command(quick: bool, seeds: Sequence[int]) -> str:
    return (
        f"viewshift compare{' --quick' if quick else ''}{''.join(f' --seeds {seed}' for seed in seeds)} --out reports"
    )
