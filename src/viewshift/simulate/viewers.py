"""Simulated viewers: panels on which nothing is wrong."""

from typing import NamedTuple

import numpy as np

from viewshift._checks import check_choice, check_day, check_whole
from viewshift._typing import Floats, Ints
from viewshift.kernels.chains import simulate_chains
from viewshift.kernels.sessions import simulate_sessions
from viewshift.panel import Panel
from viewshift.simulate.habits import CHAIN, CHAIN_WEEKDAYS, SESSION_HOURS, TEMPER, WEEKDAY_LOGITS

POPULATIONS = ("sessions", "markov")
MEASURES = ("episodes", "minutes", "night_minutes", "top_show_episodes")


class Tallies(NamedTuple):
    """What happened within the sessions of a simulated panel, as counts of whole numbers 0, 1, 2, ...

    Parameters
    ----------
    titles
        Sessions by their number of titles; the last entry holds all longer ones.
    same_show
        Sessions by the number of titles of the show they had most of.
    view_minutes
        Views by whole minutes; the last entry holds all longer ones.
    hours
        Titles by the local hour in which they begin.
    """

    titles: Ints
    same_show: Ints
    view_minutes: Ints
    hours: Ints


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
    check_choice("population", population, POPULATIONS)
    first, weekday = _checked(n_accounts, n_days, start, seed)
    measures: Floats
    if population == "sessions":
        measures = _sessions(n_accounts, n_days, weekday, seed)[0]
    else:
        measures = simulate_chains(seed, n_accounts, n_days, weekday, *CHAIN, CHAIN_WEEKDAYS)
    names = [f"v{i:07d}" for i in range(n_accounts)]
    return Panel(dict(zip(MEASURES, measures, strict=True)), accounts=names, start=first)


def session_tallies(
    n_accounts: int, n_days: int, *, start: str | np.datetime64 = "2023-01-02", seed: int = 0
) -> Tallies:
    """Return what happened within the sessions behind ``viewers(n_accounts, n_days, start=start, seed=seed)``.

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
    """
    _, weekday = _checked(n_accounts, n_days, start, seed)
    return Tallies(*(tally.sum(axis=0) for tally in _sessions(n_accounts, n_days, weekday, seed)[1:]))


def _checked(n_accounts: int, n_days: int, start: str | np.datetime64, seed: int) -> tuple[np.datetime64, int]:
    check_whole("n_accounts", n_accounts, least=1)
    check_whole("n_days", n_days, least=1)
    check_whole("seed", seed, least=0)
    first = check_day("start", start)
    return first, int((first.astype(np.int64) + 3) % 7)


def _sessions(n_accounts: int, n_days: int, weekday: int, seed: int) -> tuple[Floats, Ints, Ints, Ints, Ints]:
    return simulate_sessions(seed, n_accounts, n_days, weekday, TEMPER, WEEKDAY_LOGITS, SESSION_HOURS)
