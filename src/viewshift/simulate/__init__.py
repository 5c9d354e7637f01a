"""Simulated viewers, and scenarios in which something does or does not go wrong."""

from viewshift.simulate.viewers import viewers

__all__ = ["viewers"]
