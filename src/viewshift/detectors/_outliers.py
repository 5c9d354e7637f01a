"""What the tests for outliers in a whole history share: their parameters, their score, their table."""

from typing import get_args

import numpy as np
import pandas as pd

from viewshift._checks import check_choice, check_positive
from viewshift._typing import Bools, Direction, Floats, Ints
from viewshift.detectors._trailing import facing
from viewshift.kernels.esd import critical_values, extreme_deviates
from viewshift.panel import Panel

_SIDE = {"up": 1, "down": -1, "both": 0}


def check_esd(alpha: float, share: float, direction: str) -> None:
    """Raise if `alpha` is no probability, `share` not between 0 and a half, or the direction unknown."""
    if check_positive("alpha", alpha) >= 1:
        raise ValueError(f"`alpha` must be below 1, got {alpha}.")
    if check_positive("share", share) >= 0.5:
        raise ValueError(f"`share` must be below 0.5, since outliers are a minority, got {share}.")
    check_choice("direction", direction, get_args(Direction))


def unexposed(panel: Panel, measure: str) -> Floats:
    """Return the measure in float64 with the exposure divided out."""
    values = panel[measure].astype(np.float64)
    return values if panel.exposure is None else values / panel.exposure


def outlier_scores(
    values: Floats, *, alpha: float, share: float, direction: Direction, floor: float, robust: bool
) -> Floats:
    """Return how far each outlier lies from the other days; 0 on other days, NaN where there is no test."""
    outlier, _, _, distance, _ = _test(values, alpha, share, direction, floor, robust)
    scores = np.where(outlier, np.maximum(facing(distance, direction), 0.0), 0.0)
    return np.where(np.isnan(distance), np.nan, scores)


def outlier_table(
    panel: Panel, values: Floats, *, alpha: float, share: float, direction: Direction, floor: float, robust: bool
) -> pd.DataFrame:
    """Return the outliers, by account and in the order in which they were removed."""
    outlier, step, statistic, distance, critical = _test(values, alpha, share, direction, floor, robust)
    row, column = np.nonzero(outlier)
    order = np.lexsort([step[row, column], row])
    row, column = row[order], column[order]
    n_left = np.count_nonzero(~np.isnan(values), axis=1)[row] - step[row, column] + 1
    return pd.DataFrame(
        {
            "account": panel.accounts[row],
            "day": panel.days[column].astype("datetime64[s]"),
            "value": values[row, column],
            "statistic": statistic[row, column],
            "critical": critical[n_left],
            "distance": distance[row, column],
        }
    )


def _test(
    values: Floats, alpha: float, share: float, direction: Direction, floor: float, robust: bool
) -> tuple[Bools, Ints, Floats, Floats, Floats]:
    side = _SIDE[direction]
    critical = critical_values(alpha, values.shape[1], 1 + (side == 0))
    return *extreme_deviates(values, critical, floor, share, side, robust), critical
