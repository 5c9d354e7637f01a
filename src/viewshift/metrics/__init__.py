"""Measures of how well detectors do."""
