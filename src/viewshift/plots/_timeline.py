"""An account's days along one axis of time: levels and alarms, surprise and threshold."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from viewshift._checks import check_choice
from viewshift._typing import Bools, Floats
from viewshift.panel import Panel, check_panel
from viewshift.plots._canvas import ALARM, LEVELS, MUTED, NOT_OBSERVED, Shown, axes, bars, ink, key, pick, words
from viewshift.saved import default_baseline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from viewshift.baselines import Baseline
    from viewshift.rules import AlarmRule

WEEK = 7
"""Days over which a baseline is averaged, so that weekdays do not make it jagged."""


def account(
    panel: Panel,
    *,
    account: str | None = None,
    measure: str = "episodes",
    alarms: pd.DataFrame | None = None,
    rule: "AlarmRule | None" = None,
    baseline: "Baseline | None" = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw an account's days, what was to be expected of them, and its alarms: since when, and to what level.

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
    baseline
        A fitted baseline of the measure, which says what was to be expected; default `viewshift.default_baseline` where
        that is of the measure, else none.
    ax
        Where to draw; default a new figure.

    Raises
    ------
    ValueError
        If the account or measure is unknown, or the baseline is of another measure.

    Notes
    -----
    The band runs from the 5 % to the 95 % quantile that the baseline predicted, the line is its mean; each is averaged
    over the 7 days up to the day, because weekdays differ. Neither is the usual level that an alarm names, which is
    that of its own days before the onset.
    The bar above an alarm spans the days on which it may have begun, the line in it the level it rose or fell to.
    Days that were not observed are hatched.
    """
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    shown = pick(panel, account, measure, alarms)
    if alarms is None and rule is not None:
        shown = shown._replace(alarms=rule.alarms(shown.panel))
    values, day = shown.values, number(shown.panel.days)
    ax = axes(ax, (10, 3.2))
    bars(ax, day, values, measure)
    top = 1.08 * max(float(np.nanmax(values, initial=1.0)), _expected(ax, shown.panel, measure, baseline, day))
    _alarms(ax, shown, day, top)
    time_axis(ax, day, np.isnan(values))
    ax.set(ylim=(0, top), ylabel=f"{words(measure)} a day")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    key(ax)
    return ax


def surprise(
    panel: Panel,
    rule: "AlarmRule",
    *,
    account: str | None = None,
    alarms: pd.DataFrame | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw how surprising each day of an account was, the threshold at which alarms open, and the alarms.

    Parameters
    ----------
    panel
        Histories.
    rule
        A fitted rule.
    account
        Which account; not needed if the panel has one only.
    alarms
        From ``AlarmRule.alarms``; shaded from onset to end. Default none.
    ax
        Where to draw; default a new figure.

    Raises
    ------
    ValueError
        If the account is unknown.
    """
    check_panel("panel", panel)
    shown = pick(panel, account, next(iter(panel.measures)), alarms)
    values, day = rule.surprise(shown.panel)[0], number(shown.panel.days)
    threshold = float(rule.threshold_)
    ax = axes(ax, (10, 2.4))
    ax.plot(day + 0.5, values, color=LEVELS[3], linewidth=1, label="surprise")
    ax.axhline(threshold, color=ALARM, linewidth=1.4, linestyle="--", label=f"threshold {threshold:.2f}")
    for alarm in shown.alarms.to_dict("records"):
        shade(ax, alarm, day)
    above = values >= threshold
    ax.plot(day[above] + 0.5, values[above], "o", color=ALARM, markersize=4, label="day at or above it")
    time_axis(ax, day, ~shown.panel.observed[0])
    ax.set(ylabel="surprise, −log₁₀ p", ylim=(0, 1.1 * float(np.nanmax(values, initial=threshold))))
    key(ax)
    return ax


def number(days: Any) -> Any:
    """Return days, or one, as matplotlib's numbers.

    Parameters
    ----------
    days
        Dates of any kind.
    """
    from matplotlib.dates import date2num  # noqa: PLC0415

    return date2num(days)  # type: ignore[no-untyped-call]


def _expected(ax: "Axes", panel: Panel, measure: str, baseline: "Baseline | None", day: Floats) -> float:
    """Draw what the baseline expected of each day; return how high that reaches."""
    if baseline is None:
        baseline = default_baseline()
        if baseline.measures != (measure,):
            return 0.0
    check_choice("measure", measure, baseline.measures)
    predicted = baseline.predict(panel)
    rows = [predicted.quantile(0.05)[0], predicted.mean[0], predicted.quantile(0.95)[0]]
    low, mean, high = pd.DataFrame(rows).T.rolling(WEEK, min_periods=1).mean().to_numpy().T
    style: dict[str, Any] = {"color": MUTED, "alpha": 0.3, "linewidth": 0, "zorder": 0.4}
    ax.fill_between(day + 0.5, low, high, label="5–95 % expected, 7-day mean", **style)
    ax.plot(day + 0.5, mean, linewidth=1.4, color=ink(), label="expected, 7-day mean")
    return float(high.max())


def _alarms(ax: "Axes", shown: Shown, day: Floats, top: float) -> None:
    """Shade each alarm, number it, and draw the level it went to and the days on which it may have begun."""
    written, raised = -np.inf, False
    for k, alarm in enumerate(shown.alarms.to_dict("records"), start=1):
        onset, end = shade(ax, alarm, day)
        ax.plot([onset, end], [alarm["observed"]] * 2, color=ALARM, linewidth=2.4)
        support = [number(alarm["onset_low"]), max(number(alarm["onset_high"]) + 1, onset + len(day) / 300)]
        ax.plot(support, [top, top], color=ALARM, linewidth=4, solid_capstyle="butt", clip_on=False)
        raised = onset - written < len(day) / 40 and not raised
        written = onset
        place = (0, 13 if raised else 4)
        ax.annotate(str(k), (onset, top), place, textcoords="offset points", color=ALARM, weight="bold", ha="center")


def shade(ax: "Axes", alarm: Any, day: Floats) -> tuple[float, float]:
    """Shade the days of an alarm behind everything else, wide enough to be seen, and return where that begins and ends.

    Parameters
    ----------
    ax
        Where to draw.
    alarm
        A row of ``AlarmRule.alarms``.
    day
        The days drawn, as matplotlib's numbers.
    """
    onset = number(alarm["onset"])
    end = day[-1] + 1 if pd.isna(alarm["end"]) else number(alarm["end"]) + 1
    end = max(end, onset + len(day) / 300)
    ax.axvspan(onset, end, color=ALARM, alpha=0.22, linewidth=0, zorder=0.5, label="alarm")
    return onset, end


def time_axis(ax: "Axes", day: Floats, hidden: Bools) -> None:
    """Date the axis, and hatch the days that were not observed.

    Parameters
    ----------
    ax
        Where to draw.
    day
        The days drawn, as matplotlib's numbers.
    hidden
        Which of them were not observed.
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415

    edges = np.flatnonzero(np.diff(np.r_[False, hidden, False].astype(int)))
    for first, end in edges.reshape(-1, 2):
        ax.axvspan(day[first], day[first] + end - first, label="not observed", **NOT_OBSERVED)
    locator = AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.set_xlim(day[0], day[-1] + 1)
    ax.spines[["top", "right"]].set_visible(False)
