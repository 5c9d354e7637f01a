"""The one data type: daily measures of many accounts, with what was not observed marked as such."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from viewshift._arrays import check_names, checked_measure, factors_or_none, floats, frozen, names_given, observed_mask
from viewshift._checks import check_day
from viewshift._display import panel_card
from viewshift._plain_text import number_of
from viewshift._typing import Bools, Days, Floats, Ints, Strings
from viewshift.frames import long_to_arrays, wide_to_arrays


@dataclass(frozen=True, eq=False, repr=False)
class Panel:
    """Daily measures of accounts over consecutive local days; valid by construction.

    Parameters
    ----------
    measures
        Name to array of shape ``(n_accounts, n_days)``: counts or minutes, at least 0. NaN means "not
        observed"; 0 means "nothing watched". Kept as float32 or float64; other dtypes become float64.
    accounts
        One name per row, no two alike.
    start
        The local day of the first column.
    observed
        Mask of shape ``(n_accounts, n_days)``. Default: the days on which the measures are not NaN (all
        measures must then agree).
    exposure
        Optional day factors of the same shape, above 0: how much viewing a common cause lets expect,
        relative to an ordinary day (1).
    widening
        Optional divisors of surprise of the same shape, at least 1: more than 1 on days whose common cause the exposure
        does not explain to the full.

    Raises
    ------
    ValueError
        If shapes disagree, a name occurs twice, or an observed value is negative, infinite or NaN.
    """

    measures: Mapping[str, Floats]
    accounts: Strings
    start: np.datetime64
    observed: Bools
    exposure: Floats | None
    widening: Floats | None

    def __init__(
        self,
        measures: Mapping[str, Any],
        *,
        accounts: Sequence[str] | Strings,
        start: str | np.datetime64,
        observed: Bools | None = None,
        exposure: Floats | None = None,
        widening: Floats | None = None,
    ) -> None:
        if not isinstance(measures, Mapping):
            raise TypeError(f"`measures` must map names to arrays, got {type(measures).__name__}.")
        arrays = {name: floats(name, values) for name, values in measures.items()}
        if not arrays:
            raise ValueError("`measures` must name at least one measure, got none.")
        names = np.asarray([str(name) for name in names_given(accounts)], dtype=np.str_)
        shape, first = next(iter(arrays.values())).shape, check_day("start", start)
        check_names(names, shape[0])
        seen = observed_mask(arrays, observed, shape, names, first)
        for name, values in arrays.items():
            arrays[name] = checked_measure(name, values, seen, names, first)
        object.__setattr__(self, "measures", MappingProxyType(arrays))
        object.__setattr__(self, "accounts", frozen(names))
        object.__setattr__(self, "start", first)
        object.__setattr__(self, "observed", frozen(np.array(seen)))
        object.__setattr__(self, "exposure", factors_or_none("exposure", exposure, shape, least=np.nextafter(0, 1)))
        object.__setattr__(self, "widening", factors_or_none("widening", widening, shape, least=1.0))

    @property
    def n_accounts(self) -> int:
        """Number of accounts (rows)."""
        return len(self.accounts)

    @property
    def n_days(self) -> int:
        """Number of local days (columns)."""
        return int(self.observed.shape[1])

    @property
    def days(self) -> Days:
        """The local days, ``datetime64[D]`` of shape ``(n_days,)``."""
        return self.start + np.arange(self.n_days)

    @property
    def weekday(self) -> Ints:
        """Day of the week of each column, Monday = 0, shape ``(n_days,)``."""
        return (self.days.astype(np.int64) + 3) % 7

    def __getitem__(self, name: str) -> Floats:
        """Return the array of one measure, ``(n_accounts, n_days)``, NaN where not observed."""
        if name not in self.measures:
            have = ", ".join(map(repr, self.measures))
            raise KeyError(f"the panel has no measure {name!r}; it has {have}.")
        return self.measures[name]

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (dict(self.measures), self.accounts, self.start, self.observed, self.exposure, self.widening)

    def __repr__(self) -> str:
        last = self.days[-1] if self.n_days else "none"
        accounts = number_of(self.n_accounts, "account")
        return (
            f"Panel({accounts} x {self.n_days} days, {self.start} to {last}, "
            f"{', '.join(self.measures)}; {self.observed.mean() if self.observed.size else 0:.1%} observed)"
        )

    _repr_html_ = panel_card

    def take(self, rows: Any) -> "Panel":
        """Return the panel of some accounts, by row numbers, a slice or a boolean mask.

        Parameters
        ----------
        rows
            Whatever indexes the first axis of an array.

        Raises
        ------
        ValueError
            If the panel has no such row.
        """
        rows = np.asarray(rows, dtype=np.int64) if isinstance(rows, list | tuple) and not rows else rows
        try:
            return self._cut(rows, slice(None), self.start)
        except IndexError as error:
            raise ValueError(f"`rows` must be rows of the panel's {self.n_accounts} accounts: {error}.") from None

    def select(self, accounts: Sequence[str]) -> "Panel":
        """Return the panel of the named accounts, in the order asked for.

        Parameters
        ----------
        accounts
            Account names; an unknown one raises ValueError.
        """
        place = {name: row for row, name in enumerate(self.accounts.tolist())}
        unknown = [name for name in names_given(accounts) if name not in place]
        if unknown:
            raise ValueError(f"`accounts` names {unknown[0]!r}, which the panel of {self.n_accounts} does not have.")
        return self.take(np.array([place[name] for name in accounts], dtype=np.int64))

    def between(self, since: str | np.datetime64 | None = None, until: str | np.datetime64 | None = None) -> "Panel":
        """Return the panel of the days from `since` to `until`, both included.

        Parameters
        ----------
        since
            First day wanted; default the panel's first.
        until
            Last day wanted; default the panel's last.
        """
        first = 0 if since is None else max(0, int((check_day("since", since) - self.start).astype(int)))
        end = self.n_days if until is None else int((check_day("until", until) - self.start).astype(int)) + 1
        return self._cut(slice(None), slice(first, max(first, end)), self.start + first)

    def _cut(self, rows: Any, columns: slice, start: np.datetime64) -> "Panel":
        return Panel(
            {name: values[rows][:, columns] for name, values in self.measures.items()},
            accounts=self.accounts[rows],
            start=start,
            observed=self.observed[rows][:, columns],
            exposure=None if self.exposure is None else self.exposure[rows][:, columns],
            widening=None if self.widening is None else self.widening[rows][:, columns],
        )

    def with_measures(self, measures: Mapping[str, Any]) -> "Panel":
        """Return the panel with some measures replaced or added; mask, accounts and days stay.

        Parameters
        ----------
        measures
            Name to array of the panel's shape.
        """
        return Panel(
            {**self.measures, **measures},
            accounts=self.accounts,
            start=self.start,
            observed=self.observed,
            exposure=self.exposure,
            widening=self.widening,
        )

    def to_frame(self, scores: Mapping[str, Floats] | None = None) -> pd.DataFrame:
        """Return a long pandas frame: account, day, every measure, and any scores given.

        Parameters
        ----------
        scores
            Name to array of the panel's shape, added as columns.
        """
        columns: dict[str, Any] = {
            "account": np.repeat(self.accounts, self.n_days),
            "day": np.tile(self.days.astype("datetime64[s]"), self.n_accounts),
        }
        for name, values in {**self.measures, **(scores or {})}.items():
            columns[name] = np.ascontiguousarray(values).reshape(-1)
        return pd.DataFrame(columns)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        account: str | None = "account",
        day: str | None = "day",
        measures: Sequence[str] | None = None,
    ) -> "Panel":
        """Build a panel from a frame, long (one row per account and day) or wide (one column per day).

        An account-day without a row or value is not observed; 0 is a day on which nothing was watched.

        Parameters
        ----------
        frame
            A pandas, polars or Arrow table.
        account
            Column of account names; None if a long frame holds a single account, which is then called "me".
        day
            Column of local days (dates, or timestamps at midnight); None for a wide frame.
        measures
            Columns to take, default all the others that are numeric. For a wide frame the one name of what its
            cells hold, default ``["episodes"]``.

        Raises
        ------
        ValueError
            If a column is missing, a day cannot be read or an account has two rows for one day.
        """
        if day is not None:
            arrays, accounts, start = long_to_arrays(frame, account, day, measures)
        elif account is None:
            raise ValueError("`account` must name a column of a wide frame, got None.")
        else:
            arrays, accounts, start = wide_to_arrays(frame, account, (measures or ["episodes"])[0])
        return cls(arrays, accounts=accounts, start=start)


def _rebuilt(measures: Any, accounts: Any, start: Any, observed: Any, exposure: Any, widening: Any) -> Panel:
    return Panel(measures, accounts=accounts, start=start, observed=observed, exposure=exposure, widening=widening)


def panel_of(measures: Mapping[str, Floats], accounts: Strings, start: np.datetime64, observed: Bools) -> Panel:
    """Return the panel of arrays that are possible and that nobody else holds, which are not copied.

    Parameters
    ----------
    measures, accounts, start, observed
        As of `Panel`; measures are NaN where not observed, and there only.
    """
    panel = object.__new__(Panel)
    parts = {"accounts": frozen(accounts), "start": start, "observed": frozen(observed), "exposure": None}
    measured = MappingProxyType({name: frozen(values) for name, values in measures.items()})
    for name, value in {"measures": measured, **parts, "widening": None}.items():
        object.__setattr__(panel, name, value)
    return panel


def check_panel(name: str, value: Any) -> None:
    """Raise if `value` is no Panel, and say how to make one."""
    if not isinstance(value, Panel):
        raise TypeError(f"`{name}` must be a Panel, got {type(value).__name__}; make one with `vs.Panel.from_frame`.")
