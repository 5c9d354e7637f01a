"""Measure one more day through a monitor: `python benchmarks/speed/monitor.py [--accounts 1_000_000] [--rule Cusum]`.

Simulated viewers, each many times, are a history; then days follow one by one, and the median of their seconds is told,
with the bytes of state that an account takes. Each rule runs in a process of its own. Rows go to
results/speed/monitor.csv, in place of earlier ones of the same rule and size, and to the table in monitor.md.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import harness
import numpy as np
import pipeline

import viewshift as vs
from viewshift._files import write_whole

COLUMNS = ("rule", "accounts", "history", "seconds", "slowest", "state_mb", "peak_mb", "open_alarms", "machine")
HISTORY, DAYS = 120, 5
ABOUT = f"""\
One more day of all accounts through `Monitor.update`, after {HISTORY} days of history: median of {DAYS} days, and the
slowest; one measure. State is what the arrays hold, without names. Wanted for a million accounts were 60 s and
2,000 MB. `python benchmarks/speed/monitor.py` measures it.
"""


def one(name: str, n_accounts: int) -> dict[str, Any]:
    """Let a monitor take in a few days, and return what one took."""
    rule, n_days = pipeline.rule_of(name), HISTORY + DAYS
    pool = vs.simulate.viewers(pipeline.POOL, n_days, seed=3)["episodes"].astype(np.float32)
    pool[np.random.default_rng(3).random(pool.shape) < pipeline.MISSING] = np.nan
    accounts, rows = np.char.mod("%07d", np.arange(n_accounts)), np.resize(np.arange(pipeline.POOL), n_accounts)

    def panel(first: int, last: int) -> vs.Panel:
        start = np.datetime64("2025-01-01") + first
        return vs.Panel({"episodes": pool[rows, first:last]}, accounts=accounts, start=start)

    monitor, seconds = rule.monitor(panel(0, HISTORY)), []
    for day in range(HISTORY, n_days):
        today, begin = panel(day, day + 1), time.perf_counter()
        monitor.update(today)
        seconds.append(time.perf_counter() - begin)
    return {
        "seconds": statistics.median(seconds),
        "slowest": max(seconds),
        "state_mb": _bytes(monitor._record.packed()) / 1e6,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "open_alarms": len(monitor.alarms()),
    }


def _bytes(arrays: Any) -> int:
    """Return the bytes of arrays in dictionaries of any depth."""
    if isinstance(arrays, Mapping):
        return sum(map(_bytes, arrays.values()))
    return np.asarray(arrays).nbytes


def store(rows: list[dict[str, Any]], out: Path) -> None:
    """Put rows in place of earlier ones of the same rule and size, and write the table."""
    kept = harness.replaced(out / "monitor.csv", rows, COLUMNS, ("rule", "accounts"), pipeline.by_size)
    text = [
        ABOUT,
        "| rule on | accounts | seconds (slowest) | bytes of state an account | state MB | peak MB | open alarms |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in kept:
        n, name = int(row["accounts"]), "shipped rule" if row["rule"] == "default" else row["rule"]
        state = float(row["state_mb"])
        text.append(
            f"| {name} | {n:,} | {float(row['seconds']):.1f} ({float(row['slowest']):.1f}) | {state * 1e6 / n:,.0f} | "
            f"{state:,.0f} | {float(row['peak_mb']):,.0f} | {int(row['open_alarms']):,} |"
        )
    text += ["", *dict.fromkeys(f"{row['machine']}." for row in kept)]
    write_whole(out / "monitor.md", "\n".join(text) + "\n")


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--rule", choices=pipeline.RULES, action="append", help="only this rule")
    parser.add_argument("--out", type=Path, default=harness.RESULTS)
    parser.add_argument("--one", choices=pipeline.RULES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.one, given.accounts)))
        return
    rows = []
    for name in given.rule or pipeline.RULES:
        command = [sys.executable, __file__, "--one", name, "--accounts", str(given.accounts)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        size = {"rule": name, "accounts": given.accounts, "history": HISTORY}
        rows.append({**size, **found, "machine": harness.machine(())})
        print(json.dumps(rows[-1]), flush=True)
    store(rows, given.out)


if __name__ == "__main__":
    main()
