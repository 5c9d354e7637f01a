"""Whether predictions and surprise say what they should, on accounts that were not fitted on."""

from typing import TYPE_CHECKING, Any

import numpy as np

from viewshift._checks import check_whole
from viewshift._plain_text import number_of
from viewshift._typing import Bools, Floats
from viewshift.baselines import Baseline
from viewshift.judge import Judge
from viewshift.metrics import exceedance_ratios, group_totals, pit_histogram, pit_intervals
from viewshift.metrics import pit as transform
from viewshift.panel import Panel, check_panel
from viewshift.plots._canvas import GRID, LEVELS, axes, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIRST, STEP, LEAST = 0.5, 0.25, 5
"""Smallest surprise drawn, from one to the next, and the fewest days that are promised at the largest."""

TICKS = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.7, 1.0, 1.4, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0])
INDEPENDENT = ", if days were independent"
"""What a band rests on where there are no other accounts to see how far days depend on each other."""


def pit(panel: Panel, baseline: Baseline, *, n_bins: int = 10, groups: Any = None, ax: "Axes | None" = None) -> "Axes":
    """Draw how many days fell into each part of what was predicted for them: equally many if predictions are right.

    Parameters
    ----------
    panel
        Histories of accounts that were not fitted on; whole numbers.
    baseline
        A fitted baseline.
    n_bins
        Number of equal parts of each day's predicted distribution, from its lowest values to its highest.
    groups
        One label per account; accounts of one group (a household) count as one. Default: each its own.
    ax
        Where to draw; default a new figure.

    Returns
    -------
    The Axes. Steps that fall towards the right say that there was less than predicted, steps that rise that there was
    more; a hump says that predictions are too wide, a trough that they are too narrow.

    Raises
    ------
    ValueError
        If the panel lacks the measure or holds no observed day, or a value is no whole number.

    Notes
    -----
    The probability integral transform of counts, not randomised (`viewshift.metrics.pit_histogram`). If predictions are
    right, all bins lie within the band in 95 samples of 100; it is that of `viewshift.metrics.pit_intervals`, which
    takes accounts for independent, but not the days of one. A single account's it does, and says so in the legend.

    Examples
    --------
    >>> import viewshift as vs
    >>> viewers = vs.simulate.viewers(30, 200, seed=1)
    >>> vs.plots.pit(viewers, vs.default_baseline()).get_ylabel()
    'days, observed / predicted'
    """
    check_panel("panel", panel)
    check_whole("n_bins", n_bins, least=2)
    prediction = baseline.predict(panel)
    values = panel[baseline.measure].astype(np.float64)
    amount, alone = _counted(~np.isnan(values), groups, "an observed day")
    shares = n_bins * pit_histogram(prediction, values, n_bins=n_bins)
    low, high = (n_bins * bound for bound in pit_intervals(prediction, values, n_bins=n_bins, groups=groups))
    ax = axes(ax, (6, 3.6))
    edges = np.linspace(0, 1, n_bins + 1)
    label = f"95 % of samples, all bins at once{INDEPENDENT * alone}"
    band: dict[str, Any] = {"color": LEVELS[1], "alpha": 0.6, "linewidth": 0, "label": label}
    ax.fill_between(edges, np.append(low, low[-1]), np.append(high, high[-1]), step="post", **band)
    ax.axhline(1, color=ink(), linewidth=1, label="as predicted")
    ax.stairs(shares, edges, baseline=None, color=LEVELS[4], linewidth=2, label=f"observed, {amount}")
    reach = 1.3 * max(0.1, float(np.abs([shares - 1, low - 1, high - 1]).max()))
    ax.set(xlim=(0, 1), ylim=(max(0, 1 - reach), 1 + reach), ylabel="days, observed / predicted")
    ax.set_xlabel("place of the day in what was predicted for it (PIT)")
    _finish(ax)
    return ax


def exceedance(panel: Panel, model: "Judge | Baseline", *, groups: Any = None, ax: "Axes | None" = None) -> "Axes":
    """Draw how often days reached a surprise, over how often they should: 1 at each surprise if it is right.

    Parameters
    ----------
    panel
        Histories of accounts that were not fitted on.
    model
        A fitted rule, whose surprise is drawn; or a fitted baseline, whose upper tail is, randomised between
        P(Y >= y) and P(Y > y) since counts have no other way to be uniform.
    groups
        One label per account; whole groups (households) are drawn in the bootstrap. Default: each its own.
    ax
        Where to draw; default a new figure.

    Raises
    ------
    TypeError
        If `model` is neither.
    ValueError
        If there is no day with a surprise.

    Notes
    -----
    The band holds 95 % at each surprise by itself: at each end the wider of a bootstrap over groups and of the exact
    interval of a Poisson count; of a single account it is the latter, and says so in the legend. It ends where fewer
    than 5 days are promised; where none was found, there is no point.

    Examples
    --------
    >>> import viewshift as vs
    >>> vs.plots.exceedance(vs.simulate.viewers(30, 200, seed=1), vs.default_rule()).get_ylabel()
    'days, observed / promised'
    """
    check_panel("panel", panel)
    surprise = _surprise(panel, model)
    amount, alone = _counted(~np.isnan(surprise), groups, "a day with a surprise")
    most = np.log10(np.count_nonzero(~np.isnan(surprise)) / LEAST)
    reach = np.arange(FIRST, max(FIRST, most) + 1e-9, STEP)
    table = exceedance_ratios(surprise, tuple(10.0**-reach), groups=groups)
    ratio, low, high = (table[name].to_numpy() for name in ("ratio", "low", "high"))
    ax = axes(ax, (6, 3.6))
    label = f"95 % at each surprise{INDEPENDENT * alone}"
    band: dict[str, Any] = {"color": LEVELS[1], "alpha": 0.6, "linewidth": 0, "label": label}
    ax.fill_between(reach, np.maximum(low, TICKS[0] / 2), high, **band)
    ax.axhline(1, color=ink(), linewidth=1, label="as promised")
    line: dict[str, Any] = {"color": LEVELS[4], "marker": "o", "markersize": 4, "linewidth": 2}
    ax.plot(reach, np.where(ratio > 0, ratio, np.nan), **line, label=f"observed, {amount}")
    seen = ratio[ratio > 0]
    ax.set_yscale("log")
    ax.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
    ax.minorticks_off()
    lowest = min(0.6, 0.8 * seen.min(initial=1.0), max(0.2, 0.8 * low.min()))
    ax.set_ylim(lowest, max(1.6, 1.2 * seen.max(initial=1.0), min(5.0, 1.2 * high.max())))
    ax.set_xlabel("surprise of at least, −log₁₀ p")
    ax.set_ylabel("days, observed / promised")
    ax.grid(axis="y", color=GRID, linewidth=0.8)
    _finish(ax)
    return ax


def _surprise(panel: Panel, model: Any) -> Floats:
    if isinstance(model, Judge):
        return model.surprise(panel)
    if not isinstance(model, Baseline):
        raise TypeError(f"`model` must be a fitted AlarmRule or baseline, got {type(model).__name__}.")
    values = panel[model.measure].astype(np.float64)
    with np.errstate(divide="ignore"):
        return -np.log10(1 - transform(model.predict(panel), values))


def _counted(known: Bools, groups: Any, what: str) -> tuple[str, bool]:
    """Return in words how much is known, and whether of one group only; or say that nothing is."""
    if not known.any():
        raise ValueError(f"`panel` must hold {what}, got none in {known.shape[0]} accounts x {known.shape[1]} days.")
    days = known.sum(axis=1)
    n_accounts = int((days > 0).sum())
    alone = np.count_nonzero(group_totals(days, groups)) == 1
    return f"{number_of(n_accounts, 'account')}, {number_of(int(days.sum()), 'day')}", bool(alone)


def _finish(ax: "Axes") -> None:
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=1, frameon=False, fontsize="small", borderpad=0)
