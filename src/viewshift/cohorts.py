"""Counts of accounts that name nobody: at least `k` accounts stand behind each, and noise hides any one of them."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

import numpy as np
import polars as pl

from viewshift._checks import check_positive, check_whole
from viewshift._typing import Floats
from viewshift.daily import Events
from viewshift.readers._pseudonyms import Key, check_key

__all__ = ["CohortCount", "same_title_streaks"]

DELTA = 1e-6
"""Most of the noise's probability that may lie on a value which one account's presence alone makes possible."""

_PROCESS_KEY = secrets.token_bytes(32)


@dataclass(frozen=True)
class CohortCount:
    """How many accounts did something, give or take; or that it is not told. ``print`` says it in a sentence.

    Parameters
    ----------
    what
        What they did.
    accounts
        Their number with noise; None where it is not told.
    low, high
        Bounds within which the true number lies with a probability of at least 95 %; None where it is not told.
    k
        Accounts that stand behind every number told, at least.
    epsilon
        What this answer costs each account's privacy.
    error
        Most that the noise can be, in accounts.
    """

    what: str
    accounts: int | None
    low: int | None
    high: int | None
    k: int
    epsilon: float
    error: int

    def __str__(self) -> str:
        if self.accounts is None:
            return (
                f"How many accounts {self.what} is not told: too few, or none. Numbers are told from {self.k} accounts "
                f"on, those below {self.k + 2 * self.error} only sometimes."
            )
        return f"About {self.accounts:,} accounts ({self.low:,} to {self.high:,}) {self.what}."


def same_title_streaks(
    events: Events,
    days: int = 18,
    *,
    title: str | None = None,
    k: int = 20,
    epsilon: float = 0.5,
    key: Key | None = None,
) -> CohortCount:
    r"""Count the accounts that watched one title on each of so many days in a row, so that none can be told from it.

    Of the true number c the function tells c + Z if that is at least k + m, and nothing otherwise. The noise Z is a
    whole number from -m to m with

    .. math:: P(Z = z) \propto e^{-\epsilon |z|},

    where m is the smallest bound that leaves :math:`P(Z = m) \le 10^{-6}`. So a number is never told of fewer than k
    accounts, and an account's plays, or its absence, change the probability of any answer by a factor of at most
    :math:`e^\epsilon`, but for 1e-6: the answer is (epsilon, 1e-6)-differentially private by account.

    Use it to publish a number or two. It is no guard against whoever calls it, since they have the plays, and none for
    an account whose plays enter many answers: m answers, on whatever dates or days, cost m times `epsilon`.

    Parameters
    ----------
    events
        Plays with titles, of many accounts. A title is taken with its show, as in `Events.daily`.
    days
        Length of the streak in local days, at least 1: each with a play of the title that began on it.
    title
        The one title to ask about, as `events` has it; default any, one and the same on all days. An account with
        several such titles counts once.
    k
        Accounts that must stand behind a number for it to be told, at least 2.
    epsilon
        Cost to an account's privacy, 0.01 to 10: less is safer, and needs more accounts for a number to be told.
    key
        A secret of at least 16 bytes that the noise is drawn with. The same question on the same plays then gets the
        same answer for good; by default it does in one process, whose key nobody sees. Who has the key can take the
        noise off.

    Returns
    -------
    The count. It holds no list of accounts, and no title but the one asked for.

    Raises
    ------
    TypeError
        If a number is none, or `title` or `key` is no text.
    ValueError
        If the plays have no titles, a number is out of range or the key is too short.

    Notes
    -----
    A day without the title ends a streak, be it that nothing was watched or that the record is lost. The noise is a
    keyed hash (HMAC-SHA256) of the question and of every titled play, in any order; `k` is no part of the question.

    Differs from the source: the density of Geng et al. on whole numbers, and P(Z = m) instead of an integral for delta.

    References
    ----------
    Dwork, C., McSherry, F., Nissim, K. and Smith, A. (2006), Calibrating noise to sensitivity in private data analysis,
    TCC 2006, 265-284, doi:10.1007/11681878_14. Ghosh, A., Roughgarden, T. and Sundararajan, M. (2012), Universally
    utility-maximizing privacy mechanisms, SIAM J. Comput. 41(6), doi:10.1137/09076828X. Geng, Q., Ding, W., Guo, R. and
    Kumar, S. (2020), Tight analysis of privacy and utility tradeoff in approximate differential privacy, AISTATS 2020.

    Examples
    --------
    >>> import polars as pl
    >>> import viewshift as vs
    >>> plays = pl.DataFrame({"account": [f"a{n:03}" for n in range(90)], "title": ["Salt"] * 90})
    >>> plays = plays.join(pl.DataFrame({"date": [f"2025-06-{day:02}" for day in range(1, 19)]}), how="cross")
    >>> print(vs.cohorts.same_title_streaks(vs.read_table(plays), key="a secret of 16 bytes or more"))
    About 84 accounts (78 to 90) watched one title on each of 18 days in a row.
    """
    check_whole("days", days, least=1)
    check_whole("k", k, least=2)
    if not 0.01 <= check_positive("epsilon", epsilon) <= 10:
        raise ValueError(f"`epsilon` must lie in [0.01, 10], got {epsilon}.")
    if title is not None and not isinstance(title, str):
        raise TypeError(f"`title` must be text or None, got {type(title).__name__}.")
    secret = _PROCESS_KEY if key is None else check_key("key", key)
    plays = _titled_days(events)
    asked = plays if title is None else plays.filter(pl.col("title") == title)
    noise = _noise(epsilon)
    error = len(noise) // 2
    told = _with_streak(asked, days) + _drawn(noise, secret, plays, ("streaks", days, title, float(epsilon)))
    what = f"watched {'one title' if title is None else repr(title)} on each of {days} days in a row"
    if told < k + error:
        return CohortCount(what, None, None, None, k, epsilon, error)
    reach = int(np.argmax(np.cumsum(noise[error:]) * 2 - noise[error] >= 0.95))
    return CohortCount(what, told, told - reach, told + reach, k, epsilon, error)


def _titled_days(events: Events) -> pl.DataFrame:
    """Return the days on which each account began each title, once and in order."""
    day = pl.col("date") if events.tz is None else pl.col("start").dt.convert_time_zone(events.tz).dt.date()
    plays = events.table.filter(pl.col("title").is_not_null()).select("account", "show", "title", day.alias("day"))
    if not len(plays):
        raise ValueError("`events` must have plays with titles, got none; read them from an export that names titles.")
    return plays.unique().sort("account", "show", "title", "day")


def _with_streak(plays: pl.DataFrame, days: int) -> int:
    """Return the number of accounts with a run of so many days of one title."""
    number = pl.col("day").cast(pl.Int64) - pl.int_range(pl.len())  # stays the same from day to day of a run
    runs = plays.group_by("account", "show", "title", number.alias("run")).len("length")
    return runs.filter(pl.col("length") >= days)["account"].n_unique()


def _noise(epsilon: float) -> Floats:
    """Return the probabilities of the noise -m, ..., m."""
    ratio = np.exp(-epsilon)
    bounds = np.arange(1, 3000)
    edge = ratio**bounds * (1 - ratio) / (1 + ratio - 2 * ratio ** (bounds + 1))
    error = int(bounds[np.argmax(edge <= DELTA)])
    weights: Floats = ratio ** np.abs(np.arange(-error, error + 1))
    weights /= weights.sum()
    return weights


def _drawn(noise: Floats, key: bytes, plays: pl.DataFrame, question: tuple[object, ...]) -> int:
    """Return the noise of this question on these plays."""
    text = f"{json.dumps(question)}\n{plays.write_csv()}"
    digest = hmac.digest(key, text.encode(errors="surrogatepass"), hashlib.sha256)
    uniform = (int.from_bytes(digest[:8], "big") >> 11) / 2**53
    return int(np.searchsorted(np.cumsum(noise)[:-1], uniform, side="right")) - len(noise) // 2
