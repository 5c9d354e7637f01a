"""A second kind of viewers: hidden Markov chains with emission tables of their own, cut into blocks and resampled."""

import math

import numpy as np
from numba import prange
from numpy.typing import NDArray

from viewshift._typing import Floats
from viewshift.kernels._compile import kernel, parallel_kernel
from viewshift.kernels.streams import choice, normal, open_stream, uniform

STATES = 5
MOST_EPISODES = 60
DIARY_DAYS = 1092
CHAPTER_DAYS = 91
SHORTEST_BLOCK = 14
LONGEST_BLOCK = 84


@kernel
def emission_table(active: float, scale: float, shape: float) -> Floats:
    """Return the cumulative law of a day's episodes 0 .. 60: active with that probability, then discrete Weibull.

    P(Y >= k | Y >= 1) = exp(-((k - 1) / scale)^shape) (Nakagawa & Osaki 1975), cut at 60.
    """
    table = np.empty(MOST_EPISODES + 1)
    for k in range(MOST_EPISODES):
        table[k] = 1.0 - active * math.exp(-((k / scale) ** shape))
    table[MOST_EPISODES] = 1.0
    return table


@kernel
def write_day(
    stream: NDArray[np.uint64], episodes: int, pace: float, late: float, devotion: float, day: Floats
) -> None:
    """Fill episodes, minutes, night minutes and top-show episodes of one day; `pace` is minutes per episode."""
    top = 1
    minutes = 0.0
    night = 0.0
    for k in range(episodes):
        watched = max(2.0, pace * (0.25 + 1.1 * uniform(stream)))
        minutes += watched
        if uniform(stream) < late:
            night += watched
        if k > 0 and uniform(stream) < devotion:
            top += 1
    fits = min(1.0, 1200.0 / max(minutes, 1.0))
    day[0] = episodes
    day[1] = fits * minutes
    day[2] = fits * night
    day[3] = min(top, episodes)


@parallel_kernel
def simulate_chains(
    seed: int,
    n_accounts: int,
    n_days: int,
    weekday: int,
    dwell: Floats,
    liking: Floats,
    active: Floats,
    scale: Floats,
    weekdays: Floats,
) -> Floats:
    """Simulate accounts whose days are blocks of a three-year diary, which a hidden Markov chain has written.

    For each of the states: mean `dwell` in days, `liking` (weight with which it is entered), probability that a day
    is `active`, and `scale` of the active day's episodes; `weekdays` are the logits added on each weekday, `weekday`
    that of the first day. Every 91 days
    the diary begins a chapter, in which busy states are entered more or less willingly. Blocks of 14 to 84 days keep
    their weekdays. Returns ``(4, n_accounts, n_days)`` float32:
    episodes, minutes, night minutes, episodes of the day's top show.
    """
    measures = np.zeros((4, n_accounts, n_days), np.float32)
    for i in prange(n_accounts):
        stream = open_stream(seed, i)
        activity = 0.7 * normal(stream)
        appetite = math.exp(0.3 * normal(stream))
        shape = 1.0 + 0.3 * uniform(stream)
        pace = 44.0 * math.exp(0.25 * normal(stream))
        late = min(0.9, 0.1 * math.exp(0.8 * normal(stream)))
        devotion = 0.4 + 0.5 * uniform(stream)
        leave = np.empty(STATES)
        enter = np.empty(STATES)
        for s in range(STATES):
            leave[s] = 1.0 / (1.0 + dwell[s] * math.exp(0.4 * normal(stream)))
            tilt = activity * (s - 2.0) * 0.5
            enter[s] = liking[s] * math.exp(tilt + 0.4 * normal(stream))
        tables = np.empty((STATES, 7, MOST_EPISODES + 1))
        for s in range(STATES):
            for k in range(7):
                odds = active[s] / (1.0 - active[s]) * math.exp(activity + weekdays[k])
                grown = appetite * scale[s] * math.exp(0.4 * weekdays[k])
                tables[s, k] = emission_table(odds / (1.0 + odds), grown, shape)
        diary = np.zeros((DIARY_DAYS, 4))
        state = choice(stream, np.cumsum(enter))
        chapter = np.cumsum(enter)
        for t in range(DIARY_DAYS):
            if t % CHAPTER_DAYS == 0:
                keen = normal(stream)
                for s in range(STATES):
                    chapter[s] = enter[s] * math.exp(0.5 * keen * (s - 2.0))
                chapter = np.cumsum(chapter)
            if uniform(stream) < leave[state]:
                state = choice(stream, chapter)
            episodes = choice(stream, tables[state, t % 7])
            if episodes > 0:
                write_day(stream, episodes, pace, late, devotion, diary[t])
        t = 0
        while t < n_days:
            length = SHORTEST_BLOCK + int(uniform(stream) * (LONGEST_BLOCK - SHORTEST_BLOCK + 1))
            weeks = (DIARY_DAYS - LONGEST_BLOCK - 7) // 7
            begin = 7 * int(uniform(stream) * weeks) + (weekday + t) % 7
            for k in range(min(length, n_days - t)):
                for m in range(4):
                    measures[m, i, t + k] = diary[begin + k, m]
            t += length
    return measures
