"""Viewers as a mechanism: traits, moods, pauses, shows, sessions; one day after the other, one stream per account."""

import math
from typing import NamedTuple

import numpy as np
from numba import prange
from numpy.typing import NDArray

from viewshift._typing import Floats, Ints
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.streams import chance, choice, normal, open_stream, uniform

BURN_IN = 182
MEASURES = 4
MOST_TITLES = 64
MOST_MINUTES = 181
MOST_DAY = 900.0
FILMS = 0.15
BROKEN_OFF = 0.06
IN_TWO_PARTS = 0.28
PAUSE_SPREAD = 1.0
PAUSE_ACCOUNTS = 1.0


class Temper(NamedTuple):
    """What a population of viewers is like: the parameters of the mechanism.

    Logits are of "watches today" (activity, pull, moods), of "stays with the show after an episode" (stay) and of
    "comes back to the unfinished show" (loyalty).
    """

    activity: float
    """Median logit of watching on an ordinary day without an unfinished show."""
    activity_spread: float
    """Standard deviation of that logit between accounts."""
    week_spread: float
    """Standard deviation between accounts of what each weekday adds to that logit (habits of one's own)."""
    budget: float
    """Median time a session lasts, minutes."""
    budget_accounts: float
    """Standard deviation of the log of that time between accounts (appetite)."""
    grip: float
    """Standard deviation between shows of the log of how much they prolong a session."""
    stay: float
    """Median logit of staying with the show after an episode; a show's grip adds to it."""
    stay_accounts: float
    """Standard deviation of that logit between accounts (persistence)."""
    loyalty: float
    """Logit of coming back to the unfinished show when a session begins."""
    pull: float
    """What each unit of an unfinished show's grip above 0 adds to the logit of watching."""
    show_episodes: float
    """Median number of episodes a show has to offer."""
    rest: float
    """Logit of a break of more than an hour between two titles, which ends a session."""
    slow_days: float
    """Time scale of the slow mood, days."""
    slow: float
    """Standard deviation of the slow mood, on the logit of watching."""
    fast_days: float
    """Time scale of the fast mood, days."""
    fast: float
    """Standard deviation of the fast mood, on the logit of watching."""
    mood_budget: float
    """What each unit of mood adds to the log of a session's time."""
    volatility: float
    """Standard deviation between accounts of the log of how strongly moods swing."""
    pause_rate: float
    """Probability that a long pause begins on a day, for the median account; one in six has e times as many."""
    pause_days: float
    """Median length of a long pause, days."""


@kernel
def show_minutes(stream: NDArray[np.uint64]) -> float:
    """Return the running time of one episode of a new show, minutes: half hours, hours, and some short ones."""
    u = uniform(stream)
    centre = 10.0 if u < 0.03 else (23.5 if u < 0.48 else 46.0)
    return centre * math.exp(0.12 * normal(stream))


@kernel
def title_minutes(stream: NDArray[np.uint64], running_time: float) -> float:
    """Return the minutes watched of one title, at least 2: most are seen to the end, some broken off anywhere."""
    seen = 0.93 + 0.07 * uniform(stream)
    if uniform(stream) < BROKEN_OFF:
        seen = uniform(stream)
    return max(2.0, running_time * seen)


@parallel_kernel
def simulate_sessions(
    seed: int, n_accounts: int, n_days: int, weekday: int, temper: Temper, weekdays: Floats, hours: Floats
) -> tuple[Floats, Ints, Ints, Ints, Ints]:
    """Simulate accounts; `weekday` is that of the first day (Monday 0).

    `weekdays` are the logits added on each weekday, `hours` the share of sessions that begin in each local hour.
    Returns the measures ``(4, n_accounts, n_days)`` float32 in the order episodes, minutes, night minutes, episodes of
    the day's top show; and per account how many sessions had so many titles, how many so many titles of one show, and
    how many views took so many whole minutes and began in which hour.

    Half a year of burn-in is simulated and forgotten. Days come in order, hence more days keep the earlier ones.
    """
    measures = np.zeros((MEASURES, n_accounts, n_days), np.float32)
    titles = np.zeros((n_accounts, MOST_TITLES), np.int64)
    same = np.zeros((n_accounts, MOST_TITLES), np.int64)
    lengths = np.zeros((n_accounts, MOST_MINUTES), np.int64)
    starts = np.zeros((n_accounts, 24), np.int64)
    for i in prange(n_accounts):
        stream = open_stream(seed, i)
        activity = temper.activity + temper.activity_spread * normal(stream)
        appetite = temper.budget * math.exp(temper.budget_accounts * normal(stream))
        persistence = temper.stay + temper.stay_accounts * normal(stream)
        swing = math.exp(temper.volatility * normal(stream))
        pause_rate = temper.pause_rate * math.exp(PAUSE_ACCOUNTS * normal(stream))
        night = math.exp(0.8 * normal(stream) - 0.32)
        own_week = np.empty(7)
        for k in range(7):
            own_week[k] = weekdays[k] + temper.week_spread * normal(stream)
        own_hours = hours.copy()
        own_hours[:6] *= night
        own_hours = np.cumsum(own_hours)
        keep_slow = math.exp(-1.0 / temper.slow_days)
        keep_fast = math.exp(-1.0 / temper.fast_days)
        slow = normal(stream)
        fast = normal(stream)
        pause = 0.0
        left = 0.0
        grip = 0.0
        running_time = 45.0
        for t in range(-BURN_IN, n_days):
            slow = keep_slow * slow + math.sqrt(1.0 - keep_slow**2) * normal(stream)
            fast = keep_fast * fast + math.sqrt(1.0 - keep_fast**2) * normal(stream)
            mood = swing * (temper.slow * slow + temper.fast * fast)
            if pause >= 1.0:
                pause -= 1.0
                continue
            if uniform(stream) < pause_rate:
                pause = temper.pause_days * math.exp(PAUSE_SPREAD * normal(stream))
                left = 0.0
                continue
            logit = activity + mood + own_week[(weekday + t) % 7]
            if left > 0:
                logit += temper.pull * max(0.0, grip)
            if not chance(stream, logit):
                continue
            weekly = 0.5 * weekdays[(weekday + t) % 7]
            budget = appetite * math.exp(weekly + temper.mood_budget * mood)
            day_titles = 0
            minutes = 0.0
            night_minutes = 0.0
            top = 0
            of_show = 0
            session_titles = 0
            session_same = 0
            session_of_show = 0
            clock = 60.0 * (choice(stream, own_hours) + uniform(stream))
            keep = left >= 1.0 and chance(stream, temper.loyalty)
            while True:
                if not keep:
                    grip = temper.grip * normal(stream)
                    running_time = show_minutes(stream)
                    left = 1.0 + temper.show_episodes * math.exp(normal(stream))
                    of_show = 0
                    session_of_show = 0
                    if uniform(stream) < FILMS:
                        running_time = 100.0 * math.exp(0.2 * normal(stream))
                        left = 1.0
                watched = title_minutes(stream, running_time)
                hour = int(clock // 60.0) % 24
                left -= 1.0
                day_titles += 1
                session_titles += 1
                of_show += 1
                session_of_show += 1
                session_same = max(session_same, session_of_show)
                top = max(top, of_show)
                minutes += watched
                if hour < 6:
                    night_minutes += watched
                clock += watched
                over = minutes + 0.5 * running_time > min(budget * math.exp(grip), MOST_DAY)
                rests = not over and chance(stream, temper.rest)
                if t >= 0:
                    starts[i, hour] += 1
                    part = watched
                    if uniform(stream) < IN_TWO_PARTS:
                        part = watched * (0.1 + 0.8 * uniform(stream))
                        lengths[i, min(int(watched - part), MOST_MINUTES - 1)] += 1
                    lengths[i, min(int(part), MOST_MINUTES - 1)] += 1
                    if over or rests:
                        titles[i, min(session_titles, MOST_TITLES - 1)] += 1
                        same[i, min(session_same, MOST_TITLES - 1)] += 1
                if over:
                    break
                if rests:
                    session_titles = 0
                    session_same = 0
                    session_of_show = 0
                    clock = 60.0 * (choice(stream, own_hours) + uniform(stream))
                keep = left >= 1.0 and chance(stream, persistence + 3.0 * grip)
            if t >= 0:
                measures[0, i, t] = day_titles
                measures[1, i, t] = minutes
                measures[2, i, t] = night_minutes
                measures[3, i, t] = top
    return measures, titles, same, lengths, starts
