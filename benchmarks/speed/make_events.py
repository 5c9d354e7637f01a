"""Write a log of plays to try speed on: `python benchmarks/speed/make_events.py FOLDER [--events 50_000_000]`.

Two Parquet files, in order of time, as a service would append them: `plays.parquet` with accounts, starts and seconds,
and `titled.parquet` with show and title besides. Accounts have an integer key `account` and a text key `name`. They are
as unequal as viewers are, plays of an account follow one another without overlap (so that sums and unions agree), many
go on past midnight, shows are watched in runs, and the year has both changes of the clock. Day by day, so that memory
stays small; the same seed gives the same rows.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FIRST = datetime(2024, 1, 1, 6, tzinfo=UTC)
"""An account's plays of a day lie between 06:00 and 06:00 (UTC)."""

SHOWS = 3_000
MOST = 30
"""Plays of an account on one day, at most."""

TYPES = {
    "account": pa.int64(),
    "name": pa.string(),
    "start": pa.timestamp("ms", tz="UTC"),
    "seconds": pa.int32(),
    "show": pa.string(),
    "title": pa.string(),
}
ROWS = 1 << 20
"""Rows of a row group."""


def days(n_events: int, n_accounts: int, n_days: int, seed: int) -> Iterator[dict[str, np.ndarray]]:
    """Columns of each day's plays: row of the account, start (ms), seconds, show, episode."""
    rng = np.random.default_rng([seed, 0])
    rate = np.exp(rng.normal(0, 1.0, n_accounts))
    rate *= n_events / n_days / rate.sum()
    pace = rng.choice([1320.0, 2640.0, 5900.0], SHOWS, p=[0.4, 0.5, 0.1])
    length = rng.integers(6, 200, SHOWS)
    popular = np.cumsum(1 / np.arange(1, SHOWS + 1) ** 0.9)
    popular /= popular[-1]
    running = np.searchsorted(popular, rng.random(n_accounts))
    for day in range(n_days):
        rng = np.random.default_rng([seed, 1 + day])
        renewed = rng.random(n_accounts) < 0.1
        running[renewed] = np.searchsorted(popular, rng.random(renewed.sum()))
        plays = np.minimum(rng.poisson(rate * (1.35 if day % 7 >= 5 else 0.86)), MOST)
        owner = np.repeat(np.arange(n_accounts), plays)
        first = np.cumsum(plays) - plays
        show = np.where(rng.random(len(owner)) < 0.7, running[owner], np.searchsorted(popular, rng.random(len(owner))))
        seconds = np.maximum(pace[show] * rng.choice([0.15, 0.6, 1.0, 1.0, 1.0], len(owner)), 60)
        seconds *= rng.uniform(0.9, 1.1, len(owner))
        total = np.bincount(owner, seconds, minlength=n_accounts)
        seconds *= np.minimum(1, 80_000 / np.maximum(total, 1))[owner]  # all of them fit into a day
        seconds = np.floor(seconds).astype(np.int64)
        before = np.cumsum(seconds) - seconds
        before -= before[np.minimum(first, max(0, len(owner) - 1))][owner]
        total = np.bincount(owner, seconds, minlength=n_accounts)
        opens = (86_400 - total) * rng.beta(3, 1.5, n_accounts)
        start = int(FIRST.timestamp() + 86_400 * day) * 1000 + (1000 * opens).astype(np.int64)[owner] + 1000 * before
        order = np.argsort(start, kind="stable")
        episode = rng.integers(0, length[show])
        yield {
            "row": owner[order], "start": start[order], "seconds": seconds[order], "show": show[order],
            "episode": episode[order],
        }  # fmt: skip


def write(folder: Path, n_events: int, n_accounts: int, n_days: int, seed: int) -> None:
    """Write both files into `folder`."""
    rng = np.random.default_rng([seed, 2**20])
    key = rng.permutation(n_accounts * 10)[:n_accounts] + 10_000_000
    name = pa.array([f"viewer-{number:x}" for number in rng.permutation(n_accounts) + 0x3A0000000])
    shows = pa.array([f"Show of the number {number}" for number in range(SHOWS)])
    titles = pa.array(
        [f"Show of the number {s}: season {e // 10 + 1}: {e % 10 + 1}" for s in range(SHOWS) for e in range(200)]
    )
    folder.mkdir(parents=True, exist_ok=True)
    held: list[pa.Table] = []
    written = 0
    schemas = [pa.schema([(name, TYPES[name]) for name in names]) for names in (list(TYPES)[:4], list(TYPES))]
    paths = [folder / "plays.parquet", folder / "titled.parquet"]
    with pq.ParquetWriter(paths[0], schemas[0]) as plays, pq.ParquetWriter(paths[1], schemas[1]) as titled:
        for number, day in enumerate(days(n_events, n_accounts, n_days, seed), start=1):
            row = pa.array(day["row"])
            columns = {
                "account": pa.array(key).take(row),
                "name": name.take(row),
                "start": pa.array(day["start"]).cast(TYPES["start"]),
                "seconds": pa.array(day["seconds"]).cast(TYPES["seconds"]),
                "show": shows.take(pa.array(day["show"])),
                "title": titles.take(pa.array(200 * day["show"] + day["episode"])),
            }
            held.append(pa.table(columns, schema=schemas[1]))
            if sum(map(len, held)) >= ROWS or number == n_days:
                table = pa.concat_tables(held)
                written += len(table)
                plays.write_table(table.select(schemas[0].names), row_group_size=ROWS)
                titled.write_table(table, row_group_size=ROWS)
                held = []
    for path in paths:
        print(f"{path}: {written:,} rows, {path.stat().st_size / 1e6:,.0f} MB")


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=50_000_000, help="plays, about")
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write(given.folder, given.events, given.accounts, given.days, given.seed)


if __name__ == "__main__":
    main()
