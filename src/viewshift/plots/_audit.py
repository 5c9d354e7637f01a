"""The figure of an audit: observed over promised, cell by cell."""

from typing import TYPE_CHECKING

import numpy as np

from viewshift._typing import Ints
from viewshift.audit import Audit
from viewshift.plots._canvas import ALARM, GRID, LEVELS, MUTED, axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SERIES = ((ALARM, "o"), (LEVELS[3], "s"), (LEVELS[5], "D"))
_TICKS = np.array([0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0])


def audit(audit: Audit, ax: "Axes | None" = None) -> "Axes":
    """Draw observed over promised of each cell of an audit, with 95 % intervals; 1 is the promise.

    Parameters
    ----------
    audit
        From `AlarmRule.audit`.
    ax
        Where to draw; default a new figure.

    Returns
    -------
    The Axes. A cell without a day, or in which nothing was observed, has no point.

    Examples
    --------
    >>> import viewshift as vs
    >>> audited = vs.default_rule().audit(vs.simulate.viewers(50, 400, seed=3))
    >>> vs.plots.audit(audited).get_xlabel()
    'observed / promised'
    """
    if not isinstance(audit, Audit):
        raise TypeError(f"`audit` must come from `AlarmRule.audit`, got {type(audit).__name__}.")
    ax = axes(ax, (8, 5))
    table = audit.table
    cells = table.drop_duplicates(["by", "cell"])
    place = {cell: -row - 0.6 * gap for row, (cell, gap) in enumerate(zip(cells["cell"], _groups(cells), strict=True))}
    shown = table[table["ratio"] > 0]
    for k, (promise, (colour, marker)) in enumerate(zip(table["promise"].unique(), _SERIES, strict=True)):
        rows = shown[shown["promise"] == promise]
        y = rows["cell"].map(place).to_numpy(float) + 0.22 * (1 - k)
        low, high = np.maximum(rows["low"], rows["ratio"] / 100), rows["high"]
        ax.hlines(y, low, high, color=colour, lw=1.8)
        ax.plot(rows["ratio"], y, marker, color=colour, ms=5.5, label=promise)
    ax.axvline(1, color=MUTED, lw=1, zorder=0)
    ax.set_xscale("log")
    left, right = max(shown["low"].min(), 0.05), shown["high"].max()
    ax.set_xticks(_TICKS, [f"{tick:g}" for tick in _TICKS])
    ax.minorticks_off()
    ax.set_xlim(np.nanmin([left, 0.65]) / 1.05, np.nanmax([right, 1.55]) * 1.05)
    ax.set_yticks(list(place.values()), list(place))
    ax.set_xlabel("observed / promised")
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="x", color=GRID, lw=0.8)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize="small")
    return ax


def _groups(cells: "pd.DataFrame") -> Ints:
    """Return the number of the kind of cells that each row belongs to, so that kinds stand apart."""
    return np.cumsum((cells["by"] != cells["by"].shift()).to_numpy())
