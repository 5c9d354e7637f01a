"""Run lengths of simulated charts, and whether their mean is the one expected."""

import numpy as np


def run_lengths(draw, n_paths, advance):
    """Return the day on which each path first says stop; `advance(block)` tells it for the next days of all paths."""
    length = np.zeros(n_paths)
    running = np.ones(n_paths, dtype=bool)
    days = 0
    while running.any():
        stop = advance(draw())
        first = np.where(stop.any(axis=1), stop.argmax(axis=1) + 1, 0)
        ended = running & (first > 0)
        length[ended] = days + first[ended]
        running &= ~ended
        days += stop.shape[1]
    return length


def assert_mean(lengths, expected):
    """Within 3 standard errors: a right kernel fails 1 seed in 370."""
    error = lengths.std(ddof=1) / np.sqrt(len(lengths))
    assert error < 0.03 * expected
    assert abs(lengths.mean() - expected) < 3 * error, f"{lengths.mean():.2f} +- {error:.2f}, not {expected:.2f}"
