"""What real viewing looks like, as targets, and how simulated viewers compare with it, side by side."""

import json
from importlib.resources import files

import numpy as np
import pandas as pd

from viewshift.panel import Panel
from viewshift.simulate.margins import exceedance_ratios, panel_margins, session_margins
from viewshift.simulate.viewers import Tallies

_REAL = json.loads(files("viewshift.simulate").joinpath("population.json").read_text())
TARGETS: dict[str, float] = _REAL["targets"]
"""Quantity ("name/detail") to its value among 66 real viewers, 98,733 person-days."""

RELATIVE = 0.15
CORRELATION = 0.05
FACTOR = 2.0


def population_table(panel: Panel, tallies: Tallies | None = None) -> pd.DataFrame:
    """Hold a panel against real viewing, quantity by quantity.

    Parameters
    ----------
    panel
        Fully observed panel with episodes, minutes and night_minutes; some hundred accounts of three to four
        years, the length of the real histories (quantities per account depend on it). Accounts that never watch are
        left out.
    tallies
        What happened within its sessions, from `session_tallies`; without it those rows are missing.

    Returns
    -------
    Frame with the columns quantity, real, simulated, bound (within 15 %; .05 for autocorrelations; a factor 2 for
    exceedance ratios) and holds.

    Raises
    ------
    ValueError
        If a day is not observed.
    """
    if not panel.observed.all():
        raise ValueError("`panel` must have every day observed; its margins would mean something else otherwise.")
    panel = panel.take(panel["episodes"].any(axis=1))
    found = panel_margins(panel) | exceedance_ratios(panel)
    if tallies is not None:
        found |= session_margins(tallies.titles, tallies.same_show, tallies.view_minutes)
    rows = [
        (name, real, found[name], *_verdict(name, real, found[name])) for name, real in TARGETS.items() if name in found
    ]
    return pd.DataFrame(rows, columns=["quantity", "real", "simulated", "bound", "holds"])


def _verdict(name: str, real: float, simulated: float) -> tuple[str, bool]:
    if name.startswith("autocorrelation"):
        return "0.05", abs(simulated - real) <= CORRELATION
    if name.startswith("exceedance"):
        return "factor 2", real / FACTOR <= simulated <= real * FACTOR
    return "15 %", bool(np.abs(simulated - real) <= RELATIVE * real)
