"""Batches of a log to plays that count; rows that look odd are set aside for the readers' own sieve."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import cast

import numpy as np
import polars as pl

from viewshift._arrays import frozen
from viewshift._typing import Ints
from viewshift.kernels.plays import Numbers
from viewshift.local_days import tomorrow
from viewshift.readers._columns import as_instant, as_seconds
from viewshift.readers._sieve import Sieve
from viewshift.readers._source import EXCESS, LINE
from viewshift.readers.table import DAY, _read_times
from viewshift.reading import LeftOut
from viewshift.scale.events._log import Log
from viewshift.scale.events._numbering import Accounts, Numbering

KEY, ITEM, SHOW = "#key", "#item", "#show"
"""Columns of 64-bit keys: of the account, of what was played, of its show; 0 for an unknown one of the last two."""

START, SECONDS = "#start", "#seconds"
"""Columns of starts (ms) and lengths (seconds, -1 where it cannot be read)."""

NOTHING = np.empty(0, np.int64), np.empty(0, np.int32)

WHOLE = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
LONGEST = 7 * DAY
"""Seconds of a play, at most, as `read_table` has it."""


@dataclass(frozen=True)
class Plays:
    """Plays of a batch; at least one.

    Parameters
    ----------
    numbers
        Of their accounts.
    start, length
        In ms; the length is 0 where it is unknown.
    item, show
        What was played, 0 where unknown, and number of its show, -1 where unknown; no rows if not wanted.
    """

    numbers: Numbers
    start: Ints
    length: Numbers
    item: Ints
    show: Numbers


class Cleaner:
    """Goes through a log once.

    Parameters
    ----------
    log
        The log.
    columns
        Column of each role: ``start``, perhaps ``account``, ``end``, ``duration``, ``title``, ``show``.
    with_items, with_shows
        Whether it is wanted what was played, and of which show.

    Attributes
    ----------
    accounts
        Numbers and names of accounts.
    rows, left_out
        How many rows were read, and, at the end, what was not counted.
    has_length, has_show
        Whether any length, and any show, is known.
    earliest, latest, longest
        First and last start, and greatest length, in ms.
    """

    def __init__(self, log: Log, columns: dict[str, str], *, with_items: bool, with_shows: bool) -> None:
        self.accounts = Accounts()
        self.rows = self.latest = self.longest = 0
        self.earliest = int(np.iinfo(np.int64).max)
        self.has_length = self.has_show = False
        self.left_out: list[LeftOut] = []
        self._log = log
        self._length = next((role for role in ("duration", "end") if role in columns), None)
        self._odd: list[pl.DataFrame] = []
        self._number_show = Numbering()
        kept = [pl.col(name) for name in (LINE, EXCESS) if name in log.schema]
        kept += [pl.col(columns[role]).alias(role) for role in ("start", self._length) if role]
        if "account" in columns and log.schema[columns["account"]] in WHOLE:
            account = pl.col(columns["account"])
            key = account.cast(pl.Int64, wrap_numerical=True)
        else:  # blanks around names are seen to when a name is new
            account = pl.col(columns["account"]).cast(pl.String) if "account" in columns else pl.lit("me")
            key = account.hash(1).reinterpret(signed=True)
        kept += [account.alias("account"), key.alias(KEY)]
        show = _key(columns.get("show"), 3)
        if with_items:
            title = _key(columns["title"], 2)
            kept.append(pl.when(title != 0).then(title ^ show).otherwise(0).reinterpret(signed=True).alias(ITEM))
        if with_shows:
            kept.append(show.reinterpret(signed=True).alias(SHOW))
        self._columns = kept

    def plays(self) -> Iterator[Plays]:
        """Yield the plays, batch by batch.

        Raises
        ------
        ValueError
            At the end, if there were no rows, none that counts, or more than half of them could not be read.
        """
        first, end = _ms(date(1971, 1, 1)), _ms(tomorrow() + timedelta(days=1))  # as a sieve has it
        has_plays = False
        for batch in self._log.batches(self._columns):
            offset = self.rows
            self.rows += len(batch)
            start = as_instant(batch["start"]).to_physical()
            seconds = self._seconds(batch, start)
            rows = batch.with_columns(start.alias(START), seconds.alias(SECONDS))
            excess = batch.get_column(EXCESS, default=pl.Series([], dtype=pl.Null))
            odd = [
                *(column.is_null() for column in (batch["account"], start) if column.null_count()),
                *(column.is_not_null() for column in (excess,) if column.null_count() < len(column)),
                *_outside(start, first, end - 1),
                *_outside(seconds, 0, LONGEST),
            ]
            if odd:
                rows = self._set_aside(rows, reduce(or_, odd).fill_null(value=False), offset)
            numbers = self.accounts(rows["account"], rows[KEY])
            if (numbers < 0).any():
                rows = self._set_aside(rows, pl.Series(numbers < 0), offset)
                numbers = numbers[numbers >= 0]
            if len(rows):
                has_plays = True
                yield self._plays(rows, numbers)
        self._sift(has_plays=has_plays)

    def _plays(self, rows: pl.DataFrame, numbers: Numbers) -> Plays:
        start, seconds, show = rows[START].to_numpy(), rows[SECONDS], NOTHING[1]
        if SHOW in rows.columns:
            keys = rows[SHOW].to_numpy()
            show = np.where(keys == 0, np.int32(-1), self._number_show(keys)[0])
            self.has_show |= bool(keys.any())
        self.has_length |= seconds.null_count() < len(seconds)
        known = seconds.fill_null(0) if seconds.null_count() else seconds
        if seconds.dtype in WHOLE:
            length = np.multiply(known.to_numpy(), 1000, dtype=np.int32, casting="unsafe")
        else:
            length = (known * 1000).round().cast(pl.Int32).to_numpy()
        self.earliest, self.latest = min(self.earliest, int(start.min())), max(self.latest, int(start.max()))
        self.longest = max(self.longest, int(length.max()))
        item = rows[ITEM].to_numpy() if ITEM in rows.columns else NOTHING[0]
        return Plays(
            numbers, *map(frozen, (start, length, item, show))
        )  # all alike, for kernels are compiled for each kind

    def _set_aside(self, rows: pl.DataFrame, is_odd: pl.Series, offset: int) -> pl.DataFrame:
        """Keep the odd rows of a batch for the sieve, and return the others."""
        if LINE not in rows.columns:
            rows = rows.with_row_index(LINE, offset=offset)
        self._odd.append(rows.filter(is_odd))
        return rows.filter(~is_odd)

    def _seconds(self, batch: pl.DataFrame, start: pl.Series) -> pl.Series:
        """Return lengths in seconds, null where there is none, -1 where it cannot be read."""
        if self._length is None:
            return pl.Series([None], dtype=pl.Float64).new_from_index(0, len(batch))
        given = batch[self._length]
        if self._length == "end":
            seconds = (as_instant(given).to_physical() - start) / 1000
        else:
            seconds = given if given.dtype in WHOLE else as_seconds(given)
        if seconds.null_count() == given.null_count():
            return seconds
        return seconds.set(seconds.is_null() & given.is_not_null(), -1)

    def _sift(self, *, has_plays: bool) -> None:
        """Have the sieve of `read_table` say of each row that was set aside why it does not count."""
        name = self._log.name
        if not self.rows:
            raise ValueError(f"{name}: there must be rows, got none.")
        if self._odd:
            odd = pl.concat(self._odd).sort(LINE)
            if odd["account"].dtype == pl.String:
                odd = odd.with_columns(pl.col("account").str.strip_chars().replace("", None))
            sieve = Sieve(odd, name, self._log.place)
            sieve.rows = self.rows
            if EXCESS in sieve.frame.columns:
                excess = pl.col(EXCESS).is_not_null()
                sieve.refuse_unreadable(
                    "the row has more fields than the header, or an open quotation mark", excess, "mend the file"
                )
            sieve.refuse_unreadable("the account has no name", pl.col("account").is_null(), "name it in every row")
            _read_times(sieve)
            self.left_out = sieve.left_out
        if not has_plays:
            reasons = "; ".join(f"{part.rows:,} {part.reason}" for part in self.left_out)
            raise ValueError(f"{name}: no row is left to count as viewing: {reasons}.")


def _key(column: str | None, seed: int) -> pl.Expr:
    """Return 64 bits for a text without blanks around; 0 for no text, and for no column."""
    if column is None:
        return pl.lit(0, pl.UInt64)
    text = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(text.str.len_bytes() > 0).then(text.hash(seed)).otherwise(pl.lit(0, pl.UInt64))


def _ms(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400_000


def _outside(values: pl.Series, low: float, high: float) -> list[pl.Series]:
    """Return where values lie outside, or nothing if none does."""
    least, most = cast(float | None, values.min()), cast(float | None, values.max())
    if least is None or most is None or low <= least <= most <= high:
        return []
    return [(values < low) | (values > high)]
