"""Measure cost against size: `python benchmarks/speed/cost_curve.py [--detector Cusum] [--seconds 15]`.

Each detector scores panels of more and more accounts (365 days), and of more and more days (1,000 accounts), in a
process of its own on all cores, the best of up to three runs; sizes whose time would pass the limit are left out. Peak
memory is that of the process over what it had before it had the panel. The whole pipeline, from Parquet
to alarms, is measured likewise. Rows go to results/speed/cost_curve.csv, in place of earlier ones of the same
detector; the table in cost_curve.md and the figure docs/_static/cost.png are made from all.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import harness
import matplotlib.pyplot as plt
import numpy as np
import pipeline
from matplotlib.ticker import LogLocator, NullLocator

import viewshift as vs
from viewshift._files import write_whole

PICTURE = Path(__file__).parents[2] / "docs" / "_static" / "cost.png"
ACCOUNTS, DAYS = (1_000, 3_000, 10_000, 30_000, 100_000), (90, 180, 365, 730, 1_000, 2_000)
BY_ACCOUNTS, BY_DAYS = 365, 1_000
"""Days of panels that grow by accounts, and accounts of panels that grow by days."""

NULL = ("Constant", "Random")
PIPELINES = ("RobustZ", "default")
COLUMNS = ("what", "grows", "accounts", "days", "seconds", "mb", "machine")
STEEP = 1.25
"""Slope in days from which on a cost is told apart: n log n has 1.15 between 365 and 2,000."""

ABOUT = f"""\
Seconds of all cores to score a panel in memory, by detector with all defaults; "to alarms" is `vs.scale.alarms` from
Parquet, the start of its processes included. Slopes are those of log seconds against log accounts
({BY_ACCOUNTS} days) and log days (from {BY_ACCOUNTS} on, {BY_DAYS:,} accounts), by least squares: 1 is linear, and
n log n has 1.15 here. What is quick gets slower where its arrays no longer fit into the cache. MB is the peak at the
largest size, with the panel.
"""


def sizes() -> Iterator[tuple[str, int, int]]:
    """Yield what grows, accounts and days."""
    yield from (("days", BY_DAYS, days) for days in DAYS)
    yield from (("accounts", accounts, BY_ACCOUNTS) for accounts in ACCOUNTS)


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
    detector = fitted(name)
    pool = vs.simulate.viewers(1_000, max(DAYS), seed=1)["episodes"].astype(np.float32)
    pool[np.random.default_rng(1).random(pool.shape) < pipeline.MISSING] = np.nan
    detector.score(panel_of(pool, 20, 200))  # compiles
    last = {"days": (1.0, 0.0), "accounts": (1.0, 0.0)}
    for grows, n_accounts, n_days in sizes():
        cells, seconds = last[grows]
        if seconds * (n_accounts * n_days / cells) > limit:
            continue
        base = _megabytes("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak of memory begins anew
        panel, taken = panel_of(pool, n_accounts, n_days), list[float]()
        while len(taken) < 3 and sum(taken) < limit / 5:
            begin = time.perf_counter()
            detector.score(panel)
            taken.append(time.perf_counter() - begin)
        last[grows] = (float(n_accounts * n_days), min(taken))
        size = {"grows": grows, "accounts": n_accounts, "days": n_days}
        yield {**size, "seconds": min(taken), "mb": _megabytes("VmHWM") - base}


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
    rows, last = [], {"days": (1.0, 0.0), "accounts": (1.0, 0.0)}
    with tempfile.TemporaryDirectory() as folder:
        for grows, n_accounts, n_days in sizes():
            cells, seconds = last[grows]
            if seconds * (n_accounts * n_days / cells) > limit:
                continue
            path = Path(folder) / "days.parquet"
            pipeline.write_days(path, n_accounts, n_days)
            found = pipeline.measured(name, path)
            last[grows] = (float(n_accounts * n_days), found["seconds"])
            size = {"grows": grows, "accounts": n_accounts, "days": n_days}
            rows.append({"what": f"{name} to alarms", **size, "seconds": found["seconds"], "mb": found["peak_mb"]})
    return rows


def slope(rows: Sequence[Mapping[str, Any]], grows: str) -> float:
    """Return the slope of log seconds against the log of what grows; shorter panels than a year are mostly warm-up."""
    points = [
        (float(row[grows]), float(row["seconds"]))
        for row in rows
        if row["grows"] == grows and int(row["days"]) >= BY_ACCOUNTS
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


def by_what(rows: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Return the rows of each detector."""
    return {what: [row for row in rows if row["what"] == what] for what in dict.fromkeys(row["what"] for row in rows)}


def table(rows: list[dict[str, str]]) -> str:
    """Return a line for each detector: cost a cell, slopes, memory."""
    head = "| | largest | seconds | ns an account-day | slope in accounts | slope in days | MB |"
    text, steep = [ABOUT, head, "|---|--:|--:|--:|--:|--:|--:|"], []
    for what, own in by_what(rows).items():
        most = max(own, key=lambda row: int(row["accounts"]) * int(row["days"]))
        n_accounts, n_days, seconds = int(most["accounts"]), int(most["days"]), float(most["seconds"])
        slopes = slope(own, "accounts"), slope(own, "days")
        if slopes[1] > STEEP:
            steep.append(f"{what} ({slopes[1]:.2f})")
        text.append(
            f"| {_told(what)} | {n_accounts:,} x {n_days:,} | {seconds:.3g} | "
            f"{seconds / (n_accounts * n_days) * 1e9:,.0f} | {slopes[0]:.2f} | {slopes[1]:.2f} | "
            f"{float(most['mb']):,.0f} |"
        )
    told = f"Steeper than n log n in days: {', '.join(steep) or 'none'}."
    return "\n".join([*text, "", told, "", *dict.fromkeys(f"{row['machine']}." for row in rows), ""])


def _told(what: str) -> str:
    return what.replace("default", "shipped rule")


def draw(rows: list[dict[str, str]], path: Path) -> None:
    """Draw seconds against account-days, a small picture for each detector."""
    parts = by_what(rows)
    n_columns = 4
    n_rows = -(-len(parts) // n_columns)
    figure, axes = plt.subplots(
        n_rows, n_columns, figsize=(11, 1.9 * n_rows), sharex=True, sharey=True, layout="constrained", squeeze=False
    )
    for number in range(len(parts), axes.size):
        axes.ravel()[number].set_visible(False)
        axes.ravel()[number - n_columns].tick_params(labelbottom=True)
    linear = np.array([5e4, 1e8])
    for axis, (what, own) in zip(axes.ravel(), parts.items(), strict=False):
        for speed in (1e-9, 1e-7, 1e-5):
            axis.plot(linear, linear * speed, color="0.85", linewidth=1, zorder=0)
        for grows, colour, marker in (("accounts", "#0072B2", "o"), ("days", "#D55E00", "s")):
            points = sorted(
                (int(row["accounts"]) * int(row["days"]), float(row["seconds"])) for row in own if row["grows"] == grows
            )
            axis.plot(*zip(*points, strict=True), color=colour, marker=marker, markersize=5, linewidth=1.8)
        axis.set_title(_told(what), fontsize=12, loc="left")
        axis.set(xscale="log", yscale="log", xlim=linear, ylim=(5e-4, 60))
        axis.xaxis.set_major_locator(LogLocator(numticks=8))
        axis.yaxis.set_major_locator(LogLocator(base=100, numticks=8))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_minor_locator(NullLocator())
        axis.tick_params(labelsize=11)
        axis.spines[["top", "right"]].set_visible(False)
    lines = [axes[0, 0].lines[-2], axes[0, 0].lines[-1], axes[0, 0].lines[0]]
    names = [
        f"accounts grow ({BY_ACCOUNTS} days)",
        f"days grow ({BY_DAYS:,} accounts)",
        "linear: 1, 100 and 10,000 ns each",
    ]
    figure.legend(lines, names, loc="outside upper center", ncols=3, frameon=False, fontsize=12)
    figure.supxlabel("account-days", fontsize=13)
    figure.supylabel("seconds", fontsize=13)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Read the command line, and measure."""
    names = [name for name in vs.detectors.__all__ if _is_detector(name)]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detector", choices=names, action="append", help="only this detector")
    parser.add_argument("--pipeline", choices=PIPELINES, action="append", help="only this rule, to alarms")
    parser.add_argument("--seconds", type=float, default=15.0, help="what a call may take")
    parser.add_argument("--out", type=Path, default=harness.RESULTS)
    parser.add_argument("--draw", action="store_true", help="measure nothing, draw what there is")
    parser.add_argument("--one", choices=names, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        for row in one(given.one, given.seconds):
            print(json.dumps(row), flush=True)
        return
    everything = not (given.detector or given.pipeline or given.draw)
    rows: list[dict[str, Any]] = []
    for name in names if everything else given.detector or ():
        own = detector_rows(name, given.seconds)
        rows += own
        print(f"{name}: accounts {slope(own, 'accounts'):.2f}, days {slope(own, 'days'):.2f}", flush=True)
    for name in PIPELINES if everything else given.pipeline or ():
        rows += pipeline_rows(name, given.seconds)
    machine = harness.machine(("scikit-learn",))
    found = store([{**row, "machine": machine} for row in rows], given.out)
    write_whole(given.out / "cost_curve.md", table(found))
    draw(found, PICTURE)


def _is_detector(name: str) -> bool:
    kind = getattr(vs.detectors, name)
    return isinstance(kind, type) and hasattr(kind, "claims") and name not in ("Detector", "StreamingDetector", *NULL)


if __name__ == "__main__":
    main()
