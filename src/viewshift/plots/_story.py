"""An account's days and their surprise, one above the other."""

from typing import TYPE_CHECKING

import pandas as pd

from viewshift.panel import Panel
from viewshift.plots import _timeline
from viewshift.plots._canvas import pick

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from viewshift.baselines import Baseline
    from viewshift.rules import AlarmRule


def story(
    panel: Panel,
    rule: "AlarmRule",
    *,
    account: str | None = None,
    measure: str = "episodes",
    alarms: pd.DataFrame | None = None,
    baseline: "Baseline | None" = None,
    ax: "tuple[Axes, Axes] | None" = None,
) -> "tuple[Axes, Axes]":
    """Draw an account's days as `account` does, and below them as `surprise` does how surprising each was.

    Parameters
    ----------
    panel
        Histories.
    rule
        A fitted rule.
    account
        Which account; not needed if the panel has one only.
    measure
        The measure to draw above, the one whose levels the alarms name.
    alarms
        From ``AlarmRule.alarms``; default those of the rule.
    baseline
        A fitted baseline of the measure; default as in `account`.
    ax
        Where to draw, above and below; default a new figure.

    Returns
    -------
    The Axes above and below.

    Raises
    ------
    ValueError
        If the account or measure is unknown, or the baseline is of another measure.

    Examples
    --------
    >>> import viewshift as vs
    >>> above, below = vs.plots.story(vs.simulate.viewers(1, 400, seed=3), vs.default_rule())
    >>> below.get_ylabel()
    'surprise, −log₁₀ p'
    """
    if ax is None:
        from matplotlib import pyplot  # noqa: PLC0415

        grid = {"height_ratios": (3, 2)}
        ax = tuple(pyplot.subplots(2, sharex=True, figsize=(10, 5), layout="constrained", gridspec_kw=grid)[1])
    above, below = ax
    shown = pick(panel, account, measure, alarms)
    found = rule.alarms(shown.panel) if alarms is None else shown.alarms
    _timeline.account(shown.panel, measure=measure, alarms=found, baseline=baseline, ax=above)
    _timeline.surprise(shown.panel, rule, alarms=found, ax=below)
    above.figure.align_ylabels((above, below))
    return above, below
