"""Real people in a study: their daily counts, read from a folder."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from warnings import catch_warnings, simplefilter

import numpy as np
import pandas as pd
import polars as pl

from viewshift._typing import Ints
from viewshift.panel import Panel
from viewshift.readers import read_table

ENDINGS = {".csv", ".parquet", ".pq"}
HOUSEHOLDS = "households.csv"
ENOUGH = 20
"""Households from which on rules are fitted on the people themselves."""

EVENTS = 200
"""Events of each scenario that are aimed at."""


@dataclass(frozen=True, eq=False)
class People:
    """Accounts of real people, called by numbers.

    Parameters
    ----------
    panel
        Their daily episodes.
    household
        Number of the household of each account.
    times
        How often each scenario is laid over each account, on days of its own each time.
    folder
        Where the counts were read.
    episodes
        Names that their column may have.
    """

    panel: Panel
    household: Ints
    times: int
    folder: str
    episodes: tuple[str, ...] = ()

    @property
    def n_households(self) -> int:
        """Number of households."""
        return int(self.household.max()) + 1

    @property
    def rows(self) -> Ints:
        """Household of each row of `viewers`."""
        return np.repeat(self.household, self.times)

    def described(self) -> dict[str, int | str]:
        """Return how many there are, and a hash of their days."""
        days = self.panel["episodes"]
        content = f"{self.panel.start} {days.shape}".encode() + days.tobytes() + self.household.tobytes()
        return {
            "accounts": self.panel.n_accounts,
            "households": self.n_households,
            "observed_days": int(self.panel.observed.sum()),
            "times": self.times,
            "sha256": hashlib.sha256(content).hexdigest(),
        }

    @property
    def by_folds(self) -> bool:
        """Whether they are enough to fit rules on, each on other households than it judges."""
        return self.n_households >= ENOUGH

    def in_words(self, n_reference: int) -> str:
        """Say who they are and what rules are fitted on.

        Parameters
        ----------
        n_reference
            Simulated accounts that rules are fitted on if these are too few.
        """
        who = f"{self.panel.n_accounts:,} real accounts in {self.n_households:,} households, each scenario laid over "
        who += f"each of them {self.times} times, rules fitted on "
        if self.by_folds:
            return who + "other households of theirs, fold by fold"
        return who + f"{n_reference:,} simulated accounts, since there are fewer than {ENOUGH} households"

    def viewers(self) -> Panel:
        """Return the accounts, each as often as scenarios are laid over it."""
        names = [f"{name}, {k + 1}" for name in self.panel.accounts for k in range(self.times)]
        same = {name: np.repeat(values, self.times, axis=0) for name, values in self.panel.measures.items()}
        return Panel(same, accounts=names, start=self.panel.start)


def read_people(folder: str | Path, *, episodes: Sequence[str] = (), times: int | None = None) -> People:
    """Read a folder of daily counts: a table for each account, or tables with a column account.

    Parameters
    ----------
    folder
        CSV or Parquet files with the columns date (or day) and episodes, one row a day; 0 says that the day was
        observed, and days without a row were not. A file without a column account is one account. A file
        households.csv with the columns account and household says who lives together; an account is called by its
        column, or by the name of its file without the ending. Other files and columns are left alone. Days are moved
        by whole weeks, so that all accounts begin in the same one.
    episodes
        Names the column of counts may have, if not "episodes".
    times
        How often each scenario is laid over each account; default so often that there are some 200 events of each.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If it holds no such files, one of them cannot be read, an account is in two of them, or a household is missing.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"`data` must be a folder of daily counts, found no folder {str(folder)!r}.")
    paths = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in ENDINGS and p.name.lower() != HOUSEHOLDS]
    if not paths:
        raise ValueError(f"`data` must hold .csv or .parquet files of daily counts, found none in {str(folder)!r}.")
    frames, file_of = [], dict[str, str]()
    for path in paths:
        frame = _frame(path, episodes)
        for name in frame["account"].unique():
            if name in file_of:
                raise ValueError(f"`data` must have an account once, got {name!r} in {file_of[name]} and {path.name}.")
            file_of[name] = path.name
        frames.append(frame)
    panel = Panel.from_frame(pd.concat(frames))
    household = _households(folder / HOUSEHOLDS, panel.accounts.tolist())
    return People(
        _together(panel), household, times or math.ceil(EVENTS / panel.n_accounts), str(folder), tuple(episodes)
    )


def _frame(path: Path, episodes: Sequence[str]) -> pd.DataFrame:
    """Return account, day and episodes of a file; the first column of counts that it has is taken."""
    refusal: ValueError | None = None
    for column in episodes or (None,):
        try:
            with catch_warnings():
                simplefilter("ignore", UserWarning)  # the last day of the table is the last day known
                frame = read_table(path, episodes=column).daily().to_frame()
        except ValueError as error:
            refusal = refusal or error
        else:
            alone = set(frame["account"]) == {"me"}
            return frame.assign(account=path.stem if alone else frame["account"])[["account", "day", "episodes"]]
    raise refusal or ValueError(path.name)


def _together(panel: Panel) -> Panel:
    """Return the accounts under numbers, their days moved by whole weeks so that all begin in the first week."""
    days = panel["episodes"]
    first = np.argmax(panel.observed, axis=1) // 7 * 7
    last = panel.n_days - np.argmax(panel.observed[:, ::-1], axis=1)
    moved = np.full((panel.n_accounts, int((last - first).max())), np.nan)
    for row, (since, until) in enumerate(zip(first, last, strict=True)):
        moved[row, : until - since] = days[row, since:until]
    return Panel({"episodes": moved}, accounts=[f"{k + 1}" for k in range(panel.n_accounts)], start=panel.start)


def _households(path: Path, accounts: Sequence[str]) -> Ints:
    """Return the number of each account's household; each is one of its own where there is no file."""
    if not path.is_file():
        return np.arange(len(accounts))
    try:
        told = pl.read_csv(path, infer_schema=False).select("account", "household").drop_nulls()
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0]
        raise ValueError(f"{path.name} must have the columns account and household: {first}.") from None
    of = dict(told.iter_rows())
    missing = [name for name in accounts if name not in of]
    if missing:
        raise ValueError(f"{path.name} must name the household of every account, got none for {missing[0]!r}.")
    return np.unique([of[name] for name in accounts], return_inverse=True)[1].astype(np.int64)
