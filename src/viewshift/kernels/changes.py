"""Segmentations compared: how well one covers another, and how many changes pair up within a margin.

`change` has shape ``(n_accounts, n_days)``: 1 on the first day of a new segment, 0, or NaN for a day that was not
observed; `true` is True on the first day of a true segment. Days that were not observed are taken out, and a segment
that begins on one begins on the next observed day.
"""

import numpy as np

from viewshift._typing import Bools, Floats, Ints
from viewshift.kernels._compile import kernel


@kernel
def _starts(flags: Bools, known: Bools) -> tuple[Ints, int]:
    """Return where segments start among the known days, 0 first and each once, and the number of known days."""
    starts = [0]
    n, pending = 0, False
    for t in range(len(flags)):
        pending = pending or flags[t]
        if known[t]:
            if pending and n > 0:
                starts.append(n)
            pending = False
            n += 1
    return np.array(starts, dtype=np.int64), n


@kernel
def coverings(change: Floats, true: Bools) -> Floats:
    """Return the mean over each account's days of the best Jaccard index of their true segment, ``(n_accounts,)``.

    NaN without a true change.
    """
    n_accounts = len(change)
    covering = np.full(n_accounts, np.nan)
    for i in range(n_accounts):
        known = ~np.isnan(change[i])
        real, n = _starts(true[i], known)
        if len(real) < 2:
            continue
        found = np.append(_starts(change[i] > 0, known)[0], n)
        total, k = 0.0, 0
        for j in range(len(real)):
            start, stop = real[j], real[j + 1] if j + 1 < len(real) else n
            while found[k + 1] <= start:
                k += 1
            best, m = 0.0, k
            while m + 1 < len(found) and found[m] < stop:
                common = min(stop, found[m + 1]) - max(start, found[m])
                best = max(best, common / (stop - start + found[m + 1] - found[m] - common))
                m += 1
            total += (stop - start) * best
        covering[i] = total / n
    return covering


@kernel
def pairs_within(change: Floats, true: Bools, margin: int) -> tuple[Ints, Ints, Ints]:
    """Return the most pairs of a true and a found start at most `margin` days apart, each used once, and the starts.

    Three arrays ``(n_accounts,)``: pairs, true starts, found starts; each account's first day is one of both.
    """
    n_accounts = len(change)
    n_pairs, n_real, n_found = np.zeros((3, n_accounts), dtype=np.int64)
    for i in range(n_accounts):
        known = ~np.isnan(change[i])
        real, _ = _starts(true[i], known)
        found, _ = _starts(change[i] > 0, known)
        j = k = 0
        while j < len(real) and k < len(found):
            if abs(real[j] - found[k]) <= margin:
                n_pairs[i] += 1
                j += 1
                k += 1
            elif real[j] < found[k]:
                j += 1
            else:
                k += 1
        n_real[i], n_found[i] = len(real), len(found)
    return n_pairs, n_real, n_found
