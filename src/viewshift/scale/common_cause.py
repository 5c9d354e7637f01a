"""The first of two passes: what each day did to everybody, from accounts drawn from all."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from viewshift._checks import check_day
from viewshift.baselines import DayFactor, DayFactors
from viewshift.baselines.day_factor import ACCOUNTS
from viewshift.panel import Panel
from viewshift.scale._arrow import pa, pc
from viewshift.scale.exposure import strata_of
from viewshift.scale.pool import Pool
from viewshift.scale.task import Task

CELLS = 1 << 26
"""Account-days of all accounts drawn, about."""

SEED = 1
"""Of the hash by which accounts are drawn: another than that by which rows are shared out."""


class Drawn:
    """The accounts with the smallest hashes of each stratum, and their rows."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.limits: dict[str, int] = {}
        self.names = pl.DataFrame(schema={"account": pl.String, "stratum": pl.String, "hash": pl.UInt64})
        self.rows: Any = None

    def add(self, names: pl.DataFrame, rows: Any, account: str) -> None:
        """Take accounts and their rows, and let go of those that are too many."""
        names = pl.concat([self.names, names]).sort("hash", "account")
        each = max(1, min(ACCOUNTS, self._most // max(1, names["stratum"].n_unique())))
        self.names = names.filter(pl.int_range(pl.len()).over("stratum") < each)
        full = self.names.group_by("stratum").agg(pl.len(), pl.col("hash").max()).filter(pl.col("len") >= each)
        self.limits = dict(full.select("stratum", "hash").iter_rows())
        rows = rows if self.rows is None else pa.concat_tables([self.rows, rows])
        if len(self.names) < len(names):
            kept = pa.array(self.names["account"].to_list(), pa.string())
            rows = rows.filter(pc.is_in(pc.cast(rows[account], pa.string()), kept)).combine_chunks()
        self.rows = rows


def draw(task: Task, job: tuple[int, dict[str, int]]) -> tuple[pl.DataFrame, Any]:
    """Return the accounts of a part that may be drawn, with stratum and hash, and their rows."""
    part, limits = job
    account = task.layout.account
    rows, _ = task.layout.usable(task.rows(part))
    if task.strata is None:
        names = np.unique(pc.unique(pc.cast(rows[account], pa.string())).to_numpy(zero_copy_only=False).astype(np.str_))
        strata = np.full(names.shape, "all")
    else:
        names, strata = strata_of(rows, account, task.strata)
    frame = pl.DataFrame({"account": names, "stratum": strata}, schema={"account": pl.String, "stratum": pl.String})
    frame = frame.with_columns(frame["account"].hash(seed=SEED).alias("hash"))
    limit = pl.col("stratum").replace_strict(limits, default=2**64 - 1, return_dtype=pl.UInt64)
    frame = frame.filter(pl.col("hash") <= limit)
    kept = pa.array(frame["account"].to_list(), pa.string())
    return frame, rows.filter(pc.is_in(pc.cast(rows[account], pa.string()), kept))


def estimate(shock: DayFactor, task: Task, workers: Pool, step: Any) -> DayFactors:
    """Return the factors of each stratum on each day, from at most 20,000 accounts of each.

    Parameters
    ----------
    shock
        Fitted.
    task
        What is to be judged.
    workers
        Who reads it.
    step
        Called after each part.
    """
    since, until = (check_day(name, getattr(task.layout, name)) for name in ("since", "until"))
    n_days = int((until - since).astype(np.int64)) + 1
    drawn = Drawn(max(1, CELLS // n_days))

    def jobs() -> Iterator[tuple[int, dict[str, int]]]:
        yield from ((part, drawn.limits) for part in range(task.n_parts))

    for _, (names, rows) in workers.each(draw, jobs()):
        drawn.add(names, rows, task.layout.account)
        step()
    panel: Panel = task.layout.panel(drawn.rows)
    of = dict(drawn.names.select("account", "stratum").iter_rows())
    return shock.estimate(panel, None if task.strata is None else [of[name] for name in panel.accounts.tolist()])
