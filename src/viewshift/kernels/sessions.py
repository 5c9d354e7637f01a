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


class Temper(NamedTuple):
    """What a population of viewers is like: the parameters of the mechanism.

    Logits are of "watches today" (`activity`, `pull`, moods), of "one more episode of this show" (`grip`) and of
    "something else in the same session" (`switch`).
    """

    activity: float = -0.75
    """Median logit of watching on an ordinary day without an unfinished show."""
    activity_spread: float = 0.9
    """Standard deviation of that logit between accounts."""
    grip: float = -0.6
    """Median logit of one more episode of the same show."""
    grip_accounts: float = 0.35
    """Its standard deviation between accounts (persistence)."""
    grip_shows: float = 0.9
    """Its standard deviation between shows."""
    switch: float = -1.0
    """Median logit of going on with something else when a run of episodes ends."""
    switch_accounts: float = 0.5
    """Its standard deviation between accounts (appetite)."""
    again: float = -1.8
    """Logit of one more session on the same day."""
    loyalty: float = 1.5
    """Logit of returning to the unfinished show rather than starting something else."""
    pull: float = 0.6
    """What each unit of an unfinished show's grip above 0 adds to the logit of watching."""
    show_episodes: float = 25.0
    """Median number of episodes a show has to offer."""
    mood_days: float = 30.0
    """Time scale of the slow mood, days; the fast mood has a tenth of it."""
    mood_slow: float = 0.8
    """Standard deviation of the slow mood, on the logit of watching."""
    mood_fast: float = 0.8
    """Standard deviation of the fast mood."""
    mood_appetite: float = 0.4
    """How much of the mood also moves `grip` and `switch`."""
    volatility: float = 0.4
    """Standard deviation between accounts of the log of how strongly moods swing."""
    pause_rate: float = 0.006
    """Probability that a long pause begins on a day."""
    pause_days: float = 14.0
    """Median length of a long pause, days."""
    pause_spread: float = 1.0
    """Standard deviation of the log of its length."""


@kernel
def show_minutes(stream: NDArray[np.uint64]) -> float:
    """Return the running time of one episode of a new show, minutes: half hours, hours, and some short ones."""
    u = uniform(stream)
    centre = 8.0 if u < 0.08 else (22.5 if u < 0.55 else 45.0)
    return centre * math.exp(0.12 * normal(stream))


@kernel
def view_minutes(stream: NDArray[np.uint64], running_time: float) -> float:
    """Return the minutes watched of one title, at least 2: most are seen to the end, the rest broken off anywhere."""
    if uniform(stream) < 0.7:
        return max(2.0, running_time * (0.93 + 0.07 * uniform(stream)))
    return 2.0 + max(0.0, running_time - 2.0) * uniform(stream)


@parallel_kernel
def simulate_sessions(
    seed: int, first: int, n_accounts: int, n_days: int, weekday: int, temper: Temper, weekdays: Floats, hours: Floats
) -> tuple[Floats, Ints, Ints, Ints, Ints]:
    """Simulate the accounts number `first` .. ``first + n_accounts - 1``.

    Parameters: `weekday` of the first day (Monday 0), `weekdays` the logits added on each weekday, `hours` the share
    of sessions that begin in each local hour. Returns the measures ``(4, n_accounts, n_days)`` float32 in the order
    episodes, minutes, night minutes, episodes of the day's top show; and per account how many sessions had so many titles,
    so many titles of one show, and how many views took so many minutes and began in which hour.

    Half a year of burn-in is simulated and forgotten. Days come in order, hence more days keep the earlier ones.
    """
    measures = np.zeros((MEASURES, n_accounts, n_days), np.float32)
    titles = np.zeros((n_accounts, MOST_TITLES), np.int64)
    same = np.zeros((n_accounts, MOST_TITLES), np.int64)
    lengths = np.zeros((n_accounts, MOST_MINUTES), np.int64)
    starts = np.zeros((n_accounts, 24), np.int64)
    for i in prange(n_accounts):
        stream = open_stream(seed, first + i)
        activity = temper.activity + temper.activity_spread * normal(stream)
        persistence = temper.grip + temper.grip_accounts * normal(stream)
        appetite = temper.switch + temper.switch_accounts * normal(stream)
        swing = math.exp(temper.volatility * normal(stream))
        night = math.exp(0.8 * normal(stream) - 0.32)
        own_week = np.empty(7)
        for k in range(7):
            own_week[k] = weekdays[k] + 0.2 * normal(stream)
        own_hours = hours.copy()
        own_hours[:6] *= night
        own_hours = np.cumsum(own_hours)
        keep_slow = math.exp(-1.0 / temper.mood_days)
        keep_fast = math.exp(-10.0 / temper.mood_days)
        slow = normal(stream)
        fast = normal(stream)
        pause = 0.0
        left = 0.0
        grip = 0.0
        running_time = 45.0
        for t in range(-BURN_IN, n_days):
            slow = keep_slow * slow + math.sqrt(1.0 - keep_slow**2) * normal(stream)
            fast = keep_fast * fast + math.sqrt(1.0 - keep_fast**2) * normal(stream)
            mood = swing * (temper.mood_slow * slow + temper.mood_fast * fast)
            if pause >= 1.0:
                pause -= 1.0
                continue
            if uniform(stream) < temper.pause_rate:
                pause = temper.pause_days * math.exp(temper.pause_spread * normal(stream))
                left = 0.0
                continue
            logit = activity + mood + own_week[(weekday + t) % 7]
            if left > 0:
                logit += temper.pull * max(0.0, grip)
            if not chance(stream, logit):
                continue
            day_titles = 0
            minutes = 0.0
            night_minutes = 0.0
            top = 0
            of_show = 0
            lift = temper.mood_appetite * mood
            while True:
                session_titles = 0
                session_same = 0
                session_of_show = 0
                clock = 60.0 * (choice(stream, own_hours) + uniform(stream))
                while True:
                    if left <= 0 or not chance(stream, temper.loyalty):
                        grip = temper.grip_shows * normal(stream)
                        running_time = show_minutes(stream)
                        left = 1.0 + temper.show_episodes * math.exp(normal(stream))
                        of_show = 0
                        session_of_show = 0
                        if uniform(stream) < 0.2:
                            running_time = 100.0 * math.exp(0.2 * normal(stream))
                            left = 1.0
                    while True:
                        watched = view_minutes(stream, running_time)
                        hour = int(clock // 60.0) % 24
                        left -= 1.0
                        session_titles += 1
                        of_show += 1
                        session_of_show += 1
                        minutes += watched
                        if hour < 6:
                            night_minutes += watched
                        clock += watched
                        if t >= 0:
                            lengths[i, min(int(watched), MOST_MINUTES - 1)] += 1
                            starts[i, hour] += 1
                        if left < 1 or minutes > 1080.0 or not chance(stream, persistence + grip + lift):
                            break
                    session_same = max(session_same, session_of_show)
                    top = max(top, of_show)
                    if minutes > 1080.0 or not chance(stream, appetite + lift):
                        break
                day_titles += session_titles
                if t >= 0:
                    titles[i, min(session_titles, MOST_TITLES - 1)] += 1
                    same[i, min(session_same, MOST_TITLES - 1)] += 1
                if minutes > 1080.0 or not chance(stream, temper.again):
                    break
            of_show = 0
            if t >= 0:
                measures[0, i, t] = day_titles
                measures[1, i, t] = minutes
                measures[2, i, t] = night_minutes
                measures[3, i, t] = top
    return measures, titles, same, lengths, starts
