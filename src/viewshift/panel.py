"""The one data type: daily measures of many accounts, with what was not observed marked as such."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from viewshift._checks import check_day
from viewshift._typing import Bools, Days, Floats, Ints, Strings
from viewshift.frames import long_to_arrays, wide_to_arrays

S = TypeVar("S", bound=np.generic)


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

    def __init__(
        self,
        measures: Mapping[str, Any],
        *,
        accounts: Sequence[str] | Strings,
        start: str | np.datetime64,
        observed: Bools | None = None,
        exposure: Floats | None = None,
    ) -> None:
        arrays = {name: _floats(name, values) for name, values in measures.items()}
        if not arrays:
            raise ValueError("`measures` must name at least one measure, got none.")
        names = np.asarray([str(name) for name in accounts], dtype=np.str_)
        shape = next(iter(arrays.values())).shape
        _check_names(names, shape[0])
        seen = _observed_mask(arrays, observed, shape)
        for name, values in arrays.items():
            arrays[name] = _checked_measure(name, values, seen, names)
        if exposure is not None:
            exposure = np.array(exposure, dtype=np.float64)
            if exposure.shape != shape or not (np.isfinite(exposure) & (exposure > 0)).all():
                raise ValueError(f"`exposure` must hold finite factors above 0 in the panel's shape {shape}.")
        object.__setattr__(self, "measures", MappingProxyType(arrays))
        object.__setattr__(self, "accounts", _frozen(names))
        object.__setattr__(self, "start", check_day("start", start))
        object.__setattr__(self, "observed", _frozen(np.array(seen)))
        object.__setattr__(self, "exposure", None if exposure is None else _frozen(exposure))

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
        return _rebuilt, (dict(self.measures), self.accounts, self.start, self.observed, self.exposure)

    def __repr__(self) -> str:
        last = self.days[-1] if self.n_days else "none"
        return (
            f"Panel({self.n_accounts} accounts x {self.n_days} days, {self.start} to {last}, "
            f"{', '.join(self.measures)}; {self.observed.mean() if self.observed.size else 0:.1%} observed)"
        )

    def take(self, rows: Any) -> "Panel":
        """Return the panel of some accounts, by row numbers, a slice or a boolean mask.

        Parameters
        ----------
        rows
            Whatever indexes the first axis of an array.
        """
        return self._cut(rows, slice(None), self.start)

    def select(self, accounts: Sequence[str]) -> "Panel":
        """Return the panel of the named accounts, in the order asked for.

        Parameters
        ----------
        accounts
            Account names; an unknown one raises ValueError.
        """
        place = {name: row for row, name in enumerate(self.accounts.tolist())}
        unknown = [name for name in accounts if name not in place]
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


def _rebuilt(measures: Any, accounts: Any, start: Any, observed: Any, exposure: Any) -> Panel:
    return Panel(measures, accounts=accounts, start=start, observed=observed, exposure=exposure)


def check_panel(name: str, value: Any) -> None:
    """Raise if `value` is no Panel, and say how to make one."""
    if not isinstance(value, Panel):
        raise TypeError(f"`{name}` must be a Panel, got {type(value).__name__}; make one with `vs.Panel.from_frame`.")


def _floats(name: str, values: Any) -> Floats:
    array = np.asarray(values)
    if array.dtype not in (np.float32, np.float64):
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            raise TypeError(f"measure {name!r} must be numeric, got dtype {array.dtype}.") from None
    if array.ndim != 2:
        raise ValueError(f"measure {name!r} must have shape (n_accounts, n_days), got {array.ndim} dimensions.")
    return array


def _check_names(names: Strings, n_rows: int) -> None:
    if len(names) != n_rows:
        raise ValueError(f"`accounts` must name each of the {n_rows} rows, got {len(names)} names.")
    unique, count = np.unique(names, return_counts=True)
    if (count > 1).any():
        raise ValueError(f"`accounts` must not repeat a name, got {str(unique[count > 1][0])!r} more than once.")


def _observed_mask(arrays: Mapping[str, Floats], observed: Any, shape: tuple[int, ...]) -> Bools:
    for name, values in arrays.items():
        if values.shape != shape:
            raise ValueError(f"measure {name!r} must have the shape {shape} of the others, got {values.shape}.")
    if observed is not None:
        mask = np.asarray(observed, dtype=bool)
        if mask.shape != shape:
            raise ValueError(f"`observed` must have the measures' shape {shape}, got {mask.shape}.")
        return mask
    first = ~np.isnan(next(iter(arrays.values())))
    for name, values in arrays.items():
        if not np.array_equal(first, ~np.isnan(values)):
            raise ValueError(
                f"measure {name!r} is NaN on other days than the others; make them agree, or give `Panel` a mask."
            )
    return first


def _checked_measure(name: str, values: Floats, observed: Bools, accounts: Strings) -> Floats:
    wrong = observed & ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"measure {name!r} must be finite and at least 0 on observed days, "
            f"got {values[row, column]} for account {str(accounts[row])!r} on day {column}."
        )
    if not observed.all():
        values = np.where(observed, values, values.dtype.type(np.nan))
    return _frozen(np.array(values, order="C"))


def _frozen(array: NDArray[S]) -> NDArray[S]:
    view = array.view()
    view.flags.writeable = False
    return view
