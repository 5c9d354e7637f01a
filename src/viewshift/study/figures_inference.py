"""The pictures of what is real: mean ranks, power over strength, and cost beside quality; nothing is computed here."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from viewshift.plots import power
from viewshift.sentences import counted_alarms
from viewshift.study.figures import COLOURS, GREY, INK, LINE, MARKERS, STYLE, blank, svg

SHOWN = ("detector", "accounts_per_second", "net_recall")


def draw_mean_ranks(ranks: pd.DataFrame, rate: float) -> str:
    """Draw a critical-difference plot: mean ranks, best on top, and lines through detectors that are not told apart.

    Parameters
    ----------
    ranks
        From ``comparisons.mean_ranks``.
    rate
        The dial.
    """
    import matplotlib as mpl  # noqa: PLC0415

    rows = ranks[ranks["rate"] == rate].sort_values("mean_rank", kind="stable", ignore_index=True)
    letters = [text.split() for text in rows["groups"].fillna("").astype(str)]  # CSV reads "" as missing
    groups = {one: [k for k, own in enumerate(letters) if one in own] for own in letters for one in own}
    with mpl.rc_context(STYLE):
        figure, axes = blank(8, 1.4 + 0.38 * len(rows))
        axes.plot(rows["mean_rank"], rows.index, "o", color=COLOURS[0], ms=8)
        for k, value in enumerate(rows["mean_rank"]):
            axes.plot([1, value], [k, k], color=LINE, lw=1.5, zorder=0)
        last = float(np.ceil(rows["mean_rank"].max()))
        right, step = last + 0.06 * last, 0.045 * last
        for g, members in enumerate(groups.values()):
            x = right + g * step
            axes.plot([x, x], [members[0], members[-1]], color=GREY, lw=2)
            axes.plot([x] * len(members), members, "o", color=INK, ms=5)
        axes.set_xlim(0.8, right + max(len(groups), 1) * step)
        axes.set_xticks(range(1, int(last) + 1, 1 + int(last) // 12))
        axes.set_yticks(rows.index, rows["detector"])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlabel(
            f"mean rank, 1 = best on all {rows['n_blocks'].iloc[0]} blocks; {counted_alarms(rate)} per account-year"
        )
        if groups:
            axes.set_title("not told apart", fontsize=11, fontweight="normal", loc="right", color=INK)
        return svg(figure)


def draw_power_curves(curves: pd.DataFrame, rate: float) -> str:
    """Draw net recall over the strength of the event, one panel per scenario, with 95 % bands.

    Parameters
    ----------
    curves
        From ``study.power_curves``.
    rate
        The dial.
    """
    import matplotlib as mpl  # noqa: PLC0415

    rows = curves[curves["rate"] == rate]
    scenarios, detectors = (rows[name].drop_duplicates().tolist() for name in ("scenario", "detector"))
    wide = min(len(scenarios), 2)
    tall = -(-len(scenarios) // wide)
    height = 3.4 * tall + 0.35 * -(-len(detectors) // 3)
    with mpl.rc_context(STYLE):
        figure, grid = blank(4.6 * wide, height, nrows=tall, ncols=wide, squeeze=False, sharey=True)
        named: dict[Any, Any] = {}
        for axes, scenario in zip(grid.flat, scenarios, strict=False):
            power(rows, scenario=scenario, rate=rate, colours=COLOURS, ax=axes)
            named |= {label: mark for mark, label in zip(*axes.get_legend_handles_labels(), strict=True)}
            axes.get_legend().remove()
            axes.set(title=scenario.replace("_", " "), ylabel="")
            axes.grid(axis="y", color=LINE)
        for axes in grid.flat[len(scenarios) :]:
            axes.set_visible(False)
        for axes in grid[:, 0]:
            axes.set_ylabel("net recall (share of events)")
        figure.legend(named.values(), named, loc="outside upper center", ncols=min(3, len(named)), frameon=False)
        return svg(figure)


def draw_cost(costs: pd.DataFrame, rate: float, peers: Sequence[str] = ()) -> str:
    """Draw mean net recall against accounts scored per second; names stand at the right, each with a line to its point.

    Parameters
    ----------
    costs
        From ``cost.cost_beside_quality``.
    rate
        The dial.
    peers
        Detectors of other packages, which get a marker of their own.
    """
    import matplotlib as mpl  # noqa: PLC0415

    rows = costs[costs["rate"] == rate].dropna(subset=["net_recall", "accounts_per_second"])
    rows = rows.sort_values("net_recall", ignore_index=True)
    with mpl.rc_context(STYLE):
        figure, axes = blank(8, max(4.8, 1.2 + 0.3 * len(rows)))
        for k, (label, is_peer) in enumerate((("viewshift", False), ("other packages", True))):
            part = rows[rows["detector"].isin(peers) == is_peer]
            error = [part["net_recall"] - part["low"], part["high"] - part["net_recall"]]
            style = {"fmt": MARKERS[k], "color": COLOURS[k], "label": label}
            axes.errorbar(part["accounts_per_second"], part["net_recall"], yerr=error, ms=7, lw=2, **style)
        axes.set_xscale("log")
        low, high = axes.get_ylim()
        heights = np.linspace(low, high, 2 * len(rows) + 1)[1::2]
        for name, x, y, height in zip(*(rows[name] for name in SHOWN), heights, strict=True):
            axes.annotate(
                name,
                (x, y),
                xytext=(1.03, (height - low) / (high - low)),
                textcoords="axes fraction",
                va="center",
                arrowprops={"arrowstyle": "-", "color": LINE, "lw": 1, "zorder": 0, "relpos": (0, 0.5)},
                annotation_clip=False,
            )
        axes.set_ylim(low, high)
        axes.axhline(0, color=GREY, lw=1)
        axes.set_xlabel("accounts scored per second (this machine)")
        axes.set_ylabel(f"mean net recall at {counted_alarms(rate)} per account-year")
        if set(peers) & set(rows["detector"]):
            axes.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
        return svg(figure)
