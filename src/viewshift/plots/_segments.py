"""What a detector found in an account's days with hindsight: stretches and their levels."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from viewshift.panel import Panel
from viewshift.plots._canvas import ALARM, axes, bars, ink, key, pick, words
from viewshift.plots._timeline import number, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def segments(
    panel: Panel,
    segments: pd.DataFrame,
    *,
    account: str | None = None,
    measure: str = "episodes",
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw an account's days and the level of each stretch that an offline detector cut them into.

    Parameters
    ----------
    panel
        Histories.
    segments
        From `segments` of `Pelt` (stretches between changes) or of `Capa` (anomalies, and the usual level).
    account
        Which account; not needed if the panel has one only.
    measure
        The measure that was cut.
    ax
        Where to draw; default a new figure.

    Raises
    ------
    ValueError
        If the account or measure is unknown.

    Notes
    -----
    A vertical line marks a change: the first day of a stretch that follows another. Levels are means of the days
    observed, exposure divided out, and lie apart from the bars where the panel has one.

    Examples
    --------
    >>> import viewshift as vs
    >>> panel = vs.Panel({"episodes": [[1.0, 0.0] * 20 + [6.0, 4.0] * 20]}, accounts=["me"], start="2024-01-01")
    >>> found = vs.detectors.Pelt(cost="poisson").fit(panel).segments(panel)
    >>> vs.plots.segments(panel, found).get_ylabel()
    'episodes a day'
    """
    if not isinstance(segments, pd.DataFrame) or not {"account", "start", "end", "mean"} <= set(segments):
        raise TypeError(f"`segments` must be a frame from `Pelt.segments` or `Capa.segments`, got {_said(segments)}.")
    shown = pick(panel, account, measure, None)
    own = segments[segments["account"] == shown.panel.accounts[0]]
    values, day = shown.values, number(shown.panel.days)
    ax = axes(ax, (10, 3.2))
    bars(ax, day, values, measure)
    begin, end = number(own["start"].to_numpy()), number(own["end"].to_numpy()) + 1
    if "usual" in own and len(own):
        style: dict[str, Any] = {"color": ink(), "linewidth": 1.2, "linestyle": "--"}
        ax.axhline(float(own["usual"].iloc[0]), **style, label="usual level")
        for left, right in zip(begin, end, strict=True):
            ax.axvspan(left, right, color=ALARM, alpha=0.22, linewidth=0, zorder=0.5, label="anomaly")
    else:
        for change in begin[1:]:
            ax.axvline(change, color=ALARM, linewidth=1.2, linestyle=(0, (4, 3)), label="change")
    if len(own):
        ax.hlines(own["mean"], begin, end, color=ALARM, linewidth=2.4, label="level of the stretch")
    time_axis(ax, day, np.isnan(values))
    top = max(float(np.nanmax(values, initial=1.0)), float(own["mean"].max()) if len(own) else 0.0)
    ax.set(ylim=(0, 1.08 * top), ylabel=f"{words(measure)} a day")
    key(ax)
    return ax


def _said(value: Any) -> str:
    return f"one with {', '.join(map(str, value))}" if isinstance(value, pd.DataFrame) else type(value).__name__
