"""The figure of cost against size, for cost_curve.py: the sizes that are measured, what a row implies, the drawing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

ACCOUNTS = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
DAYS = (90, 180, 365, 730, 1_000, 2_000)
BY_ACCOUNTS, BY_DAYS = 90, 1_000
"""Days of panels that grow by accounts, and accounts of panels that grow by days."""

LONGER, A_YEAR = ("Farrington", "IsolationForest"), 365
"""Detectors that score nothing, or next to nothing, of 90 days: their panels that grow by accounts have a year."""

BLUE, ORANGE = "#0072B2", "#D55E00"
SCALES = {"seconds": ("seconds", 3e-4, 1e4, (1e-9, 1e-7, 1e-5)), "mb": ("peak MB", 0.3, 3e5, (1e-5, 1e-3))}
"""For each measure its label, the ends of its axis, and how much an account-day costs along the grey lines."""


def by_what(rows: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Return the rows of each detector."""
    return {what: [row for row in rows if row["what"] == what] for what in dict.fromkeys(row["what"] for row in rows)}


def implied(rows: Sequence[Mapping[str, str]], column: str) -> float:
    """Return what a million accounts take if cost is linear from the most measured on."""
    most = largest(rows)
    return float(most[column]) * max(ACCOUNTS) / int(most["accounts"])


def largest(rows: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Return the row of the most accounts among those that grow by accounts."""
    return max((row for row in rows if row["grows"] == "accounts"), key=lambda row: int(row["accounts"]))


def named(what: str) -> str:
    """Return the name that readers know."""
    return what.replace("default", "shipped rule")


def draw(rows: list[dict[str, str]], path: Path) -> None:
    """Draw seconds and memory against account-days, two small pictures side by side for each detector."""
    parts = by_what(rows)
    n_rows = -(-len(parts) // 2)
    figure, axes = plt.subplots(n_rows, 4, figsize=(11, 1.5 * n_rows), sharex=True, layout="constrained", squeeze=False)
    pairs = axes.reshape(-1, 2)
    for axis in pairs[len(parts) :].ravel():
        axis.set_visible(False)
    for pair, (what, own) in zip(pairs, parts.items(), strict=False):
        pair[0].set_title(named(what), fontsize=12, loc="left", fontweight="bold")
        for axis, column in zip(pair, ("seconds", "mb"), strict=True):
            _draw_one(axis, own, column)
    for axis in axes[-1] if len(parts) % 2 == 0 else [*axes[-1, :2], *axes[-2, 2:]]:
        axis.tick_params(labelbottom=True)
        axis.set_xlabel("account-days", fontsize=12)
    first = axes[0, 0].lines
    hollow = Line2D([], [], color=BLUE, marker="o", markerfacecolor="white", linestyle=":", markersize=6)
    names = (
        f"accounts grow to a million ({BY_ACCOUNTS} days; {A_YEAR}: {', '.join(LONGER)})",
        f"days grow from {min(DAYS)} to {max(DAYS):,} ({BY_DAYS:,} accounts)",
        "not measured: a million accounts if cost is linear",
        "grey: linear",
    )
    lines = [first[-2], first[-1], hollow, first[0]]
    figure.legend(lines, names, loc="outside upper center", ncols=2, frameon=False, fontsize=12)
    figure.savefig(path, dpi=110)


def _draw_one(axis: Any, own: list[dict[str, str]], column: str) -> None:
    """Draw one measure of one detector, accounts in blue, days in orange, what linear growth implies hollow."""
    label, low, high, grey = SCALES[column]
    linear = np.array([5e4, 6e8])
    for cost in grey:
        axis.plot(linear, linear * cost, color="0.85", linewidth=1, zorder=0)
    most = largest(own)
    if int(most["accounts"]) < max(ACCOUNTS) and not (column == "mb" and " " in most["what"]):  # alarms: bounded
        end = max(ACCOUNTS) * int(most["days"]), implied(own, column)
        begin = int(most["accounts"]) * int(most["days"]), float(most[column])
        axis.plot(*zip(begin, end, strict=True), color=BLUE, linestyle=":", linewidth=1.4)
        axis.plot(*end, color=BLUE, marker="o", markersize=6, markerfacecolor="white")
    for grows, colour, marker in (("accounts", BLUE, "o"), ("days", ORANGE, "s")):
        points = sorted(
            (int(row["accounts"]) * int(row["days"]), max(float(row[column]), low))
            for row in own
            if row["grows"] == grows
        )
        axis.plot(*zip(*points, strict=True), color=colour, marker=marker, markersize=4.5, linewidth=1.8)
    axis.set(xscale="log", yscale="log", xlim=linear, ylim=(low, high))
    axis.set_ylabel(label, fontsize=11)
    axis.xaxis.set_major_locator(LogLocator(numticks=8))
    axis.yaxis.set_major_locator(LogLocator(base=100, numticks=8))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_minor_locator(NullLocator())
    axis.tick_params(labelsize=11)
    axis.spines[["top", "right"]].set_visible(False)
