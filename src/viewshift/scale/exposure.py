"""What days did to everybody of a stratum, for some accounts of a large table."""

from typing import Any

import numpy as np
import polars as pl

from viewshift._typing import Strings
from viewshift.baselines import DayFactor, DayFactors
from viewshift.baselines.factors import with_factors
from viewshift.panel import Panel


def check_strata(schema: Any, factors: DayFactor | DayFactors | None, strata: str | None) -> None:
    """Raise if factors and the column of strata do not go together."""
    if strata is not None and factors is None:
        raise ValueError(f"`strata` must be left out where there are no `factors`, got {strata!r}.")
    if strata is not None and strata not in schema.names:
        raise ValueError(f"`strata` must name a column of the table, got {strata!r}; it has {', '.join(schema.names)}.")
    if isinstance(factors, DayFactors) and strata is None and len(factors.strata) > 1:
        raise ValueError(
            f"`strata` must name the column of strata, since `factors` has {len(factors.strata)} of them, got None."
        )


def strata_of(table: Any, account: str, strata: str) -> tuple[Strings, Strings]:
    """Return the accounts of a table, as text and sorted, and the stratum of each; raise if one has two or none."""
    frame = pl.DataFrame(table.select([account, strata])).select(pl.col(account, strata).cast(pl.String)).unique()
    frame = frame.sort(account)
    missing, twice = frame.filter(pl.col(strata).is_null()), frame.filter(pl.col(account).is_duplicated())
    if len(missing):
        raise ValueError(
            f"column {strata!r} must have a stratum in every row, got none for account {missing[account][0]!r}; give "
            "the unknown one of their own."
        )
    if len(twice):
        both = " and ".join(map(repr, twice[strata][:2]))
        raise ValueError(f"column {strata!r} must have one stratum for account {twice[account][0]!r}, got {both}.")
    return frame[account].to_numpy().astype(np.str_), frame[strata].to_numpy().astype(np.str_)


def with_exposure(panel: Panel, table: Any, account: str, factors: DayFactors | None, strata: str | None) -> Panel:
    """Return the panel with the factors of its accounts' strata on its days."""
    if factors is None:
        return panel
    begin = int((panel.start - factors.start).astype(np.int64))
    if begin < 0 or begin + panel.n_days > factors.factor.shape[1]:
        last = factors.start + factors.factor.shape[1] - 1
        raise ValueError(
            f"`factors` must be of all days judged, {panel.start} to {panel.days[-1]}, got {factors.start} to {last}."
        )
    member = np.zeros(panel.n_accounts, dtype=np.int64)
    if strata is not None:
        labels = strata_of(table, account, strata)[1]
        member = np.minimum(np.searchsorted(factors.strata, labels), len(factors.strata) - 1)
        unknown = factors.strata[member] != labels
        if unknown.any():
            raise ValueError(f"`factors` must have every stratum, got none for {str(labels[unknown][0])!r}.")
    days = slice(begin, begin + panel.n_days)
    return with_factors(panel, factors.factor[member, days], factors.widening[member, days])
