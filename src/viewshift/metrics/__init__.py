"""Measures of how well detectors do."""

from viewshift.metrics.affiliation import affiliation
from viewshift.metrics.bootstrap import account_weights, group_totals, interval, weighted_median, weighted_ratio
from viewshift.metrics.changepoints import covering, margin_f1
from viewshift.metrics.events import days_in_alarm, first_alarm_delay, mark_days, per_account, per_account_year
from viewshift.metrics.nab import nab_score
from viewshift.metrics.predictive import crps, exceedance_ratios, log_score, pit, pit_histogram, pit_intervals
from viewshift.metrics.ranges import range_precision, range_recall
from viewshift.metrics.ranking import average_precision, average_precision_replicates, vus_pr

__all__ = [
    "account_weights",
    "affiliation",
    "average_precision",
    "average_precision_replicates",
    "covering",
    "crps",
    "days_in_alarm",
    "exceedance_ratios",
    "first_alarm_delay",
    "group_totals",
    "interval",
    "log_score",
    "margin_f1",
    "mark_days",
    "nab_score",
    "per_account",
    "per_account_year",
    "pit",
    "pit_histogram",
    "pit_intervals",
    "range_precision",
    "range_recall",
    "vus_pr",
    "weighted_median",
    "weighted_ratio",
]
