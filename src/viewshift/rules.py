"""The alarm rule: a detector, its calibration, and a threshold set in alarms per account-year."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone

from viewshift._checks import check_positive, check_whole
from viewshift._display import rule_card
from viewshift.alarms import Intervals, explain, find_intervals
from viewshift.archives import described, joined, write_archive
from viewshift.audit import Audit, audit_of
from viewshift.budget import PROMISED, promised, rate_at, rate_curve, threshold_at, values_at
from viewshift.calibrate import Ladder
from viewshift.detectors import Detector
from viewshift.fdr import discoveries_on_day
from viewshift.folds import group_labels, out_of_fold_scores
from viewshift.judge import Judge, Judged
from viewshift.levels import typical_nb_size
from viewshift.monitor import Monitor
from viewshift.panel import Panel, check_panel

OPTIONS = ("per_account_year", "quiet", "adapt_after", "own_rates", "n_folds", "seed")
"""Parameters besides the detector."""


@dataclass(eq=False)
class AlarmRule(Judge):
    """When to raise an alarm, so that ordinary accounts raise a chosen number of them per year.

    Parameters
    ----------
    detector
        What scores the days; it is cloned, never changed.
    per_account_year
        The dial: alarm intervals per account-year (365.25 scored days) among accounts like those of `fit`. Natural
        binges are among them: in the reference population nobody is singled out.
    quiet
        Scored days below the threshold after which an alarm is over.
    adapt_after
        Days after which an alarm closes as "lasting" and the new level counts as usual.
    own_rates
        Judge each account by its own rates as its history grows (see `viewshift.calibrate.Ladder`). Default: yes, but
        not where the detector is `cumulative` or sees the future.
    n_folds
        Folds over groups of accounts from which detector, calibration and threshold are learned out of fold.
    seed
        Seed of the folds.

    Attributes
    ----------
    detector_ : Detector
        Fitted on the whole reference panel.
    calibration_ : Ladder
        Scores to surprise.
    curve_ : ndarray of shape (2, n_thresholds)
        Thresholds, ascending, and the alarms per account-year that they gave out of fold.
    promised_ : ndarray of shape (8, n_thresholds)
        These thresholds, and below each what it promises besides (see `promise`).
    size_ : float
        Negative-binomial size of the measure's days, for onsets.
    reference : str
        In words, what the rule was fitted on.

    Notes
    -----
    The threshold is found on out-of-fold surprise paths and not from run-length tables, which do not transfer to real
    counts. It promises a rate over a population like the reference; a single account may raise more or fewer.

    Examples
    --------
    >>> import viewshift as vs
    >>> rule = vs.AlarmRule(vs.detectors.ZScore(), per_account_year=2)
    >>> rule = rule.fit(vs.simulate.viewers(60, 300, seed=1))
    >>> len(rule.alarms(vs.simulate.viewers(60, 300, seed=2))) < 150
    True
    """

    detector: Detector
    per_account_year: float = 0.5
    quiet: int = 7
    adapt_after: int = 28
    own_rates: bool | None = None
    n_folds: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.detector, Detector):
            raise TypeError(f"`detector` must be a Detector such as vs.detectors.Cusum(), got {self.detector!r}.")
        check_positive("per_account_year", self.per_account_year)
        for name, least in (("quiet", 1), ("adapt_after", 2), ("n_folds", 2), ("seed", 0)):
            check_whole(name, getattr(self, name), least=least)
        if self.own_rates and not self.detector.claims.causal:
            raise ValueError(
                f"`own_rates` must not be True for {self.detector!r}, which sees the future; leave it out."
            )
        self.reference = "nothing yet"

    def fit(self, panel: Panel, groups: Any = None) -> Self:
        """Fit detector, calibration and threshold on a reference population, out of fold.

        Parameters
        ----------
        panel
            Ordinary histories of many accounts; a year or more each.
        groups
            One label per account; accounts of one group (a household) share a fold. Default: each its own.

        Raises
        ------
        ValueError
            If there are fewer groups than folds, or the panel is shorter than the detector's warm-up.
        """
        check_panel("panel", panel)
        labels = group_labels(panel, groups)
        scores = out_of_fold_scores(self.detector, panel, labels, self.n_folds, self.seed)
        causal = self.detector.claims.causal
        own = causal and not self.detector.cumulative if self.own_rates is None else self.own_rates
        self.calibration_ = Ladder.fit(scores, panel.widening, by_history=causal, own_rates=own)
        paths = self.calibration_.surprise(scores, panel.widening)[0]
        self.curve_ = rate_curve(paths, self.quiet)
        at = self.curve_[0]
        self.promised_ = np.vstack([at, promised(paths, at, self.quiet, self.adapt_after, labels)])
        self.detector_ = clone(self.detector).fit(panel)
        self.size_ = typical_nb_size(panel[self.detector.measure])
        self.reference = f"{panel.n_accounts:,} accounts x {panel.n_days} days"
        return self

    _repr_html_ = rule_card

    @property
    def threshold_(self) -> float:
        """Surprise at which an alarm opens."""
        self._check_fitted()
        return threshold_at(self.curve_, self.per_account_year)

    def at(self, per_account_year: float) -> "AlarmRule":
        """Return the same fitted rule with the dial set elsewhere.

        Parameters
        ----------
        per_account_year
            Alarm intervals per account-year.
        """
        other = copy.copy(self)
        other.per_account_year = check_positive("per_account_year", per_account_year)
        return other

    def rate(self, surprise: float) -> float:
        """Return the alarms per account-year that reach this surprise in the reference population.

        Parameters
        ----------
        surprise
            -log10 p, for example of an alarm; from the reference's largest on, the rate is an upper bound.
        """
        self._check_fitted()
        return rate_at(self.curve_, surprise)

    def promise(self) -> pd.Series:
        """Return what the dial promises over a population like the reference, from its out-of-fold paths.

        Returns
        -------
        `threshold`; `per_account_year`, the alarms at it, with a 95 % bootstrap interval over groups, `low` to `high`;
        `days_in_alarm` per account-year; `account_10`, `account_50` and `account_90`, quantiles of the single accounts'
        alarms per year; `above_twice`, the share of accounts with more than twice as many as all on average.
        """
        threshold = self.threshold_
        besides = dict(zip(PROMISED, values_at(self.promised_, threshold), strict=True))
        return pd.Series({"threshold": threshold, "per_account_year": self.rate(threshold), **besides})

    def audit(self, panel: Panel, groups: Any = None) -> Audit:
        """Hold what was promised against what is observed on a panel of the user's own.

        Parameters
        ----------
        panel
            Histories of accounts that were not fitted on.
        groups
            One label per account; accounts of one group (a household) are drawn together in the bootstrap. Default:
            each its own.
        """
        return audit_of(
            self.surprise(panel),
            panel[self.detector.measure] > 0,
            threshold=self.threshold_,
            per_account_year=self.per_account_year,
            quiet=self.quiet,
            groups=None if groups is None else group_labels(panel, groups),
        )

    def alarms(self, panel: Panel) -> pd.DataFrame:
        """Return one row per alarm: onset, detection and end, kind, usual and new level, and how rare.

        Parameters
        ----------
        panel
            Histories to judge.

        Returns
        -------
        Frame with the columns of ``viewshift.alarms.COLUMNS``, by account and day. Intervals around levels and ratio
        hold 90 %; `surprise` is the largest of the alarm, by a fitted tail and no count where `extrapolated`.
        """
        return self.explained(panel, self.judged(panel))[1]

    def explained(self, panel: Panel, judged: Judged) -> tuple[Intervals, pd.DataFrame]:
        """Return the alarm intervals in the surprise of a panel, and the row of `alarms` for each.

        Parameters
        ----------
        panel
            Histories.
        judged
            What the rule says of their days.
        """
        intervals = find_intervals(judged.surprise, self.threshold_, quiet=self.quiet, sign=judged.sign)
        return intervals, explain(
            panel,
            intervals,
            *judged,
            measure=self.detector.measure,
            size=self.size_,
            causal=self.detector.claims.causal,
            quiet=self.quiet,
            adapt_after=self.adapt_after,
        )

    def discoveries(self, panel: Panel, day: Any = None, fdr: float = 0.05, method: str = "bh") -> pd.DataFrame:
        """Return which accounts stand out on one closed day, if a share `fdr` of those named may be false on average.

        Parameters
        ----------
        panel
            Histories of many accounts, to the day or beyond it; best with the exposure of a ``baselines.DayFactor``.
        day
            The day; default the panel's last.
        fdr
            False discovery rate, in (0, 1).
        method
            "bh", "by" or "e-bh" (see ``viewshift.fdr.discoveries``).

        Returns
        -------
        Frame with the columns account, day, surprise, extrapolated, in_alarm and discovered, one row per account that
        was scored. Accounts in an alarm of this rule that opened before the day, and less than `adapt_after` days ago,
        are left out of the family.

        Raises
        ------
        ValueError
            If the day is not of the panel, or `fdr` or `method` is out of range.
        """
        return discoveries_on_day(
            panel,
            *self.judged(panel)[:2],
            day,
            level=fdr,
            method=method,
            threshold=self.threshold_,
            quiet=self.quiet,
            adapt_after=self.adapt_after,
        )

    def save(self, path: str | Path) -> None:
        """Write the fitted rule to one file, whole or not at all.

        Parameters
        ----------
        path
            File to write; an existing one is replaced.
        """
        write_archive(path, "rule", *self.packed())

    def packed(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return header and arrays of the archive that holds the fitted rule."""
        self._check_fitted()
        header = {
            "detector": described(self.detector),
            "rule": {name: getattr(self, name) for name in OPTIONS},
            "reference": self.reference,
            "size": self.size_,
        }
        arrays = joined(detector=self.detector_.learned(), calibration=self.calibration_.learned())
        return header, {**arrays, "curve": self.curve_, "promised": self.promised_}

    def monitor(self, history: Panel) -> Monitor:
        """Return this rule as a monitor, which is fed one day at a time.

        Parameters
        ----------
        history
            What is known of the accounts so far: at least one day. The detector must be a streaming one.
        """
        return Monitor(self, history)
