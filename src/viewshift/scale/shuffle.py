"""Rows in any order brought together by account on disk: runs, each with the rows of every bucket behind each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from viewshift._files import write_files
from viewshift.scale._arrow import pa
from viewshift.scale.source import Group, Source


@dataclass(frozen=True)
class Run:
    """Row groups whose rows are brought into the order of their buckets, and the name of the file that holds them."""

    name: str
    groups: tuple[Group, ...]


MOST_BUCKETS = 1 << 16
"""Numbers of 16 bits are sorted in one go, without comparing them."""


def plan_runs(groups: Sequence[Group], at_once: int) -> list[Run]:
    """Return runs of at most so many rows, but for row groups that have more.

    Parameters
    ----------
    groups
        All row groups of a source.
    at_once
        Rows.
    """
    runs: list[list[Group]] = []
    rows = at_once
    for group in groups:
        if rows + group.rows > at_once:
            runs.append([])
            rows = 0
        runs[-1].append(group)
        rows += group.rows
    return [Run(f"run-{number:05}.arrow", tuple(run)) for number, run in enumerate(runs)]


def bucket_of(accounts: Any, n_buckets: int) -> Any:
    """Return the bucket of each account, the same for the same name wherever its rows are.

    Parameters
    ----------
    accounts
        Arrow column.
    n_buckets
        Number of buckets.
    """
    column = pl.from_arrow(accounts)
    return (pl.Series(column).hash(seed=0) % n_buckets).to_numpy().astype(np.uint16)


def write_run(
    run: Run, folder: Path, source: Source, account: str, columns: Sequence[str], of: tuple[int, int]
) -> None:
    """Write the rows of a run, sorted by bucket.

    Parameters
    ----------
    run
        Which rows, and the file's name.
    folder
        Where to write it.
    source
        Where the rows are.
    account
        Column of accounts.
    columns
        Those wanted.
    of
        Number of buckets, and rows to hold at once.
    """
    n_buckets, at_once = of
    schema = pa.schema([source.schema.field(name) for name in columns])
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)

    def write(path: Path) -> None:
        with pa.ipc.new_file(path, schema, options=options) as file:
            for table in _chunks(run, source, columns, at_once):
                bucket = bucket_of(table[account], n_buckets)
                ordered = table.combine_chunks().take(np.argsort(bucket, kind="stable")).combine_chunks()
                ends = np.cumsum(np.bincount(bucket, minlength=n_buckets)).tolist()
                for begin, end in zip([0, *ends[:-1]], ends, strict=True):
                    rows = ordered.slice(begin, end - begin).to_batches()
                    file.write_batch(rows[0] if rows else pa.RecordBatch.from_pylist([], schema=schema))

    folder.mkdir(exist_ok=True)
    write_files((folder / run.name, write))


def read_bucket(bucket: int, n_buckets: int, runs: Sequence[Run], folder: Path) -> Any:
    """Return all rows of a bucket's accounts.

    Parameters
    ----------
    bucket
        Which.
    n_buckets
        Number of buckets.
    runs
        All of them.
    folder
        Where they were written.
    """
    batches = []
    for run in runs:
        with pa.memory_map(str(folder / run.name)) as memory:
            file = pa.ipc.open_file(memory)
            batches += [file.get_batch(k) for k in range(bucket, file.num_record_batches, n_buckets)]
            schema = file.schema
    return pa.Table.from_batches(batches, schema)


def _chunks(run: Run, source: Source, columns: Sequence[str], at_once: int) -> Any:
    """Yield the rows of a run in tables of at most so many."""
    if sum(group.rows for group in run.groups) <= at_once:
        yield source.read(run.groups, columns)
    else:
        for group in run.groups:
            yield from source.batches(group, columns, at_once)
