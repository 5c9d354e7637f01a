"""Measure a rule from Parquet to alarms: `python benchmarks/speed/pipeline.py [--accounts 1_000_000] [--rule RobustZ]`.

A table of days is written in chunks, seeded, sorted by account (simulated viewers in an order of their own each time,
3 % of days without a row), unless it is there already. Kernels are compiled before, on a table of few accounts, as
they are once on every machine. Each rule runs in a process of its own with as many workers as
there are cores; its seconds are by the clock and count all but imports. Memory is what the process and its workers hold
together (their share of what they share), asked for ten times a second. Rows go to results/speed/pipeline.csv, in place
of earlier ones of the same rule and size, and the table in pipeline.md is written from all.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import harness
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import viewshift as vs
from viewshift._files import write_whole

RULES = ("RobustZ", "Cusum", "default")
WANTED = {"RobustZ": 90.0, "Cusum": 60.0, "default": 1800.0}
"""Seconds for 1,000,000 accounts x 365 days that the project set out for."""

COLUMNS = ("rule", "accounts", "days", "rows", "alarms", "seconds", "cpu_seconds", "peak_mb", "parquet_mb", "machine")
POOL, CHUNK, MISSING = 2_000, 20_000, 0.03

ABOUT = """\
From Parquet to alarms with `vs.scale.alarms`: a row for each account and day, sorted by account, whole numbers for
names, one measure, 3 % of days without a row. Seconds are by the clock, imports apart; memory is that of all processes.
Wanted for a million accounts of a year were the seconds in parentheses, and 6,000 MB.
`python benchmarks/speed/pipeline.py` measures it.
"""
HEAD = (
    "| rule on | accounts x days | rows | alarms | seconds | processor s | ns of a core a row | peak MB | file MB |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
)


def write_days(path: Path, n_accounts: int, n_days: int, seed: int = 1) -> None:
    """Write days of many accounts: those of a pool of simulated viewers, shuffled anew for each chunk."""
    rng = np.random.default_rng(seed)
    pool = vs.simulate.viewers(POOL, n_days, seed=seed)["episodes"].astype(np.int16)
    day = pa.array(np.datetime64("2025-12-31") - np.arange(n_days)[::-1]).cast(pa.date32())
    schema = pa.schema([("account", pa.int64()), ("day", pa.date32()), ("episodes", pa.int16())])
    partial = path.with_suffix(".partial")  # a half-written table would be taken for a whole one
    with pq.ParquetWriter(partial, schema) as file:
        for begin in range(0, n_accounts, CHUNK):
            accounts = np.arange(begin, min(begin + CHUNK, n_accounts))
            seen = np.flatnonzero(rng.random(len(accounts) * n_days) >= MISSING)
            values = pool[rng.permutation(np.resize(np.arange(POOL), len(accounts)))].reshape(-1)
            columns = [accounts[seen // n_days], day.take(pa.array(seen % n_days)), values[seen]]
            file.write_table(pa.table(columns, schema=schema), row_group_size=1 << 20)
    partial.replace(path)


def rule_of(name: str) -> vs.AlarmRule:
    """Return a fitted rule: that which is shipped, or one on a detector with all defaults."""
    if name == "default":
        return vs.default_rule()
    return vs.AlarmRule(getattr(vs.detectors, name)()).fit(vs.simulate.viewers(2_000, 365, seed=2))


@contextmanager
def memory_watched() -> Iterator[list[float]]:
    """Give a list whose number is the most megabytes that this process and its children held together."""
    most, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            most[0] = max(most[0], sum(_megabytes(pid) for pid in _family(os.getpid())))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [Path(f"/proc/{pid}/task/{task}/children").read_text() for task in os.listdir(f"/proc/{pid}/task")]
    except OSError:  # it ended just now
        return
    for child in " ".join(children).split():
        yield from _family(int(child))


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def one(name: str, path: Path, out: Path) -> dict[str, Any]:
    """Judge a table once, and return what it took."""
    rule, begin = rule_of(name), time.perf_counter()
    before = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    with memory_watched() as most:
        vs.scale.alarms(rule, path, out, progress=False)
    seconds = time.perf_counter() - begin
    cpu = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) - before
    told = json.loads((out / "manifest.json").read_text())
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_mb": most[0], "rows": told["rows"], "alarms": told["alarms"]}


def measured(name: str, path: Path) -> dict[str, Any]:
    """Judge a table in a process of its own."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        command = [sys.executable, __file__, "--one", name, str(path), f"{folder}/alarms"]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def by_size(row: Mapping[str, Any]) -> tuple[int, int]:
    """Return what rows are sorted by: rule and accounts."""
    return RULES.index(row["rule"]), int(row["accounts"])


def store(rows: list[dict[str, Any]], out: Path) -> None:
    """Put rows in place of earlier ones of the same rule and size, and write the table."""
    kept = harness.replaced(out / "pipeline.csv", rows, COLUMNS, ("rule", "accounts", "days"), by_size)
    text = [ABOUT, *HEAD]
    for row in kept:
        cpu, n = float(row["cpu_seconds"]), int(row["rows"])
        name = "shipped rule" if row["rule"] == "default" else row["rule"]
        wanted = f" ({WANTED[row['rule']]:,.0f})" if (int(row["accounts"]), int(row["days"])) == (10**6, 365) else ""
        text.append(
            f"| {name} | {int(row['accounts']):,} x {row['days']} | {n:,} | {int(row['alarms']):,} | "
            f"{float(row['seconds']):.1f}{wanted} | {cpu:.0f} | {cpu / n * 1e9:.0f} | {float(row['peak_mb']):,.0f} | "
            f"{float(row['parquet_mb']):,.0f} |"
        )
    text += ["", *dict.fromkeys(f"{row['machine']}." for row in kept)]
    write_whole(out / "pipeline.md", "\n".join(text) + "\n")


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rule", choices=RULES, action="append", help="only this rule")
    parser.add_argument("--folder", type=Path, help="where the table is, or is written to; default one that is removed")
    parser.add_argument("--out", type=Path, default=harness.RESULTS)
    parser.add_argument("--one", nargs=3, metavar=("RULE", "TABLE", "OUT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.one[0], *map(Path, given.one[1:]))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        path = (given.folder or Path(temporary)) / f"days-{given.accounts}x{given.days}.parquet"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_days(path, given.accounts, given.days)
        rows, few = [], Path(temporary) / "few.parquet"
        write_days(few, CHUNK, given.days)
        for name in given.rule or RULES:
            measured(name, few)
            size = {"accounts": given.accounts, "days": given.days, "parquet_mb": path.stat().st_size / 1e6}
            rows.append({"rule": name, **size, **measured(name, path), "machine": harness.machine(("pyarrow",))})
            print(json.dumps(rows[-1]), flush=True)
    store(rows, given.out)


if __name__ == "__main__":
    main()
