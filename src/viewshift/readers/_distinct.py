"""Work on text once for each distinct value: exports repeat their titles and durations over and over."""

import polars as pl


def with_derived(frame: pl.DataFrame, column: str, *derived: pl.Expr) -> pl.DataFrame:
    """Add columns that follow from one text column alone, worked out once for each of its values."""
    values = frame.select(column).unique().with_columns(*derived)
    return frame.join(values, on=column, how="left", nulls_equal=True, maintain_order="left")
