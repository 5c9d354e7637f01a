"""What simulated viewers share: the week, the hours, and the states of the second population."""

import numpy as np

from viewshift.kernels.sessions import Temper

REAL_WEEK = np.array([0.959, 0.936, 0.912, 0.909, 0.943, 1.056, 1.207])
"""Median factor of each weekday among the real viewers, Monday first."""

WEEKDAY_LOGITS = 1.6 * np.log(REAL_WEEK)
"""What each weekday adds to the logit of watching, in the mechanism; the 1.6 was found by calibration."""

SESSION_HOURS = (
    np.array(
        [
            *(247, 179, 144, 165, 127, 85, 107, 142, 239, 314, 382, 417),
            *(600, 517, 472, 465, 520, 593, 716, 743, 815, 863, 737, 412),
        ]
    )
    / 1e4
)
"""Weight of each local hour as the beginning of a session, such that views begin as real ones do (`hour_share`)."""

CHAIN_WEEKDAYS = 1.6 * np.log(REAL_WEEK)
"""What each weekday adds to the logit of watching, in the chains."""

CHAIN = (
    np.array([21.3, 6.25, 4.15, 6.78, 8.45]),
    np.array([0.381, 2.68, 0.654, 1.03, 0.322]),
    np.array([0.00164, 0.133, 0.54, 0.727, 0.877]),
    np.array([0.576, 0.648, 1.57, 2.8, 4.42]),
)
"""Hidden states away, rare, light, steady, heavy: mean dwell (days), weight of entry, probability that a day is active,
scale of its episodes."""

TEMPER = Temper(
    activity=-0.718,
    activity_spread=1.44,
    week_spread=0.755,
    budget=71.4,
    budget_accounts=0.295,
    grip=0.527,
    stay=0.722,
    stay_accounts=0.737,
    loyalty=1.51,
    pull=0.947,
    show_episodes=10.6,
    rest=-2.22,
    slow_days=72.9,
    slow=1.77,
    fast_days=1.88,
    fast=1.29,
    mood_budget=0.224,
    volatility=0.3,
    pause_rate=0.00277,
    pause_days=17.0,
)
"""The population "sessions"; found by calibration against `population.json`."""
