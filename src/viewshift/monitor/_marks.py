"""What was said of days at or above the threshold: a list, since there are few."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewshift._typing import Bools, Ints
from viewshift.judge import Judged

KINDS = {"day": np.int32, "row": np.int32, "surprise": np.float64, "extrapolated": np.bool_, "sign": np.int8}


class Marks:
    """Surprise, and what goes with it, of the account-days at or above a threshold.

    Parameters
    ----------
    n_days
        Days remembered, the last one included.
    """

    def __init__(self, n_days: int) -> None:
        self.n_days = n_days
        self.columns: dict[str, NDArray[Any]] = {name: np.empty(0, dtype=kind) for name, kind in KINDS.items()}

    def write(self, rows: Ints, first: int, last: int, judged: Judged, above: Bools) -> None:
        """Put down what is said of some accounts on some days, in place of what was; drop days that are too old.

        Parameters
        ----------
        rows
            Rows of the accounts, ascending.
        first
            Day of the first column.
        last
            The last day known.
        judged
            What is said.
        above
            Where the threshold is reached.
        """
        day, row = self.columns["day"], self.columns["row"]
        again = (day >= first) & (day < first + above.shape[1]) & np.isin(row, rows)
        stay = ~again & (day > last - self.n_days)
        i, t = np.nonzero(above)
        new = {"day": first + t, "row": rows[i], **{name: part[i, t] for name, part in judged._asdict().items()}}
        self.columns = {
            name: np.concatenate([values[stay], new[name].astype(values.dtype)])
            for name, values in self.columns.items()
        }

    def keep(self, rows: Ints) -> None:
        """Drop all accounts but some.

        Parameters
        ----------
        rows
            Rows of those that stay, ascending.
        """
        stay = np.isin(self.columns["row"], rows)
        self.columns = {name: values[stay] for name, values in self.columns.items()}
        self.columns["row"] = np.searchsorted(rows, self.columns["row"]).astype(np.int32)

    def read(self, rows: Ints, first: int, scored: Bools) -> Judged:
        """Return what was said of some accounts, as far as alarms need it: surprise is -inf below the threshold.

        Parameters
        ----------
        rows
            Rows of the accounts, ascending.
        first
            Day of the first column.
        scored
            Where there was an opinion, ``(len(rows), n_days)``.
        """
        found = np.isin(self.columns["row"], rows) & (self.columns["day"] >= first)
        at = np.searchsorted(rows, self.columns["row"][found]), self.columns["day"][found] - first
        surprise = np.where(scored, -np.inf, np.nan)
        extrapolated, sign = np.zeros(scored.shape, dtype=np.bool_), np.zeros(scored.shape, dtype=np.int8)
        for name, whole in zip(Judged._fields, (surprise, extrapolated, sign), strict=True):
            whole[at] = self.columns[name][found]
        return Judged(surprise, extrapolated, sign)
