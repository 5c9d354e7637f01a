"""Draw the pictures of README and documentation: the notebook's sample export, and every detector on one viewer."""

import io
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

import viewshift as vs
from viewshift._typing import Floats, Ints
from viewshift.alarms import find_intervals
from viewshift.detectors import Bank, Capa, Constant, Detector, Pelt, QuietScan, Random, SurgeScan
from viewshift.plots._canvas import ALARM, LEVELS, MUTED
from viewshift.simulate.events import Row, go_quiet

HERE = Path(__file__).resolve().parent
EXPORT = HERE.parent / "notebooks" / "NetflixViewingHistory.csv"

N_DAYS, SHOWN = 760, 365
"""Days of every history, and how many of them, the last, are drawn: by then each detector has warmed up."""

DPI, WIDTH, HEIGHT = 200, 1250, 610
LEFT, PER_DAY = 143, 3
"""Pixels: a day is a whole number of them, and stands at the same place in every picture."""

INK, EVENT, DAYS = "#24292f", "#dfe2e7", LEVELS[3]
LIMIT = {"color": INK, "linewidth": 0.9, "linestyle": (0, (4, 2))}
POINT = {"color": ALARM, "marker": "o", "markersize": 3.2, "linestyle": "none", "zorder": 3}
LEGEND = {"frameon": False, "ncols": 3, "borderaxespad": 0.3, "borderpad": 0, "handlelength": 1.4, "columnspacing": 1.4}
STYLE = {
    "font.size": 9.5,
    "axes.labelsize": "medium",
    "legend.fontsize": "medium",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}
"""Letters are ten pixels high where a picture is 440 wide."""


def more(row: Row, days: Ints, rng: np.random.Generator, strength: float) -> None:
    """Watch so many more episodes on each day."""
    row["episodes"][days] += strength


EVENTS = {
    "+12\non one day": (428, 1, more, 12.0),
    "+5 a day\nfor a week": (503, 7, more, 5.0),
    "+3 a day\nfor four weeks": (575, 28, more, 3.0),
    "hardly anything\nfor eighty days": (667, 80, go_quiet, 0.95),
}
"""First day, days, and what is done to the viewer on whom every detector is shown."""

OWN_WAY: dict[str, Detector] = {
    "Bank": Bank(detectors=(SurgeScan(), QuietScan()), shares=(0.9, 0.1)),
    "Pelt": Pelt(penalty="bic", direction="both"),
}
"""Detectors that are not shown as they are by default."""

DIAL = {"Bocpd": 0.8}
"""Alarms per account-year where they are not 1: no threshold gives `Bocpd` so many, since its alarms last."""


def sample_export() -> None:
    """Draw an account with its alarms."""
    panel = vs.read(EXPORT).daily(until="2025-07-31")
    rule = vs.default_rule(per_account_year=0.5)
    figure, ax = plt.subplots(figsize=(10, 3.2), layout="constrained")
    vs.plots.account(panel, rule=rule, ax=ax)
    figure.savefig(HERE / "_static" / "account.svg", metadata={"Date": None})
    plt.close(figure)


def detectors() -> Iterator[Detector]:
    """Give every detector that looks at the days."""
    for name in vs.detectors.__all__:
        found = getattr(vs.detectors, name)
        if issubclass(found, Detector) and "claims" in vars(found) and found not in (Constant, Random):
            yield OWN_WAY.get(name) or found()


def viewer() -> vs.Panel:
    """Return the viewer with the events: a calm one, picked among several because detectors differ on it."""
    panel = vs.simulate.viewers(4, N_DAYS, seed=6).take([3])
    row = {"episodes": panel["episodes"][0].astype(np.float64)}
    for first, n_days, event, strength in EVENTS.values():
        event(row, np.arange(first, first + n_days), np.random.default_rng(3), strength)
    return vs.Panel({"episodes": row["episodes"][None]}, accounts=panel.accounts, start=panel.start)


def reference() -> vs.Panel:
    """Return the population on which rules are fitted, none of them with an event."""
    panel = vs.simulate.viewers(400, N_DAYS, seed=60)
    return vs.Panel({"episodes": panel["episodes"]}, accounts=panel.accounts, start=panel.start)


def two_panels(panel: vs.Panel) -> tuple[Figure, Axes, Axes]:
    """Return a figure with the viewer's days in its upper Axes and nothing in the lower; events are grey in both."""
    figure = plt.figure(figsize=(WIDTH / DPI, HEIGHT / DPI))
    upper, lower = (
        figure.add_axes((LEFT / WIDTH, bottom / HEIGHT, SHOWN * PER_DAY / WIDTH, height / HEIGHT))
        for bottom, height in ((336, 190), (102, 208))
    )
    day, values = date2num(panel.days), panel["episodes"][0]
    upper.bar(day, np.where(values > 0, values, np.nan), width=1.0, align="edge", color=DAYS, linewidth=0)
    upper.set(ylim=(0, 1.08 * values[-SHOWN:].max()), ylabel="episodes\na day")
    for name, (first, n_days, _, _) in EVENTS.items():
        for line, height in zip(name.split("\n"), (1.23, 1.06), strict=True):
            upper.text(day[first], height, line, transform=upper.get_xaxis_transform())
        for ax in (upper, lower):
            ax.axvspan(*at_least_three(day[first], day[first] + n_days), color=EVENT, linewidth=0, zorder=0)
    months = AutoDateLocator(minticks=8, maxticks=13)
    for ax in (upper, lower):
        ax.set_xlim(day[-SHOWN], day[-1] + 1)
        ax.xaxis.set_major_locator(months)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(months, show_offset=False))
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.yaxis.set_label_coords(-(LEFT - 68) / (SHOWN * PER_DAY), 0.5)
        ax.spines[["top", "right"]].set_visible(False)
    upper.tick_params(labelbottom=False)
    return figure, upper, lower


def at_least_three(begin: Any, end: Any) -> tuple[Any, Any]:
    """Return where stretches of days begin and end, those of a day or two made wide enough to be seen."""
    room = np.maximum(3 - (end - begin), 0) / 2
    return begin - room, end + room


def mark(ax: Axes, begin: Floats, end: Floats) -> None:
    """Mark stretches of days below an Axes."""
    place = {"clip_on": False, "transform": ax.get_xaxis_transform()}
    inside = end > ax.get_xlim()[0]
    ax.hlines(
        np.full(inside.sum(), -0.07), *at_least_three(begin[inside], end[inside]), color=ALARM, linewidth=3, **place
    )


def day_by_day(detector: Detector, panel: vs.Panel, population: vs.Panel) -> Figure:
    """Draw the viewer's days above the detector's surprise, with its threshold and its alarms."""
    per_year = DIAL.get(type(detector).__name__, 1.0)
    rule = vs.AlarmRule(detector, per_account_year=per_year).fit(population)
    figure, upper, lower = two_panels(panel)
    day, surprise, threshold = date2num(panel.days), rule.surprise(panel)[0], rule.threshold_
    _, opened, last = find_intervals(surprise[None], threshold)
    mark(upper, day[opened], day[last] + 1)
    lower.plot(day + 0.5, surprise, color=DAYS, linewidth=1.1, label="surprise")
    often = "one alarm" if per_year == 1 else f"{per_year:g} alarms"
    lower.axhline(threshold, **LIMIT, label=f"threshold: {often} a year")
    above = surprise >= threshold
    lower.plot(day[above] + 0.5, surprise[above], **POINT, label="alarm")
    lower.set(ylim=(0, 1.1 * max(np.nanmax(surprise[-SHOWN:]), threshold)), ylabel="surprise,\n−log₁₀ p")
    return figure


def with_hindsight(detector: Detector, panel: vs.Panel, population: vs.Panel) -> Figure:
    """Draw the viewer's days, with what a detector that sees them all finds in them, above its scores."""
    detector.fit(population)
    figure, upper, lower = two_panels(panel)
    day, score = date2num(panel.days), detector.score(panel)[0]
    hit = score > 0
    if isinstance(detector, (Pelt, Capa)):
        levels(upper, detector.segments(panel))
        found, unit = "change" if isinstance(detector, Pelt) else "anomaly", "gain in log-\nlikelihood"
    else:
        mark(upper, day[hit], day[hit] + 1)
        found, unit = "outlier", "distance,\nin spreads"
    lower.vlines(day[hit] + 0.5, 0, score[hit], color=DAYS, linewidth=1.1)
    lower.plot(day[hit] + 0.5, score[hit], **POINT, label=found)
    if isinstance(detector, (Pelt, Capa)):
        price = 2.0 if detector.penalty == "bic" else detector.penalty
        lower.axhline(price * np.log(panel.n_days) / 2, **LIMIT, label="its price")
    lower.set(ylim=(0, 1.1 * score[-SHOWN:].max()), ylabel=unit)
    return figure


def levels(ax: Axes, segments: pd.DataFrame) -> None:
    """Draw the mean of each stretch of days."""
    begin, end = date2num(segments["start"]), date2num(segments["end"]) + 1
    ax.hlines(segments["mean"], begin, end, color=ALARM, linewidth=1.6, label="level of the stretch")


def palette() -> Image.Image:
    """Return the colours of all pictures: what they are drawn with, fading into the ground and into an event's grey."""
    inks, grounds = (to_rgb(ink) for ink in (DAYS, ALARM, INK, MUTED)), [(1.0, 1.0, 1.0), to_rgb(EVENT)]
    fade = np.linspace(0, 1, 6)[:, None]
    colours = [fade * ground + (1 - fade) * ink for ink, ground in product(np.array(list(inks)), np.array(grounds))]
    few = Image.new("P", (1, 1))
    few.putpalette(np.round(255 * np.unique(np.concatenate(colours), axis=0)).astype(np.uint8).tobytes())
    return few


def save(figure: Figure, name: str) -> None:
    """Write a detector's picture in few colours, with nothing in it that differs from one making to the next."""
    handles = [found for ax in figure.axes for found in ax.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(LEFT / WIDTH, 0), **LEGEND)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=DPI)
    plt.close(figure)
    target = HERE / "_static" / "detectors" / f"{name}.png"
    target.parent.mkdir(exist_ok=True)
    Image.open(drawn).convert("RGB").quantize(palette=palette(), dither=Image.Dither.NONE).save(target, optimize=True)


def main() -> None:
    """Draw all of them, or those of the detectors named."""
    mpl.use("agg")
    mpl.rcParams.update({"svg.hashsalt": "viewshift"})
    named = sys.argv[1:]
    if not named:
        sample_export()
    mpl.rcParams.update(STYLE)
    panel, population = viewer(), reference()
    for detector in detectors():
        kind = type(detector)
        if not named or kind.__name__ in named:
            draw = day_by_day if detector.claims.causal else with_hindsight
            save(draw(detector, panel, population), kind.__module__.rpartition(".")[2])


if __name__ == "__main__":
    main()
