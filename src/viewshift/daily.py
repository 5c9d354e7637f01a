"""Events, one row per play, and their sums over local days."""

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from viewshift._checks import check_day
from viewshift._plain_text import number_of
from viewshift._typing import Bools, Days, Floats, Ints, Strings
from viewshift.kernels.intervals import cut, unite
from viewshift.local_days import check_time_of_day, day_cells
from viewshift.panel import Panel
from viewshift.reading import ReadingReport

if TYPE_CHECKING:
    from datetime import time

SCHEMA: dict[str, pl.DataType] = {
    "account": pl.String(),
    "start": pl.Datetime("ms", "UTC"),
    "date": pl.Date(),
    "seconds": pl.Float64(),
    "title": pl.String(),
    "show": pl.String(),
    "kind": pl.String(),
    "plays": pl.Float64(),
}
"""Columns of an event table. Either `start` or `date` is filled; `plays` only in tables of daily counts."""


MEASURES = ("episodes", "top_show_episodes", "minutes", "night_minutes")
"""What plays are summed up to, in the order of a panel."""

LONG_SILENCE = 60
"""Days between the last play and the end of the panel from which on a warning says that they count as observed."""


@dataclass(frozen=True, eq=False, repr=False)
class Events:
    """Plays of one or more accounts, as a reader found them; `daily` sums them into a panel.

    Readers make it: `viewshift.read`, `viewshift.read_netflix`, `viewshift.read_table`.

    Parameters
    ----------
    table
        One row per play: ``account``, ``start`` (an instant, UTC) or ``date`` (a local day, where the export has
        no time), ``seconds`` (null if unknown), ``title``, ``show``, ``kind``, and ``plays``: null but in a table of
        daily counts, where a row stands for that many plays.
    tz
        Time zone in which instants become local days; None if the table has days and no instants.
    report
        Rows read, rows left out and why.
    """

    table: pl.DataFrame
    tz: str | None
    report: ReadingReport

    def __len__(self) -> int:
        return self.table.height

    def __repr__(self) -> str:
        column = self.table["start"].dt.convert_time_zone(self.tz).dt.date() if self.tz else self.table["date"]
        accounts = self.table["account"].n_unique()
        what = ("daily count" if self._are_counts else "play") + "s" * (len(self) != 1)
        return (
            f"Events({len(self):,} {what} of {number_of(accounts, 'account')}, "
            f"{column.min()!s} to {column.max()!s}{f' in {self.tz}' if self.tz else ''}; from {self.report.source})"
        )

    @property
    def _are_counts(self) -> bool:
        return self.table["plays"].null_count() < len(self)

    def daily(
        self,
        since: str | np.datetime64 | None = None,
        until: str | np.datetime64 | None = None,
        *,
        day_start: str = "00:00",
    ) -> Panel:
        """Sum the plays over local days.

        A title played in pieces on a day is one episode of the day; a play across midnight gives minutes to both days
        and one episode to the day it starts on; time in which plays of one account overlap counts once.

        Parameters
        ----------
        since
            First day of the panel; default the first account's first. An account is observed from the day of its
            first play.
        until
            Last day of the panel: the day on which the export was made, since silence up to then was observed.
            Default the day of the last play, with a warning.
        day_start
            Local time at which a day begins; with "04:00" an hour after midnight belongs to the evening before.

        Returns
        -------
        A panel of ``episodes``; of ``minutes`` and ``night_minutes`` (00:00 to 06:00) if the plays have times and
        durations; of ``top_show_episodes`` (the most episodes of any one show) if they have shows or titles.

        Raises
        ------
        ValueError
            If `since` lies after `until` or no play before it, `until` is a day to come, or `day_start` is given for
            plays without times.

        Warns
        -----
        UserWarning
            If `until` is not given for a log of plays, or lies more than 60 days after the last of them.

        Notes
        -----
        Days between the plays of a log are observed; in a table of daily counts only days with a row are. Days are
        those of the clock: of 23 or 25 hours when it changes. Plays of unknown length count as episodes and add no
        minutes. A title that differs in nothing but its show is another title; a play without title is a title of
        its own.

        Examples
        --------
        >>> import polars as pl
        >>> import viewshift as vs
        >>> plays = pl.DataFrame({"date": ["2025-06-01", "2025-06-01", "2025-06-03"], "title": ["a", "b", "c"]})
        >>> vs.read_table(plays).daily(until="2025-06-04")["episodes"]
        array([[2., 0., 1., 0.]])
        """
        clock = check_time_of_day("day_start", day_start)
        if self.tz is None and day_start != "00:00":
            raise ValueError(f"`day_start` must stay '00:00' for plays without times, got {day_start!r}.")
        cells = None if self.tz is None else _day_cells(self.table, self.tz, clock)
        day = self.table["date"].to_numpy().astype("datetime64[D]") if cells is None else cells.start_day
        opens, closes = check_span(day.min(), day.max(), since, until, are_counts=self._are_counts)
        grid = _Grid(self.table["account"], opens, int((closes - opens).astype(np.int64)) + 1)
        if self._are_counts:
            measures = {"episodes": grid.sum(grid.owner, day, self.table["plays"].to_numpy())}
            observed = grid.sum(grid.owner, day, np.ones(len(self))) > 0
        else:
            measures = _episodes(self.table, grid, day)
            if cells is not None and self.table["seconds"].null_count() < len(self):
                measures |= _minutes(self.table, cells, grid)
            first = np.full(grid.names.shape, day.max())
            np.minimum.at(first, grid.owner, day)
            observed = opens + np.arange(grid.n_days) >= first[:, None]
        return Panel(measures, accounts=grid.names, start=opens, observed=observed)


def check_span(
    first: np.datetime64,
    last: np.datetime64,
    since: str | np.datetime64 | None,
    until: str | np.datetime64 | None,
    *,
    are_counts: bool = False,
) -> tuple[np.datetime64, np.datetime64]:
    """Return the first and last day of a panel of plays that start on the days `first` to `last`.

    Raises if there would be none, or `until` lies in the future; warns, three calls up, where silence is not known to
    have been observed.
    """
    opens = first if since is None else check_day("since", since)
    closes = last if until is None else check_day("until", until)
    if closes < max(opens, first):
        raise ValueError(f"`until` must not lie before `since` or the first play ({first}), got {closes}.")
    today = datetime.now(UTC).date()
    if until is not None and closes > np.datetime64(today + timedelta(days=1), "D"):  # it may be tomorrow there
        raise ValueError(f"`until` must not lie in the future, got {closes}, and today is {today}.")
    silent = int((closes - last).astype(np.int64))
    if silent > LONG_SILENCE and not are_counts:
        warnings.warn(
            f"`until` is {closes} and the last play was on {last}, so {silent:,} days of silence count as observed; "
            "pass the day on which the export was made, if that was earlier.",
            UserWarning,
            stacklevel=3,
        )
    if until is None and not are_counts:
        warnings.warn(
            f"`until` is not given, so the panel ends with the last play, on {closes}; pass the day on which the "
            "export was made, since silence up to that day was observed too.",
            UserWarning,
            stacklevel=3,
        )
    return opens, closes


class _Grid:
    """The cells of a panel, to add values into."""

    def __init__(self, account: pl.Series, start: np.datetime64, n_days: int) -> None:
        code = account.cast(pl.Categorical).to_physical().to_numpy()
        names, first = np.unique(code, return_index=True)
        named = account.gather(first).to_numpy().astype(np.str_)
        rank = np.argsort(named)
        self.names: Strings = named[rank]
        self.owner: Ints = np.argsort(rank)[np.searchsorted(names, code)]
        self.start = start
        self.n_days = n_days

    def place(self, day: Days) -> tuple[Ints, Bools]:
        """Return the column of each day, and whether the panel has it."""
        column = (day - self.start).astype(np.int64)
        return column, (column >= 0) & (column < self.n_days)

    def sum(self, owner: Ints, day: Days, value: Floats) -> Floats:
        """Add up values per account and day; what falls on other days is left out."""
        column, inside = self.place(day)
        cell = owner[inside] * self.n_days + column[inside]
        return self.added(cell, value[inside])

    def added(self, cell: Any, value: Any) -> Floats:
        """Return the panel's array with the values added up in their cells, counted row by row."""
        total = np.bincount(cell, weights=value, minlength=len(self.names) * self.n_days)
        return np.asarray(total, dtype=np.float64).reshape(len(self.names), self.n_days)


@dataclass(frozen=True)
class _Cells:
    """Borders of local days and nights (ms), and the day and kind of the cell after each."""

    borders: Ints
    day: Days
    is_night: Bools
    start: Ints
    start_day: Days


def _day_cells(table: pl.DataFrame, tz: str, clock: "time") -> _Cells:
    start = table["start"].to_physical().to_numpy()
    end = start + _milliseconds(table)
    borders, number, is_night, begin = day_cells(int(start.min()), int(end.max()), tz, clock)
    day = begin + number
    return _Cells(borders, day, is_night, start, day[np.searchsorted(borders, start, side="right") - 1])


def _milliseconds(table: pl.DataFrame) -> Ints:
    """Return the length of each play, 0 where it is unknown."""
    return (table["seconds"].fill_null(0.0) * 1000).round().cast(pl.Int64).to_numpy()


def _episodes(table: pl.DataFrame, grid: _Grid, day: Days) -> dict[str, Floats]:
    """Count titles, and those of the show with most of them, by the day on which plays start."""
    column, inside = grid.place(day)
    cell = pl.Series("cell", grid.owner * grid.n_days + column)
    plays = table.select("show", "title").with_columns(cell).filter(pl.Series(inside))
    titled = plays.filter(pl.col("title").is_not_null()).unique(["cell", "show", "title"])
    distinct = pl.concat([titled, plays.filter(pl.col("title").is_null())])
    by_show = distinct.group_by("cell", "show").len("n")
    # plays of unknown show share a null: each stands for itself
    by_show = by_show.with_columns(pl.when(pl.col("show").is_null()).then(1).otherwise("n").alias("top"))
    by_cell = by_show.group_by("cell").agg(pl.col("n").sum(), pl.col("top").max())
    names = {"episodes": "n"}
    if table["show"].null_count() < len(table):
        names["top_show_episodes"] = "top"
    return {name: grid.added(by_cell["cell"].to_numpy(), by_cell[column].to_numpy()) for name, column in names.items()}


def _minutes(table: pl.DataFrame, cells: _Cells, grid: _Grid) -> dict[str, Floats]:
    """Sum the time in which an account played anything, over days and over their nights."""
    owner, start, end = unite(grid.owner, cells.start, cells.start + _milliseconds(table))
    whole, cell, length = cut(start, end, cells.borders)
    minutes, night = length / 60_000, cells.is_night[cell]
    return {
        "minutes": grid.sum(owner[whole], cells.day[cell], minutes),
        "night_minutes": grid.sum(owner[whole], cells.day[cell], np.where(night, minutes, 0.0)),
    }
