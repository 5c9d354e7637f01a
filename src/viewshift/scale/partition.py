"""The one function that every engine calls: a rule, and all rows of some accounts, to what it says of them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

import numba
import numpy as np
import pandas as pd

from viewshift._checks import check_day
from viewshift.alarms import COLUMNS
from viewshift.baselines import DayFactors
from viewshift.fdr import judged_on_day
from viewshift.judge import Judged
from viewshift.local_days import tomorrow
from viewshift.panel import Panel
from viewshift.rules import AlarmRule
from viewshift.scale._arrow import pa, pc
from viewshift.scale.days import Days
from viewshift.scale.exposure import check_strata, with_exposure
from viewshift.scale.plays import Plays

Layout: TypeAlias = Days | Plays

CELLS = 1 << 23
"""Account-days of the panels that are judged one after the other."""

_TEXT, _DAY = pa.string(), pa.timestamp("s")
_KINDS = {"account": _TEXT, "status": _TEXT, "kind": _TEXT, "measures": _TEXT, "extrapolated": pa.bool_()}
_KINDS |= dict.fromkeys(("onset", "onset_low", "onset_high", "detected", "end", "peak_day", "day"), _DAY)
_KINDS["in_alarm"] = pa.bool_()

ALARMS = pa.schema([(name, _KINDS.get(name, pa.float64())) for name in COLUMNS])
"""Schema of alarms: the columns of ``AlarmRule.alarms``."""

SURPRISE = pa.schema(
    [(name, _KINDS.get(name, pa.float64())) for name in ("account", "day", "surprise", "extrapolated")]
)
"""Schema of surprise, a row for each account-day of which the rule has an opinion."""

ON_DAY = pa.schema([*SURPRISE, pa.field("in_alarm", pa.bool_())])
"""Schema of the accounts judged on the last day."""

_alone = threading.Lock()


class Found(NamedTuple):
    """What a rule says of some accounts, as Arrow tables.

    Parameters
    ----------
    alarms
        The rows of ``AlarmRule.alarms``, by account and day.
    surprise
        ``account``, ``day``, ``surprise``, ``extrapolated``, a row for each day with an opinion; None if not asked for.
    on_day
        The last day's surprise by account, and whether an alarm was open before; None if not asked for.
    n_accounts
        Number of accounts.
    left_out
        Rows that did not count, by reason.
    """

    alarms: Any
    surprise: Any
    on_day: Any
    n_accounts: int
    left_out: dict[str, int]


def judge(
    rule: AlarmRule,
    rows: Any,
    layout: Layout | None = None,
    *,
    surprise: bool = False,
    on_day: bool = False,
    factors: DayFactors | None = None,
    strata: str | None = None,
) -> Found:
    """Return what a rule says of some accounts: the same as of a panel that holds others besides.

    Nothing else is needed to run a rule on an engine that is not among those of `viewshift.scale`: bring all rows of an
    account together, and call this.

    Parameters
    ----------
    rule
        A fitted rule.
    rows
        An Arrow table or record batch with all rows of the accounts in it, in any order.
    layout
        What the columns mean. Default `Days`. Where the rows are a part of a larger table, it must have `since` and
        `until`, those of the larger table.
    surprise
        Whether surprise is wanted too.
    on_day
        Whether the last day is wanted by account, as ``AlarmRule.discoveries`` needs it.
    factors
        What days did to everybody, from ``baselines.DayFactor``; its days must be those of the layout, or more.
    strata
        Column of each account's stratum, for factors that have several.

    Raises
    ------
    ValueError
        If a column is missing or of the wrong kind, an account has two rows for one day or two strata, or a value is
        impossible.

    Examples
    --------
    >>> import pyarrow as pa
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(20, 200, seed=1)
    >>> found = judge(vs.default_rule(2.0), pa.Table.from_pandas(viewers.to_frame()))
    >>> found.alarms.to_pandas().equals(vs.default_rule(2.0).alarms(viewers))
    True
    """
    check_table("rows", rows, "an Arrow table or record batch", fits=isinstance(rows, pa.Table | pa.RecordBatch))
    table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    layout = settled(layout, table.schema, strata)
    check_rule(rule, layout)
    check_strata(table.schema, factors, strata)
    table, left_out = layout.usable(table)
    found: list[tuple[Any, ...]] = []
    n_accounts = 0
    for part, spanned in _by_accounts(table, layout):
        panel = with_exposure(spanned.panel(part), part, spanned.account, factors, strata)
        judged = rule.judged(panel)
        found.append(
            (
                _as_arrow(rule.explained(panel, judged)[1], ALARMS),
                _opinions(panel, judged) if surprise else None,
                _as_arrow(_last_day(rule, panel, judged), ON_DAY) if on_day else None,
            )
        )
        n_accounts += panel.n_accounts
    wanted = (True, surprise, on_day)
    schemas = (ALARMS.with_metadata({"measure": rule.detector.measure}), SURPRISE, ON_DAY)
    alarms, surprises, on_days = (
        pa.concat_tables([schema.empty_table(), *(one[k] for one in found)]) if wanted[k] else None
        for k, schema in enumerate(schemas)
    )
    return Found(alarms, surprises, on_days, n_accounts, left_out)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let kernels run on one thread, and only once at a time: other tasks of the engine have the other cores."""
    with _alone:
        before = numba.get_num_threads()
        numba.set_num_threads(1)
        try:
            yield
        finally:
            numba.set_num_threads(before)


def check_table(name: str, value: Any, kind: str, *, fits: bool) -> None:
    """Raise unless a table is of the kind that is asked for."""
    if not fits:
        made_by = type(value).__module__.partition(".")[0]
        raise TypeError(f"`{name}` must be {kind}, got {type(value).__name__} of {made_by}.")


def settled(layout: Layout | None, schema: Any, strata: str | None) -> Layout:
    """Return the layout of a table, `Days` where none is given, or raise if it is none or the table does not fit it."""
    if not isinstance(layout, Layout | None):
        raise TypeError(f"`layout` must be `vs.scale.Days` or `vs.scale.Plays`, got {type(layout).__name__}.")
    return (layout or Days()).of(schema, () if strata is None else (strata,))


def check_rule(rule: Any, layout: Layout) -> None:
    """Raise if `rule` is no fitted rule, or needs a measure that the table does not have."""
    if not isinstance(rule, AlarmRule):
        raise TypeError(f"`rule` must be an AlarmRule, got {type(rule).__name__}; `vs.default_rule()` is one.")
    rule.threshold_  # noqa: B018 - raises if not fitted
    if isinstance(layout, Days):
        for name in rule.detector.measures:
            if name not in (layout.measures or ()):
                have = ", ".join(map(repr, layout.measures or ()))
                raise ValueError(
                    f"`rule` needs the measure {name!r}, got {have}; make its column numeric, or name it in the "
                    "`measures` of the layout."
                )


def last_day(layout: Layout, value: Any) -> np.datetime64:
    """Return the day of the last value of `clock`, or raise if it is to come: one wrong date would end all alarms."""
    day = layout.local_day(value)
    if day > np.datetime64(tomorrow()):
        raise ValueError(
            f"column {layout.clock!r} must not hold days in the future, got {day}; mend it, or give the layout the "
            "last day to judge, `until=`."
        )
    return day


def _by_accounts(table: Any, layout: Layout) -> Iterator[tuple[Any, Layout]]:
    """Yield the rows of so many accounts at a time that a panel of theirs has at most about `CELLS` cells."""
    if not len(table):
        return
    first, last = (None if day is None else check_day("day", day) for day in (layout.since, layout.until))
    if first is None or last is None:
        ends = pc.min_max(table[layout.clock]).as_py()
        first = layout.local_day(ends["min"]) if first is None else first
        last = last_day(layout, ends["max"]) if last is None else last
    layout = replace(layout, since=first, until=last)
    at_once = max(1, CELLS // max(1, int((last - first).astype(np.int64)) + 1))
    encoded = table[layout.account].dictionary_encode().combine_chunks()
    names = encoded.dictionary.cast(_TEXT).to_numpy(zero_copy_only=False)
    table = table.set_column(table.column_names.index(layout.account), layout.account, encoded)
    if len(names) <= at_once:
        yield table, layout
        return
    rank = np.empty(len(names), dtype=np.int64)
    rank[np.argsort(names)] = np.arange(len(names))
    code = encoded.indices
    if code.null_count:
        raise ValueError(f"column {layout.account!r} must name an account in every row, got none in some.")
    part = (rank // at_once)[code.to_numpy()]
    order = np.argsort(part, kind="stable")
    ends = np.cumsum(np.bincount(part))
    table = table.take(order)
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        yield table.slice(begin, end - begin), layout


def _last_day(rule: AlarmRule, panel: Panel, judged: Judged) -> pd.DataFrame:
    limits: dict[str, Any] = {"threshold": rule.threshold_, "quiet": rule.quiet, "adapt_after": rule.adapt_after}
    return judged_on_day(panel, judged.surprise, judged.extrapolated, None, **limits)


def _as_arrow(frame: pd.DataFrame, schema: Any) -> Any:
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata()


def _opinions(panel: Panel, judged: Judged) -> Any:
    """Return a row for each account-day with an opinion."""
    row, column = np.nonzero(~np.isnan(judged.surprise))
    columns = [
        pa.array(panel.accounts.astype(object), _TEXT).take(pa.array(row)),
        pa.array(panel.days.astype("datetime64[s]")[column]),
        pa.array(judged.surprise[row, column]),
        pa.array(judged.extrapolated[row, column]),
    ]
    return pa.table(columns, schema=SURPRISE)
