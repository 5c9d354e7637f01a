"""Alarms of accounts that are too many for memory: Parquet in, Parquet out, going on where a kill has ended it."""

import math
import os
import uuid
from pathlib import Path

import numpy as np

from viewshift._checks import check_choice, check_flag, check_whole
from viewshift._processes import n_cores
from viewshift._progress import progress_bar
from viewshift._provenance import fingerprint, versions
from viewshift.baselines import DayFactor, DayFactors
from viewshift.fdr import METHODS, check_level, discovered
from viewshift.rules import AlarmRule
from viewshift.scale._arrow import pa, pq
from viewshift.scale.common_cause import estimate
from viewshift.scale.exposure import check_strata
from viewshift.scale.factors import FACTORS, to_table
from viewshift.scale.partition import Layout, check_rule, settled
from viewshift.scale.plan import plan_blocks
from viewshift.scale.pool import pool
from viewshift.scale.shuffle import MOST_BUCKETS, plan_runs
from viewshift.scale.source import open_source
from viewshift.scale.span import with_span
from viewshift.scale.task import Task, counted, judge_part, part_name, share_out
from viewshift.scale.work import Work

AT_ONCE = 1 << 22
"""Rows that a worker holds at once, if not told otherwise."""

SLACK = 0.7
"""Share of them that a bucket is meant to hold, since some accounts have more rows than others."""


def alarms(
    rule: AlarmRule,
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    layout: Layout | None = None,
    surprise: bool = False,
    factors: DayFactor | DayFactors | None = None,
    strata: str | None = None,
    fdr: float | None = None,
    method: str = "bh",
    workers: int | None = None,
    at_once: int = AT_ONCE,
    progress: bool | None = None,
) -> Path:
    """Judge all accounts of a table that need not fit into memory; the alarms are those of ``AlarmRule.alarms``.

    Called again after it was interrupted, in whatever way, it goes on where it ended; called again after it was done,
    it does nothing.

    Parameters
    ----------
    rule
        A fitted rule.
    path
        Parquet file, or folder of such, or of folders such as ``country=DE`` or ``day=2025-07-31``.
    out
        Folder that will hold the result; it must not exist yet. Until the result is whole it grows in a hidden folder
        beside it.
    layout
        What the columns mean: `Days`, the default, or `Plays`.
    surprise
        Whether surprise is wanted too.
    factors
        What days did to everybody: a fitted ``baselines.DayFactor``, which is asked first in a pass of its own, or what
        it has found before.
    strata
        Column of each account's stratum, for the factors.
    fdr
        False discovery rate at which accounts are named on the last day (see ``AlarmRule.discoveries``); default none
        are.
    method
        "bh", "by" or "e-bh", for `fdr`.
    workers
        Number of processes; default the number of cores. Results are the same for any.
    at_once
        Rows that each worker holds at once; some 250 bytes of memory each with one measure, and no less than the
        longest account has.
    progress
        Whether to show a progress bar; default if the error stream is a terminal.

    Returns
    -------
    The folder `out`: ``alarms/`` and, if asked for, ``surprise/`` and ``discoveries/``, each a folder of Parquet
    files with the accounts of a part each; ``factors.parquet`` if there are any; and ``manifest.json``.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    FileExistsError
        If `out` exists and is not the result of the same call.
    ValueError
        If a column is missing or of the wrong kind, a value impossible, or another call is writing to `out`.
    ChildProcessError
        If a worker dies, for want of memory for example.

    Notes
    -----
    Where files are sorted by account, as their statistics tell, they are read and judged part by part. Where they are
    not, rows are first brought together by account on the disk beside `out`, where they take about as much room again.
    Accounts of a stratum beyond 20,000 have no part in its factors: those with the smallest hashes do.
    """
    if fdr is not None:
        check_level(fdr)
    check_choice("method", method, METHODS)
    check_flag("surprise", surprise)
    check_whole("at_once", at_once, least=1)
    n_workers = n_cores() if workers is None else check_whole("workers", workers, least=1)
    source = open_source(path)
    layout = settled(layout, source.schema, strata)
    check_rule(rule, layout)
    shock = factors if isinstance(factors, DayFactor) else None
    if not (factors is None or isinstance(factors, DayFactor | DayFactors)):
        raise TypeError(f"`factors` must be a fitted DayFactor or DayFactors, got {type(factors).__name__}.")
    if shock is not None:
        shock.start(0)  # raises if it is not fitted
    check_strata(source.schema, factors, strata)
    groups = source.groups(layout.account, layout.clock)
    if not groups:
        raise ValueError(f"`path` must hold at least one row, got none in {path}.")
    layout = with_span(layout, source, groups)
    asked = (rule, source.identity(), layout, surprise, factors, strata, fdr, method, at_once)
    work = Work(Path(out), fingerprint(asked) or uuid.uuid4().hex)
    with work.alone():
        if work.begin():
            return work.out
        blocks = plan_blocks(groups, at_once)
        n_rows = sum(group.rows for group in groups)
        task = Task(
            rule=rule,
            source=source,
            layout=layout,
            columns=tuple(dict.fromkeys([*layout.columns(source.schema), *([] if strata is None else [strata])])),
            work=work,
            blocks=tuple(blocks or ()),
            runs=() if blocks else tuple(plan_runs(groups, at_once)),
            n_buckets=0 if blocks else min(MOST_BUCKETS, math.ceil(n_rows / (SLACK * at_once))),
            at_once=at_once,
            surprise=surprise,
            on_day=fdr is not None,
            factors=factors if shock is None else None,
            has_shock=shock is not None,
            strata=strata,
        )
        _carry_out(task, shock, n_workers, progress)
        parts = range(task.n_parts)
        if fdr is not None:
            _decide(task, fdr, method)
        kinds = [*(kind for kind in task.names(0) if kind != "on_day"), *([] if fdr is None else ["discoveries"])]
        accounts, n_alarms, left_out = counted(task, parts)
        manifest = {
            "detector": repr(rule.detector),
            "per_account_year": rule.per_account_year,
            "threshold": rule.threshold_,
            "reference": rule.reference,
            "layout": repr(layout),
            "input": {name or source.root.name: size for name, size, _ in source.identity()},
            "rows": n_rows,
            "left_out": left_out,
            "accounts": accounts,
            "alarms": n_alarms,
            "fdr": None if fdr is None else {"level": fdr, "method": method},
            "versions": dict(versions()),
        }
        kept = {kind: [Path(part_name(kind, part)).name for part in parts] for kind in kinds}
        work.finish(manifest, kept if shock is None else {**kept, FACTORS: []})
    return work.out


def _carry_out(task: Task, shock: DayFactor | None, workers: int, progress: bool | None) -> None:
    """Write all parts that are missing."""
    work = task.work
    todo = [part for part in range(task.n_parts) if not _is_done(task, part)]
    ask = shock is not None and not work.has(FACTORS)
    runs = [run for run in task.runs if (ask or todo) and not work.has(f"runs/{run.name}")]
    n_steps = len(runs) + task.n_parts * (1 + ask)
    with progress_bar(n_steps, progress, "reading") as step:
        step("judging", task.n_parts - len(todo))
        with pool(task, min(workers, max(len(runs), task.n_parts * ask, len(todo)))) as hands:
            for _ in hands.each(share_out, runs):
                step("bringing accounts together")
            if ask and shock is not None:
                work.write({FACTORS: to_table(estimate(shock, task, hands, lambda: step("looking at days")))})
            for _ in hands.each(judge_part, todo):
                step("judging")


def _is_done(task: Task, part: int) -> bool:
    names = task.names(part)
    decided = task.on_day and task.work.has(part_name("discoveries", part))
    return task.work.has(*(name for kind, name in names.items() if not (kind == "on_day" and decided)))


def _decide(task: Task, fdr: float, method: str) -> None:
    """Write the discoveries among all accounts on the last day: the second pass, over a row for each account."""
    parts = range(task.n_parts)
    if task.work.has(*(part_name("discoveries", part) for part in parts)):
        return
    folder = task.work.folder
    paths = [folder / part_name("on_day", part) for part in parts]
    columns = ["surprise", "in_alarm"]
    judged = [pq.read_table(path, columns=columns) for path in paths]
    surprise, in_alarm = (np.concatenate([one[name].to_numpy() for one in judged]) for name in columns)
    found = discovered(surprise, in_alarm, fdr, method)
    begin = 0
    for part, path in zip(parts, paths, strict=True):
        table = pq.read_table(path)
        named = pa.array(found[begin : begin + len(table)])
        task.work.write({part_name("discoveries", part): table.append_column("discovered", named)})
        begin += len(table)
