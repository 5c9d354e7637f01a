"""Write the table of docs/simulated_viewers.md: real viewers and both simulated populations, side by side.

Run it from anywhere: ``python docs/make_simulated_viewers.py``. It takes about a minute.
"""

from pathlib import Path

import pandas as pd

from viewshift.panel import Panel
from viewshift.simulate import population_table, session_tallies, viewers

PAGE = Path(__file__).with_name("simulated_viewers.md")
ACCOUNTS, DAYS, SEED = 660, 1280, 20
REAL_ACCOUNTS = 66


def population(name: str, seed: int = SEED) -> tuple[Panel, pd.DataFrame]:
    """Return a population and its table."""
    panel = viewers(ACCOUNTS, DAYS, seed=seed, population=name)
    tallies = session_tallies(ACCOUNTS, DAYS, seed=seed) if name == "sessions" else None
    return panel, population_table(panel, tallies).set_index("quantity")


def spread_of_66(panel: Panel) -> "pd.Series[float]":
    """Return the standard deviation of each quantity between groups of 66 accounts: as many as the real ones."""
    groups = range(0, ACCOUNTS, REAL_ACCOUNTS)
    tables = [population_table(panel.take(slice(k, k + REAL_ACCOUNTS))).set_index("quantity") for k in groups]
    return pd.concat([table["simulated"] for table in tables], axis=1).std(axis=1)


def number(value: float) -> str:
    """Return three digits, or nothing for what is missing."""
    if pd.isna(value):
        return ""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"


def main() -> None:
    """Compute both tables, and put them into the page."""
    panel, sessions = population("sessions")
    _, markov = population("markov")
    spread = spread_of_66(panel)
    head = "| quantity | real | sessions | | markov | | bound | 66 accounts ± |"
    lines = [head, "|---|--:|--:|:-:|--:|:-:|--:|--:|"]
    for name, row in sessions.iterrows():
        other = markov["simulated"].get(name, float("nan"))
        holds = "" if pd.isna(other) else _mark(markov["holds"][name])
        cells = [name, number(row["real"]), number(row["simulated"]), _mark(row["holds"]), number(other), holds]
        lines.append("| " + " | ".join([*cells, row["bound"], number(spread.get(name, float("nan")))]) + " |")
    counts = [
        f"{population}: {table['holds'].sum()} of {len(table)} quantities within the bound"
        for population, table in (("sessions", sessions), ("markov", markov))
    ]
    PAGE.write_text(_filled(PAGE.read_text(), "table", ["; ".join(counts) + ".", "", *lines]))


def _filled(text: str, part: str, lines: list[str]) -> str:
    """Return the page with the lines between the marks of one part."""
    begin, end = f"<!-- {part}: begin, written by make_simulated_viewers.py -->", f"<!-- {part}: end -->"
    return text.split(begin, maxsplit=1)[0] + "\n".join([begin, "", *lines, "", end]) + text.split(end)[1]


def _mark(holds: bool) -> str:
    return "yes" if holds else "no"


if __name__ == "__main__":
    main()
