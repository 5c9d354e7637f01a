"""Simulated viewers: panels on which nothing is wrong."""

import numpy as np

from viewshift._checks import check_choice, check_day, check_whole
from viewshift._typing import Floats
from viewshift.kernels.sessions import Temper, simulate_sessions
from viewshift.panel import Panel
from viewshift.simulate.population import HOUR_SHARE, WEEKDAY_LOGITS

POPULATIONS = ("sessions", "markov")
MEASURES = ("episodes", "minutes", "night_minutes", "top_show_episodes")


def viewers(
    n_accounts: int,
    n_days: int,
    *,
    start: str | np.datetime64 = "2023-01-02",
    seed: int = 0,
    population: str = "sessions",
) -> Panel:
    """Simulate the daily viewing of accounts on which nothing out of their ordinary happens.

    Each account has its own random stream: a panel of more accounts or more days extends a smaller one of the same
    seed and start.

    Parameters
    ----------
    n_accounts
        Number of accounts.
    n_days
        Number of days.
    start
        First local day.
    seed
        Seed, at least 0.
    population
        "sessions", the mechanism of sessions, shows, moods and pauses; or "markov", built differently, to show every
        guarantee a second time.

    Returns
    -------
    Panel with the measures episodes, minutes, night_minutes and top_show_episodes, all days observed.

    Raises
    ------
    ValueError
        If a number is out of range or `population` is not one of the two.
    """
    check_whole("n_accounts", n_accounts, least=1)
    check_whole("n_days", n_days, least=1)
    check_whole("seed", seed, least=0)
    check_choice("population", population, POPULATIONS)
    first = check_day("start", start)
    weekday = int((first.astype(np.int64) + 3) % 7)
    measures: Floats
    if population == "sessions":
        measures = simulate_sessions(seed, 0, n_accounts, n_days, weekday, Temper(), WEEKDAY_LOGITS, HOUR_SHARE)[0]
    else:  # to be built
        measures = simulate_sessions(seed + 1, 0, n_accounts, n_days, weekday, Temper(), WEEKDAY_LOGITS, HOUR_SHARE)[0]
    names = [f"v{i:07d}" for i in range(n_accounts)]
    return Panel(dict(zip(MEASURES, measures, strict=True)), accounts=names, start=first)
