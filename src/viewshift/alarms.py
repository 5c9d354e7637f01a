"""Alarms: intervals of days that stand out, when the shift began, and from what level to what level it went."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from viewshift._typing import Direction, Floats, Ints, Strings
from viewshift.kernels.onset import locate_shifts
from viewshift.kernels.runs import runs_above
from viewshift.panel import Panel

LOOKBACK, MEMORY = 56, 180
"""Days before an alarm in which its onset is sought, and days of usual viewing before those."""

SUPPORT_DROP = 2.0
"""An onset belongs to the support interval if its log-likelihood is at most this much below the best."""

LEVEL = 0.90
"""Probability of the intervals around levels and ratios."""

COLUMNS = [
    "account",
    "onset",
    "onset_low",
    "onset_high",
    "detected",
    "end",
    "status",
    "kind",
    "peak_day",
    "surprise",
    "extrapolated",
    "usual",
    "usual_low",
    "usual_high",
    "observed",
    "observed_low",
    "observed_high",
    "ratio",
    "ratio_low",
    "ratio_high",
    "measures",
]


class Intervals(NamedTuple):
    """Alarm intervals as row, day of opening and last day at or above the threshold (int64 arrays of one length)."""

    row: Ints
    opened: Ints
    last: Ints


def find_intervals(surprise: Floats, threshold: float, *, quiet: int = 7) -> Intervals:
    """Return the runs of days at or above a threshold; a run ends with `quiet` scored days below it.

    Parameters
    ----------
    surprise
        Shape ``(n_accounts, n_days)``; NaN days neither open nor close a run.
    threshold
        Surprise at which an alarm opens.
    quiet
        Days.
    """
    return Intervals(*runs_above(surprise, float(threshold), quiet))


def explain(
    panel: Panel,
    intervals: Intervals,
    surprise: Floats,
    *,
    measure: str,
    size: float,
    direction: Direction,
    quiet: int,
    adapt_after: int,
    ceiling: float,
) -> pd.DataFrame:
    """Date and size each alarm: one row per interval with the columns of `COLUMNS`.

    Levels are gamma-Poisson posteriors under the prior Gamma(1/2, 0), and their ratio is beta-prime, with counts and
    days both divided by the Pearson dispersion of the days around their two means.

    Parameters
    ----------
    panel
        The panel that was scored.
    intervals
        From `find_intervals`.
    surprise
        Shape ``(n_accounts, n_days)``.
    measure
        The measure in whose units levels are given.
    size
        Negative-binomial size of the measure's days in the population.
    direction
        Direction of the detector.
    quiet
        Scored days below the threshold that close an alarm.
    adapt_after
        Days after which an alarm closes as "lasting" and the new level counts as usual.
    ceiling
        Surprise from which on it is only a lower bound.
    """
    row, opened, last = intervals
    status = _status(panel, intervals, surprise, quiet, adapt_after)
    last = np.where(status == "lasting", opened + adapt_after - 1, last)
    sign = {"up": 1, "down": -1, "both": 0}[direction]
    values = panel[measure].astype(np.float64)
    earliest = _after_the_one_before(row, last)
    places, numbers = locate_shifts(values, row, opened, last, earliest, LOOKBACK, MEMORY, size, sign, SUPPORT_DROP)
    onset, onset_low, onset_high, end = places.T
    before, after, ratio = levels(numbers)
    peak = np.array(
        [t + int(np.nanargmax(surprise[i, t : u + 1])) for i, t, u in zip(row, opened, last, strict=True)],
        dtype=np.int64,
    )
    fall = after[:, 1] < before[:, 1]
    kind = np.select([fall, status == "lasting", end - onset < 2], ["quiet", "lasting", "spike"], default="surge")
    days = panel.days.astype("datetime64[s]")
    end_day = np.where(status == "open", np.datetime64("NaT", "s"), days[np.where(status == "lasting", last, end)])
    table = {
        "account": panel.accounts[row],
        "onset": days[onset],
        "onset_low": days[onset_low],
        "onset_high": days[onset_high],
        "detected": days[opened],
        "end": end_day,
        "status": status,
        "kind": kind,
        "peak_day": days[peak],
        "surprise": surprise[row, peak],
        "extrapolated": surprise[row, peak] >= ceiling,
        "measures": _moved(panel, row, onset, end),
    }
    for name, bounds in (("usual", before), ("observed", after), ("ratio", ratio)):
        table |= {f"{name}_low": bounds[:, 0], name: bounds[:, 1], f"{name}_high": bounds[:, 2]}
    return pd.DataFrame(table, columns=COLUMNS)


def typical_nb_size(values: Floats) -> float:
    """Return the median over accounts of the negative-binomial size by moments, mean^2 / (variance - mean).

    Parameters
    ----------
    values
        Counts, shape ``(n_accounts, n_days)``; NaN is left out, and so are accounts without overdispersion.
    """
    count = np.count_nonzero(~np.isnan(values), axis=1)
    use = values[count > 1].astype(np.float64)
    mean, excess = np.nanmean(use, axis=1), np.nanvar(use, axis=1, ddof=1) - np.nanmean(use, axis=1)
    sizes = mean[excess > 0] ** 2 / excess[excess > 0]
    return float(np.median(sizes)) if sizes.size else 1.0


def levels(numbers: Floats) -> tuple[Floats, Floats, Floats]:
    """Return lower bound, value and upper bound of the level before, the level during, and their ratio.

    The value of a level is the plain mean; that of the ratio is its posterior median.

    Parameters
    ----------
    numbers
        Sum and days before, sum and days during, dispersion: shape ``(n_alarms, 5)``.

    Returns
    -------
    Three arrays of shape ``(n_alarms, 3)``; NaN for an alarm without a day before.
    """
    tails = np.array([(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    dispersion = numbers[:, 4]
    shape, days = [], []
    bounds = []
    for total, count in ((numbers[:, 0], numbers[:, 1]), (numbers[:, 2], numbers[:, 3])):
        known = count > 0
        a = np.where(known, total / dispersion + 0.5, np.nan)
        d = np.where(known, count / dispersion, np.nan)
        bound = np.asarray(stats.gamma.ppf(tails[None, :], a[:, None]) / d[:, None])
        bound[:, 1] = np.divide(total, count, out=np.full(len(total), np.nan), where=known)
        shape.append(a)
        days.append(d)
        bounds.append(bound)
    prime = stats.betaprime.ppf(tails[None, :], shape[1][:, None], shape[0][:, None])
    return bounds[0], bounds[1], np.asarray(prime * (days[0] / days[1])[:, None])


def describe(alarms: pd.DataFrame, measure: str = "episodes") -> list[str]:
    """Say in one sentence each what changed, since when and by how much.

    Parameters
    ----------
    alarms
        From ``AlarmRule.alarms``.
    measure
        What the levels count.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2025-05-12")
    >>> describe(pd.DataFrame([dict(
    ...     onset=day, onset_low=day, onset_high=day + pd.Timedelta(days=2), end=pd.NaT, status="open",
    ...     usual=0.8, usual_low=0.6, usual_high=1.0, observed=3.9, observed_low=2.9, observed_high=5.1,
    ...     ratio=4.9, ratio_low=3.4, ratio_high=6.9)]))
    ['from 0.8 (0.6-1.0) to 3.9 (2.9-5.1) episodes/day since 12 May 2025 (12-14 May), x4.9 (3.4-6.9), still going on']
    """
    return [_sentence(alarm, measure) for alarm in alarms.to_dict("records")]


def _sentence(alarm: Mapping[Any, Any], measure: str) -> str:
    onset, low, high = (alarm[name] for name in ("onset", "onset_low", "onset_high"))
    around = "" if low == high else f" ({low.day if low.month == high.month else _day(low)}-{_day(high)})"
    over = alarm["status"] == "closed"
    until = f" until {_day(alarm['end'])}" if over else ""
    word = {"open": ", still going on", "lasting": ", and lasting", "closed": ""}[alarm["status"]]
    usual, observed, ratio = (_interval(alarm, name) for name in ("usual", "observed", "ratio"))
    since = "from" if over else "since"
    when = f"{since} {_day(onset)} {onset.year}{around}{until}"
    return f"from {usual} to {observed} {measure}/day {when}, x{ratio}{word}"


def _interval(alarm: Mapping[Any, Any], name: str) -> str:
    if pd.isna(alarm[name]):
        return "(unknown)"
    return f"{alarm[name]:.1f} ({alarm[f'{name}_low']:.1f}-{alarm[f'{name}_high']:.1f})"


def _day(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%b}"


def _after_the_one_before(row: Ints, last: Ints) -> Ints:
    """Return the day after the same account's alarm before, 0 for its first; alarms are in order of row and day."""
    earliest = np.zeros(len(row), dtype=np.int64)
    follows = np.flatnonzero(row[1:] == row[:-1]) + 1
    earliest[follows] = last[follows - 1] + 1
    return earliest


def _status(panel: Panel, intervals: Intervals, surprise: Floats, quiet: int, adapt_after: int) -> Strings:
    row, opened, last = intervals
    scored = np.cumsum(~np.isnan(surprise), axis=1)
    quiet_days = scored[row, -1] - scored[row, last] if len(row) else np.zeros(0, dtype=np.int64)
    return np.select([last - opened >= adapt_after, quiet_days < quiet], ["lasting", "open"], default="closed")


def _moved(panel: Panel, row: Ints, onset: Ints, end: Ints) -> list[str]:
    """Name the measures whose mean in the shift lies outside the interval of their usual level."""
    moved: list[list[str]] = [[] for _ in row]
    for name, values in panel.measures.items():
        numbers = np.array([_two_parts(values[i], s, e) for i, s, e in zip(row, onset, end, strict=True)])
        if len(row):
            low, _, high = levels(numbers)[2].T
            for place in np.flatnonzero((low > 1) | (high < 1)):
                moved[place].append(name)
    return [", ".join(names) for names in moved]


def _two_parts(values: Floats, onset: int, end: int) -> tuple[float, float, float, float, float]:
    before = values[max(0, onset - MEMORY) : onset]
    during = values[onset : end + 1]
    parts = [part[~np.isnan(part)].astype(np.float64) for part in (before, during)]
    pearson = sum(float(((part - part.mean()) ** 2).sum() / part.mean()) for part in parts if part.size and part.any())
    dispersion = max(1.0, pearson / max(1, parts[0].size + parts[1].size - 2))
    return parts[0].sum(), parts[0].size, parts[1].sum(), parts[1].size, dispersion
