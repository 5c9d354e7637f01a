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
            *(413, 289, 211, 183, 149, 114, 109, 126, 184, 251, 320, 370),
            *(490, 507, 490, 477, 498, 544, 637, 699, 755, 811, 778, 593),
        ]
    )
    / 1e4
)
"""Share of sessions that begin in each local hour."""

CHAIN_WEEKDAYS = 1.6 * np.log(REAL_WEEK)
"""What each weekday adds to the logit of watching, in the chains."""

CHAIN = (
    np.array([25.0, 5.0, 6.0, 8.0, 3.0]),
    np.array([0.25, 1.2, 1.0, 0.9, 0.7]),
    np.array([0.002, 0.2, 0.45, 0.75, 0.9]),
    np.array([0.6, 1.2, 1.8, 2.6, 6.5]),
)
"""Hidden states away, rare, light, steady, heavy: mean dwell (days), weight of entry, probability that a day is active,
scale of its episodes."""

TEMPER = Temper(
    activity=-0.428,
    activity_spread=1.43,
    budget=63.7,
    budget_accounts=0.256,
    grip=0.447,
    stay=0.753,
    stay_accounts=0.535,
    loyalty=1.45,
    pull=1.02,
    show_episodes=10.6,
    again=-2.6,
    slow_days=61.3,
    slow=1.68,
    fast_days=2.65,
    fast=1.31,
    mood_budget=0.184,
    mood_again=0.255,
    volatility=0.38,
    pause_rate=0.00452,
    pause_days=17.4,
)
"""The population "sessions"; found by calibration against `population.json`."""
