"""Pictures of an account, of how well a rule or baseline is calibrated, and of what a study found.

Each takes the Axes to draw on, or makes a figure of its own, and returns them. The colours also serve colour-blind
readers.
"""

from viewshift.plots._audit import audit
from viewshift.plots._calendar import calendar
from viewshift.plots._calibration import exceedance, pit
from viewshift.plots._power import power
from viewshift.plots._segments import segments
from viewshift.plots._story import story
from viewshift.plots._timeline import account, surprise

__all__ = ["account", "audit", "calendar", "exceedance", "pit", "power", "segments", "story", "surprise"]
