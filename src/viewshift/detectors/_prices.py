"""All segmentations that are best at some price of a change, without trying every price."""

from collections.abc import Callable
from itertools import pairwise

Cut = tuple[int, float]
"""Number of changes and cost without any price."""


def cuts_at_all_prices(best: Callable[[float], Cut], low: float, high: float) -> tuple[list[float], list[Cut]]:
    """Return the limits between which each of the best segmentations is the best, and these, most changes first.

    `best` gives the one at a price. Two of them cost the same at the price where their lines cross: there either
    nothing is better, or what is has fewer changes than the one and more than the other (Haynes, Eckley and Fearnhead,
    2017, section 3). One that is the best at a single price only, beside two others, is left out.
    """
    at_low, at_high = best(low), best(high)
    found = {at_low, at_high}
    pairs = [(at_low, at_high)]
    while pairs:
        many, few = pairs.pop()
        if many[0] > few[0] + 1:
            between = best(_crossing(many, few))
            if few[0] < between[0] < many[0]:
                found.add(between)
                pairs += [(many, between), (between, few)]
    kept: list[Cut] = []
    for cut in sorted(dict(found).items(), reverse=True):
        while len(kept) > 1 and _crossing(kept[-1], cut) <= _crossing(kept[-2], kept[-1]):
            kept.pop()
        kept.append(cut)
    crossings = [min(max(_crossing(many, few), low), high) for many, few in pairwise(kept)]
    return [low, *crossings, high], kept


def _crossing(many: Cut, few: Cut) -> float:
    return (few[1] - many[1]) / (many[0] - few[0])
