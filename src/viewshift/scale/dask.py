"""The same rule over a Dask frame: rows brought together by account, then partitions judged one by one."""

from typing import Any

import pandas as pd

from viewshift.baselines import DayFactors
from viewshift.rules import AlarmRule
from viewshift.scale._arrow import pa
from viewshift.scale.exposure import check_strata
from viewshift.scale.partition import ALARMS, SURPRISE, Layout, check_rule, check_table, judge, one_thread, settled
from viewshift.scale.span import overall

try:
    from dask.delayed import delayed
except ImportError:
    raise ImportError("viewshift.scale.dask needs the package dask; `pip install viewshift[dask]`.") from None


def alarms(
    frame: Any,
    rule: AlarmRule,
    layout: Layout | None = None,
    *,
    factors: DayFactors | None = None,
    strata: str | None = None,
    npartitions: int | None = None,
) -> Any:
    """Return the alarms of all accounts of a Dask frame, as a Dask frame: those of ``AlarmRule.alarms``.

    Parameters
    ----------
    frame
        A ``dask.dataframe.DataFrame`` of days or plays; an account's rows may be in any partitions.
    rule
        A fitted rule.
    layout
        What the columns mean: `Days`, the default, or `Plays`.
    factors, strata
        As for `viewshift.scale.judge`.
    npartitions
        Partitions that the rows are brought together in, each of which must fit into a worker's memory; default as
        many as the frame has.

    Returns
    -------
    A frame with the columns of ``AlarmRule.alarms``. Nothing is computed yet.

    Notes
    -----
    Kernels run on one thread and one at a time in each worker process: more processes are faster, more threads are not.
    Where the layout has no `since` or `until`, the frame is read once more for them.
    """
    return _lazily("alarms", frame, rule, layout, factors, strata, npartitions)


def surprise(
    frame: Any,
    rule: AlarmRule,
    layout: Layout | None = None,
    *,
    factors: DayFactors | None = None,
    strata: str | None = None,
    npartitions: int | None = None,
) -> Any:
    """Return the surprise of all account-days of which the rule has an opinion, as a Dask frame.

    Parameters
    ----------
    frame, rule, layout, factors, strata, npartitions
        As for `alarms`.

    Returns
    -------
    A frame with the columns account, day, surprise and extrapolated. Nothing is computed yet.
    """
    return _lazily("surprise", frame, rule, layout, factors, strata, npartitions)


def _lazily(
    kind: str,
    frame: Any,
    rule: AlarmRule,
    layout: Layout | None,
    factors: DayFactors | None,
    strata: str | None,
    npartitions: int | None,
) -> Any:
    besides = () if strata is None else (strata,)
    check_table("frame", frame, "a Dask frame", fits=hasattr(frame, "_meta_nonempty"))
    schema = pa.Schema.from_pandas(frame._meta_nonempty, preserve_index=False)
    layout = settled(layout, schema, strata)
    check_rule(rule, layout)
    check_strata(schema, factors, strata)
    columns = list(dict.fromkeys([*layout.columns(schema), *besides]))
    spanned = delayed(layout, traverse=False)
    if layout.since is None or layout.until is None:
        clocks = frame[[layout.clock]].to_delayed()
        spanned = delayed(overall)(layout, [delayed(_ends)(clock, layout) for clock in clocks])
    rows = frame[columns].shuffle(on=layout.account, npartitions=npartitions)
    meta = _as_pandas(ALARMS if kind == "alarms" else SURPRISE)
    shared = (delayed(rule, traverse=False), spanned, factors, strata)
    return rows.map_partitions(_judged, kind, *shared, meta=meta, enforce_metadata=False)


def _ends(clock: pd.DataFrame, layout: Layout) -> tuple[Any, Any]:
    table = _as_arrow(clock)
    return layout.ends(table[layout.clock]) if len(table) else (None, None)


def _judged(
    frame: pd.DataFrame, kind: str, rule: AlarmRule, layout: Layout, factors: DayFactors | None, strata: str | None
) -> pd.DataFrame:
    """Return what a rule says of the accounts of a partition."""
    if frame.empty:
        return _as_pandas(ALARMS if kind == "alarms" else SURPRISE)
    with one_thread():
        found = judge(rule, _as_arrow(frame), layout, surprise=kind == "surprise", factors=factors, strata=strata)
    table: pd.DataFrame = getattr(found, kind).to_pandas()
    return table


def _as_arrow(frame: pd.DataFrame) -> Any:
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()


def _as_pandas(schema: Any) -> pd.DataFrame:
    empty: pd.DataFrame = schema.empty_table().to_pandas()
    return empty
