"""Metrics of the literature, one value per account: of a ranking, of alarms at a dial, of changes found afterwards."""

from collections.abc import Mapping

import numpy as np

from viewshift._typing import Bools, Floats
from viewshift.alarms import find_intervals
from viewshift.metrics import (
    affiliation,
    covering,
    margin_f1,
    mark_days,
    nab_score,
    range_precision,
    range_recall,
    vus_pr,
)
from viewshift.study.folded import Rule
from viewshift.study.tally import Windows

ALARM_METRICS = ("range_precision", "range_recall", "affiliation_precision", "affiliation_recall", "nab")
"""Of detectors that see no future."""

CHANGE_METRICS = ("covering", "margin_f1")
"""Of those that do."""

Values = Mapping[tuple[float | None, str], Floats]
"""Dial (None for what needs none) and metric to one value per account, NaN where it is undefined."""


def values_by_account(
    rules: Mapping[float, Rule],
    surprise: Floats,
    ranked: Floats,
    positive: Bools,
    events: Windows,
    *,
    lasting: bool,
    causal: bool,
) -> Values:
    """Return the metrics of each account; none where nothing is wrong with anybody.

    Parameters
    ----------
    rules
        Dial to fitted rule.
    surprise
        Shape ``(n_accounts, n_days)``.
    ranked
        The same without the days that are neither event nor ordinary.
    positive
        Event days, same shape.
    events
        Windows of the events.
    lasting
        Whether events go on after their windows.
    causal
        Whether the detector sees no future.
    """
    values: dict[tuple[float | None, str], Floats] = {}
    if not len(events.row):
        return values
    if not causal:
        true = mark_days(events.row, events.onset, events.onset, surprise.shape)
        if not lasting:
            true |= mark_days(events.row, events.end + 1, events.end + 1, surprise.shape)
        for rate, rule in rules.items():
            change = _with_gaps(surprise >= rule.threshold_, surprise)
            values |= {(rate, "covering"): covering(change, true), (rate, "margin_f1"): margin_f1(change, true)}
        return values
    values[None, "vus_pr"] = vus_pr(ranked, positive)
    for rate, rule in rules.items():
        row, opened, last = find_intervals(surprise, rule.threshold_, quiet=rule.quiet)
        last = np.minimum(last, opened + rule.adapt_after - 1)
        alarm, opening = (_with_gaps(mark_days(row, opened, until, surprise.shape), ranked) for until in (last, opened))
        precision, recall = affiliation(alarm, positive)
        values |= {
            (rate, "range_precision"): range_precision(alarm, positive),
            (rate, "range_recall"): range_recall(alarm, positive),
            (rate, "affiliation_precision"): precision,
            (rate, "affiliation_recall"): recall,
            (rate, "nab"): nab_score(opening, positive),
        }
    return values


def _with_gaps(marks: Bools, scored: Floats) -> Floats:
    return np.where(np.isnan(scored), np.nan, marks)
