"""The rule, day by day."""

from viewshift.monitor._changes import Changes
from viewshift.monitor._monitor import Monitor

__all__ = ["Changes", "Monitor"]
