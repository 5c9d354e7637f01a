"""What a library does with days that this one's panels hold: a missing one, and none but empty ones."""

import warnings

import numpy as np

from viewshift._typing import Floats
from viewshift.study.failures import one_sentence
from viewshift.study.peers._base import Peer

LONGEST = 110


def probe(peer: Peer, days: Floats) -> dict[str, str]:
    """Hand a library what its peer keeps from it, and say what it does.

    Parameters
    ----------
    peer
        The peer, whose remedies are left out.
    days
        One ordinary account's days, none missing, ``(n_days,)``.

    Returns
    -------
    "a missing day" (the middle one) and "never watched" to the error, the warning, or what became of the scores;
    "as usual" if nothing did.
    """
    gap = len(days) // 2
    holed = np.array(days, dtype=np.float64)
    holed[gap] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        usual = peer._series(np.asarray(days, dtype=np.float64))
    return {
        "a missing day": _told(peer, holed, usual, gap + 1),
        "never watched": _told(peer, np.zeros(len(days)), usual, len(days)),
    }


def _told(peer: Peer, days: Floats, usual: Floats, after: int) -> str:
    """Say what comes of some days, and whether scores from a place on are all 0 that usually are not."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        try:
            scores = peer._series(days)
        except Exception as error:
            return _short(one_sentence(error))
    parts = list(dict.fromkeys(_short(f"{one.category.__name__}: {one.message}") for one in given))
    lost = int(np.count_nonzero(np.isnan(scores) & ~np.isnan(usual)))
    infinite = int(np.count_nonzero(np.isinf(scores)))
    if lost:
        parts.append(f"no score on {lost} of {len(days)} days")
    if infinite:
        parts.append(f"infinite scores on {infinite} of {len(days)} days")
    if not np.nan_to_num(scores[after:]).any() and np.nan_to_num(usual[after:]).any() and not lost:
        parts.append("every later score is 0")
    return "; ".join(parts) or "as usual"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} ..."
