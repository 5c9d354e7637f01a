"""The pictures of a report: numbers from the results table, drawn; nothing is computed here."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from viewshift.study.example import Example
from viewshift.study.finding import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, GREY, LINE = "#1d2733", "#6b7683", "#d5dbe1"
COLOURS = ("#0b5394", "#d1711a", "#2a8c6e", "#8a4fa0")
"""Dark blue, orange, green, purple: told apart by colour-blind readers, and in grey by marker."""
MARKERS = ("o", "s", "D", "^")
STYLE: Any = {
    "font.size": 12,
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
    "figure.facecolor": "white",
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
    figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _figure(width: float, height: float, **layout: Any) -> Any:
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import, and only reports draw

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(**layout)


def draw_ranking(mean: pd.DataFrame, order: Sequence[str], rates: Sequence[float]) -> str:
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
        figure, axes = _figure(8, 1.2 + 0.5 * len(order))
        place = {name: k for k, name in enumerate(reversed(order))}
        for k, rate in enumerate(rates):
            rows = mean[(mean["rate"] == rate) & mean["detector"].isin(place)].dropna(subset="value")
            y = rows["detector"].map(place) + 0.14 * (len(rates) - 1) - 0.28 * k
            error = [rows["value"] - rows["low"], rows["high"] - rows["value"]]
            axes.errorbar(
                rows["value"], y, xerr=error, fmt=MARKERS[k % 4], color=COLOURS[k % 4], ms=7, lw=2.2, label=f"{rate:g}"
            )
        axes.axvline(0, color=GREY, lw=1)
        axes.set_yticks(list(place.values()), list(place))
        axes.set_ylim(-0.6, len(order) - 0.4)
        axes.grid(axis="x", color=LINE)
        axes.set_axisbelow(True)
        axes.set_xlabel("mean net recall (share of events found, chance hits taken off)")
        axes.legend(title="alarms per account-year", frameon=False, loc="lower right")
        return svg(figure)


def draw_heat_map(
    cells: pd.DataFrame, detectors: Sequence[str], scenarios: Sequence[str], rates: Sequence[float]
) -> str:
    """Draw net recall of each detector on each scenario, one map per dial.

    Parameters
    ----------
    cells
        Rows over all seeds, metric "net_recall".
    detectors
        From top to bottom.
    scenarios
        From left to right.
    rates
        Dials.
    """
    import matplotlib as mpl  # noqa: PLC0415

    with mpl.rc_context({**STYLE, "axes.spines.left": False, "axes.spines.bottom": False}):
        height = 1.3 + 0.42 * len(detectors)
        figure, grid = _figure(9.5, height * len(rates) + 0.6, nrows=len(rates), squeeze=False, sharex=True)
        for axes, rate in zip(grid[:, 0], rates, strict=True):
            at_rate = cells[cells["rate"] == rate].set_index(["detector", "scenario"])["value"]
            wanted = pd.MultiIndex.from_product([detectors, scenarios])
            values = at_rate.reindex(wanted).to_numpy(float).reshape(len(detectors), len(scenarios))
            picture = axes.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            for (i, j), value in np.ndenumerate(values):
                text = number(value).replace("0.", ".", 1)
                axes.text(j, i, text, ha="center", va="center", color="white" if value > 0.55 else INK)
            axes.set_xticks(
                range(len(scenarios)), [name.replace("_", " ") for name in scenarios], rotation=35, ha="right"
            )
            axes.set_yticks(range(len(detectors)), list(detectors))
            axes.tick_params(length=0)
            axes.set_title(f"{rate:g} alarm{'' if rate == 1 else 's'} per account-year")
        figure.colorbar(picture, ax=grid[:, 0].tolist(), label="net recall (share of events)", shrink=0.6, pad=0.02)
        return svg(figure)


def draw_alarm_rates(rows: pd.DataFrame, detectors: Sequence[str], scenarios: Sequence[str], rate: float) -> str:
    """Draw observed alarms over the dial where nothing is wrong.

    Parameters
    ----------
    rows
        Rows over all seeds, metric "alarms_over_dial".
    detectors
        From top to bottom.
    scenarios
        Those in which nothing is wrong.
    rate
        The dial.
    """
    import matplotlib as mpl  # noqa: PLC0415

    with mpl.rc_context(STYLE):
        figure, axes = _figure(8, 1.3 + 0.5 * len(detectors))
        place = {name: k for k, name in enumerate(reversed(detectors))}
        for k, scenario in enumerate(scenarios):
            part = rows[(rows["rate"] == rate) & (rows["scenario"] == scenario) & rows["detector"].isin(place)]
            part = part.dropna(subset="value")
            y = part["detector"].map(place) + 0.1 * (len(scenarios) - 1) - 0.2 * k
            error = [part["value"] - part["low"], part["high"] - part["value"]]
            style = {"fmt": MARKERS[k % 4], "color": COLOURS[k % 4], "label": scenario.replace("_", " ")}
            axes.errorbar(part["value"], y, xerr=error, ms=6, lw=2, **style)
        axes.axvspan(0.85, 1.15, color=LINE, alpha=0.6, lw=0)
        axes.axvline(1, color=INK, lw=1)
        axes.set_xlim(left=0)
        axes.set_yticks(list(place.values()), list(place))
        axes.set_ylim(-0.6, len(detectors) - 0.4)
        axes.set_xlabel(f"observed alarms / dial ({rate:g} per account-year); band: within 15 %")
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1), title="nothing is wrong")
        return svg(figure)


def draw_example(example: Example) -> str:
    """Draw the days around one event, with the alarms that the rule raised.

    Parameters
    ----------
    example
        From the run.
    """
    import matplotlib as mpl  # noqa: PLC0415

    with mpl.rc_context(STYLE):
        figure, axes = _figure(5.6, 2.5)
        days = np.datetime64(example.first_day) + np.arange(len(example.values))
        half = np.timedelta64(12, "h")
        axes.axvspan(
            days[example.window[0]] - half, days[example.window[1]] + half, color="#f6d9b8", lw=0, label="event"
        )
        axes.bar(days, example.values, width=0.9, color=COLOURS[0], label=example.measure)
        top = max(1.0, float(np.nanmax(example.values, initial=0.0)))
        for k, (first, last) in enumerate(example.alarms):
            ends = [days[first] - half, days[last] + half]
            label = "alarm, from its opening (triangle)" if k == 0 else None
            axes.plot(ends, [1.08 * top] * 2, color="#b3261e", lw=4, solid_capstyle="butt", label=label)
            axes.plot([days[first]], [1.08 * top], marker="v", color="#b3261e", ms=9)
        axes.set_ylim(0, 1.2 * top)
        axes.set_ylabel(f"{example.measure} per day")
        axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(-0.08, 1), fontsize=10.5, columnspacing=1)
        axes.tick_params(axis="x", rotation=0)
        from matplotlib import dates  # noqa: PLC0415

        locator: Any = dates.AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        return svg(figure)
