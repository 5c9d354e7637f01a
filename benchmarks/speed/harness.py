"""Measure kernels beside what others offer: `python benchmarks/speed/harness.py` runs all modules here, in turn.

A module such as windows.py offers cases; it runs alone as well (`python benchmarks/speed/windows.py --help`). First
the results of a case are compared. Then viewshift, on one thread and on two, and its peers take turns, so that what
else the machine does meets all of them; a ratio is that of one round, and the median over rounds is told. A peer that
is slow gets a part of the panel, and rates are compared. Rows of a module replace its earlier ones in
results/speed/kernels.csv, and the table in kernels.md is written from all of them.
"""

import argparse
import csv
import io
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from viewshift._files import write_whole

MODULES = ("windows", "charts", "forest", "changes", "scans")
RESULTS = Path(__file__).parent.parent / "results" / "speed"
N_DAYS = 730
LEAST_SECONDS = 0.1
"""A call that takes less is repeated within a round."""

ABOUT = f"""\
Counts are zero-inflated negative binomial with a weekly cycle and shifts of level, {N_DAYS} days, float32, seeded; 3 %
of days are missing unless the panel says otherwise: a peer that takes no NaN, and then viewshift too, is given a panel
without. Ratios are medians over rounds in which all took turns, the smallest and the largest round in parentheses;
results were compared before. "Wanted" is what the project set out for, on the threads there are.
"""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Another way to do the work of a case.

    `size` is how many units a call does, `wanted` the ratio that viewshift set out for, `note` what a reader should
    know: a part of the panel, threads of its own, a result that differs.
    """

    call: Callable[[], object]
    size: int
    wanted: float | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind of work: `own` does `size` units of it a call; `check` raises unless all ways agree.

    `panel` says on what ("2,000 accounts"), `agreement` how far results agree ("equal to 1e-12").
    """

    name: str
    unit: str
    size: int
    own: Callable[[], object]
    check: Callable[[], None]
    panel: str
    agreement: str
    peers: Mapping[str, Peer] = field(default_factory=dict)


def counts(n_accounts: int, seed: int, *, missing: float = 0.03, n_days: int = N_DAYS) -> NDArray[np.float32]:
    """Return daily counts ``(n_accounts, n_days)``: the panel of all cases."""
    rng = np.random.default_rng(seed)
    shape = (n_accounts, n_days)
    level = rng.gamma(1.5, 1.5, (n_accounts, 1)) * np.exp(np.cumsum(_steps(rng, shape), axis=1))
    week = np.array([0.85, 0.8, 0.85, 0.9, 1.1, 1.3, 1.2])[np.arange(n_days) % 7]
    active = rng.random(shape) < rng.beta(2.0, 2.0, (n_accounts, 1))
    size = 1.5
    values = np.where(active, rng.poisson(rng.gamma(size, np.minimum(level, 20.0) * week / size)), 0).astype(np.float32)
    values[rng.random(shape) < missing] = np.nan
    return values


def _steps(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return changes of log level: some two shifts an account, up or down by a factor of about two."""
    return np.where(rng.random(shape) < 2.0 / shape[1], rng.normal(0.0, 0.7, shape), 0.0)


def seconds(call: Callable[[], object]) -> float:
    """Return how long one call takes: the mean of as many as fill a tenth of a second."""
    begin = time.perf_counter()
    n = 0
    while True:
        call()
        n += 1
        passed = time.perf_counter() - begin
        if passed >= LEAST_SECONDS:
            return passed / n


def threads() -> tuple[int, ...]:
    """Return the numbers of threads that viewshift is measured on."""
    return tuple(n for n in (1, 2) if n <= numba.config.NUMBA_NUM_THREADS)


def on(n_threads: int, call: Callable[[], object]) -> float:
    """Return the seconds of one call of viewshift on so many threads."""
    numba.set_num_threads(n_threads)
    return seconds(call)


def measured(case: Case, rounds: int) -> list[dict[str, Any]]:
    """Check a case, and return one row for each of its peers (one without a peer if it has none)."""
    case.check()
    for n in threads():
        on(n, case.own)
    own: dict[int, list[float]] = {n: [] for n in threads()}
    others: dict[str, list[float]] = {name: [] for name in case.peers}
    for _ in range(rounds):
        for n, rates in own.items():
            rates.append(case.size / on(n, case.own))
        for name, peer in case.peers.items():
            others[name].append(peer.size / seconds(peer.call))
    row: dict[str, Any] = {"case": case.name, "unit": case.unit, "panel": case.panel, "agreement": case.agreement}
    for n in (1, 2):
        row[f"own_{n}"] = statistics.median(own[n]) if n in own else ""
    rows = []
    for name, peer in case.peers.items():
        found = row | {"peer": name, "peer_rate": statistics.median(others[name])}
        for n in (1, 2):
            ratios = sorted(a / b for a, b in zip(own.get(n, []), others[name], strict=False))
            keys = (f"ratio_{n}", f"low_{n}", f"high_{n}")
            told = (statistics.median(ratios), ratios[0], ratios[-1]) if ratios else ("", "", "")
            found |= dict(zip(keys, told, strict=True))
        rows.append(found | {"wanted": peer.wanted or "", "note": peer.note, "rounds": rounds})
    return rows or [dict.fromkeys(COLUMNS, "") | row | {"rounds": rounds}]


COLUMNS = (
    *("module", "case", "unit", "panel", "agreement", "own_1", "own_2", "peer", "peer_rate", "ratio_1", "low_1"),
    *("high_1", "ratio_2", "low_2", "high_2", "wanted", "note", "rounds", "machine"),
)


def machine(packages: Iterable[str]) -> str:
    """Return what the numbers were measured on, and which versions."""
    cpus = Path("/proc/cpuinfo").read_text().splitlines() if platform.system() == "Linux" else []
    cpu = next((line.split(":")[1].strip() for line in cpus if "model name" in line), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in ("viewshift", "numba", "numpy", *packages))
    return (
        f"{platform.system()} on {os.cpu_count()} cores ({cpu}), {memory:.0f} GiB; "
        f"Python {platform.python_version()}, {versions}"
    )


def save(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows as CSV, whole or not at all."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue())


def replaced(
    path: Path,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    keys: Sequence[str],
    order: Callable[[Mapping[str, Any]], Any],
) -> list[dict[str, str]]:
    """Put rows in place of earlier ones with the same keys in a CSV file, and return all rows, in order."""
    new, kept = {tuple(str(row[key]) for key in keys) for row in rows}, list[Mapping[str, Any]]()
    if path.is_file():
        with path.open(newline="") as stream:
            kept = [row for row in csv.DictReader(stream) if tuple(row[key] for key in keys) not in new]
    save(path, sorted([*kept, *rows], key=order), columns)
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def store(rows: list[dict[str, Any]], out: Path) -> None:
    """Put the rows of a module in place of its earlier ones, and write the table of all anew."""
    path, keys = out / "kernels.csv", ("module", "case")
    kept = replaced(path, rows, COLUMNS, keys, lambda row: MODULES.index(row["module"]))
    write_whole(out / "kernels.md", table(kept))


def table(rows: list[dict[str, str]]) -> str:
    """Return the rows as Markdown: a table for each machine and set of versions."""
    text = [ABOUT]
    for where in dict.fromkeys(row["machine"] for row in rows):
        text.append(f"{where}; medians of {next(row['rounds'] for row in rows if row['machine'] == where)}.\n")
        text.append("| work | unit | /s, 1 thread | /s, 2 threads | peer | /s | ratio, 1 thread | 2 threads | wanted |")
        text.append("|---|---|--:|--:|---|--:|--:|--:|--:|")
        notes: dict[str, None] = {}  # in order, none twice
        for row in (row for row in rows if row["machine"] == where):
            name = f"{row['case']} ({row['panel']})"
            if row["note"]:
                notes[f"* {row['case']}, {row['peer']}: {row['note']}."] = None
            cells = [
                *(name, row["unit"], _number(row["own_1"]), _number(row["own_2"]), row["peer"]),
                *(_number(row["peer_rate"]), _ratio(row, 1), _ratio(row, 2), _number(row["wanted"])),
            ]
            text.append(f"| {' | '.join(cells)} |")
        agreed = dict.fromkeys(f"* {row['case']}: {row['agreement']}." for row in rows if row["machine"] == where)
        text += ["", "Results agree so far:", "", *agreed, *(["", "Notes:", "", *notes] if notes else []), ""]
    return "\n".join(text)


def _number(cell: str) -> str:
    """Return a number at three digits."""
    if not cell:
        return ""
    value = float(cell)
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _ratio(row: Mapping[str, str], n: int) -> str:
    if not row[f"ratio_{n}"]:
        return ""
    return f"{_number(row[f'ratio_{n}'])} ({_number(row[f'low_{n}'])} to {_number(row[f'high_{n}'])})"


def run(file: str, cases: Callable[[], Iterable[Case]], packages: Iterable[str] = ()) -> None:
    """Read a module's command line and measure its cases; `packages` are the peers whose versions count."""
    parser = argparse.ArgumentParser(description=f"Measure {Path(file).stem} beside its peers.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--case", help="only cases whose name contains this")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where kernels.csv and kernels.md are")
    parser.add_argument("--dry", action="store_true", help="print, but store nothing")
    given = parser.parse_args()
    rows = []
    for case in cases():
        if given.case and given.case not in case.name:
            continue
        found = measured(case, given.rounds)
        rows += [{**row, "module": Path(file).stem, "machine": machine(packages)} for row in found]
        for row in rows[-len(found) :]:
            texts = {key: str(cell) for key, cell in row.items()}
            own = f"{_number(texts['own_1'])} | {_number(texts['own_2'])} {row['unit']}/s"
            against = f"{row['peer']} {_number(texts['peer_rate'])}: {_ratio(texts, 1)} | {_ratio(texts, 2)}"
            print(f"{row['case']}: {own}; {against}; wanted {row['wanted']}", flush=True)
    if not given.dry:
        store(rows, given.out)


def main() -> None:
    """Run all modules, each in a process of its own, with the options given."""
    for module in MODULES:
        path = Path(__file__).with_name(f"{module}.py")
        if path.is_file():
            print(f"{module}", flush=True)
            subprocess.run([sys.executable, path, *sys.argv[1:]], check=True)


if __name__ == "__main__":
    main()
