"""Pictures of one account (its days as a calendar, its levels and alarms, its surprise), and of an audit.

Each takes an Axes, or makes a figure of its own, and returns the Axes. The colours also serve colour-blind readers.
"""

from viewshift.plots._audit import audit
from viewshift.plots._calendar import calendar
from viewshift.plots._timeline import account, surprise

__all__ = ["account", "audit", "calendar", "surprise"]
