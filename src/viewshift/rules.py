"""The alarm rule: a detector, its calibration, and a threshold set in alarms per account-year."""

import copy
import io
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold

from viewshift import detectors
from viewshift._checks import check_positive, check_whole
from viewshift._files import write_whole
from viewshift._typing import Floats
from viewshift.alarms import explain, find_intervals
from viewshift.budget import rate_at, rate_curve, threshold_at
from viewshift.calibrate import PooledConformal
from viewshift.detectors import Detector
from viewshift.levels import typical_nb_size
from viewshift.panel import Panel, check_panel

FORMAT = 1


@dataclass(eq=False)
class AlarmRule:
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
    n_folds
        Folds over groups of accounts from which detector, calibration and threshold are learned out of fold.
    seed
        Seed of the folds.

    Attributes
    ----------
    detector_ : Detector
        Fitted on the whole reference panel.
    calibration_ : PooledConformal
        Scores to surprise.
    curve_ : ndarray of shape (2, n_thresholds)
        Thresholds, ascending, and the alarms per account-year that they gave out of fold.
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
    n_folds: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.detector, Detector):
            raise TypeError(f"`detector` must be a Detector such as vs.detectors.Cusum(), got {self.detector!r}.")
        check_positive("per_account_year", self.per_account_year)
        check_whole("quiet", self.quiet, least=1)
        check_whole("adapt_after", self.adapt_after, least=2)
        check_whole("n_folds", self.n_folds, least=2)
        check_whole("seed", self.seed, least=0)
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
        labels = np.arange(panel.n_accounts) if groups is None else np.asarray(groups)
        if labels.shape != (panel.n_accounts,):
            raise ValueError(f"`groups` must label each of the {panel.n_accounts} accounts, got shape {labels.shape}.")
        n_groups = len(np.unique(labels))
        if n_groups < self.n_folds:
            raise ValueError(f"`fit` needs at least {self.n_folds} groups of accounts (`n_folds`), got {n_groups}.")
        scores = np.full((panel.n_accounts, panel.n_days), np.nan)
        folds = GroupKFold(self.n_folds, shuffle=True, random_state=self.seed)
        for inside, outside in folds.split(labels, groups=labels):
            scores[outside] = clone(self.detector).fit(panel.take(inside)).score(panel.take(outside))
        self.calibration_ = PooledConformal.fit(scores)
        self.curve_ = rate_curve(self.calibration_.surprise(scores), self.quiet)
        self.detector_: Detector = clone(self.detector).fit(panel)
        self.size_ = typical_nb_size(panel[self.detector.measure])
        self.reference = f"{panel.n_accounts:,} accounts x {panel.n_days} days"
        return self

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

    def surprise(self, panel: Panel) -> Floats:
        """Return -log10 of each account-day's calibrated p-value; NaN where there is no opinion.

        Parameters
        ----------
        panel
            Histories to judge; the accounts need not have been seen before.
        """
        return self.calibration_.surprise(self._scores(panel))

    def rate(self, surprise: float) -> float:
        """Return the alarms per account-year that reach this surprise in the reference population.

        Parameters
        ----------
        surprise
            -log10 p, for example of an alarm; from the reference's largest on, the rate is an upper bound.
        """
        self._check_fitted()
        return rate_at(self.curve_, surprise)

    def alarms(self, panel: Panel) -> pd.DataFrame:
        """Return one row per alarm: onset, detection and end, kind, usual and new level, and how rare.

        Parameters
        ----------
        panel
            Histories to judge.

        Returns
        -------
        Frame with the columns of ``viewshift.alarms.COLUMNS``, by account and day. Intervals around levels and ratio
        hold 90 %; `surprise` is the largest of the alarm, and only a lower bound where `extrapolated`.
        """
        scores = self._scores(panel)
        surprise = self.calibration_.surprise(scores)
        return explain(
            panel,
            find_intervals(surprise, self.threshold_, quiet=self.quiet),
            surprise,
            self.calibration_.beyond(scores),
            measure=self.detector.measure,
            size=self.size_,
            direction=getattr(self.detector, "direction", "both"),
            causal=self.detector.claims.causal,
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
        self._check_fitted()
        learned: dict[str, Any] = {f"detector.{name}": value for name, value in self.detector_.learned().items()}
        header = {
            "format": FORMAT,
            "detector": type(self.detector).__name__,
            "parameters": self.detector.get_params(deep=False),
            "rule": {name: getattr(self, name) for name in ("per_account_year", *_OPTIONS)},
            "reference": self.reference,
            "size": self.size_,
        }
        arrays: dict[str, Any] = {
            "scores": self.calibration_.scores,
            "log10_p": self.calibration_.log10_p,
            "curve": self.curve_,
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, header=np.array(json.dumps(header, default=_plain_number)), **arrays, **learned)
        write_whole(Path(path), buffer.getvalue())

    def _scores(self, panel: Panel) -> Floats:
        self._check_fitted()
        check_panel("panel", panel)
        return self.detector_.score(panel)

    def _check_fitted(self) -> None:
        if not hasattr(self, "curve_"):
            raise NotFittedError("this AlarmRule is not fitted yet; call `fit` first, or use `vs.default_rule()`.")


_OPTIONS = ("quiet", "adapt_after", "n_folds", "seed")


def _plain_number(value: Any) -> Any:
    """Return a NumPy scalar as the Python number it stands for, for JSON."""
    return value.item()


def load_rule(path: str | Path) -> AlarmRule:
    """Read a rule that `AlarmRule.save` wrote.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ValueError
        If the file is damaged, no rule, or of a format this version does not know.
    """
    content = Path(path).read_bytes()
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(str(arrays.pop("header")))
        version = header["format"]
    except Exception:  # whatever a damaged archive makes zipfile, zlib, NumPy or json raise
        raise ValueError(
            f"{path} must be a rule saved by `AlarmRule.save`, but it is damaged or something else."
        ) from None
    if version != FORMAT:
        raise ValueError(f"{path} has rule format {version}, but this version reads format {FORMAT}; fit it again.")
    try:
        detector = getattr(detectors, header["detector"])(**header["parameters"])
        rule = AlarmRule(clone(detector), **header["rule"])
        learned = {name.removeprefix("detector."): arrays[name] for name in arrays if name.startswith("detector.")}
        vars(detector).update({name: value if value.ndim else value.item() for name, value in learned.items()})
        rule.detector_ = detector
        rule.calibration_ = PooledConformal(arrays["scores"], arrays["log10_p"])
        rule.curve_, rule.size_, rule.reference = arrays["curve"], header["size"], header["reference"]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} holds a rule that this version does not know ({error}); fit it again.") from None
    return rule


def default_rule(per_account_year: float = 0.5) -> AlarmRule:
    """Return the rule that is shipped fitted, on simulated viewers, so that one person's export works at once.

    Its promise holds for people like the simulated reference population, named in its `reference`. Fit an `AlarmRule`
    on your own accounts where you have them.

    Parameters
    ----------
    per_account_year
        Alarm intervals per account-year.
    """
    with resources.as_file(resources.files("viewshift") / "data" / "default_rule.npz") as path:
        return load_rule(path).at(per_account_year)
