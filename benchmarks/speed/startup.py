"""Measure how long a first answer takes: `python benchmarks/speed/startup.py [--rounds 7]`.

Each way runs in processes of its own: once with an empty folder of compiled kernels, then again and again with what
that one left. Seconds are by the clock, from the start of the process to its end. Rows go to results/speed/startup.csv
and the table to startup.md.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import harness

import viewshift as vs
from viewshift._files import write_whole

PYTHON = Path(sys.executable)
PANEL = "import viewshift as vs; panel = vs.simulate.viewers(1, 365, seed=1); "
WAYS = {
    "a year scored by the shipped rule": [PYTHON, "-c", f"{PANEL} vs.default_rule().detector_.score(panel)"],
    "a year scored by `RobustZ`": [PYTHON, "-c", f"{PANEL} vs.detectors.RobustZ().fit(panel).score(panel)"],
    "`viewshift detect`, 900 days": [PYTHON.with_name("viewshift"), "detect", "days.csv"],
}
LIMIT = 3.0
COLUMNS = ("way", "first", "later", "slowest", "rounds", "machine")
ABOUT = f"""\
A process's seconds from its start to its end, by the clock: the first with no kernel compiled, and the median of later
ones, which find them on the disk (the slowest in parentheses). Wanted were {LIMIT:.0f} s to a later
process's first score.
`python benchmarks/speed/startup.py` measures it.

| process | first, compiles | later (slowest) |
|---|--:|--:|
"""


def took(way: list[str | Path], folder: Path) -> float:
    """Run a way in a new process beside `folder`, where its kernels are; return seconds."""
    began = time.perf_counter()
    env = os.environ | {"NUMBA_CACHE_DIR": str(folder / "kernels")}
    done = subprocess.run(way, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{way[0]} failed: {done.stderr}")
    return time.perf_counter() - began


def measured(name: str, rounds: int) -> dict[str, object]:
    """Return the seconds of a first process and of later ones."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        frame = vs.simulate.viewers(1, 900, seed=1).to_frame()
        frame.rename(columns={"day": "date"})[["date", "episodes"]].to_csv(folder / "days.csv", index=False)
        first = took(WAYS[name], folder)
        later = [took(WAYS[name], folder) for _ in range(rounds)]
    return {"way": name, "first": first, "later": statistics.median(later), "slowest": max(later), "rounds": rounds}


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="later processes")
    parser.add_argument("--out", type=Path, default=harness.RESULTS)
    given = parser.parse_args()
    machine, text, rows = harness.machine(()), ABOUT, []
    for name in WAYS:
        rows.append(row := {**measured(name, given.rounds), "machine": machine})
        text += f"| {name} | {row['first']:.1f} | {row['later']:.1f} ({row['slowest']:.1f}) |\n"
    harness.save(given.out / "startup.csv", rows, COLUMNS)
    write_whole(given.out / "startup.md", f"{text}\n{machine}; {given.rounds} later processes.\n")


if __name__ == "__main__":
    main()
