"""The pictures of a report: numbers from the results table, drawn; nothing is computed here."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from viewshift._typing import Floats
from viewshift.study.example import Example
from viewshift.study.finding import number, with_interval
from viewshift.study.parts import Drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, GREY, LINE = "#1d2733", "#6b7683", "#d5dbe1"
COLOURS = ("#0b5394", "#d1711a", "#2a8c6e", "#8a4fa0")
"""Dark blue, orange, green, purple: told apart by colour-blind readers, and in grey by marker."""
EVENT, ALARM, BAND = "#f6d9b8", "#b3261e", "#c3cdd6"
MARKERS = ("o", "s", "D", "^")
MARGINS = {"left": 0.1, "right": 0.99, "bottom": 0.11, "top": 0.85, "hspace": 0.12}
"""Of examples: a layout that adapts takes three times as long, and there are many."""
STYLE: Any = {
    "font.size": 11,
    "font.family": "DejaVu Sans",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "figure.dpi": 72,  # points, in which an SVG measures
    "figure.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "viewshift",
}


def svg(figure: "Figure") -> str:
    """Return a figure as SVG text, the same for the same figure.

    Parameters
    ----------
    figure
        A matplotlib figure.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def blank(width: float, height: float, *, fixed: Mapping[str, float] | None = None, **layout: Any) -> Any:
    """Return a figure and its axes, with nothing drawn yet.

    Parameters
    ----------
    width, height
        Inches.
    fixed
        Where the axes lie, as for ``subplots_adjust``; default where they have room.
    **layout
        As for ``Figure.subplots``.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import, and only reports draw

    figure = Figure(figsize=(width, height), layout=None if fixed else "constrained")
    if fixed:
        figure.subplots_adjust(**fixed)
    return figure, figure.subplots(**layout)


def _place(axes: Any, x: Any, y: Any) -> Floats:
    """Return where values lie in units of the SVG's view box, whose y runs downwards."""
    found: Floats = axes.transData.transform(np.column_stack([x, y]))
    found[:, 1] = axes.figure.bbox.height - found[:, 1]
    return found


def draw_ranking(mean: pd.DataFrame, order: Sequence[str], rates: Sequence[float]) -> Drawing:
    """Draw mean net recall with intervals, best detector on top.

    Parameters
    ----------
    mean
        Rows of the scenario "mean", metric "net_recall".
    order
        Detectors, best first.
    rates
        Dials.
    """
    import matplotlib as mpl  # noqa: PLC0415

    with mpl.rc_context(STYLE):
        figure, axes = blank(5.8, 1.3 + 0.34 * len(order))
        place = {name: k for k, name in enumerate(reversed(order))}
        drawn = []
        for k, rate in enumerate(rates):
            rows = mean[(mean["rate"] == rate) & mean["detector"].isin(place)].dropna(subset="value")
            y = rows["detector"].map(place) + 0.14 * (len(rates) - 1) - 0.28 * k
            error = [rows["value"] - rows["low"], rows["high"] - rows["value"]]
            style = {"fmt": MARKERS[k % 4], "color": COLOURS[k % 4], "label": f"{rate:g}"}
            axes.errorbar(rows["value"], y, xerr=error, ms=6, lw=2, **style)
            drawn.append((rate, rows, y))
        axes.axvline(0, color=GREY, lw=1)
        axes.set_yticks(list(place.values()), list(place))
        axes.set_ylim(-0.6, len(order) - 0.4)
        axes.grid(axis="x", color=LINE)
        axes.set_axisbelow(True)
        axes.set_xlabel("mean net recall (share of events)")
        figure.legend(title="alarms per account-year", frameon=False, loc="outside upper right", ncols=len(rates))
        text = svg(figure)
        marks = []
        for rate, rows, y in drawn:
            said = [f"{one['detector']} at {rate:g}: {with_interval(one)}" for one in rows.to_dict("records")]
            marks += [(*at, words) for at, words in zip(_place(axes, rows["value"], y).tolist(), said, strict=True)]
        return Drawing(text, marks)


def draw_example(example: Example) -> Drawing:
    """Draw the days around one event with what is usual, and below them the surprise and the alarms that it raised.

    Parameters
    ----------
    example
        From the run.
    """
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib import dates  # noqa: PLC0415

    with mpl.rc_context(STYLE):
        figure, (above, below) = blank(
            5.8, 3.7, fixed=MARGINS, nrows=2, sharex=True, gridspec_kw={"height_ratios": (3, 2)}
        )
        day = dates.date2num(np.datetime64(example.first_day)) + np.arange(len(example.values))  # type: ignore[no-untyped-call]
        edges = np.append(day, day[-1] + 1) - 0.5
        for axes in (above, below):
            axes.axvspan(edges[example.window[0]], edges[example.window[1] + 1], color=EVENT, lw=0, label="event")
        usual = example.usual()
        if usual is not None:
            above.stairs(usual, edges, fill=True, color=BAND, label="usual: 9 days of 10")
        values = np.nan_to_num(example.values)
        bars = np.column_stack([values, np.zeros_like(values)]).ravel()[:-1]
        sides = np.column_stack([day - 0.36, day + 0.36]).ravel()
        above.stairs(bars, sides, fill=True, color=COLOURS[0], label=example.measure.replace("_", " "))
        above.set(ylim=(0, 1.1 * max(1.0, values.max())), ylabel="per day")
        _draw_surprise(below, example, edges)
        locator: Any = dates.AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
        below.xaxis.set_major_locator(locator)
        below.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        below.set_xlim(edges[0], edges[-1])
        shown = {
            label: mark
            for axes in (above, below)
            for mark, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        style = {"fontsize": 10, "columnspacing": 1, "handlelength": 1.4}
        figure.legend(shown.values(), shown, ncols=3, frameon=False, loc="upper left", **style)
        text = svg(figure)
        x = _place(below, day, np.zeros_like(day))[:, 0].tolist()
        return Drawing(text, [(at, None, said) for at, said in zip(x, _day_texts(example, usual), strict=True)])


def _draw_surprise(axes: Any, example: Example, edges: Floats) -> None:
    surprise = np.array(example.surprise)
    axes.stairs(surprise, edges, baseline=None, color=INK, lw=1.3, label="surprise")
    axes.axhline(example.threshold, color=ALARM, lw=1.2, ls="--", label="threshold")
    top = 1.2 * max(example.threshold, float(np.nanmax(surprise, initial=0.0)))
    for opened, last in example.alarms:
        style = {"color": ALARM, "label": "alarm from its opening"}
        axes.plot([edges[opened], edges[last + 1]], [top] * 2, lw=4, solid_capstyle="butt", **style)
        axes.plot([edges[opened] + 0.5], [top], marker="v", color=ALARM, ms=8)
    axes.set(ylim=(0, 1.15 * top), ylabel="surprise")


def _day_texts(example: Example, usual: Floats | None) -> list[str]:
    said = []
    for k, (value, surprise) in enumerate(zip(example.values, example.surprise, strict=True)):
        day = np.datetime64(example.first_day) + k
        seen = "not observed" if np.isnan(value) else f"{value:g} {example.measure.replace('_', ' ')}"
        text = f"{day}: {seen}" + ("" if usual is None else f", usual up to {usual[k]:.0f}")
        said.append(f"{text}, surprise {number(surprise, 1)}")
    return said
