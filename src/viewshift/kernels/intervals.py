"""Intervals of time: united per owner, and cut at borders. Times are int64 in one unit; intervals are half open."""

import numpy as np

from viewshift._typing import Ints


def unite(owner: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """Return owner, start and end of the disjoint intervals that cover the same time as the given ones.

    `owner` counts from 0. The result is sorted by owner and start; intervals that touch become one.
    """
    if not start.size:
        return owner, start, end
    origin = start.min()
    shift = owner * (end.max() - origin + 1) - origin  # owners on separate stretches of one time axis
    order = np.argsort(start + shift)
    owner, shift = owner[order], shift[order]
    opens, reach = start[order] + shift, np.maximum.accumulate(end[order] + shift)
    apart = np.append(True, opens[1:] > reach[:-1])
    first = np.flatnonzero(apart)
    last = np.append(first[1:], len(order)) - 1
    return owner[first], (opens - shift)[first], (reach - shift)[last]


def cut(start: Ints, end: Ints, borders: Ints) -> tuple[Ints, Ints, Ints]:
    """Cut intervals at sorted `borders` that reach beyond them on both sides.

    Returns, for each piece, the interval it is of, the number k of the cell ``[borders[k], borders[k + 1])`` that it
    lies in, and its length.
    """
    low = np.searchsorted(borders, start, side="right") - 1
    high = np.maximum(low, np.searchsorted(borders, end, side="left") - 1)
    pieces = high - low + 1
    whole = np.repeat(np.arange(len(start)), pieces)
    cell = low[whole] + np.arange(len(whole)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    length = np.minimum(end[whole], borders[cell + 1]) - np.maximum(start[whole], borders[cell])
    return whole, cell, length
