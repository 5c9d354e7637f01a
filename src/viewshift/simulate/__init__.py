"""Simulated viewers and binge scenarios."""
