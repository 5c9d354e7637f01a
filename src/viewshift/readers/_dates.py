"""The order of day, month and year in a file that says nothing about it."""

from dataclasses import dataclass

import polars as pl

ORDERS = ("d/m/y", "m/d/y", "y/m/d")
NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {m: str(i) for i, m in enumerate(NAMES, start=1)}
JOINS = 5
"""So many steps forward in time at most look like files put together; more look like another order of rows."""


@dataclass(frozen=True)
class Dates:
    """The dates of all rows (null where unreadable), the order in which they were read, and what looked odd."""

    days: pl.Series
    order: str
    oddities: tuple[str, ...]


def read_dates(rows: pl.DataFrame, source: str, date_order: str | None) -> Dates:
    """Read the column `text` of rows that run from new to old, within each `account`.

    Parameters
    ----------
    rows
        Columns `line`, `text` and `account`.
    source
        Name of the file, for messages.
    date_order
        One of `ORDERS`, or None to take the one that gives valid dates and no step forward in time.

    Raises
    ------
    ValueError
        If no order fits, or more than one.
    """
    if date_order is not None and date_order not in ORDERS:
        raise ValueError(f"`date_order` must be one of {', '.join(map(repr, ORDERS))}, got {date_order!r}.")
    rows = rows.with_columns(_parts("text")).with_columns(*map(_date, ORDERS))
    readable = rows.filter(pl.any_horizontal(pl.col(ORDERS).is_not_null()))
    if readable.is_empty():
        raise ValueError(
            f"{source}, line {rows['line'][0]}: the date must be day, month and year in figures, and neither this "
            "nor any other row has one; check the order of the columns, or fetch the export again."
        )
    valid = [order for order in ORDERS if readable[order].null_count() == 0]
    steps = {order: _steps_forward(readable, order) for order in valid}
    if date_order is None:
        fitting = [order for order in valid if steps[order].is_empty()]
        if not fitting:
            raise ValueError(f"{source}, {_why_none(readable, steps)}")
        if any(not readable[fitting[0]].equals(readable[other]) for other in fitting[1:]):
            raise ValueError(
                f"{source}, line {readable['line'][0]}: dates such as {readable['text'][0]!r} can be read as "
                f"{' or '.join(fitting)}; pass `date_order=`."
            )
        date_order = fitting[0]
    return Dates(rows[date_order], date_order, tuple(_oddities(readable, steps.get(date_order))))


def _parts(name: str) -> list[pl.Expr]:
    """Split a date into its three parts, and name its form: separator, length of year, named month."""
    groups = pl.col(name).str.extract_groups(r"^(\d{1,2}|\d{4})([/.\-])(\d{1,2}|[A-Za-z]{3})[/.\-](\d{4}|\d{1,2})$")
    first, mark, second, third = (groups.struct.field(str(k)) for k in (1, 2, 3, 4))
    year = pl.max_horizontal(first.str.len_chars(), third.str.len_chars())
    month = second.str.to_lowercase().replace(MONTHS)
    named = second.str.contains("[A-Za-z]")
    form = pl.concat_str(
        mark, pl.when(year == 4).then(pl.lit("long")).otherwise(pl.lit("short")), named.cast(pl.String)
    )
    return [first.alias("a"), month.alias("b"), third.alias("c"), named.alias("named"), form.alias("form")]


def _date(order: str) -> pl.Expr:
    a, b, c = pl.col("a"), pl.col("b"), pl.col("c")
    if order == "y/m/d":
        text = pl.when(a.str.len_chars() == 4).then(pl.concat_str(a, b, c, separator="-"))
    else:
        year = pl.when(c.str.len_chars() == 2).then(pl.lit("20") + c).when(c.str.len_chars() == 4).then(c)
        month_first = pl.lit(value=order == "m/d/y") & ~pl.col("named")
        month, day = pl.when(month_first).then(a).otherwise(b), pl.when(month_first).then(b).otherwise(a)
        text = pl.when(a.str.len_chars() <= 2).then(pl.concat_str(year, month, day, separator="-"))
    return text.str.to_date("%Y-%m-%d", strict=False).alias(order)


def _steps_forward(rows: pl.DataFrame, order: str) -> pl.DataFrame:
    """Return line, date and the earlier date before it, where the date is later than the row above."""
    pairs = rows.select(
        "line", after=order, before=pl.col(order).shift(), same=pl.col("account") == pl.col("account").shift()
    )
    return pairs.filter((pl.col("after") > pl.col("before")) & pl.col("same"))


def _forms(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("form").agg(pl.col("line").first(), pl.col("text").first()).sort("line")


def _two_forms(rows: pl.DataFrame) -> str | None:
    forms = _forms(rows)
    if len(forms) < 2:
        return None
    return (
        f"dates have two forms, {forms['text'][0]!r} (line {forms['line'][0]}) and {forms['text'][1]!r} "
        f"(line {forms['line'][1]}), as when a spreadsheet has saved the file again"
    )


def _why_none(rows: pl.DataFrame, steps: dict[str, pl.DataFrame]) -> str:
    """Say, from the line on, why no order of day, month and year fits."""
    if forms := _two_forms(rows):
        return f"line {_forms(rows)['line'][1]}: {forms}; fetch the export again, or pass `date_order=` if sure."
    if not steps:
        ways = rows.with_columns(ways=pl.sum_horizontal(pl.col(ORDERS).is_not_null()))
        sure = ways.filter(pl.col("ways") == 1)
        kinds = [(order, sure.filter(pl.col(order).is_not_null())) for order in ORDERS]
        told = [f"{k['text'][0]!r} (line {k['line'][0]}) only {order}" for order, k in kinds if len(k)]
        return f"line {sure['line'][0]}: dates must have one order, but {' and '.join(told)}; fetch the export again."
    order, jumps = min(steps.items(), key=lambda item: len(item[1]))
    line, after, before = jumps["line"][0], jumps["after"][0], jumps["before"][0]
    if len(jumps) <= JOINS:
        return (
            f"line {line}: dates must run from new to old, but as {order} they start again, from {before} to {after}; "
            "two files were joined: split them there, or pass `date_order=` to read them as one."
        )
    return (
        f"line {line}: dates must run from new to old, but as {order} {len(jumps):,} of them are later than the row "
        "above; the rows were sorted anew: pass `date_order=`."
    )


def _oddities(rows: pl.DataFrame, jumps: pl.DataFrame | None) -> list[str]:
    forms = _two_forms(rows)
    odd = [] if forms is None else [forms]
    if jumps is not None and len(jumps):
        odd.append(
            f"{len(jumps):,} dates are later than the row above, first in line {jumps['line'][0]}: joined files?"
        )
    return odd
