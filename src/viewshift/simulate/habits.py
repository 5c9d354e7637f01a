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
            *(280, 202, 163, 174, 131, 91, 109, 142, 233, 306, 371, 407),
            *(592, 510, 477, 465, 509, 582, 709, 738, 795, 852, 739, 422),
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
    activity=-0.86,
    activity_spread=1.58,
    week_spread=0.58,
    budget=70.8,
    budget_accounts=0.325,
    grip=0.512,
    stay=0.621,
    stay_accounts=0.563,
    loyalty=1.6,
    pull=0.752,
    show_episodes=15.5,
    rest=-1.87,
    slow_days=65.8,
    slow=1.81,
    fast_days=2.35,
    fast=1.77,
    mood_budget=0.157,
    volatility=0.326,
    pause_rate=0.00286,
    pause_days=17.0,
)
"""The population "sessions"; found by calibration against `population.json`."""
