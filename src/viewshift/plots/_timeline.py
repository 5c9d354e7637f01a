"""An account's days along one axis of time: levels and alarms, surprise and threshold."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from viewshift._typing import Bools, Floats
from viewshift.panel import Panel
from viewshift.plots._canvas import ALARM, LEVELS, NOT_OBSERVED, Shown, axes, pick, rectangles, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from viewshift.rules import AlarmRule


def account(
    panel: Panel,
    *,
    account: str | None = None,
    measure: str = "episodes",
    alarms: pd.DataFrame | None = None,
    rule: "AlarmRule | None" = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw an account's days with their running mean and its alarms: since when, from what level to what level.

    Parameters
    ----------
    panel
        Histories.
    account
        Which account; not needed if the panel has one only.
    measure
        The measure to draw, the one whose levels the alarms name.
    alarms
        From ``AlarmRule.alarms``; numbered in the order of the frame's rows.
    rule
        A fitted rule that raises the alarms, if they are not given.
    ax
        Where to draw; default a new figure.

    Raises
    ------
    ValueError
        If the account or measure is unknown.

    Notes
    -----
    The line "mean of the last 8 weeks" is that of 56 days ending a week before the day; days not observed are left out,
    and hatched. It is not the usual level that an alarm names, which is that of its own days before the onset.
    The bar above an alarm spans the days on which it may have begun, the line in it the level it rose or fell to.
    """
    from matplotlib.patches import PathPatch  # noqa: PLC0415
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    shown = pick(panel, account, measure, alarms)
    if alarms is None and rule is not None:
        shown = shown._replace(alarms=rule.alarms(shown.panel))
    values, day = shown.values, _number(shown.panel.days)
    ax = axes(ax, (10, 3.2))
    active = values > 0
    width = max(0.9, len(day) / (80 * _inches(ax)))  # no bar thinner than a pixel or so
    bars = rectangles(day[active], np.zeros(active.sum()), width, values[active])
    ax.add_artist(PathPatch(bars, facecolor=LEVELS[2], linewidth=0, label=words(measure)))
    mean = pd.Series(values).shift(7).rolling(56, min_periods=28).mean()
    ax.plot(day, mean, linewidth=1.4, color=_ink(), label="mean of the last 8 weeks")
    top = 1.08 * float(np.nanmax(values, initial=1.0))
    _alarms(ax, shown, day, top)
    _time_axis(ax, day, np.isnan(values))
    ax.set(ylim=(0, top), ylabel=f"{words(measure)} a day")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(ax)
    return ax


def surprise(panel: Panel, rule: "AlarmRule", *, account: str | None = None, ax: "Axes | None" = None) -> "Axes":
    """Draw how surprising each day of an account was, and the threshold at which alarms open.

    Parameters
    ----------
    panel
        Histories.
    rule
        A fitted rule.
    account
        Which account; not needed if the panel has one only.
    ax
        Where to draw; default a new figure.

    Raises
    ------
    ValueError
        If the account is unknown.
    """
    shown = pick(panel, account, next(iter(panel.measures)), None)
    values, day = rule.surprise(shown.panel)[0], _number(shown.panel.days)
    threshold = float(rule.threshold_)
    ax = axes(ax, (10, 2.4))
    ax.plot(day + 0.5, values, color=LEVELS[3], linewidth=1, label="surprise")
    ax.axhline(threshold, color=ALARM, linewidth=1.4, linestyle="--", label=f"threshold {threshold:.2f}")
    above = values >= threshold
    ax.plot(day[above] + 0.5, values[above], "o", color=ALARM, markersize=4, label="day at or above it")
    _time_axis(ax, day, ~shown.panel.observed[0])
    ax.set(ylabel="surprise, −log₁₀ p", ylim=(0, 1.1 * float(np.nanmax(values, initial=threshold))))
    _legend(ax)
    return ax


def _number(days: Any) -> Any:
    """Return days, or one, as matplotlib's numbers."""
    from matplotlib.dates import date2num  # noqa: PLC0415

    return date2num(days)  # type: ignore[no-untyped-call]


def _inches(ax: "Axes") -> float:
    return ax.figure.bbox.width / ax.figure.dpi


def _ink() -> Any:
    from matplotlib import rcParams  # noqa: PLC0415

    return rcParams["text.color"]


def _alarms(ax: "Axes", shown: Shown, day: Floats, top: float) -> None:
    """Shade each alarm, number it, and draw the level it went to and the days on which it may have begun."""
    smallest = len(day) / 300
    written, raised = -np.inf, False

    for k, alarm in enumerate(shown.alarms.to_dict("records"), start=1):
        onset = _number(alarm["onset"])
        end = day[-1] + 1 if pd.isna(alarm["end"]) else _number(alarm["end"]) + 1
        ax.axvspan(onset, max(end, onset + smallest), color=ALARM, alpha=0.22, linewidth=0, label="alarm")
        ax.plot([onset, max(end, onset + smallest)], [alarm["observed"]] * 2, color=ALARM, linewidth=2.4)
        support = [_number(alarm["onset_low"]), max(_number(alarm["onset_high"]) + 1, onset + smallest)]
        ax.plot(support, [top, top], color=ALARM, linewidth=4, solid_capstyle="butt", clip_on=False)
        raised = onset - written < len(day) / 40 and not raised
        written = onset
        place = (0, 13 if raised else 4)
        ax.annotate(str(k), (onset, top), place, textcoords="offset points", color=ALARM, weight="bold", ha="center")


def _time_axis(ax: "Axes", day: Floats, hidden: Bools) -> None:
    """Date the axis, and hatch the days that were not observed."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415

    edges = np.flatnonzero(np.diff(np.r_[False, hidden, False].astype(int)))
    for first, end in edges.reshape(-1, 2):
        ax.axvspan(day[first], day[first] + end - first, label="not observed", **NOT_OBSERVED)
    locator = AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.set_xlim(day[0], day[-1] + 1)
    ax.spines[["top", "right"]].set_visible(False)


def _legend(ax: "Axes") -> None:
    named = {label: handle for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    ax.legend(
        named.values(),
        named,
        loc="upper left",
        bbox_to_anchor=(0, -0.12),
        ncols=4 if _inches(ax) > 7 else 2,
        frameon=False,
        fontsize="small",
    )
