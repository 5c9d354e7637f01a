"""The same rule over a Spark frame: rows brought together and sorted by account, judged as they stream by."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from viewshift.baselines import DayFactors
from viewshift.rules import AlarmRule
from viewshift.scale._arrow import pa, pc
from viewshift.scale.exposure import check_strata
from viewshift.scale.partition import ALARMS, SURPRISE, Layout, check_rule, check_table, judge, one_thread, settled
from viewshift.scale.plays import EARLIEST, Plays
from viewshift.scale.span import overall

try:
    from pyspark.sql import functions as F  # noqa: N812 - as Spark's own pages have it
except ImportError:
    raise ImportError("viewshift.scale.spark needs the package pyspark; `pip install viewshift[spark]`.") from None

AT_ONCE = 1 << 21
"""Rows after which the accounts that are complete are judged."""

LOW, HIGH = "#low", "#high"
"""Columns of the frame's first and last day, where the layout does not have them."""

_KINDS = {
    "string": pa.string(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "timestamp_ntz": pa.timestamp("us"),
    "interval day to second": pa.duration("us"),
}
"""Spark's types and those that Arrow has for them; no others are of use here, but for decimals."""


def alarms(
    frame: Any,
    rule: AlarmRule,
    layout: Layout | None = None,
    *,
    factors: DayFactors | None = None,
    strata: str | None = None,
) -> Any:
    """Return the alarms of all accounts of a Spark frame, as a Spark frame: those of ``AlarmRule.alarms``.

    Parameters
    ----------
    frame
        A ``pyspark.sql.DataFrame`` of days or plays; an account's rows may be in any partitions.
    rule
        A fitted rule. It is pickled once, with the plan.
    layout
        What the columns mean: `Days`, the default, or `Plays`.
    factors, strata
        As for `viewshift.scale.judge`.

    Returns
    -------
    A frame with the columns of ``AlarmRule.alarms``, days as dates. Nothing is computed yet.

    Notes
    -----
    Rows are repartitioned by account, sorted by it within each partition, and judged by ``mapInArrow``: what has come
    of the last account of a batch waits for the next. So a task holds some two million rows, however many its partition
    has: a skewed partition takes longer, but no more memory. ``applyInArrow`` would call the rule for each account,
    or hold a whole group of accounts. Kernels run on one thread in each task. Where the layout has no `since` or
    `until`, the frame is read once more for them.
    """
    return _lazily("alarms", frame, rule, layout, factors, strata)


def surprise(
    frame: Any,
    rule: AlarmRule,
    layout: Layout | None = None,
    *,
    factors: DayFactors | None = None,
    strata: str | None = None,
) -> Any:
    """Return the surprise of all account-days of which the rule has an opinion, as a Spark frame.

    Parameters
    ----------
    frame, rule, layout, factors, strata
        As for `alarms`.

    Returns
    -------
    A frame with the columns account, day, surprise and extrapolated. Nothing is computed yet.
    """
    return _lazily("surprise", frame, rule, layout, factors, strata)


def _lazily(
    kind: str,
    frame: Any,
    rule: AlarmRule,
    layout: Layout | None,
    factors: DayFactors | None,
    strata: str | None,
) -> Any:
    besides = () if strata is None else (strata,)
    check_table("frame", frame, "a Spark frame", fits=hasattr(frame, "mapInArrow"))
    schema = pa.schema([(field.name, _in_arrow(field.dataType.simpleString())) for field in frame.schema.fields])
    layout = settled(layout, schema, strata)
    check_rule(rule, layout)
    check_strata(schema, factors, strata)
    rows = frame.select(*dict.fromkeys([*layout.columns(schema), *besides]))
    if layout.since is None or layout.until is None:
        clock = F.col(layout.clock)
        if isinstance(layout, Plays):
            clock = F.when(clock >= F.lit(EARLIEST), clock)
        rows = rows.crossJoin(F.broadcast(rows.agg(F.min(clock).alias(LOW), F.max(clock).alias(HIGH))))
    rows = rows.repartition(F.col(layout.account)).sortWithinPartitions(layout.account)
    judged = partial(_judged, kind=kind, rule=rule, layout=layout, factors=factors, strata=strata)
    return rows.mapInArrow(judged, _in_spark(ALARMS if kind == "alarms" else SURPRISE))


def _judged(batches: Iterator[Any], kind: str, layout: Layout, **what: Any) -> Iterator[Any]:
    """Yield what a rule says of the accounts of a partition, whose rows are sorted by account."""
    for table in _whole_accounts(batches, layout.account):
        rows, spanned = table, layout
        if LOW in table.column_names:
            spanned = overall(layout, [(table[LOW][0].as_py(), table[HIGH][0].as_py())])
            rows = table.drop_columns([LOW, HIGH])
        with one_thread():
            found = getattr(judge(rows=rows, layout=spanned, surprise=kind == "surprise", **what), kind)
        dates = [pc.cast(one, pa.date32()) if pa.types.is_timestamp(one.type) else one for one in found.columns]
        yield from pa.table(dates, found.column_names).to_batches()


def _whole_accounts(batches: Iterator[Any], account: str) -> Iterator[Any]:
    """Yield tables of whole accounts, of `AT_ONCE` rows or not many more, but for an account that has more."""
    held: list[Any] = []
    rows, enough = 0, AT_ONCE
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows < enough:
            continue
        table = pa.Table.from_batches(held)
        names = table[account]
        begun = pc.fill_null(pc.equal(names, names[-1]), False)
        whole = len(table) - pc.sum(begun).as_py()
        if whole:
            yield table.slice(0, whole)
        held = table.slice(whole).to_batches()
        rows = len(table) - whole
        enough = max(AT_ONCE, 2 * rows)
    if rows:
        yield pa.Table.from_batches(held)


def _in_arrow(kind: str) -> Any:
    if kind.startswith("decimal"):
        return pa.decimal128(38, 18)
    return _KINDS.get(kind, pa.null())


def _in_spark(schema: Any) -> str:
    kinds = {pa.string(): "string", pa.bool_(): "boolean", pa.float64(): "double"}
    return ", ".join(f"{field.name} {kinds.get(field.type, 'date')}" for field in schema)
