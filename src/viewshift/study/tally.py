"""What one detector did on one scenario at one dial, counted by account, and the measures that follow from it."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, TypeVar

import numpy as np

from viewshift._typing import Floats, Ints
from viewshift.alarms import find_intervals
from viewshift.metrics import (
    days_in_alarm,
    first_alarm_delay,
    interval,
    per_account,
    per_account_year,
    weighted_median,
    weighted_ratio,
)
from viewshift.metrics.events import DAYS_PER_YEAR
from viewshift.study.folded import Rule

FEW = 10

Key = TypeVar("Key", bound=Hashable)


class Windows(NamedTuple):
    """Events as row, first and last day number (int64 arrays of one length)."""

    row: Ints
    onset: Ints
    end: Ints


@dataclass(frozen=True, eq=False)
class Tally:
    """Whole numbers by account, so that sums are exact; `late_row` and `late` hold one entry per event found.

    Parameters
    ----------
    events, found, reached, chance
        Events of each account; those found by a fresh alarm; those with a day at or above the threshold, be it of an
        alarm that was open at the onset; those "found" in the same windows of the clean twin.
    alarms, alarm_days, days
        Alarms, days in alarm and scored days of each account on the scenario's panel.
    clean_alarms, clean_days
        Alarms and scored days on the clean twin.
    late_row, late
        Account and delay in days of each event found and not found by chance.
    """

    events: Ints
    found: Ints
    reached: Ints
    chance: Ints
    alarms: Ints
    alarm_days: Ints
    days: Ints
    clean_alarms: Ints
    clean_days: Ints
    late_row: Ints
    late: Ints


def tally(rule: Rule, surprise: Floats, clean: Floats, events: Windows, *, causal: bool) -> Tally:
    """Count what a rule does on a scenario's panel and on its clean twin.

    Parameters
    ----------
    rule
        Fitted, with its dial set.
    surprise
        On the scenario's panel, shape ``(n_accounts, n_days)``.
    clean
        On the panel without the scenario.
    events
        Windows of the events.
    causal
        If False any day at or above the threshold finds an event, not only the first of an alarm: each is a change
        day of an offline detector.
    """
    n = len(surprise)
    here, there = (find_intervals(s, rule.threshold_, quiet=rule.quiet) for s in (surprise, clean))
    if causal:
        marks = [np.stack([alarm.row, alarm.opened]) for alarm in (here, there)]
    else:
        marks = [np.argwhere(s >= rule.threshold_).T for s in (surprise, clean)]
    delay, by_chance = (first_alarm_delay(mark[0], mark[1], *events) for mark in marks)
    found, chance = ~np.isnan(delay), ~np.isnan(by_chance)
    own = found & ~chance
    above = np.argwhere(surprise >= rule.threshold_)
    reached = ~np.isnan(first_alarm_delay(above[:, 0], above[:, 1], *events))
    return Tally(
        events=per_account(events.row, n),
        found=per_account(events.row[found], n),
        reached=per_account(events.row[reached], n),
        chance=per_account(events.row[chance], n),
        alarms=per_account(here.row, n),
        alarm_days=per_account(here.row, n, days_in_alarm(here.opened, here.last, rule.adapt_after)),
        days=np.count_nonzero(~np.isnan(surprise), axis=1),
        clean_alarms=per_account(there.row, n),
        clean_days=np.count_nonzero(~np.isnan(clean), axis=1),
        late_row=events.row[own],
        late=delay[own].astype(np.int64),
    )


def pooled(tallies: Sequence[Tally]) -> Tally:
    """Put the accounts of several seeds side by side.

    Parameters
    ----------
    tallies
        One per seed.
    """
    starts = np.cumsum([0] + [len(part.events) for part in tallies[:-1]])
    columns = {f.name: np.concatenate([getattr(part, f.name) for part in tallies]) for f in fields(Tally)}
    columns["late_row"] = np.concatenate([part.late_row + at for part, at in zip(tallies, starts, strict=True)])
    return Tally(**columns)


def padded(counts: Tally, n_accounts: int) -> Tally:
    """Put accounts behind of which nothing is counted.

    Parameters
    ----------
    counts
        Of the first accounts.
    n_accounts
        How many there are in all.
    """
    names = [one.name for one in fields(Tally) if one.name not in ("late_row", "late")]
    more = n_accounts - len(counts.events)
    return replace(counts, **{name: np.pad(getattr(counts, name), (0, more)) for name in names})


def by_household(counts: Tally, household: Ints) -> Tally:
    """Add up the counts of the accounts of each household.

    Parameters
    ----------
    counts
        By account.
    household
        Number of each account's household.
    """
    n = int(household.max()) + 1
    whole = {
        one.name: np.bincount(household, getattr(counts, one.name), n).astype(np.int64)
        for one in fields(Tally)
        if one.name not in ("late_row", "late")
    }
    return Tally(**whole, late_row=household[counts.late_row], late=counts.late)


class Estimate(NamedTuple):
    """A value with its 95 % interval, the number of things behind it, and its bootstrap replicates."""

    value: float
    low: float
    high: float
    n: int
    replicates: Floats


def estimate(point: float, replicates: Floats, n: int) -> Estimate:
    """Return a value with its percentile interval.

    Parameters
    ----------
    point
        The value itself.
    replicates
        One value per bootstrap replicate.
    n
        Number of things behind it.
    """
    return Estimate(point, *interval(replicates), n, replicates)


def account_means(values: Mapping[Key, Floats], weights: Floats) -> dict[Key, Estimate]:
    """Return of each metric the mean over the accounts that have a value.

    Parameters
    ----------
    values
        Metric to one value per account; NaN where it is undefined.
    weights
        From ``metrics.account_weights``.

    Notes
    -----
    Values are rounded to multiples of 2^-30, so that sums are exact and do not depend on their order.
    """
    if not values:
        return {}
    stacked = np.column_stack(list(values.values()))
    known = ~np.isnan(stacked)
    whole = np.round(np.where(known, stacked, 0.0) * 2.0**30)
    point, spread = (weighted_ratio(whole, known, w) / 2.0**30 for w in (np.ones((1, len(stacked))), weights))
    return {key: estimate(float(point[0, k]), spread[:, k], int(known[:, k].sum())) for k, key in enumerate(values)}


def recall_measures(counts: Tally, weights: Floats) -> dict[str, Estimate]:
    """Recall, recall by chance, their difference, events reached at all, and the delay of what was found.

    Parameters
    ----------
    counts
        By account.
    weights
        From ``metrics.account_weights``.

    Notes
    -----
    A delay over fewer than `FEW` events has no interval: so few values hold no sign of how much they vary.
    """
    all_once = np.ones((1, len(counts.events)))
    n_events = int(counts.events.sum())
    above = {
        "net_recall": counts.found - counts.chance,
        "recall": counts.found,
        "chance_recall": counts.chance,
        "reached": counts.reached,
    }
    measures = {}
    for name, hits in above.items():
        point, spread = (weighted_ratio(hits, counts.events, w) for w in (all_once, weights))
        measures[name] = estimate(float(point[0]), spread, n_events)
    point, spread = (weighted_median(counts.late_row, counts.late, w) for w in (all_once, weights))
    if len(counts.late) < FEW:
        spread = np.full(len(weights), np.nan)
    measures["delay"] = estimate(float(point[0]), spread, len(counts.late))
    return measures


def rate_measures(counts: Tally, weights: Floats, rate: float) -> dict[str, Estimate]:
    """Alarms and days in alarm per account-year, on the scenario's panel and on its clean twin.

    Parameters
    ----------
    counts
        By account.
    weights
        From ``metrics.account_weights``.
    rate
        The dial, alarms per account-year.
    """
    n = int(np.count_nonzero(counts.days + counts.clean_days))
    amounts = {
        "alarms": (counts.alarms, counts.days, 1.0),
        "alarms_over_dial": (counts.alarms, counts.days, rate),
        "clean_alarms": (counts.clean_alarms, counts.clean_days, 1.0),
        "days_in_alarm": (counts.alarm_days, counts.days, 1.0),
    }
    return {
        name: estimate(
            float(per_account_year(amount.sum(), days.sum())) / unit,
            weighted_ratio(amount * DAYS_PER_YEAR / unit, days, weights),
            n,
        )
        for name, (amount, days, unit) in amounts.items()
    }
