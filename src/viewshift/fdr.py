"""Which account-days are discoveries, if only a chosen share of them may be false: one day of many, or one stream."""

from typing import Any

import numpy as np
import pandas as pd

from viewshift._checks import check_choice, check_day
from viewshift._typing import Bools, Floats
from viewshift.kernels.runs import follow_runs
from viewshift.panel import Panel

METHODS = ("bh", "by", "e-bh")
STREAMS = ("lord++", "saffron", "addis")


def discoveries(surprise: Floats, level: float = 0.05, method: str = "bh") -> Bools:
    r"""Say which of many hypotheses to reject so that the false discovery rate stays at the level.

    Parameters
    ----------
    surprise
        -log10 p of each account on one closed day, shape ``(n_accounts,)``. NaN is left out of the family: leave out so
        what was not to be tested, such as accounts already in an alarm.
    level
        False discovery rate, in (0, 1).
    method
        "bh", Benjamini-Hochberg, for independent or positively dependent accounts; "by", Benjamini-Yekutieli, for any
        dependence, at the price of a factor log n; "e-bh", for any dependence too, with the e-values
        :math:`(1 - p + p \ln p) / (p \ln^2 p)`.

    Returns
    -------
    Mask of the discoveries, ``(n_accounts,)``.

    Raises
    ------
    ValueError
        If the level or a surprise is out of range or the method is unknown.

    Notes
    -----
    Among n accounts, "bh" rejects k only if the k-th largest surprise is at least log10(n / (k level)); where the
    reference of the p-values is too small for that, only those from its fitted tail (`extrapolated`) get there.
    p-values below 1e-323 become 0; a step-up procedure rejects them as it would have done. e-values are compared as
    logarithms.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57, 289-300, eq. 1.
    Benjamini, Y. and Yekutieli, D. (2001). The control of the false discovery rate in multiple testing under
    dependency. Ann. Statist. 29, 1165-1188, theorem 1.3.
    Wang, R. and Ramdas, A. (2022). False discovery rate control with e-values. JRSS B 84, 822-852, definition 4.
    Vovk, V. and Wang, R. (2021). E-values: calibration, combination and applications. Ann. Statist. 49, 1736-1754,
    eq. 2, for the calibrator.

    Examples
    --------
    >>> discoveries(np.array([4.0, 0.3, np.nan, 2.0, 0.1]), 0.05)
    array([ True, False, False,  True, False])
    """
    check_level(level)
    check_choice("method", method, METHODS)
    surprise = _checked(surprise)
    known = ~np.isnan(surprise)
    found = np.zeros(surprise.shape, dtype=bool)
    if not known.any():
        return found
    if method == "e-bh":
        found[known] = _step_up_e(_log_e(surprise[known]), level)
    else:
        from statsmodels.stats.multitest import multipletests  # noqa: PLC0415 - slow to import

        found[known] = multipletests(10 ** -surprise[known], level, method=f"fdr_{method}")[0]
    return found


def stream_discoveries(surprise: Floats, level: float = 0.05, method: str = "addis") -> Bools:
    """Decide day by day about one account, each day from the days before it, at a false discovery rate over its stream.

    The procedures are those of the package online-fdr, with half the level as initial wealth.

    Parameters
    ----------
    surprise
        -log10 p of one account's days in order, shape ``(n_days,)``; a NaN day is not tested.
    level
        False discovery rate, in (0, 1).
    method
        "lord++"; "saffron", with candidates at .5; or "addis", with candidates at .25 and days above .5 discarded,
        which suits the conservative p-values of counts. All want independent p-values; an account's days are not.

    Returns
    -------
    Mask of the discoveries, ``(n_days,)``.

    Raises
    ------
    ImportError
        If online-fdr is not installed.
    ValueError
        If the level or a surprise is out of range or the method is unknown.

    References
    ----------
    Ramdas, A., Yang, F., Wainwright, M. J. and Jordan, M. I. (2017). Online control of the false discovery rate with
    decaying memory. NeurIPS 30, section 3 (LORD++).
    Ramdas, A., Zrnic, T., Wainwright, M. J. and Jordan, M. I. (2018). SAFFRON: an adaptive algorithm for online control
    of the false discovery rate. ICML 35.
    Tian, J. and Ramdas, A. (2019). ADDIS: an adaptive discarding algorithm for online FDR control with conservative
    nulls. NeurIPS 32.
    """
    check_level(level)
    check_choice("method", method, STREAMS)
    surprise = _checked(surprise)
    try:
        from online_fdr import p_values  # noqa: PLC0415 - optional
    except ImportError:
        raise ImportError(
            f"`method` {method!r} needs the package online-fdr; `pip install viewshift[online]`."
        ) from None
    tests: dict[str, Any] = {
        "lord++": p_values.LordPlusPlus(level, level / 2),
        "saffron": p_values.Saffron(level, level / 2, 0.5),
        "addis": p_values.Addis(level, level / 2, 0.25, 0.5),
    }
    test = tests[method]
    return np.array([not np.isnan(s) and bool(test.test_one(float(10**-s))) for s in surprise], dtype=bool)


def discoveries_on_day(
    panel: Panel, surprise: Floats, beyond: Bools, day: Any, *, level: float, method: str, **alarms: Any
) -> pd.DataFrame:
    """Return one row per account judged on a closed day; those in an alarm before it are left out of the family.

    Parameters
    ----------
    panel, surprise, beyond, day
        As for `judged_on_day`.
    level, method
        As for `discoveries`.
    **alarms
        `threshold`, `quiet` and `adapt_after`, as for `judged_on_day`.
    """
    judged = judged_on_day(panel, surprise, beyond, day, **alarms)
    return judged.assign(
        discovered=discovered(judged["surprise"].to_numpy(), judged["in_alarm"].to_numpy(), level, method)
    )


def judged_on_day(
    panel: Panel, surprise: Floats, beyond: Bools, day: Any, *, threshold: float, quiet: int, adapt_after: int
) -> pd.DataFrame:
    """Return one row per account that was scored on a day: account, day, surprise, extrapolated, in_alarm.

    Parameters
    ----------
    panel
        The panel that was scored.
    surprise, beyond
        -log10 p, and where it is extrapolated, ``(n_accounts, n_days)``.
    day
        The day; None for the panel's last.
    threshold, quiet
        An account is in an alarm from a day of that surprise on until so many scored days lay below it,
    adapt_after
        but for no more than so many days: then the shift is taken as lasting, and the account is judged again.
    """
    date = panel.days[-1] if day is None and panel.n_days else check_day("day", day)
    t = int((date - panel.start).astype(int))
    if not 0 <= t < panel.n_days:
        last = panel.start + panel.n_days - 1
        raise ValueError(f"`day` must be one of the panel's days, {panel.start} to {last}, got {date}.")
    nobody = np.zeros(panel.n_accounts, dtype=np.int64)
    before = np.ascontiguousarray(surprise[:, :t])
    either = np.zeros(before.shape, dtype=np.int8)
    opened, below, _ = follow_runs(nobody, nobody + quiet, nobody.astype(np.int8), before, either, 0, threshold, quiet)
    columns = {
        "account": panel.accounts,
        "day": np.full(panel.n_accounts, date.astype("datetime64[s]")),
        "surprise": surprise[:, t],
        "extrapolated": beyond[:, t],
        "in_alarm": (below < quiet) & (t - opened < adapt_after),
    }
    judged = ~np.isnan(surprise[:, t])
    return pd.DataFrame({name: column[judged] for name, column in columns.items()})


def discovered(surprise: Floats, in_alarm: Bools, level: float, method: str) -> Bools:
    """Say which accounts are discoveries, among those that were not in an alarm before the day.

    Parameters
    ----------
    surprise, in_alarm
        As `judged_on_day` has them.
    level, method
        As for `discoveries`.
    """
    return discoveries(np.where(in_alarm, np.nan, surprise), level, method)


def _log_e(surprise: Floats) -> Floats:
    """Return the natural logarithm of the e-value (1 - p + p ln p) / (p ln^2 p), 1/2 at p = 1."""
    minus_log = np.maximum(surprise * np.log(10), 1e-5)  # -ln p; from there on 1/2 to five digits
    numerator = -np.expm1(-minus_log) - minus_log * np.exp(-minus_log)
    log_e: Floats = np.log(numerator) + minus_log - 2 * np.log(minus_log)
    return log_e


def _step_up_e(log_e: Floats, level: float) -> Bools:
    """Reject the k largest e-values, for the largest k with level k e_(k) >= n."""
    n = log_e.size
    ordered = np.sort(log_e)[::-1]
    enough = np.flatnonzero(ordered + np.log(np.arange(1, n + 1)) >= np.log(n / level))
    return log_e >= ordered[enough[-1]] if enough.size else np.zeros(n, dtype=bool)


def check_level(level: Any) -> None:
    """Raise if a level is no number above 0 and below 1."""
    if isinstance(level, bool) or not isinstance(level, int | float | np.floating) or not 0 < level < 1:
        raise ValueError(f"The false discovery rate must be a number above 0 and below 1, got {level!r}.")


def _checked(surprise: Any) -> Floats:
    values = np.asarray(surprise, dtype=np.float64)
    if values.ndim != 1 or (values < 0).any():
        worst = f"shape {values.shape}" if values.ndim != 1 else str(np.nanmin(values))
        raise ValueError(f"`surprise` must be one row of values at least 0 (-log10 p), got {worst}.")
    return values
