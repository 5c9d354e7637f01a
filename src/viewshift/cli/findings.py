"""What `viewshift detect` found in an export, and the words for it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from viewshift.budget import DAYS_PER_YEAR
from viewshift.panel import Panel
from viewshift.reading import ReadingReport
from viewshift.rules import AlarmRule


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
    def by_chance(self) -> float:
        """Alarms that ordinary ups and downs alone would give in so much time, on average."""
        return self.years * self.rule.per_account_year

    @cached_property
    def headline(self) -> str:
        """How many shifts in how much time."""
        n = len(self.alarms)
        if not self.years:
            return "No day could be judged: the history is shorter than the rule's warm-up."
        many = "No marked shift" if n == 0 else "1 marked shift" if n == 1 else f"{n:,} marked shifts"
        return f"{many} in {_amount(self.years, 'account-year')} judged."

    @cached_property
    def remarks(self) -> list[str]:
        """Sentences on how far to trust the findings."""
        said = []
        if self.years and not len(self.alarms):
            said.append(
                "No stretch of days stood out enough from the account's own past. Smaller shifts may be there: "
                "a higher --per-account-year shows them, among more false ones."
            )
        said.append(
            f"The dial stands at {self.rule.per_account_year:g} alarms per account-year: about "
            f"{_amount(self.by_chance, 'alarm')} would be expected here from ordinary ups and downs alone."
        )
        said.append(f"The rule was fitted on {self.rule.reference}.")
        if self.shipped:
            said.append(
                "These are simulated viewers, so on real people the rate may differ; fit a rule on your own accounts "
                "and give it by --rule if you have them."
            )
        return said


def interval(alarm: Mapping[Any, Any], name: str, sign: str = "") -> str:
    """Return a level or ratio with its interval: "0.8 (0.6-1.0)", after a sign such as "x"."""
    if pd.isna(alarm[name]):
        return "unknown"
    return f"{sign}{alarm[name]:.1f} ({alarm[f'{name}_low']:.1f}-{alarm[f'{name}_high']:.1f})"


def how_rare(alarm: Mapping[Any, Any], rule: AlarmRule) -> str:
    """Return in how many account-years of the reference one alarm as surprising as this comes about."""
    rate = rule.rate(alarm["surprise"])
    word = "rarer than once" if alarm["extrapolated"] else "once"
    return f"{word} in {1 / rate:.2g} years" if rate < 1 else f"{rate:.1f} times a year"


def support(alarm: Mapping[Any, Any]) -> str:
    """Return the days on which the change may have begun: "10-14 May"; empty if there is no doubt."""
    low, high = alarm["onset_low"], alarm["onset_high"]
    if low == high:
        return ""
    month = "" if low.month == high.month else f" {low:%b}"
    return f"{low.day}{month}-{high.day} {high:%b}"


def plain(text: str) -> str:
    """Return text without control characters, which a terminal would obey."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _amount(number: float, noun: str) -> str:
    return f"{number:,.1f} {noun}s" if number >= 0.1 else f"less than 0.1 {noun}s"
