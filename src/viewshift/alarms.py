"""Alarms: intervals of days that stand out, when the shift began, and from what level to what level it went."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from viewshift._typing import Bools, Floats, Ints, Signs
from viewshift.kernels.onset import locate_shifts
from viewshift.kernels.runs import runs_above
from viewshift.kernels.spans import first_known, largest_days, sums_and_counts, two_levels
from viewshift.levels import LEVEL, levels, moved_measures, usual_levels
from viewshift.panel import Panel
from viewshift.sentences import sentence

LOOKBACK, MEMORY = 56, 180
"""Days before an alarm in which its onset is sought, and days of usual viewing before those."""

ONSET_TEMPER, ONSET_DROP = 3.0, 3.0
"""Days that say as much about the onset as one would if days were independent; and the fall of the log-likelihood, so
tempered, that bounds the 90 % support interval of the onset."""

LEVEL_TEMPER, SHRINK = 4.5, 0.5
"""Days that say as much about a level as one would if days were independent; and the power by which large ratios are
less likely from the outset, since those that are found are the ones that look large."""

SIZE_SPREAD = 0.9
"""Standard deviation of the accounts' log negative-binomial sizes around the population's."""

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


def find_intervals(
    surprise: Floats, threshold: float | Floats, *, quiet: int = 7, sign: Signs | None = None
) -> Intervals:
    """Return the runs of days at or above a threshold; a run ends with `quiet` scored days below it.

    Parameters
    ----------
    surprise
        Shape ``(n_accounts, n_days)``; NaN days neither open nor close a run.
    threshold
        Surprise at which an alarm opens; or one for each account, shape ``(n_accounts, 1)``.
    quiet
        Days.
    sign
        Which way each score speaks, same shape: then a run also ends before a day at or above the threshold that goes
        the other way than its first. Default: runs go on whatever raises them.
    """
    if isinstance(threshold, np.ndarray):
        surprise, threshold = surprise - threshold, 0.0
    return Intervals(*runs_above(surprise, float(threshold), quiet, sign))


def explain(
    panel: Panel,
    intervals: Intervals,
    surprise: Floats,
    beyond: Bools,
    sign: Signs,
    *,
    measure: str,
    size: float,
    causal: bool,
    quiet: int,
    adapt_after: int,
) -> pd.DataFrame:
    """Date and size each alarm: one row per interval with the columns of `COLUMNS`.

    Onset and end are those of the fitted shift; the end is sought up to `adapt_after` days after the alarm opened, to
    the account's next alarm or to the panel's last day. A shift that fills all these days is lasting: its level is the
    usual one for the account's later alarms. The levels are the plain means of the days before the onset and from onset
    to end, their intervals gamma-Poisson posteriors under the prior Gamma(1/2, 0) with counts and days divided by the
    Pearson dispersion of the days around their two means. The ratio is what these days make credible of the shift; it
    may be less than what was observed over what was usual. An alarm is of the way that its opening day speaks of;
    where that may be either, of the way of the ratio. Where the plain means contradict it, the shift ends on the
    opening day, and begins where the means differ most.

    Parameters
    ----------
    panel
        The panel that was scored; counts are divided by its exposure.
    intervals
        From `find_intervals`.
    surprise
        Shape ``(n_accounts, n_days)``.
    beyond
        Where surprise rests on a fitted tail and on no count, same shape.
    sign
        1 where the score speaks of more viewing, -1 of less, 0 of either, same shape.
    measure
        The measure in whose units levels are given.
    size
        Negative-binomial size of the measure's days in the population.
    causal
        Whether the detector sees no future; where it does see it, an alarm was first known on the panel's last day.
    quiet
        Scored days below the threshold that close an alarm.
    adapt_after
        Days after which an alarm closes as "lasting" and the new level counts as usual.
    """
    row, opened, above = intervals
    panel = _deflated(panel)
    latest = _latest_end(row, opened, panel.n_days, adapt_after)
    settled = np.zeros(len(row), dtype=np.int64)
    values, earliest = panel[measure].astype(np.float64), _after_the_one_before(row, above)
    ways = sign[row, opened].astype(np.int64)
    first, places, ratio, signs = _located(values, row, opened, latest, earliest, settled, ways, size)
    for _ in range(2):  # what lasted is the usual level of later alarms, which may last in their turn
        onset, onset_low, onset_high, end = places.T
        lasting = end == opened + adapt_after - 1
        settled = _last_settled(row, onset, lasting, panel.n_days)
        again = settled > 0
        first[again], places[again], ratio[again], signs[again] = _located(
            values, row[again], opened[again], latest[again], earliest[again], settled[again], ways[again], size
        )
    lasting = end == opened + adapt_after - 1
    since = np.maximum(settled, opened - LOOKBACK - MEMORY)
    places[:, 3] = np.minimum(end, _before_the_next(row, onset, panel.n_days))
    lasting &= ~_turn(values, row, since, first, opened, signs, places)
    end = np.minimum(end, _before_the_next(row, onset, panel.n_days))
    unclosed = sums_and_counts(surprise, row, above + 1, np.full(len(row), panel.n_days))[1] < quiet
    is_open = (latest == panel.n_days - 1) & (unclosed | (end == latest))
    status = np.select([lasting, is_open], ["lasting", "open"], default="closed")
    before, after = levels(two_levels(values, row, since, onset, end))
    kind = np.select([signs < 0, lasting, end - onset < 2], ["quiet", "lasting", "spike"], default="surge")
    peak, most = (largest_days(surprise, row, opened, last) for last in (np.minimum(above, end), above))
    days = panel.days.astype("datetime64[s]")
    table = {
        "account": panel.accounts[row],
        "onset": days[onset],
        "onset_low": days[onset_low],
        "onset_high": days[onset_high],
        "detected": days[opened if causal else np.full(len(row), panel.n_days - 1)],
        "end": np.where(status == "open", np.datetime64("NaT", "s"), days[end]),
        "status": status,
        "kind": kind,
        "peak_day": days[peak],
        "surprise": surprise[row, most],
        "extrapolated": beyond[row, most],
        "measures": moved_measures(panel, row, since, onset, end),
    }
    for name, bounds in (("usual", before), ("observed", after), ("ratio", ratio)):
        table |= {f"{name}_low": bounds[:, 0], name: bounds[:, 1], f"{name}_high": bounds[:, 2]}
    alarms = pd.DataFrame(table, columns=COLUMNS)
    alarms.attrs["measure"] = measure
    return alarms


def _located(
    values: Floats, row: Ints, opened: Ints, latest: Ints, earliest: Ints, settled: Ints, ways: Ints, size: float
) -> tuple[Ints, Ints, Floats, Ints]:
    """Return the first day on which each onset may lie, places, bounds and median of the ratio, and the way it goes.

    Places are onset, its bounds, and end; where the way is 0, that of the ratio is taken.
    """
    left = np.maximum(np.maximum(0, opened - LOOKBACK - MEMORY), settled)
    left = first_known(values, row, left)
    first = np.minimum(np.maximum.reduce([left + 1, opened - LOOKBACK, earliest]), opened)
    usual = usual_levels(values, row, left, first, LEVEL_TEMPER)
    at = np.array([(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    how_sure = (SIZE_SPREAD, ONSET_TEMPER, ONSET_DROP, LEVEL_TEMPER, SHRINK, at)
    signs, either = ways.copy(), ways == 0
    if either.any():
        of = row[either], left[either], first[either], opened[either], latest[either], usual[either], ways[either]
        signs[either] = np.where(locate_shifts(values, *of, size, *how_sure)[1][:, 1] < 1, -1, 1)
    places, ratio = locate_shifts(values, row, left, first, opened, latest, usual, signs, size, *how_sure)
    _turn(values, row, left, first, opened, signs, places)
    return first, places, ratio, signs


def _turn(values: Floats, row: Ints, left: Ints, first: Ints, opened: Ints, signs: Ints, places: Ints) -> Bools:
    """Where the plain means contradict an alarm's way, let the shift end on its opening day, in place; say where.

    It then begins where the means before and since differ most, the right way round.
    """
    before, n_before, during, n_during, _ = two_levels(values, row, left, places[:, 0], places[:, 3]).T
    contrary: Bools = signs * (during * n_before - before * n_during) < 0
    for k in np.flatnonzero(contrary):
        days = values[row[k], max(0, left[k]) : opened[k] + 1]
        seen, total = np.cumsum(~np.isnan(days)), np.nancumsum(days)
        onsets = np.arange(first[k], opened[k] + 1)
        at = onsets - max(0, left[k]) - 1
        with np.errstate(invalid="ignore", divide="ignore"):
            contrast = signs[k] * ((total[-1] - total[at]) / (seen[-1] - seen[at]) - total[at] / seen[at])
        best = len(onsets) - 1 - int(np.argmax(np.nan_to_num(contrast[::-1], nan=-np.inf)))
        places[k] = onsets[best], min(places[k, 1], onsets[best]), opened[k], opened[k]
    return contrary


def describe(alarms: pd.DataFrame, measure: str | None = None) -> list[str]:
    """Say in one sentence each what changed, since when and by how much.

    Parameters
    ----------
    alarms
        From ``AlarmRule.alarms``.
    measure
        What the levels count; default what the rule's detector measures.

    Examples
    --------
    >>> import pandas as pd
    >>> day = pd.Timestamp("2025-05-12")
    >>> describe(pd.DataFrame([dict(
    ...     onset=day, onset_low=day, onset_high=day + pd.Timedelta(days=2), end=pd.NaT, status="open",
    ...     usual=0.8, usual_low=0.6, usual_high=1.0, observed=3.9, observed_low=2.9, observed_high=5.1,
    ...     ratio=4.1, ratio_low=2.9, ratio_high=5.8)]))
    ['from 0.8 (0.6-1.0) to 3.9 (2.9-5.1) episodes/day since 12 May 2025 (12-14 May), probably x4.1 (2.9-5.8), still
    going on']
    """
    measure = measure or alarms.attrs.get("measure", "episodes")
    return [sentence(alarm, measure) for alarm in alarms.to_dict("records")]


def _deflated(panel: Panel) -> Panel:
    if panel.exposure is None:
        return panel
    return panel.with_measures({name: values / panel.exposure for name, values in panel.measures.items()})


def _after_the_one_before(row: Ints, last: Ints) -> Ints:
    """Return the day after the same account's alarm before, 0 for its first; alarms are in order of row and day."""
    earliest = np.zeros(len(row), dtype=np.int64)
    follows = np.flatnonzero(row[1:] == row[:-1]) + 1
    earliest[follows] = last[follows - 1] + 1
    return earliest


def _before_the_next(row: Ints, day: Ints, n_days: int) -> Ints:
    """Return the day before `day` of the same account's next alarm, the panel's last day for its last alarm."""
    latest = np.full(len(row), n_days - 1, dtype=np.int64)
    followed = np.flatnonzero(row[1:] == row[:-1])
    latest[followed] = day[followed + 1] - 1
    return latest


def _latest_end(row: Ints, opened: Ints, n_days: int, adapt_after: int) -> Ints:
    """Return the last day up to which the end of each alarm's shift is sought."""
    return np.minimum(opened + adapt_after - 1, _before_the_next(row, opened, n_days))


def _last_settled(row: Ints, onset: Ints, lasting: Bools, n_days: int) -> Ints:
    """Return the onset of the account's last lasting shift before each alarm, 0 where there is none."""
    start = row * (n_days + 1)
    known = np.maximum.accumulate(np.where(lasting, start + onset, start)) if len(row) else start
    settled = np.zeros(len(row), dtype=np.int64)
    settled[1:] = np.maximum(known[:-1] - start[1:], 0)
    return settled
