"""What `viewshift detect` found in an export, and the words for it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from viewshift.metrics.events import DAYS_PER_YEAR
from viewshift.panel import Panel
from viewshift.reading import ReadingReport
from viewshift.rules import AlarmRule
from viewshift.sentences import counted_alarms

SHORT = 28
"""Days of an account after which its own past counts for something."""


UNITS = {
    "YouTube, music": "tracks",
    "YouTube": "videos",
    "Spotify": "titles",
    "Last.fm": "tracks",
    "Letterboxd": "films",
}
"""What episodes are in exports of some kinds, as their reports begin."""


class Findings:
    """Alarms of the accounts of an export, with what it takes to judge them.

    Parameters
    ----------
    panel
        The days.
    rule
        The rule that judged them.
    report
        What the reader said.
    shipped
        Whether the rule is the default one, whose reference is simulated.
    """

    def __init__(self, panel: Panel, rule: AlarmRule, report: ReadingReport, *, shipped: bool) -> None:
        self.panel, self.rule, self.report, self.shipped = panel, rule, report, shipped
        self.measure = rule.detector.measure
        self.alarms: pd.DataFrame = rule.alarms(panel)
        self.years = float(np.count_nonzero(~np.isnan(rule.surprise(panel)))) / DAYS_PER_YEAR

    @property
    def unit(self) -> str:
        """What the levels count, in words."""
        if self.measure != "episodes":
            return self.measure.replace("_", " ")
        return next((unit for kind, unit in UNITS.items() if self.report.kind.startswith(kind)), self.measure)

    @property
    def by_chance(self) -> float:
        """Alarms that ordinary ups and downs alone would give in so much time, on average."""
        return self.years * self.rule.per_account_year

    @cached_property
    def headline(self) -> str:
        """How many shifts in how much time."""
        n = len(self.alarms)
        if not self.years:
            return (
                f"No day could be judged: the rule needs {self._needed:,} observed days of an account, and here are "
                f"{int(self.panel.observed.sum(axis=1).max(initial=0)):,}."
            )
        many = "No marked shift" if n == 0 else "1 marked shift" if n == 1 else f"{n:,} marked shifts"
        return f"{many} in {_amount(self.years, self._year)} judged."

    @property
    def _year(self) -> str:
        return "year" if self.panel.n_accounts == 1 else "account-year"

    @cached_property
    def _needed(self) -> int:
        """Observed days after which the rule first judges one, found by trying."""
        days = np.tile([1.0, 0.0, 2.0, 1.0, 0.0, 3.0, 2.0], 300)
        steady = Panel(dict.fromkeys(self.panel.measures, days[None, :]), accounts=["me"], start="2023-01-02")
        return int(np.argmax(~np.isnan(self.rule.surprise(steady)[0]))) + 1

    @property
    def on_rarity(self) -> str:
        """What "how rare" ranks, and that the ratio is no quotient."""
        cap = getattr(self.rule.detector, "cap", np.inf)
        what = "scores"
        if np.isfinite(cap):
            what = f"sums, in which very large days count no more than its cap ({cap:g})"
        return (
            f"How rare an alarm is, 1 in so many years of one account, ranks what the detector {what}: "
            "for the size of a change see the ratio. That is by which factor the level probably shifted: what was "
            "found looks larger than it is, so it is mostly less than one level over the other."
        )

    @cached_property
    def remarks(self) -> list[str]:
        """Sentences on how far to trust the findings."""
        said = []
        if self.years and not len(self.alarms):
            said.append(
                "No stretch of days stood out enough from the account's own past. Smaller shifts may be there: "
                "a higher --per-account-year shows them, among more false ones."
            )
        if 0 < self.years < SHORT / DAYS_PER_YEAR * self.panel.n_accounts:
            said.append(
                f"So short a history shows little of what is usual: before some {SHORT} days only the grossest shifts "
                "stand out."
            )
        dial = f"The dial stands at {counted_alarms(self.rule.per_account_year)} per {self._year}"
        if self.years:
            many = f"about {self.by_chance:,.1f} alarms" if self.by_chance >= 0.1 else "fewer than 0.1 alarms"
            dial += f": {many} would be expected here from ordinary ups and downs alone"
        said.append(f"{dial}.")
        if 0 < len(self.alarms) <= self.by_chance:
            what = "the one alarm found is," if len(self.alarms) == 1 else f"the {len(self.alarms):,} alarms found are,"
            each = "it by its" if len(self.alarms) == 1 else "each by its"
            said.append(
                f"{what.capitalize()} in number, no more than chance alone would give: judge {each} rarity, ratio and "
                "dates."
            )
        if len(self.alarms):
            said.append(self.on_rarity)
        said.append(f"The rule was fitted on {self.rule.reference}.")
        if self.shipped:
            said.append(
                "These are simulated viewers, so on real people the rate may differ, and an account's first four weeks "
                "raise more; fit a rule on your own accounts and give it by --rule if you have them."
            )
        return said


def how_rare(alarm: Mapping[Any, Any], rule: AlarmRule, *, once: str = "once", years: str = "years") -> str:
    """Return in how many account-years of the reference an alarm as surprising as this comes once."""
    rate = rule.rate(alarm["surprise"])
    if rate >= 1:
        return f"{rate:.1f} times a year"
    number = float(f"{1 / rate:.2g}")
    thresholds, rates = rule.curve_
    word = "less than " if alarm["surprise"] >= thresholds[rates > 0].max() else ""
    return f"{word}{once} in {number:,.{0 if number >= 10 else 1}f} {years}"


def _amount(number: float, noun: str) -> str:
    return f"{number:,.1f} {noun}s" if number >= 0.1 else f"less than 0.1 {noun}s"
