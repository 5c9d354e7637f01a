"""Measures of how well detectors do."""

from viewshift.metrics.bootstrap import account_weights, group_totals, interval, weighted_median, weighted_ratio
from viewshift.metrics.events import days_in_alarm, first_alarm_delay, per_account, per_account_year
from viewshift.metrics.predictive import crps, exceedance_ratios, log_score, pit, pit_histogram
from viewshift.metrics.ranking import average_precision, average_precision_replicates

__all__ = [
    "account_weights",
    "average_precision",
    "average_precision_replicates",
    "crps",
    "days_in_alarm",
    "exceedance_ratios",
    "first_alarm_delay",
    "group_totals",
    "interval",
    "log_score",
    "per_account",
    "per_account_year",
    "pit",
    "pit_histogram",
    "weighted_median",
    "weighted_ratio",
]
