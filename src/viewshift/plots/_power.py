"""Power over strength: how much more is found of stronger shifts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from viewshift.plots._canvas import GRID, MUTED, axes, words
from viewshift.sentences import counted_alarms

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Of Okabe and Ito, which colour-blind readers can tell apart."""
MARKERS, DASHES = ("o", "s", "D", "^", "v", "P"), ("-", "--", ":")
NEEDED = ("detector", "scenario", "unit", "strength", "rate", "net_recall", "low", "high")


def power(
    curves: pd.DataFrame,
    *,
    scenario: str | None = None,
    rate: float | None = None,
    colours: Sequence[str] = COLOURS,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw net recall over the strength of a scenario's events, a curve with its 95 % band for each detector.

    Parameters
    ----------
    curves
        From ``study.power_curves``.
    scenario
        Which scenario; not needed if there is one only.
    rate
        Which dial, in alarms per account-year; not needed if there is one only.
    colours
        Colours of the detectors, in the order of the frame; where there are more detectors, lines are dashed.
    ax
        Where to draw; default a new figure.

    Raises
    ------
    ValueError
        If a column is missing, or the scenario or dial is unknown or not named among several.

    Notes
    -----
    Bands are those of the frame: a bootstrap over accounts, at each strength by itself. A detector has the same colour
    and marker whichever scenario is drawn. What failed has no point.

    Examples
    --------
    >>> import pandas as pd
    >>> import viewshift as vs
    >>> row = {"detector": "Cusum", "scenario": "marathon", "unit": "episodes", "rate": 1.0, "low": 0.1, "high": 0.3}
    >>> curves = pd.DataFrame([row | {"strength": 8.0, "net_recall": 0.2}])
    >>> vs.plots.power(curves).get_xlabel()
    'episodes'
    """
    if not isinstance(curves, pd.DataFrame) or not set(NEEDED) <= set(curves):
        raise ValueError(f"`curves` must have the columns of `study.power_curves`: {', '.join(NEEDED)}.")
    dial = _one("rate", rate, curves["rate"])
    name = _one("scenario", scenario, curves["scenario"])
    at_dial = curves[curves["rate"] == dial]
    rows = at_dial[at_dial["scenario"] == name].sort_values("strength", kind="stable")
    ax = axes(ax, (6, 3.8))
    for k, detector in enumerate(at_dial["detector"].drop_duplicates()):
        own, colour = rows[rows["detector"] == detector], colours[k % len(colours)]
        look: dict[str, Any] = {"marker": MARKERS[k % len(MARKERS)], "ls": DASHES[k // len(colours) % len(DASHES)]}
        if len(own):
            ax.plot(own["strength"], own["net_recall"], color=colour, ms=6, lw=2, label=detector, **look)
            ax.fill_between(own["strength"], own["low"], own["high"], color=colour, alpha=0.15, lw=0)
    ax.axhline(0, color=MUTED, lw=1, zorder=0)
    ax.set_xscale("log")
    strengths = sorted(rows["strength"].unique())
    ax.set_xticks(strengths, [f"{one:g}" for one in strengths])
    ax.set_xticks([], minor=True)
    ax.set(xlabel=rows["unit"].iloc[0], ylabel="net recall (share of events)")
    ax.set_title(f"{words(name)}, {counted_alarms(dial)} per account-year", loc="left", fontsize="medium")
    ax.grid(axis="y", color=GRID)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1), fontsize="small")
    return ax


def _one(name: str, value: Any, column: "pd.Series[Any]") -> Any:
    """Return the value asked for, or the only one of a column."""
    have = column.drop_duplicates().tolist()
    if value is None and len(have) == 1:
        return have[0]
    if value not in have:
        raise ValueError(f"`{name}` must be one of {', '.join(map(repr, have)) or 'none'}, got {value!r}.")
    return value
