"""Rules, monitors and baselines from files: the user's own, and those that are shipped."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import resources
from pathlib import Path
from typing import Any

from sklearn.base import clone

from viewshift._checks import check_choice
from viewshift.archives import made, part, read_archive
from viewshift.baselines import Baseline
from viewshift.calibrate import Ladder
from viewshift.monitor import Monitor
from viewshift.rules import AlarmRule

SHIPPED = ("Bank", "PredictiveTail")
"""Detectors of the rules that are shipped."""


def load_rule(path: str | Path) -> AlarmRule:
    """Read a rule that `AlarmRule.save` wrote.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, no rule, or of a format this version does not know.
    """
    return _rule(path, *read_archive(path, "rule"))


def load_monitor(path: str | Path) -> Monitor:
    """Read a monitor that `Monitor.save` wrote, with the rule that it follows.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, no monitor, or of a format this version does not know.
    """
    header, arrays = read_archive(path, "monitor")
    try:
        return Monitor.restored(_rule(path, header["rule"], part(arrays, "rule")), header, arrays)
    except (IndexError, KeyError, TypeError) as error:
        raise ValueError(f"{path} holds a monitor that this version does not know ({error}).") from None


def default_rule(per_account_year: float = 0.5, *, detector: str = "Bank") -> AlarmRule:
    """Return a rule that is shipped fitted, on simulated viewers, so that one person's export works at once.

    Its promise holds for people like the simulated reference population, named in its `reference`. Fit an `AlarmRule`
    on your own accounts where you have them.

    Parameters
    ----------
    per_account_year
        Alarm intervals per account-year.
    detector
        "Bank", of `SurgeScan` and `QuietScan`, finds surges of a day to four weeks, and when an account goes quiet;
        "PredictiveTail" finds single days, and suits `discoveries`.
    """
    check_choice("detector", detector, SHIPPED)
    with shipped(detector) as path:
        return load_rule(path).at(per_account_year)


def default_baseline() -> Baseline:
    """Return the baseline of an account's usual episodes that is shipped fitted, on the same simulated viewers."""
    with shipped("UsualLevel") as path:
        header, arrays = read_archive(path, "baseline")
    baseline: Baseline = made(header["baseline"]).restore(arrays)
    return baseline


def shipped(name: str) -> AbstractContextManager[Path]:
    """Return the file of a rule or baseline that is part of the package.

    Parameters
    ----------
    name
        Class name of the detector or baseline.
    """
    return resources.as_file(resources.files("viewshift") / "data" / f"{name}.npz")


def _rule(path: str | Path, header: Mapping[str, Any], arrays: Mapping[str, Any]) -> AlarmRule:
    """Return the rule in an archive."""
    try:
        detector = made(header["detector"])
        rule = AlarmRule(clone(detector), **header["rule"])
        detector.restore(part(arrays, "detector"))
        rule.detector_, rule.calibration_ = detector, Ladder(**part(arrays, "calibration"))
        rule.curve_, rule.promised_ = arrays["curve"], arrays["promised"]
        rule.size_, rule.reference = header["size"], header["reference"]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds a rule that this version does not know ({error}); fit it again.") from None
    return rule
