"""Accounts to look at: one on which an event was found and one on which it was missed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from viewshift._typing import Floats
from viewshift.alarms import find_intervals
from viewshift.metrics import first_alarm_delay
from viewshift.panel import Panel
from viewshift.saved import default_baseline
from viewshift.study.folded import Rule
from viewshift.study.tally import Windows

BEFORE, AFTER = 90, 40
"""Days shown before the onset, and after the end (but no more than twice `BEFORE` after the onset)."""
USUAL = 0.9
"""The quantile of an ordinary day that is shown as usual."""


@dataclass(frozen=True)
class Example:
    """Some days of one account around an event, with the surprise and the alarms on them.

    Parameters
    ----------
    detector, scenario, account, measure
        Names.
    seed, rate
        Of the study.
    delay
        Days from onset to alarm; NaN if missed.
    first_day
        Local day of the first value, ISO.
    values
        The measure by day.
    window
        First and last place of the event among the values.
    alarms
        First and last place of each alarm.
    surprise
        By day, like the values.
    threshold
        Surprise at which an alarm opens.
    past
        The measure on the days before the first value, from the account's first day on.
    """

    detector: str
    scenario: str
    account: str
    measure: str
    seed: int
    rate: float
    delay: float
    first_day: str
    values: tuple[float, ...]
    window: tuple[int, int]
    alarms: tuple[tuple[int, int], ...]
    surprise: tuple[float, ...]
    threshold: float
    past: tuple[float, ...]

    def usual(self) -> Floats | None:
        """Return what 9 of 10 ordinary days stay at or below, by the shipped usual level; None for another measure.

        The usual level sees a day's own past alone, and no day of the last week.
        """
        baseline = default_baseline()
        if self.measure not in baseline.measures:
            return None
        days = np.array([self.past + self.values])
        panel = Panel(
            {self.measure: days}, accounts=[self.account], start=np.datetime64(self.first_day) - len(self.past)
        )
        found: Floats = baseline.predict(panel).quantile(USUAL)[0, len(self.past) :]
        return found


def show_examples(
    key: tuple[str, str, int],
    measure: str,
    rules: Mapping[float, Rule],
    panel: Panel,
    surprise: Floats,
    events: Windows,
) -> list[Example]:
    """Return the first event found and the first one missed at the first dial; fewer if there are none such.

    Parameters
    ----------
    key
        Detector, scenario and seed.
    measure
        The measure to show.
    rules
        Dial to rule.
    panel
        With the scenario laid over it.
    surprise
        Shape ``(n_accounts, n_days)``.
    events
        Windows of the events.
    """
    if not rules:
        return []
    rate, rule = next(iter(rules.items()))
    alarms = find_intervals(surprise, rule.threshold_, quiet=rule.quiet)
    delay = first_alarm_delay(alarms.row, alarms.opened, *events)
    detector, scenario, seed = key
    examples = []
    for wanted in (~np.isnan(delay), np.isnan(delay)):
        for k in np.flatnonzero(wanted)[:1]:
            row, onset, end = (int(part[k]) for part in events)
            first = max(0, onset - BEFORE)
            stop = min(panel.n_days, end + AFTER + 1, onset + 2 * BEFORE)
            last = np.minimum(alarms.last, alarms.opened + rule.adapt_after - 1)
            shown = (alarms.row == row) & (last >= first) & (alarms.opened < stop)
            days = panel[measure][row].astype(float).tolist()
            examples.append(
                Example(
                    detector=detector,
                    scenario=scenario,
                    account=str(panel.accounts[row]),
                    measure=measure,
                    seed=seed,
                    rate=rate,
                    delay=float(delay[k]),
                    first_day=str(panel.days[first]),
                    values=tuple(days[first:stop]),
                    window=(onset - first, min(end, stop - 1) - first),
                    alarms=tuple(
                        (int(max(a, first)) - first, int(min(b, stop - 1)) - first)
                        for a, b in zip(alarms.opened[shown], last[shown], strict=True)
                    ),
                    surprise=tuple(surprise[row, first:stop].astype(float).tolist()),
                    threshold=float(np.broadcast_to(rule.threshold_, (panel.n_accounts, 1))[row, 0]),
                    past=tuple(days[:first]),
                )
            )
    return examples
