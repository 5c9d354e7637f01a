"""What all pictures share: the account they show, their Axes, their colours and shapes."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from viewshift._checks import check_choice
from viewshift._typing import Floats
from viewshift.panel import Panel, check_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

NOTHING = "#eceef1"
"""Colour of a day on which nothing was watched."""

LEVELS = ("#c3dcf0", "#92c1e3", "#5b9fd0", "#2c78b5", "#11528f", "#08274f")
"""Colours of days with ever more viewing."""

ALARM, MUTED, GRID = "#d55e00", "#8c939c", "#e3e6ea"
NOT_OBSERVED: dict[str, Any] = {"facecolor": "none", "edgecolor": MUTED, "hatch": "//////", "linewidth": 0}


class Shown(NamedTuple):
    """What a picture shows of one account; `values` are float64, NaN where not observed."""

    panel: Panel
    values: Floats
    alarms: pd.DataFrame


def pick(panel: Panel, account: str | None, measure: str, alarms: pd.DataFrame | None) -> Shown:
    """Return one account of a panel with its alarms.

    Parameters
    ----------
    panel
        Histories.
    account
        Which account; None if the panel has one only.
    measure
        The measure to draw.
    alarms
        Of any accounts; None for no alarms.
    """
    check_panel("panel", panel)
    if alarms is not None and (not isinstance(alarms, pd.DataFrame) or "account" not in alarms):
        raise TypeError(f"`alarms` must be a frame from `AlarmRule.alarms`, got {type(alarms).__name__}.")
    if not panel.observed.size:
        raise ValueError(f"`panel` must hold at least one account and one day, got {panel!r}.")
    if account is not None and account not in panel.accounts:
        raise ValueError(f"`account` must be one of the panel's {panel.n_accounts} accounts, got {account!r}.")
    if account is None and panel.n_accounts != 1:
        raise ValueError(f"`account` must name one of the panel's {panel.n_accounts} accounts, got None.")
    check_choice("measure", measure, tuple(panel.measures))
    alone = panel if account is None else panel.select([account])
    own = pd.DataFrame() if alarms is None else alarms[alarms["account"] == alone.accounts[0]]
    return Shown(alone, alone[measure][0].astype(np.float64), own)


def axes(ax: "Axes | None", size: tuple[float, float]) -> "Axes":
    """Return `ax`, or the Axes of a new figure of `size` inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot  # noqa: PLC0415

    return pyplot.subplots(figsize=size, layout="constrained")[1]


def rectangles(left: Floats, bottom: Floats, width: float, height: float | Floats) -> "Path":
    """Return one path of a rectangle per place."""
    from matplotlib.path import Path  # noqa: PLC0415

    right, top = left + width, bottom + height
    corners = np.stack([left, bottom, right, bottom, right, top, left, top, left, bottom], axis=-1)
    codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(left))
    return Path(corners.reshape(-1, 2), codes.astype(np.uint8))


def segments(lines: Floats) -> "Path":
    """Return one path of separate lines, given as an array of shape ``(n_lines, 2, 2)``."""
    from matplotlib.path import Path  # noqa: PLC0415

    codes = np.tile([Path.MOVETO, Path.LINETO], len(lines))
    return Path(lines.reshape(-1, 2), codes.astype(np.uint8))


def bars(ax: "Axes", day: Floats, values: Floats, measure: str) -> None:
    """Draw an account's days as bars, none thinner than a pixel or so.

    Parameters
    ----------
    ax
        Where to draw.
    day
        The days, as matplotlib's numbers.
    values
        The measure; NaN and 0 have no bar.
    measure
        Its name.
    """
    from matplotlib.patches import PathPatch  # noqa: PLC0415

    active = values > 0
    width = max(0.9, len(day) / (80 * inches(ax)))
    shapes = rectangles(day[active], np.zeros(active.sum()), width, values[active])
    ax.add_artist(PathPatch(shapes, facecolor=LEVELS[2], linewidth=0, label=words(measure)))


def inches(ax: "Axes") -> float:
    """Return the width of the figure that holds an Axes.

    Parameters
    ----------
    ax
        Any.
    """
    return ax.figure.bbox.width / ax.figure.dpi


def ink() -> Any:
    """Return the colour of text, in which what was expected is drawn."""
    from matplotlib import rcParams  # noqa: PLC0415

    return rcParams["text.color"]


def key(ax: "Axes") -> None:
    """Write below an Axes what is drawn in it, each look once.

    Parameters
    ----------
    ax
        Where it is drawn.
    """
    named = {label: handle for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    ax.legend(
        named.values(),
        named,
        loc="upper left",
        bbox_to_anchor=(0, -0.12),
        ncols=5 if inches(ax) > 7 else 2,
        columnspacing=1.2,
        handlelength=1.5,
        frameon=False,
        fontsize="small",
    )


def words(measure: str) -> str:
    """Return a measure's name as it is read: "top_show_episodes" is "top show episodes"; a dollar sign stays one."""
    return measure.replace("_", " ").replace("$", r"\$")
