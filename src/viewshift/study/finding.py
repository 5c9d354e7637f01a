"""What a study found, in three sentences read off its table."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from viewshift.sentences import counted_alarms


def number(value: float, digits: int = 2) -> str:
    """Write a number with a plain minus sign; a dash where there is none.

    Parameters
    ----------
    value
        The number.
    digits
        Digits after the point.
    """
    return "–" if pd.isna(value) else f"{round(float(value), digits) + 0.0:.{digits}f}".replace("-", "\u2212")


def with_interval(row: Any, digits: int = 2) -> str:
    """Write value and interval: "0.24 (0.22 to 0.26)"; without an interval, value and n.

    Parameters
    ----------
    row
        With value, low and high.
    digits
        Digits after the point.
    """
    if pd.isna(row["value"]):
        return "–"
    if pd.isna(row["low"]):
        return f"{number(row['value'], digits)}, n = {row['n']}"
    low, high = number(row["low"], digits), number(row["high"], digits)
    return f"{number(row['value'], digits)} ({low} to {high})"


def ranking(table: pd.DataFrame, rate: float, *, causal: bool = True) -> list[str]:
    """Return the detectors by mean net recall, best first; those that failed come last.

    Parameters
    ----------
    table
        Results.
    rate
        The dial to sort by.
    causal
        Those that see no future, or the offline ones.
    """
    use = (table["scenario"] == "mean") & (table["metric"] == "net_recall") & (table["rate"] == rate)
    rows = table[use & (table["causal"] == causal)]
    return rows.sort_values("value", ascending=False, kind="stable", na_position="last")["detector"].tolist()


def three_sentences(
    table: pd.DataFrame, rates: Sequence[float], scenarios: Sequence[str], null: Sequence[str]
) -> list[str]:
    """Say who leads and by how much, what is easy and hard, and whether the alarm rates were kept.

    Parameters
    ----------
    table
        Results.
    rates
        Dials; the first one ranks.
    scenarios
        Scenarios with events.
    null
        Scenarios in which nothing is wrong.
    """
    return [_leaders(table, rates), _scenarios(table, rates[0], scenarios), _kept(table, rates, null)]


def _pick(table: pd.DataFrame, metric: str, rate: float, **where: object) -> pd.DataFrame:
    use = (table["metric"] == metric) & (table["rate"] == rate) & table["seed"].isna() & table["causal"]
    for column, value in where.items():
        use &= table[column] == value
    return table[use].dropna(subset="value")


def _leaders(table: pd.DataFrame, rates: Sequence[float]) -> str:
    parts: list[str] = []
    for rate in rates:
        mean = _pick(table, "net_recall", rate, scenario="mean").set_index("detector").to_dict("index")
        behind = _pick(table, "net_recall_behind_best", rate, scenario="mean").set_index("detector").to_dict("index")
        if not mean:
            continue
        first, *others = [name for name in ranking(table, rate) if name in mean]
        known = with_interval(mean[first])
        if not parts:
            text = f"At {counted_alarms(rate)} per account-year {first} finds most: {known} of all "
            text += "events beyond chance, averaged over the scenarios"
        else:
            text = f"at {rate:g} it is {first} with {known}"
        if others:
            clear = behind[others[0]]["high"] < 0
            text += f", {'' if clear else 'not '}clear of {others[0]} ({number(mean[others[0]]['value'])})"
        parts.append(text)
    return f"{'; '.join(parts) or 'No detector ran through'}."


def _scenarios(table: pd.DataFrame, rate: float, scenarios: Sequence[str]) -> str:
    cells = _pick(table, "net_recall", rate)
    best = cells[cells["scenario"].isin(scenarios)].sort_values("value", kind="stable").groupby("scenario").tail(1)
    if not len(best):
        return "No scenario with events ran through."
    hard, easy = best.iloc[0], best.iloc[-1]
    easy = _quickest(table, cells, rate, easy)
    text = f"Easiest is {_plain(easy['scenario'])}, of which {easy['detector']} finds {number(easy['value'])}"
    delay = _pick(table, "delay", rate, scenario=easy["scenario"], detector=easy["detector"])
    if len(delay):
        days = delay["value"].iloc[0]
        text += f" with a median delay of {days:g} day{'' if days == 1 else 's'}"
    if hard["low"] > 0:
        return (
            f"{text}; hardest is {_plain(hard['scenario'])}, of which {hard['detector']} finds {number(hard['value'])}."
        )
    return f"{text}; {_plain(hard['scenario'])} is found by no detector more often than by chance."


def _quickest(table: pd.DataFrame, cells: pd.DataFrame, rate: float, best: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return, of the detectors that find as much as the best one in two digits, the one with the least delay."""
    rivals = cells[(cells["scenario"] == best["scenario"]) & (cells["value"].map(number) == number(best["value"]))]
    delays = _pick(table, "delay", rate, scenario=best["scenario"]).set_index("detector")["value"]
    order = rivals["detector"].map(delays).sort_values(kind="stable").index
    quickest: pd.Series[Any] = rivals.loc[order[0]]
    return quickest


def _kept(table: pd.DataFrame, rates: Sequence[float], null: Sequence[str]) -> str:
    parts = []
    for rate in rates:
        rows = _pick(table, "alarms_over_dial", rate)
        part = rows[rows["scenario"].isin(null) & (rows["value"] > 0)]
        if len(part):
            parts.append(f"{number(part['value'].min())} to {number(part['value'].max())} at {rate:g}")
    if not parts:
        return "No panel without events was run, so that nothing shows whether the alarm rates were kept."
    where = " and ".join(filter(None, [", ".join(map(_plain, null[:-1])), _plain(null[-1])]))
    return (
        f"Where nothing is wrong ({where}) the rules raised this many times the alarms asked for: {', '.join(parts)}."
    )


def _plain(scenario: str) -> str:
    return scenario.replace("_", " ")
