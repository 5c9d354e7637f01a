"""Measure 50 million plays to days: `python benchmarks/speed/events.py FOLDER` (written there first if it has no log).

Each way runs in a process of its own, which is asked for its seconds and for the most memory it had. A thousand plays
go before, so that what a process loads once is not counted, neither viewshift's kernels nor anything of polars. Ways
take turns, so that what else the machine does meets all of them. Before anything is timed their results are compared,
account by account and day by day. Tables go to benchmarks/results/speed.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

RESULTS = Path(__file__).parent.parent / "results" / "speed"
TZ, UNTIL = "Europe/Berlin", "2024-12-31"
CASES = {
    "whole numbers, plays": ("plays.parquet", "account", None),
    "names, distinct titles": ("titled.parquet", "name", "title"),
}
"""File, column of the account, column of titles."""


def viewshift(path: Path, account: str, _: str | None) -> Any:
    """Sum with `viewshift.scale.daily`."""
    import viewshift as vs  # noqa: PLC0415

    return vs.scale.daily(path, tz=TZ, account=account, until=UNTIL, measures=["episodes", "minutes"])


def streaming(path: Path, account: str, title: str | None) -> pl.DataFrame:
    """Sum with polars' streaming engine: minutes after midnight are rows of the next day."""
    return _totals(_split(path, account, title), [account, "day"], title)


def _split(path: Path, account: str, title: str | None) -> pl.LazyFrame:
    """Cut plays at midnight, whose instants come from a small table: quicker than to work out each by its time zone."""
    plays = _plays(path, account, title).join(_midnights(), on="day")
    ends = pl.col("start") + pl.duration(seconds="seconds")
    first = plays.with_columns(n=1, ms=(pl.min_horizontal(ends, "midnight") - pl.col("start")).dt.total_milliseconds())
    after = plays.filter(ends > pl.col("midnight")).with_columns(
        pl.col("day") + pl.duration(days=1), n=0, ms=(ends - pl.col("midnight")).dt.total_milliseconds()
    )
    return pl.concat([first, after if title is None else after.with_columns(pl.lit(None, pl.String).alias(title))])


def _plays(path: Path, account: str, title: str | None) -> pl.LazyFrame:
    day = pl.col("start").dt.convert_time_zone(TZ).dt.date().alias("day")
    return pl.scan_parquet(path).select(account, "start", "seconds", day, *([title] if title else []))


def _midnights() -> pl.LazyFrame:
    days = pl.select(day=pl.date_range(date(2023, 12, 1), date(2025, 1, 31))).lazy()
    midnight = (pl.col("day").cast(pl.Datetime("ms")) + pl.duration(days=1)).dt.replace_time_zone(TZ)
    return days.with_columns(midnight=midnight.dt.convert_time_zone("UTC"))


def packed(path: Path, account: str, title: str | None) -> pl.DataFrame:
    """Sum as `streaming`, with account and day in one number: there is less to hash."""
    one_number = (pl.col(account) * 65_536 + pl.col("day").cast(pl.Int32)).alias("cell")
    days = _totals(_split(path, account, title).with_columns(one_number), ["cell"], title)
    day = (pl.col("cell") % 65_536).cast(pl.Int32).cast(pl.Date)
    return days.with_columns((pl.col("cell") // 65_536).alias(account), day.alias("day")).drop("cell")


def _totals(plays: pl.LazyFrame, by: list[str], title: str | None) -> pl.DataFrame:
    episodes = pl.col("n").sum() if title is None else pl.col(title).drop_nulls().n_unique()
    days = plays.group_by(by).agg(episodes.alias("episodes"), minutes=pl.col("ms").sum() / 60_000)
    return days.collect(engine="streaming")


WAYS: dict[str, Callable[[Path, str, str | None], Any]] = {
    "viewshift": viewshift,
    "polars streaming": streaming,
    "polars streaming, account and day in one number": packed,
}


def check(path: Path, account: str, title: str | None) -> None:
    """Raise unless viewshift and polars agree on every account and day."""
    panel = viewshift(path, account, title)
    for way in (streaming, packed) if account == "account" else (streaming,):
        days = way(path, account, title).filter(pl.col("day") <= date.fromisoformat(UNTIL))
        row = np.searchsorted(panel.accounts, days[account].cast(pl.String).to_numpy().astype(np.str_))
        column = (days["day"].to_numpy().astype("datetime64[D]") - panel.start).astype(int)
        for measure, tolerance in (("episodes", 0), ("minutes", 1e-6)):
            found = np.nan_to_num(panel[measure])
            np.testing.assert_allclose(found[row, column], days[measure].to_numpy(), rtol=tolerance)
            assert np.count_nonzero(found) == np.count_nonzero(days[measure].to_numpy()), measure


def ways(case: str) -> list[str]:
    """Return the ways that can be gone: only whole numbers can be packed."""
    return [way for way in WAYS if WAYS[way] is not packed or CASES[case][1] == "account"]


def one(way: str, case: str, folder: Path) -> dict[str, Any]:
    """Run one way once, and return its seconds and the most megabytes that the process had."""
    file, account, title = CASES[case]
    with tempfile.TemporaryDirectory() as few:
        pl.scan_parquet(folder / file).head(1000).sink_parquet(Path(few) / file)
        WAYS[way](Path(few) / file, account, title)
    begin = time.perf_counter()
    WAYS[way](folder / file, account, title)
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measured(way: str, case: str, folder: Path) -> dict[str, Any]:
    """Run one way once in a process of its own."""
    command = [sys.executable, __file__, str(folder), "--one", way, case]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    run: dict[str, Any] = json.loads(lines[-1])
    return run


def report(rows: list[dict[str, Any]], folder: Path, rounds: int, out: Path) -> None:
    """Write the runs as CSV, and their medians as a table."""
    import harness  # noqa: PLC0415 - loads viewshift, which the processes of its peers do without

    harness.save(out / "events.csv", rows, list(rows[0]))
    n = pl.scan_parquet(folder / "plays.parquet").select(pl.len()).collect().item()
    text = [
        f"{n:,} plays of {pl.scan_parquet(folder / 'plays.parquet').select('account').unique().collect().height:,} "
        f"accounts to days of {TZ}, plays and minutes, medians of {rounds} runs in turn, each in a new process "
        "that had summed a thousand plays before; in parentheses the smallest and the largest ratio of a round. "
        "Results were compared before: equal plays and titles, minutes to 1e-6. "
        f"{harness.machine(('polars',))}. Load of the machine over a quarter of an hour: {os.getloadavg()[2]:.0f}.\n",
        "| accounts, episodes | way | seconds | times as long as viewshift | peak MB |",
        "|---|---|---:|---:|---:|",
    ]
    for case in dict.fromkeys(row["case"] for row in rows):
        ours = [row["seconds"] for row in rows if (row["case"], row["way"]) == (case, "viewshift")]
        for way in ways(case):
            runs = [row for row in rows if (row["case"], row["way"]) == (case, way)]
            ratios = sorted(run["seconds"] / own for run, own in zip(runs, ours, strict=True))
            spread = "" if way == "viewshift" else f" ({ratios[0]:.1f}-{ratios[-1]:.1f})"
            seconds, peak = (statistics.median(run[key] for run in runs) for key in ("seconds", "peak_mb"))
            text.append(f"| {case} | {way} | {seconds:.1f} | {statistics.median(ratios):.1f}{spread} | {peak:,.0f} |")
    harness.write_whole(out / "events.md", "\n".join(text) + "\n")


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the log is, or is written to: 2 GB")
    parser.add_argument("--events", type=int, default=50_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--case", choices=CASES, action="append", help="only this case")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--one", nargs=2, metavar=("WAY", "CASE"), help=argparse.SUPPRESS)
    parser.add_argument("--check", metavar="CASE", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        way, case = given.one
        print(json.dumps(one(way, case, given.folder)))
        return
    if given.check:
        file, account, title = CASES[given.check]
        check(given.folder / file, account, title)
        return
    if not (given.folder / "titled.parquet").is_file():
        maker = Path(__file__).with_name("make_events.py")
        subprocess.run([sys.executable, maker, given.folder, "--events", str(given.events)], check=True)
    rows = []
    for case in given.case or CASES:
        subprocess.run([sys.executable, __file__, given.folder, "--check", case], check=True)
        for number in range(given.rounds):
            for way in ways(case):
                run = measured(way, case, given.folder)
                rows.append({"case": case, "way": way, "round": number, **run})
                print(f"{case}; {way}: {run['seconds']:.2f} s, {run['peak_mb']:,.0f} MB", flush=True)
    report(rows, given.folder, given.rounds, given.out)


if __name__ == "__main__":
    main()
