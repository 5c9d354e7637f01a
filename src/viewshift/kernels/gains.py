"""What a stretch of days gains by a level of its own: log-likelihood ratios of the normal, Poisson and NB families.

A stretch is told by the sum of its values and the sum of its weights; its own level is their ratio. Normal values
come in units of their known standard deviation, with weight 1. Poisson days have the level times their weight as mean.
Negative binomial days of one size have weight 1: with unequal means they are no exponential family.
"""

import math

from viewshift.kernels._compile import kernel


@kernel
def level_gain(model: int, total: float, weight: float, null: float, size: float) -> float:
    """Return log L(own level) - log L(level `null`) of a stretch, at least 0 but for rounding.

    `model` is one of NORMAL, POISSON and NB of `kernels.segmentation`; `size` serves the last. `null` is above 0 for
    counts.
    """
    if model == 0:
        excess = total - null * weight
        return 0.5 * excess * excess / weight
    if model == 1:
        usual = null * weight
        return usual - total + (total * math.log(total / usual) if total > 0.0 else 0.0)
    level = total / weight
    loss = weight * size * math.log((size + level) / (size + null))
    return (total * math.log(level / null * ((size + null) / (size + level))) if total > 0.0 else 0.0) - loss
