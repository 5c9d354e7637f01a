"""The audit of a rule: what it promised against what was observed on a panel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels.runs import runs_above
from viewshift.metrics.bootstrap import group_totals, ratio_interval, replicated_sums
from viewshift.metrics.events import DAYS_PER_YEAR

TOLERANCE = 0.1
"""A rate this close to the promised one, relative to it, keeps the promise even if the interval says it differs."""

LEAST_EXPECTED = 4.0
"""Alarms that must be expected to tell fewer from as many as promised: up to 3.7, none at all agrees with them."""

HISTORY = {"first 28 days": 0, "days 29-90": 28, "days 91-365": 90, "later": 365}
"""Scored days that lie behind a day of each cell."""

ACTIVITY = ("least active third", "middle third", "most active third")


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """Observed against promised on a panel, overall, by activity and by length of history.

    Parameters
    ----------
    table
        One row per cell and promise: `by`, `cell`, `promise`, the `promised` and the `observed` value (alarms per
        account-year, or the share of account-days with p at most 1e-2 and 1e-3), their `ratio` with a 95 % interval
        (`low`, `high`), and the number of `accounts` and account-`days` behind it. NaN where a cell holds no day.
    sentence
        Whether the promised alarm rate was kept overall.

    Notes
    -----
    The interval is the wider, at each end, of the bootstrap over groups and of the exact one for a Poisson count, which
    also holds for few accounts and few events or none. Accounts are sorted into thirds by their active days in every
    other week and judged on the weeks between, and the reverse, so that no day is judged that did the sorting; an
    account may be in two of them.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28.
    """

    table: pd.DataFrame
    sentence: str

    def __repr__(self) -> str:
        return f"{self.sentence}\n\n{self._readable().to_string()}"

    def _repr_html_(self) -> str:
        return f"<p>{self.sentence}</p>{self._readable().to_html()}"

    def _readable(self) -> pd.DataFrame:
        """Return observed over promised as text, a row per cell and a column per promise."""
        rows = self.table.assign(text=[_text(*row) for row in self.table[["ratio", "low", "high"]].to_numpy()])
        wide = rows.pivot_table(
            index=["by", "cell", "accounts"], columns="promise", values="text", aggfunc="first", sort=False
        )
        return wide.rename_axis(columns="observed / promised").reset_index(["by", "accounts"])


def audit_of(
    surprise: Floats,
    active: Bools,
    *,
    threshold: float,
    per_account_year: float,
    quiet: int,
    groups: Any = None,
) -> Audit:
    """Compare the surprise of a panel with what a rule promised of it.

    Parameters
    ----------
    surprise
        Shape ``(n_accounts, n_days)``; NaN is no opinion.
    active
        Days on which the measure is above 0, same shape.
    threshold
        Surprise at which an alarm opens.
    per_account_year
        The promised alarms per account-year.
    quiet
        Scored days below the threshold that close an alarm.
    groups
        One label per account; whole groups are drawn in the bootstrap. Default: each account its own.
    """
    scored = ~np.isnan(surprise)
    opened = np.zeros(surprise.shape, dtype=bool)
    row, first, _ = runs_above(surprise, threshold, quiet)
    opened[row, first] = True
    promises = {
        "alarms per account-year": (per_account_year, opened, DAYS_PER_YEAR),
        "days with p <= 1e-2": (1e-2, surprise >= 2, 1.0),
        "days with p <= 1e-3": (1e-3, surprise >= 3, 1.0),
    }
    table = []
    for by, cell, inside in _cells(scored, active):
        days = inside.sum(axis=1)
        counts = [(event & inside).sum(axis=1) for _, event, _ in promises.values()]
        totals = group_totals(np.column_stack([*counts, days]), groups)
        drawn = replicated_sums(totals, 500, seed=1)
        for k, (name, (promised, _, scale)) in enumerate(promises.items()):
            expected = promised / scale * totals[:, -1].sum()
            ratio, low, high = ratio_interval(
                totals[:, k].sum(), expected, drawn[:, k], promised / scale * drawn[:, -1]
            )
            table.append([by, cell, name, promised, promised * ratio, ratio, low, high, (days > 0).sum(), days.sum()])
    columns = ["by", "cell", "promise", "promised", "observed", "ratio", "low", "high", "accounts", "days"]
    frame = pd.DataFrame(table, columns=columns)
    return Audit(frame, _sentence(frame.iloc[0]))


def _cells(scored: Bools, active: Bools) -> list[tuple[str, Any, Bools]]:
    """Return kind, name and account-days of each cell, all accounts first."""
    behind: Ints = np.cumsum(scored, axis=1) - scored
    cells: list[tuple[str, Any, Bools]] = [("overall", "all", scored)]
    even = np.arange(scored.shape[1]) // 7 % 2 == 0
    third = np.where(even, _third(active, scored & ~even)[:, None], _third(active, scored & even)[:, None])
    cells += [("activity", name, scored & (third == k)) for k, name in enumerate(ACTIVITY)]
    ends = [*list(HISTORY.values())[1:], np.inf]
    for (name, least), end in zip(HISTORY.items(), ends, strict=True):
        cells.append(("history", name, scored & (behind >= least) & (behind < end)))
    return cells


def _third(active: Bools, inside: Bools) -> Ints:
    """Return the third of each account by its share of active days among those inside; 3 where there are none."""
    days = inside.sum(axis=1)
    share = np.divide((active & inside).sum(axis=1), days, out=np.full(len(days), np.nan), where=days > 0)
    third = np.searchsorted(np.nanquantile(share, [1 / 3, 2 / 3]) if days.any() else [0.0, 0.0], share)
    return np.where(days > 0, third, 3)


def _sentence(overall: pd.Series) -> str:
    if not overall["days"]:
        return "No account-day has a surprise, so nothing can be said about the promise: are the histories too short?"
    low, rate, high = (overall["promised"] * overall[name] for name in ("low", "ratio", "high"))
    years = overall["days"] / DAYS_PER_YEAR
    who = f"{overall['accounts']:,} account{'s' if overall['accounts'] != 1 else ''}"
    seen = (
        f"{who}, {years:,.{0 if years >= 10 else 1}f} account-years: {rate:.2g} alarms per account-year "
        f"({low:.2g}-{high:.2g}) where {overall['promised']:.2g} were promised"
    )
    if overall["low"] <= 1 <= overall["high"] or abs(overall["ratio"] - 1) <= TOLERANCE:
        if overall["days"] / DAYS_PER_YEAR * overall["promised"] < LEAST_EXPECTED:
            return f"{seen}: too little to tell; judge more accounts, or longer."
        return f"{seen}: the promise holds here, as far as these accounts can tell."
    word = "more" if overall["ratio"] > 1 else "fewer"
    return f"{seen}: {word} than promised; fit a rule on accounts such as these."


def _text(ratio: float, low: float, high: float) -> str:
    return "" if np.isnan(ratio) else f"{ratio:.2f} ({low:.2f}-{high:.2f})"
