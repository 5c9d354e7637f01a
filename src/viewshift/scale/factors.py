"""Factors of strata and days as a table, a row for each."""

from typing import Any

import numpy as np
import polars as pl

from viewshift.baselines import DayFactors
from viewshift.scale._arrow import pa, pq

FACTORS = "factors.parquet"
"""The file that they are kept in."""

NUMBERS = ("factor", "standard_error", "flagged", "widening")


def to_table(factors: DayFactors) -> Any:
    """Return factors as a table with a row for each stratum and day."""
    n_days = factors.factor.shape[1]
    days = (factors.start + np.arange(n_days)).astype("datetime64[s]")
    columns = {"stratum": np.repeat(factors.strata.astype(object), n_days), "day": np.tile(days, len(factors.strata))}
    return pa.table(columns | {name: np.ravel(getattr(factors, name)) for name in NUMBERS})


def from_table(path: Any) -> DayFactors:
    """Return the factors in a file that holds the table of `to_table`."""
    table = pl.DataFrame(pq.read_table(path))
    strata = table["stratum"].unique(maintain_order=True).to_numpy().astype(np.str_)
    nobody = np.zeros(0, dtype=np.int64)
    arrays = {name: table[name].to_numpy().reshape(len(strata), -1) for name in NUMBERS}
    return DayFactors(nobody.astype(np.str_), np.datetime64(table["day"][0], "D"), strata, nobody, **arrays)
