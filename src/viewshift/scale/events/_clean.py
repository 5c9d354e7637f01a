"""Batches of a log to plays that count; rows that look odd are set aside for the readers' own sieve."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import cast

import polars as pl

from viewshift._typing import Ints
from viewshift.readers._columns import as_instant, as_seconds
from viewshift.readers._sieve import Sieve
from viewshift.readers._source import EXCESS, LINE
from viewshift.readers.table import DAY, _read_times
from viewshift.reading import LeftOut
from viewshift.scale.events._log import Log

KEY, ITEM, SHOW = "#key", "#item", "#show"
"""Columns of 64-bit keys: of the account, of what was played, of its show; 0 for an unknown one of the last two."""

WHOLE = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
LONGEST = 7 * DAY
"""Seconds of a play, at most, as `read_table` has it."""


@dataclass(frozen=True)
class Plays:
    """Plays of a batch.

    Parameters
    ----------
    frame
        ``account``, `KEY`, and `ITEM` and `SHOW` if wanted.
    start, length
        In ms; the length is 0 where it is unknown.
    has_length
        Whether any length is known.
    """

    frame: pl.DataFrame
    start: Ints
    length: Ints
    has_length: bool


class Cleaner:
    """Goes through a log once; `rows` and `left_out` then tell what was read and what was not counted.

    Parameters
    ----------
    log
        The log.
    columns
        Column of each role: ``start``, perhaps ``account``, ``end``, ``duration``, ``title``, ``show``.
    with_items, with_shows
        Whether it is wanted what was played, and of which show.
    """

    def __init__(self, log: Log, columns: dict[str, str], *, with_items: bool, with_shows: bool) -> None:
        self._log = log
        self._length = next((role for role in ("duration", "end") if role in columns), None)
        self._odd: list[pl.DataFrame] = []
        self.rows = 0
        self.left_out: list[LeftOut] = []
        kept = [pl.col(name) for name in (LINE, EXCESS) if name in log.schema]
        kept += [pl.col(columns[role]).alias(role) for role in ("start", self._length) if role]
        if "account" in columns and log.schema[columns["account"]] in WHOLE:
            account = pl.col(columns["account"])
            key = account.cast(pl.Int64, wrap_numerical=True)
        else:
            account = _text(columns.get("account"), "me")
            key = account.hash(1).reinterpret(signed=True)
        kept += [account.alias("account"), key.alias(KEY)]
        title, show = _text(columns.get("title")), _text(columns.get("show"))
        if with_items:
            kept.append(_key(title, title.hash(2) ^ show.hash(3)).alias(ITEM))
        if with_shows:
            kept.append(_key(show, show.hash(4)).alias(SHOW))
        self._columns = kept

    def plays(self) -> Iterator[Plays]:
        """Yield the plays, batch by batch.

        Raises
        ------
        ValueError
            At the end, if there were no rows, none that counts, or more than half of them could not be read.
        """
        first, end = _ms(date(1971, 1, 1)), _ms(datetime.now(UTC).date() + timedelta(days=2))  # as a sieve has it
        kept = 0
        for rows in self._log.batches(self._columns):
            batch = rows
            self.rows += len(batch)
            start = as_instant(batch["start"]).to_physical()
            seconds = self._seconds(batch, start)
            excess = batch.get_column(EXCESS, default=pl.Series([], dtype=pl.Null))
            odd = [
                *(column.is_null() for column in (batch["account"], start) if column.null_count()),
                *(column.is_not_null() for column in (excess,) if column.null_count() < len(column)),
                *_outside(start, first, end - 1),
                *_outside(seconds, 0, LONGEST),
            ]
            if odd:
                is_odd = reduce(or_, odd).fill_null(value=False)
                self._odd.append(batch.filter(is_odd))
                batch, start, seconds = batch.filter(~is_odd), start.filter(~is_odd), seconds.filter(~is_odd)
            kept += len(batch)
            length = seconds.fill_null(0) * 1000
            yield Plays(
                batch, start.to_numpy(), length.round().cast(pl.Int64).to_numpy(), seconds.null_count() < len(batch)
            )
        self._sift(kept)

    def _seconds(self, batch: pl.DataFrame, start: pl.Series) -> pl.Series:
        """Return lengths in seconds, null where there is none, -1 where it cannot be read."""
        if self._length is None:
            return pl.Series([None], dtype=pl.Float64).new_from_index(0, len(batch))
        given = batch[self._length]
        if self._length == "end":
            seconds = (as_instant(given).to_physical() - start) / 1000
        else:
            seconds = given.cast(pl.Int64) if given.dtype in WHOLE[:-1] else as_seconds(given)
        if seconds.null_count() == given.null_count():
            return seconds
        return seconds.set(seconds.is_null() & given.is_not_null(), -1)

    def _sift(self, kept: int) -> None:
        """Have the sieve of `read_table` say of each row that was set aside why it does not count."""
        name = self._log.name
        if not self.rows:
            raise ValueError(f"{name}: there must be rows, got none.")
        if self._odd:
            sieve = Sieve(pl.concat(self._odd), name, self._log.place)
            sieve.rows = self.rows
            if EXCESS in sieve.frame.columns:
                excess = pl.col(EXCESS).is_not_null()
                sieve.refuse_unreadable(
                    "the row has more fields than the header, or an open quotation mark", excess, "mend the file"
                )
            sieve.refuse_unreadable("the account has no name", pl.col("account").is_null(), "name it in every row")
            _read_times(sieve, "UTC")
            self.left_out = sieve.left_out
        if not kept:
            reasons = "; ".join(f"{part.rows:,} {part.reason}" for part in self.left_out)
            raise ValueError(f"{name}: no row is left to count as viewing: {reasons}.")


def _text(column: str | None, otherwise: str | None = None) -> pl.Expr:
    """Return a column as text without blanks around, null where empty; for no column always the same."""
    if column is None:
        return pl.lit(otherwise, pl.String)
    text = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)


def _key(known: pl.Expr, key: pl.Expr) -> pl.Expr:
    return pl.when(known.is_not_null()).then(key).fill_null(0).reinterpret(signed=True)


def _ms(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400_000


def _outside(values: pl.Series, low: float, high: float) -> list[pl.Series]:
    """Return where values lie outside, or nothing if none does."""
    least, most = cast(float | None, values.min()), cast(float | None, values.max())
    if least is None or most is None or low <= least <= most <= high:
        return []
    return [(values < low) | (values > high)]
