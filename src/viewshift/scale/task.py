"""What all workers of one call share, and the parts that they write."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from viewshift.baselines import DayFactors
from viewshift.rules import AlarmRule
from viewshift.scale._arrow import pq
from viewshift.scale.factors import FACTORS, from_table
from viewshift.scale.partition import Layout, judge
from viewshift.scale.plan import Block
from viewshift.scale.shuffle import Run, read_bucket, write_run
from viewshift.scale.source import Source
from viewshift.scale.work import Work

COUNTS = b"viewshift"
"""Key in the metadata of a part of alarms under which stands what it was made of."""


@dataclass(frozen=True)
class Task:
    """Rule, rows, and what is wanted of them.

    Parameters
    ----------
    rule, source, layout
        What judges, the rows, and what they mean, all with its days known.
    columns
        Those needed.
    work
        Where results go.
    blocks
        Accounts that are read one block after the other; or, where they have to be brought together first,
    runs, n_buckets
        the rows that are shared out into buckets,
    at_once
        and how many of them at once.
    surprise, on_day, factors, strata
        As for `judge`.
    has_shock
        Whether there will be a file of factors, made by the first pass, when parts are judged.
    """

    rule: AlarmRule
    source: Source
    layout: Layout
    columns: tuple[str, ...]
    work: Work
    blocks: tuple[Block, ...]
    runs: tuple[Run, ...]
    n_buckets: int
    at_once: int
    surprise: bool
    on_day: bool
    factors: DayFactors | None
    strata: str | None
    has_shock: bool

    @property
    def n_parts(self) -> int:
        """Number of parts."""
        return len(self.blocks) or self.n_buckets

    def rows(self, part: int) -> Any:
        """Return all rows of the accounts of a part.

        Parameters
        ----------
        part
            Its number.
        """
        if self.blocks:
            return self.blocks[part].read(self.source, self.layout.account, self.columns)
        return read_bucket(part, self.n_buckets, self.runs, self.work.folder / "runs")

    def names(self, part: int) -> dict[str, str]:
        """Return the file of each kind of result.

        Parameters
        ----------
        part
            Its number.
        """
        kinds = ["alarms", *(["surprise"] if self.surprise else []), *(["on_day"] if self.on_day else [])]
        return {kind: part_name(kind, part) for kind in kinds}


def part_name(kind: str, part: int) -> str:
    """Return the file of a part of a kind of result, below the folder of all."""
    return f"{kind}/part-{part:05}.parquet"


def share_out(task: Task, run: Run) -> None:
    """Bring the rows of a run into the order of their buckets."""
    write_run(
        run, task.work.folder / "runs", task.source, task.layout.account, task.columns, (task.n_buckets, task.at_once)
    )


def judge_part(task: Task, part: int) -> None:
    """Judge the accounts of a part, and write what is wanted of them."""
    rows = task.rows(part)
    found = judge(
        task.rule,
        rows,
        task.layout,
        surprise=task.surprise,
        on_day=task.on_day,
        factors=from_table(task.work.folder / FACTORS) if task.has_shock else task.factors,
        strata=task.strata,
    )
    counts = json.dumps({"accounts": found.n_accounts, "left_out": found.left_out})
    alarms = found.alarms.replace_schema_metadata({**found.alarms.schema.metadata, COUNTS: counts})
    tables = {"alarms": alarms, "surprise": found.surprise, "on_day": found.on_day}
    task.work.write({name: tables[kind] for kind, name in task.names(part).items()})


def counted(task: Task, parts: Sequence[int]) -> tuple[int, int, dict[str, int]]:
    """Return how many accounts were judged, how many alarms they raised, and the rows left out by reason."""
    accounts = alarms = 0
    left_out: dict[str, int] = {}
    for part in parts:
        footer = pq.read_metadata(task.work.folder / part_name("alarms", part))
        counts = json.loads(footer.metadata[COUNTS])
        accounts += counts["accounts"]
        alarms += footer.num_rows
        for reason, rows in counts["left_out"].items():
            left_out[reason] = left_out.get(reason, 0) + rows
    return accounts, alarms, dict(sorted(left_out.items()))
