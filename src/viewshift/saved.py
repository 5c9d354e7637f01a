"""Rules and monitors from files: the user's own, and the rule that is shipped."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from sklearn.base import clone

from viewshift.archives import made, part, read_archive
from viewshift.calibrate import Ladder
from viewshift.monitor import Monitor
from viewshift.rules import AlarmRule


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
    return _rule(path, *read_archive(path, "rule"))


def load_monitor(path: str | Path) -> Monitor:
    """Read a monitor that `Monitor.save` wrote, with the rule that it follows.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ValueError
        If the file is damaged, no monitor, or of a format this version does not know.
    """
    header, arrays = read_archive(path, "monitor")
    try:
        return Monitor.restored(_rule(path, header["rule"], part(arrays, "rule")), header, arrays)
    except (IndexError, KeyError, TypeError) as error:
        raise ValueError(f"{path} holds a monitor that this version does not know ({error}).") from None


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
