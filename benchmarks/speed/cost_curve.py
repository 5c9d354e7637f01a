"""Measure cost against size: `python benchmarks/speed/cost_curve.py [--detector Cusum] [--seconds 40]`.

Each detector scores panels of more and more accounts, up to a million, and of more and more days, in a process of its
own on all cores: the best of three runs, of one if that is slow, of more if they are quick. Sizes whose time would pass
the limit, or whose arrays most of the memory, are left out, and so are panels within the warm-up. Peak memory is that
of the process over what it had before it had the panel. The whole pipeline, from Parquet to alarms, is measured
likewise, with ten times the limit. Rows go to results/speed/cost_curve.csv, in place of earlier ones of the same
detector, as soon as it is done; the table in cost_curve.md and the figure docs/_static/cost.png are made from all. All
of it takes about half an hour.
"""

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import harness
import numpy as np
import pipeline
from cost_figure import A_YEAR, ACCOUNTS, BY_ACCOUNTS, BY_DAYS, DAYS, LONGER, by_what, draw, implied, largest, named

import viewshift as vs
from viewshift._files import write_whole

PICTURE = Path(__file__).parents[2] / "docs" / "_static" / "cost.png"
MANY, LONG = 30_000, 730
"""Accounts from which on a second slope is told, and days from which on that in days is taken."""

NULL = ("Constant", "Random")
PIPELINES = ("RobustZ", "default")
COLUMNS = ("what", "grows", "accounts", "days", "seconds", "mb", "warm_up", "machine")
STEEP = 1.25
"""Slope in days from which on a cost is told apart: n log n has 1.14 between 730 and 2,000."""

ROOM = 0.6
"""Share of the machine's memory that a panel may take with its scores."""

ABOUT = f"""\
Seconds by the clock, all cores at work, to score a panel in memory, by detector with all defaults; "to alarms" is
`vs.scale.alarms` from Parquet, the start of its processes included. Panels that grow by accounts have {BY_ACCOUNTS}
days, those of {" and ".join(LONGER)}, which need more days before they speak, {A_YEAR}; panels that grow by days have
{BY_DAYS:,} accounts.
The largest panel by accounts is told, with its seconds and its peak of memory, the panel in it. "A million" is in
parentheses where it was not measured, but follows from the largest panel if the cost is linear. Slopes are those of log
seconds against log size, by least squares: in accounts over all sizes and over those from {MANY:,} accounts on, in
days from {LONG} on, the warm-up not counted. 1 is linear, and n log n in days has 1.14.
"""


def sizes(what: str) -> Iterator[tuple[str, int, int]]:
    """Yield what grows, accounts and days."""
    yield from (("days", BY_DAYS, days) for days in DAYS)
    yield from (("accounts", accounts, A_YEAR if what in LONGER else BY_ACCOUNTS) for accounts in ACCOUNTS)


class Budget:
    """Which sizes of a detector can be measured, by what the last one took."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.room = seconds, ROOM * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
        self.last: dict[str, tuple[int, float, float]] = {}

    def allows(self, grows: str, cells: int) -> bool:
        """Return whether so many account-days are within the limits if cost is linear."""
        last, seconds, megabytes = self.last.get(grows, (1, 0.0, 0.0))
        return seconds * cells / last <= self.seconds and megabytes * cells / last <= self.room

    def took(self, grows: str, cells: int, seconds: float, megabytes: float) -> None:
        """Remember what a size took."""
        self.last[grows] = cells, seconds, megabytes


def panel_of(pool: Any, n_accounts: int, n_days: int) -> vs.Panel:
    """Return so many accounts out of a pool, each as often as it takes."""
    values = pool[np.resize(np.arange(len(pool)), n_accounts), :n_days]
    return vs.Panel({"episodes": values}, accounts=np.char.mod("%06d", np.arange(n_accounts)), start="2020-01-01")


def fitted(name: str) -> Any:
    """Return a fitted detector with all defaults; of those that need parts, the shipped one."""
    if name in ("Bank", "PredictiveTail"):
        return vs.default_rule(detector=name).detector_
    return getattr(vs.detectors, name)().fit(vs.simulate.viewers(300, 730, seed=2))


def one(name: str, limit: float) -> Iterator[dict[str, Any]]:
    """Score panels of all sizes that the limit allows."""
    detector, budget = fitted(name), Budget(limit)
    pool = vs.simulate.viewers(1_000, max(DAYS), seed=1)["episodes"].astype(np.float32)
    pool[np.random.default_rng(1).random(pool.shape) < pipeline.MISSING] = np.nan
    detector.score(panel_of(pool, 20, 200))  # compiles
    for grows, n_accounts, n_days in sizes(name):
        if budget.allows(grows, n_accounts * n_days):
            found = scored(detector, pool, n_accounts, n_days, limit)
            budget.took(grows, n_accounts * n_days, found["seconds"], found["mb"])
            if found["warm_up"] < n_days:
                yield {"grows": grows, "accounts": n_accounts, "days": n_days, **found}


def scored(detector: Any, pool: Any, n_accounts: int, n_days: int, limit: float) -> dict[str, Any]:
    """Return what it takes to score a panel, and its days before the first score."""
    ctypes.CDLL(None).malloc_trim(0)  # what earlier panels left
    base = _megabytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak of memory begins anew
    panel, taken = panel_of(pool, n_accounts, n_days), list[float]()
    while (len(taken) < 3 or sum(taken) < harness.LEAST_SECONDS) and sum(taken) < limit / 3:
        begin = time.perf_counter()
        scores = detector.score(panel)
        taken.append(time.perf_counter() - begin)
        days = np.flatnonzero(np.isfinite(scores[: len(pool)]).any(axis=0))
        del scores
    warm_up = int(days[0]) if days.size else n_days
    return {"seconds": min(taken), "mb": _megabytes("VmHWM") - base, "warm_up": warm_up}


def _megabytes(which: str) -> float:
    """Return the memory of this process now, "VmRSS", or at its peak, "VmHWM"."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(which))


def detector_rows(name: str, limit: float) -> list[dict[str, Any]]:
    """Measure a detector in a process of its own."""
    command = [sys.executable, __file__, "--one", name, "--seconds", str(limit)]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [{"what": name, **json.loads(line)} for line in lines]


def pipeline_rows(name: str, limit: float) -> list[dict[str, Any]]:
    """Measure a rule from Parquet to alarms."""
    what, rows, budget = f"{name} to alarms", [], Budget(limit)
    with tempfile.TemporaryDirectory() as folder:
        for grows, n_accounts, n_days in sizes(what):
            if budget.allows(grows, n_accounts * n_days):
                path = Path(folder) / "days.parquet"
                pipeline.write_days(path, n_accounts, n_days)
                found = pipeline.measured(name, path)
                seconds, megabytes = found["seconds"], found["peak_mb"]
                budget.took(grows, n_accounts * n_days, seconds, 0.0)  # memory ends growing
                size = {"grows": grows, "accounts": n_accounts, "days": n_days}
                rows.append({"what": what, **size, "seconds": seconds, "mb": megabytes, "warm_up": 0})
    return rows


def slope(rows: Sequence[Mapping[str, Any]], grows: str, least: int) -> float:
    """Return the slope of log seconds against the log of what grows, from `least` on; NaN for fewer than two sizes."""
    points = [
        (int(row[grows]) - (int(row["warm_up"] or 0) if grows == "days" else 0), float(row["seconds"]))
        for row in rows
        if row["grows"] == grows and int(row[grows]) >= least
    ]
    if len(points) < 2:
        return float("nan")
    x, y = np.log(np.array(points)).T
    return float(np.polyfit(x, y, 1)[0])


def store(rows: list[dict[str, Any]], out: Path) -> list[dict[str, str]]:
    """Put rows in place of earlier ones of the same detector; return all."""
    return harness.replaced(
        out / "cost_curve.csv", rows, COLUMNS, ("what",), lambda row: (" " in row["what"], row["what"])
    )


def table(rows: list[dict[str, str]]) -> str:
    """Return a line for each detector: cost a cell, memory, what a million accounts take, slopes."""
    head = (
        "| | largest | seconds | MB | ns an account-day | a million, seconds | slope in accounts | in many | in days |"
    )
    text, steep = [ABOUT, head, f"|---|{'--:|' * 8}"], []
    for what, own in by_what(rows).items():
        most = largest(own)
        n_accounts, n_days, seconds = int(most["accounts"]), int(most["days"]), float(most["seconds"])
        slopes = slope(own, "accounts", 0), slope(own, "accounts", MANY), slope(own, "days", LONG)
        if slopes[2] > STEEP:
            steep.append(f"{named(what)} ({slopes[2]:.2f})")
        million = _digits(implied(own, "seconds"))
        told = " | ".join("" if np.isnan(value) else f"{value:.2f}" for value in slopes)
        text.append(
            f"| {named(what)} | {n_accounts:,} x {n_days:,} | {_digits(seconds)} | {float(most['mb']):,.0f} | "
            f"{seconds / (n_accounts * n_days) * 1e9:,.0f} | "
            f"{million if n_accounts == max(ACCOUNTS) else f'({million})'} | {told} |"
        )
    last = f"Steeper than n log n in days: {', '.join(steep) or 'none'}."
    return "\n".join([*text, "", last, "", *dict.fromkeys(f"{row['machine']}." for row in rows), ""])


def _digits(value: float) -> str:
    """Return a number at three digits, without an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main() -> None:
    """Read the command line, and measure."""
    names = [name for name in vs.detectors.__all__ if _is_detector(name)]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detector", choices=names, action="append", help="only this detector")
    parser.add_argument("--pipeline", choices=PIPELINES, action="append", help="only this rule, to alarms")
    parser.add_argument("--seconds", type=float, default=40.0, help="what a call may take")
    parser.add_argument("--out", type=Path, default=harness.RESULTS)
    parser.add_argument("--draw", action="store_true", help="measure nothing, draw what there is")
    parser.add_argument("--one", choices=names, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        for row in one(given.one, given.seconds):
            print(json.dumps(row), flush=True)
        return
    everything = not (given.detector or given.pipeline or given.draw)
    machine = harness.machine(("scikit-learn",))
    for name in names if everything else given.detector or ():
        keep(detector_rows(name, given.seconds), machine, given.out)
    for name in PIPELINES if everything else given.pipeline or ():
        keep(pipeline_rows(name, 10 * given.seconds), machine, given.out)
    found = store([], given.out)
    write_whole(given.out / "cost_curve.md", table(found))
    draw(found, PICTURE)


def keep(rows: list[dict[str, Any]], machine: str, out: Path) -> None:
    """Store what was found about one detector, and tell it."""
    store([{**row, "machine": machine} for row in rows], out)
    most, told = largest(rows), (slope(rows, "accounts", 0), slope(rows, "days", LONG))
    print(
        f"{most['what']}: {most['accounts']:,} x {most['days']}, {most['seconds']:.3g} s, {most['mb']:,.0f} MB; "
        f"accounts {told[0]:.2f}, days {told[1]:.2f}",
        flush=True,
    )


def _is_detector(name: str) -> bool:
    kind = getattr(vs.detectors, name)
    return isinstance(kind, type) and hasattr(kind, "claims") and name not in ("Detector", "StreamingDetector", *NULL)


if __name__ == "__main__":
    main()
