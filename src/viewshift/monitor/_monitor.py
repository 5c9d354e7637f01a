"""The rule, day by day: which alarms a new day or a correction opens, continues and closes."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from viewshift._display import monitor_card
from viewshift._typing import Floats, Ints, Strings
from viewshift.archives import joined, part, write_archive
from viewshift.local_days import tomorrow
from viewshift.monitor._changes import Changes, among, compare, stacked
from viewshift.monitor._kinds import alike
from viewshift.monitor._record import CORRECTABLE, WINDOW, Record, contents
from viewshift.panel import Panel, check_panel

if TYPE_CHECKING:
    from viewshift.rules import AlarmRule


class Monitor:
    """An alarm rule that is fed one day at a time, and says which alarms open, continue and close.

    Made by `AlarmRule.monitor` or `load_monitor`. Its surprise is that of the rule on the panel of all that is known so
    far, to the bit, and so are the days on which alarms open. An alarm closes after `quiet` scored days below the
    threshold, or `adapt_after` days after it opened. Onset, levels and
    end are those of `AlarmRule.alarms` on the days remembered.

    Parameters
    ----------
    rule
        A fitted rule with a streaming detector.
    history
        What is known so far: at least one day.

    Notes
    -----
    An alarm is known by account and day of detection. If its shift fills the `adapt_after` days although the score was
    quiet before, it is reported closed twice: as "closed" once it has been quiet, and as "lasting" in the end.

    An account costs the same however long it is watched. Kept of each are the rule's state twice (after the last day,
    and 15 days earlier, from where corrections are replayed; with counts some 520 bytes of the default rule, 570 of a
    `Cusum` with a window of 56 days and a guard of 7), and, of the last 56 + 180 + `adapt_after` + 15 days, each
    measure, whether there was an opinion and, where there ever were such, exposure and widening. Days take 1 byte each
    where all accounts have whole numbers up to 254, 2 up to 65,534, else 4, or 8 where float32 is not exact. Each day
    at or above the threshold takes 18 bytes more. The default rule on episodes takes some 1.6 kilobytes in all.

    Examples
    --------
    >>> import viewshift as vs
    >>> panel = vs.simulate.viewers(50, 400, seed=3)
    >>> monitor = vs.default_rule().monitor(panel.between(until=panel.days[-2]))
    >>> changes = monitor.update(panel.between(panel.days[-1]))
    >>> print(monitor.last_day, *changes.opened.columns[:2])
    2024-02-05 account onset
    """

    def __init__(self, rule: "AlarmRule", history: Panel) -> None:
        check_panel("history", history)
        if history.n_days == 0:
            raise ValueError("`history` must hold at least one day, got none.")
        self.rule = copy.copy(rule)
        self._first = history.start
        self._record = Record.of(self.rule, history)
        self._open: pd.DataFrame
        self._missed: list[pd.DataFrame] = []
        self._look()

    def __repr__(self) -> str:
        return f"Monitor({len(self.accounts):,} accounts up to {self.last_day}, {type(self.rule.detector).__name__})"

    _repr_html_ = monitor_card

    @property
    def accounts(self) -> Strings:
        """Names of the accounts, in the order in which they came."""
        return self._record.accounts.copy()

    @property
    def last_day(self) -> np.datetime64:
        """The last day known."""
        return np.datetime64(self._record.last, "D")

    @property
    def surprise(self) -> "pd.Series[float]":
        """Surprise (-log10 p) of the last day by account; NaN where there is no opinion."""
        values = self._record.head["run.surprise"]
        return pd.Series(values, index=pd.Index(self._record.accounts, name="account"), name="surprise")

    def alarms(self) -> pd.DataFrame:
        """Return the alarms that are open, with the columns of `AlarmRule.alarms`."""
        return self._open.reset_index(drop=True)

    def update(self, today: Panel) -> Changes:
        """Take in one day and return what it changed.

        Parameters
        ----------
        today
            A panel of one day with the measures of the history. If it is later than the last day: accounts that it does
            not have, and any days between, count as not observed; accounts may be new. If it is the last day or one of
            the 14 before: it replaces what was known of that day for the accounts in it, and only their alarms are in
            the answer; the same values once more change nothing.

        Raises
        ------
        ValueError
            If the panel holds several days or other measures, a day that can no longer be corrected, or one in the
            future that is not the next.
        """
        day, n_known = self._checked(today), len(self._record.accounts)
        try:
            rows = self._rows(today)
            changes = self._correct(rows, day, today) if day <= self._record.last else self._go_on(rows, day, today)
        except BaseException:  # new accounts come when the day is handed over again
            if len(self._record.accounts) > n_known:
                self._record.keep(np.arange(n_known))
            raise
        return Changes(*(table.reset_index(drop=True) for table in changes))

    def forget(self, account: str) -> None:
        """Drop all that is known of an account; nothing changes for the others.

        Parameters
        ----------
        account
            Its name. Handed over again, it is a new account.

        Raises
        ------
        ValueError
            If the monitor has no such account.
        """
        stay = self._record.accounts != account
        if stay.all():
            raise ValueError(f"`account` must be one of the monitor's accounts, got {account!r}.")
        self._record.keep(np.flatnonzero(stay))
        self._open = self._open[self._open["account"] != account]
        self._missed = [table[table["account"] != account] for table in self._missed]

    def save(self, path: str | Path) -> None:
        """Write rule and state to one file, whole or not at all; `load_monitor` reads it.

        Parameters
        ----------
        path
            File to write; an existing one is replaced.

        Raises
        ------
        ValueError
            If an update broke off after missed days, so that alarms closed in them are still to be told.
        """
        if any(len(table) for table in self._missed):
            raise ValueError(
                "the monitor must have told all alarms before it is saved, but an update broke off after "
                f"{self.last_day}; hand over its day again."
            )
        record = self._record
        header, learned = self.rule.packed()
        first = int(self._first.astype(np.int64))
        write_archive(
            path,
            "monitor",
            {"rule": header, "measures": record.measures, "first": first, "last": record.last},
            {**joined(rule=learned, **record.packed()), "accounts": record.accounts},
        )

    @classmethod
    def restored(cls, rule: "AlarmRule", header: Mapping[str, Any], arrays: Mapping[str, Any]) -> Self:
        """Return the monitor that `save` wrote, given the rule within.

        Parameters
        ----------
        rule
            The rule.
        header, arrays
            What the archive holds.
        """
        monitor = cls.__new__(cls)
        monitor.rule, monitor._first = rule, np.datetime64(header["first"], "D")
        monitor._missed = []
        monitor._record = Record(rule, arrays["accounts"], tuple(header["measures"]), header["last"])
        monitor._record.restore({name: part(arrays, name) for name in monitor._record.packed()})
        monitor._look()
        return monitor

    def _checked(self, today: Panel) -> int:
        """Return the number of the day, or say what is wrong with the panel."""
        check_panel("today", today)
        if today.n_days != 1:
            raise ValueError(f"`today` must be a panel of one day, got {today.n_days}; hand them over one by one.")
        if set(today.measures) != set(self._record.measures):
            have, known = (", ".join(map(repr, names)) for names in (today.measures, self._record.measures))
            raise ValueError(f"`today` must have the measures of the history, {known}; it has {have}.")
        if self.last_day + 1 < today.start > np.datetime64(tomorrow()):
            raise ValueError(
                f"`today` must not skip days that are still to come, got {today.start} after {self.last_day}; correct "
                "it, or hand over the days between."
            )
        if today.start < self._first:
            raise ValueError(f"`today` is {today.start}, before the history, which begins on {self._first}.")
        if today.start < self.last_day - CORRECTABLE:
            raise ValueError(
                f"`today` is {today.start}, but only days from {self.last_day - CORRECTABLE} on can be corrected, the "
                f"{CORRECTABLE} before {self.last_day}; make a new monitor from the corrected history."
            )
        return int(today.start.astype(np.int64))

    def _rows(self, panel: Panel) -> Ints:
        """Return the rows of the panel's accounts, new ones added."""
        place = self._places(panel.accounts)
        new = place < 0
        if new.any():
            place[new] = len(self._record.accounts) + np.arange(np.count_nonzero(new))
            self._record.add(panel.accounts[new])
        return place

    def _places(self, names: Any) -> Ints:
        index = pd.Index(self._record.accounts.astype(object))
        return np.asarray(index.get_indexer(np.asarray(names, dtype=object)), dtype=np.int64)

    def _go_on(self, rows: Ints, day: int, today: Panel) -> Changes:
        while day - self._record.last > WINDOW:
            self._missed.append(self._step(WINDOW, rows[:0], {}).closed)
        changes = self._step(day - self._record.last, rows, contents(today))
        closed, self._missed = stacked(*self._missed, changes.closed), []
        return changes._replace(closed=closed)

    def _step(self, n_days: int, rows: Ints, known: Mapping[str, Floats]) -> Changes:
        record, before, last = self._record, self._open, self.last_day
        states = record.base, record.head, record.last
        try:
            record.go_on(n_days, rows, known)
            after = self._look(last)
            decided = after["detected"] + pd.Timedelta(days=self.rule.adapt_after - 1)
            news = (after["status"] == "open") | ((after["status"] == "lasting") & (decided > pd.Timestamp(last)))
            return compare(before, after[news | among(after, before)])
        except BaseException:  # so that the same day is not taken for a correction that changes nothing
            record.base, record.head, record.last = states
            self._open = before
            raise

    def _look(self, since: np.datetime64 | None = None) -> pd.DataFrame:
        """Find what is open; return all alarms of the accounts of which something may have changed since a day."""
        rows = self._record.is_unquiet()
        if since is not None:
            rows |= self._record.is_due(int(since.astype(np.int64)))
            rows[self._places(self._open["account"])] = True
            if not rows.any():
                return self._open
        found = self._record.explained(np.flatnonzero(rows))
        self._open = found[found["status"] == "open"]
        return found

    def _correct(self, rows: Ints, day: int, panel: Panel) -> Changes:
        record, known = self._record, contents(panel)
        rows, order = np.sort(rows), np.argsort(rows)
        known = {name: values[order] for name, values in known.items()}
        now = {name: record.memory.read(name, rows, day, 1) for name in known}
        changed = ~np.logical_and.reduce([alike(now[name], values)[:, 0] for name, values in known.items()])
        rows = rows[changed]
        before, kept = record.explained(rows), (record.head, record.marks.columns, self._open)
        first = record.last - CORRECTABLE
        scored = record.memory.read("scored", rows, first, WINDOW)
        try:
            record.write(rows, day, {name: values[changed] for name, values in known.items()})
            record.replay(rows)
            self._look()
            return compare(before, record.explained(rows))
        except BaseException:  # so that the same correction is not taken for one that changes nothing
            record.write(rows, day, {name: values[changed] for name, values in now.items()})
            record.write(rows, first, {"scored": scored})
            record.head, record.marks.columns, self._open = kept
            raise
