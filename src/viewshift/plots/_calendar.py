"""An account's days as a calendar."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from viewshift._checks import check_whole
from viewshift._typing import Bools, Floats, Ints
from viewshift.panel import Panel
from viewshift.plots._canvas import (
    ALARM,
    LEVELS,
    MUTED,
    NOT_OBSERVED,
    NOTHING,
    Shown,
    axes,
    pick,
    rectangles,
    segments,
    words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CELL = 0.185
"""Inches from one day to the next."""

BLOCK = 9.6
"""Rows from one block of weeks to the next: seven weekdays, month names and numbers of alarms."""


class Places(NamedTuple):
    """Where each day stands, in cells: column, row, and block of weeks (0, 1, ...); and which block since 1970 is 0."""

    column: Ints
    row: Floats
    block: Ints
    since_1970: int


def calendar(
    panel: Panel,
    *,
    account: str | None = None,
    measure: str = "episodes",
    alarms: pd.DataFrame | None = None,
    months: int = 12,
    year: int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw an account's days as a calendar: weeks across, weekdays down, one block of weeks per year.

    Parameters
    ----------
    panel
        Histories.
    account
        Which account; not needed if the panel has one only.
    measure
        The measure that colours the days.
    alarms
        From ``AlarmRule.alarms``: days from onset to end are outlined, numbered in the order of the frame's rows.
    months
        Months in a block, a divisor of 12: 12 for a page, 6 or 3 for a narrow one.
    year
        The one year to draw; default all, one below the other. Colours and numbers of alarms are the same either way.
    ax
        Where to draw; default a new figure.

    Raises
    ------
    ValueError
        If the account or measure is unknown, `months` does not divide 12, or the panel has no day in the year.

    Notes
    -----
    Days that were not observed are hatched; days outside the panel are left blank.
    """
    from matplotlib.patches import PathPatch  # noqa: PLC0415

    if 12 % check_whole("months", months, least=1):
        raise ValueError(f"`months` must divide 12, got {months}.")
    shown = pick(panel, account, measure, alarms)
    edges = _edges(shown.values)
    shown = shown if year is None else _of_year(shown, year)
    looks = list(_looks(shown.values, edges))
    place = _places(shown.panel, months)
    n_columns = 1 + -(-(months * 31 + 6) // 7)
    n_rows = BLOCK * (1 + int(place.block[-1]))
    ax = axes(ax, (0.8 + n_columns * CELL, 0.5 + n_rows * CELL))
    for days, _, style in looks:
        cells = rectangles(place.column[days] + 0.06, place.row[days] + 0.06, 0.88, 0.88)
        ax.add_artist(PathPatch(cells, **style))
    month = shown.panel.days.astype("datetime64[M]").astype(np.int64)
    by_month = [month == number for number in np.unique(month)]
    borders = np.concatenate([_borders(place, days) for days in by_month])
    ax.add_artist(PathPatch(segments(borders), fill=False, edgecolor=MUTED, linewidth=0.6, alpha=0.7))
    for days in by_month:
        if days.sum() > 13:
            at = (place.column[days].mean() + 0.5, BLOCK * place.block[days][0] - 0.75)
            ax.text(*at, MONTHS[month[days][0] % 12], ha="center", va="center", fontsize="small")
    numbers: dict[tuple[float, float], list[str]] = {}
    for k, days in _alarm_days(shown):
        around = segments(_borders(place, days))
        ax.add_artist(PathPatch(around, fill=False, edgecolor=ALARM, linewidth=1.8, capstyle="round", zorder=3))
        numbers.setdefault((place.column[days][0] + 0.5, BLOCK * place.block[days][0] + 7.7), []).append(str(k))
    for at, several in numbers.items():
        ax.text(*at, ", ".join(several), color=ALARM, ha="center", va="center", weight="bold", fontsize="small")
    _frame(ax, place, months, n_columns, n_rows)
    _legend(ax, looks, measure, n_columns, alarms=bool(numbers))
    return ax


def _of_year(shown: Shown, year: int) -> Shown:
    first, last = (int(str(day)[:4]) for day in (shown.panel.days[0], shown.panel.days[-1]))
    if not first <= check_whole("year", year, least=0) <= last:
        raise ValueError(f"`year` must be one of the panel's, {first} to {last}, got {year}.")
    days = shown.panel.days.astype("datetime64[Y]").astype(np.int64) + 1970 == year
    return shown._replace(panel=shown.panel.between(f"{year}-01-01", f"{year}-12-31"), values=shown.values[days])


def _places(panel: Panel, months: int) -> Places:
    part = panel.days.astype("datetime64[M]").astype(np.int64) // months
    first = (part * months).astype("datetime64[M]").astype("datetime64[D]")
    after_monday = (first.astype(np.int64) + 3) % 7
    column = ((panel.days - first).astype(np.int64) + after_monday) // 7
    block = part - part[0]
    return Places(column, BLOCK * block + panel.weekday, block, int(part[0]))


def _edges(values: Floats) -> Floats:
    """Return the smallest value of each colour after the first: Fibonacci numbers for counts, else round numbers."""
    watched = values[values > 0]
    high = float(np.quantile(watched, 0.98)) if watched.size else 1.0
    if (watched == np.round(watched)).all() and high <= 16:
        return np.array([2.0, 3, 5, 8, 13])
    edges = np.geomspace(max(1.0, high / 50), high, len(LEVELS))[1:]
    digit = 10 ** np.floor(np.log10(edges))
    return np.unique(np.append(np.round(edges / digit)[:-1], np.floor(edges / digit)[-1]) * digit)


def _looks(values: Floats, edges: Floats) -> Iterator[tuple[Bools, str, dict[str, Any]]]:
    """Yield each look of a day: the days that have it, its name in the legend, its style."""
    whole = bool((values[~np.isnan(values)] % 1 == 0).all())
    yield values == 0, "0", {"facecolor": NOTHING, "linewidth": 0}
    bounds = [1.0 if whole else 0.0, *edges, np.inf]
    for colour, low, end in zip(LEVELS, bounds, bounds[1:], strict=False):
        last = end - 1 if whole else end
        name = f"{low:g}" if last == low else f"{low:g}+" if end == np.inf else f"{low:g}–{last:g}"
        yield (values > 0) & (values >= low) & (values < end), name, {"facecolor": colour, "linewidth": 0}
    yield np.isnan(values), "not observed", NOT_OBSERVED


def _alarm_days(shown: Shown) -> Iterator[tuple[int, Bools]]:
    """Yield number and days of each alarm that falls on any day shown."""
    days = shown.panel.days
    for k, alarm in enumerate(shown.alarms.to_dict("records"), start=1):
        until = days[-1] if pd.isna(alarm["end"]) else np.datetime64(alarm["end"], "D")
        inside = (days >= np.datetime64(alarm["onset"], "D")) & (days <= until)
        if inside.any():
            yield k, inside


def _borders(place: Places, days: Bools) -> Floats:
    """Return the line segments around the cells of some days, shape ``(n_segments, 2, 2)``."""
    cells = set(zip(place.column[days].tolist(), place.row[days].tolist(), strict=True))
    lines = []
    for x, y in sorted(cells):
        around = {
            (x, y - 1): ((x, y), (x + 1, y)),
            (x, y + 1): ((x, y + 1), (x + 1, y + 1)),
            (x - 1, y): ((x, y), (x, y + 1)),
            (x + 1, y): ((x + 1, y), (x + 1, y + 1)),
        }
        lines += [line for neighbour, line in around.items() if neighbour not in cells]
    return np.array(lines, dtype=np.float64)


def _frame(ax: "Axes", place: Places, months: int, n_columns: int, n_rows: float) -> None:
    blocks = np.unique(place.block)
    years = [str(1970 + (place.since_1970 + int(block)) * months // 12) for block in blocks]
    ax.set_yticks(BLOCK * blocks + 3.5, years, weight="bold")
    for block in blocks:
        for weekday, name in ((0, "Mo"), (3, "Th"), (6, "Su")):
            at = (-0.25, BLOCK * block + weekday + 0.5)
            ax.text(*at, name, ha="right", va="center", fontsize="x-small", color=MUTED)
    ax.set(xlim=(-1.6, n_columns), ylim=(n_rows - BLOCK + 8.3, -1.5), xticks=[], aspect="equal")
    ax.tick_params(length=0, pad=6)
    ax.spines[:].set_visible(False)


def _legend(
    ax: "Axes", looks: list[tuple[Bools, str, dict[str, Any]]], measure: str, n_columns: int, *, alarms: bool
) -> None:
    from matplotlib.patches import Patch  # noqa: PLC0415

    keys = [Patch(label=name, **style) for days, name, style in looks if name == "0" or days.any()]
    if alarms:
        keys.append(Patch(label="alarm", facecolor="none", edgecolor=ALARM, linewidth=1.8))
    ax.legend(
        handles=keys,
        title=f"{words(measure)} a day",
        loc="upper left",
        bbox_to_anchor=(0, 0),
        ncols=len(keys) if n_columns > 40 else 5,
        frameon=False,
        fontsize="small",
        title_fontsize="small",
        alignment="left",
        handlelength=1,
        handleheight=1,
        columnspacing=1.2,
    )
