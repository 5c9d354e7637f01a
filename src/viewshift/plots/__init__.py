"""Pictures of one account (its days as a calendar, what was expected and its alarms, its surprise), and of an audit.

Each takes the Axes to draw on, or makes a figure of its own, and returns them. The colours also serve colour-blind
readers.
"""

from viewshift.plots._audit import audit
from viewshift.plots._calendar import calendar
from viewshift.plots._story import story
from viewshift.plots._timeline import account, surprise

__all__ = ["account", "audit", "calendar", "story", "surprise"]
