"""Columns of whatever type to days, instants, lengths and numbers; null where a value cannot be read."""

from typing import Any

import numpy as np
import polars as pl

from viewshift.frames import column_names
from viewshift.readers._source import LINE


def from_frame(frame: Any) -> pl.DataFrame:
    """Return a frame of pandas, polars or Arrow as polars, with the row number in `LINE`.

    pandas frames go over column by column, so that pyarrow is not needed.
    """
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame.with_row_index(LINE)
    if not hasattr(frame, "iloc") and hasattr(frame, "__arrow_c_stream__"):
        return pl.DataFrame(frame).with_row_index(LINE)
    if not hasattr(frame, "iloc"):
        raise TypeError(f"`source` must be a path or a frame of pandas, polars or Arrow, got {type(frame).__name__}.")
    columns = [_from_pandas(name, frame[name]) for name in column_names(frame)]
    return pl.DataFrame(columns).with_row_index(LINE)


def _from_pandas(name: str, column: Any) -> pl.Series:
    if getattr(column.dtype, "tz", None) is not None:
        naive = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return pl.Series(name, naive).dt.replace_time_zone("UTC")
    if column.dtype.kind in "biufmM" and isinstance(column.dtype, np.dtype):
        return pl.Series(name, column.to_numpy(), nan_to_null=True)
    values = [None if missing else value for value, missing in zip(column, column.isna(), strict=True)]
    return pl.Series(name, values, strict=False)


def as_day(column: pl.Series) -> pl.Series:
    """Return dates; of timestamps only those at midnight, of text only ISO dates."""
    if column.dtype == pl.Date:
        return column
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.date().set(column.dt.truncate("1d") != column, None)
    return (
        column.cast(pl.String)
        .str.extract(r"^(\d{4}-\d{1,2}-\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?$")
        .str.to_date("%Y-%m-%d", strict=False)
    )


def as_instant(column: pl.Series) -> pl.Series:
    """Return instants (UTC, ms); what has no zone or offset is UTC already."""
    if isinstance(column.dtype, pl.Datetime):
        zoned = column if column.dtype.time_zone else column.dt.replace_time_zone("UTC")
        return zoned.dt.convert_time_zone("UTC").dt.cast_time_unit("ms")
    if column.dtype != pl.String:
        return pl.Series(column.name, [None], dtype=pl.Datetime("ms", "UTC")).new_from_index(0, len(column))
    internet = column.str.to_datetime(
        "%+", time_unit="ms", time_zone="UTC", strict=False
    )  # RFC 3339, four times as fast
    if internet.null_count() == column.null_count():
        return internet
    form = r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d+)?\s*(?:Z|UTC|([+-])(\d{2}):?(\d{2})?)?$"
    text = column.to_frame("text").select(pl.col("text").str.extract_groups(form).struct.unnest())
    wall = pl.concat_str("1", pl.lit(" "), "2", pl.col("3").fill_null(":00"), pl.col("4").fill_null(".0"))
    ahead = pl.col("6").cast(pl.Int64) * 60 + pl.col("7").cast(pl.Int64).fill_null(0)
    offset = pl.when(pl.col("5") == "-").then(-ahead).otherwise(ahead).fill_null(0)
    instant = wall.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="ms", time_zone="UTC", strict=False)
    return text.select((instant - pl.duration(minutes=offset, time_unit="ms")).alias(column.name)).to_series()


def as_seconds(column: pl.Series) -> pl.Series:
    """Return lengths in seconds, from durations, numbers of seconds, or text such as 1:02:03."""
    if isinstance(column.dtype, pl.Duration):
        return column.dt.total_milliseconds() / 1000
    if column.dtype != pl.String:
        return as_number(column)
    frame = column.to_frame("text").with_columns(
        pl.col("text").str.extract_groups(r"^(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)$").struct.unnest()
    )
    clock = pl.col("1").cast(pl.Float64) * 3600 + pl.col("2").cast(pl.Float64) * 60 + pl.col("3").cast(pl.Float64)
    plain = pl.col("text").cast(pl.Float64, strict=False)
    return frame.select(pl.coalesce(clock, plain).alias(column.name)).to_series()


def as_number(column: pl.Series) -> pl.Series:
    """Return floats, null where there is no finite number."""
    number = column.cast(pl.Float64, strict=False)
    return number.set(~number.is_finite(), None)
