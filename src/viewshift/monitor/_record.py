"""What a rule keeps of its accounts: two states, the days between them, and the days that explain an alarm."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from viewshift._typing import Bools, Floats, Ints, State, Strings
from viewshift.alarms import LOOKBACK, MEMORY
from viewshift.judge import Judged
from viewshift.kernels.runs import follow_runs
from viewshift.monitor._marks import Marks
from viewshift.monitor._memory import Memory
from viewshift.monitor._states import States
from viewshift.panel import Panel

if TYPE_CHECKING:
    from viewshift.rules import AlarmRule

CORRECTABLE = 14
"""Days before the last one that may still be corrected."""

WINDOW = CORRECTABLE + 1
"""Days between the base state and the head state."""

_BESIDES = {"exposure": 1.0, "widening": 1.0, "scored": 0.0}
_NEVER = -(10**9)
_RUN = ("run.opened", "run.below", "run.way")

AT_ONCE = 5_000_000
"""Account-days that are judged at the same time, those that a state holds among them."""


class Record:
    """All that is kept of some accounts up to the last day; days are numbered from 1970.

    Parameters
    ----------
    rule
        A fitted rule with a streaming detector.
    accounts
        Their names.
    measures
        Names of the measures.
    last
        The last day; nothing is known of it yet.
    """

    def __init__(self, rule: "AlarmRule", accounts: Strings, measures: tuple[str, ...], last: int) -> None:
        self.rule, self.accounts, self.measures, self.last = rule, accounts, measures, last
        days = LOOKBACK + MEMORY + rule.adapt_after + WINDOW
        self.memory = Memory(days, len(accounts), {measure_key(name): np.nan for name in measures} | _BESIDES)
        self.marks = Marks(days)
        self.base = self.head = States.of(self._started(len(accounts)))

    @classmethod
    def of(cls, rule: "AlarmRule", history: Panel) -> "Record":
        """Return the record of a history.

        Parameters
        ----------
        rule
            A fitted rule with a streaming detector.
        history
            At least one day.
        """
        days = history.days.astype(np.int64)
        record = cls(rule, history.accounts, tuple(history.measures), int(days[-1]))
        states = [record._begin(rows, history.take(rows)) for rows in record._groups(history.n_days)]
        record.base, record.head = (States.joined(several) for several in zip(*states, strict=True))
        return record

    def _groups(self, n_days: int) -> Iterator[Ints]:
        """Yield the rows of as many accounts as are judged at the same time."""
        everyone, n = np.arange(len(self.accounts)), max(1, AT_ONCE // (n_days + LOOKBACK))
        yield from (everyone[begin : begin + n] for begin in range(0, max(len(everyone), 1), n))

    def _begin(self, rows: Ints, history: Panel) -> tuple[States, States]:
        """Take in the history of some accounts; return their states `WINDOW` days before its end, and at its end."""
        cut = max(0, history.n_days - WINDOW)
        state, parts = self._started(len(rows)), []
        for part in (history.between(until=history.start + cut - 1), history.between(history.start + cut)):
            past = state
            state, judged = self._advanced(past, part)
            parts.append(judged)
        kept = slice(-min(self.memory.n_days, history.n_days), None)
        first = history.days[kept][0]
        self.write(rows, int(first.astype(np.int64)), contents(history.between(first)))
        judgements = (np.concatenate(both, axis=1)[:, kept] for both in zip(*parts, strict=True))
        self._judge(rows, int(first.astype(np.int64)), Judged(*judgements))
        return States.of(past), States.of(state)

    def packed(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Return the arrays of its parts, by name."""
        base, head = self.base.columns, self.head.columns
        return {"base": base, "head": head, "memory": self.memory.columns, "marks": self.marks.columns}

    def restore(self, parts: dict[str, dict[str, NDArray[Any]]]) -> None:
        """Take over states, memory and marks.

        Parameters
        ----------
        parts
            From `packed`, of a record of the same accounts.
        """
        self.base, self.head = (States(self.base.kinds, parts[name]) for name in ("base", "head"))
        self.memory.columns, self.marks.columns = parts["memory"], parts["marks"]

    def add(self, names: Strings) -> None:
        """Take in new accounts, of which nothing is known.

        Parameters
        ----------
        names
            Names that it does not have.
        """
        self.accounts = np.concatenate([self.accounts, names])
        self.memory.grow(len(self.accounts))
        start = States.of(self._started(len(names)))
        self.base, self.head = (States.joined([states, start]) for states in (self.base, self.head))

    def keep(self, rows: Ints) -> None:
        """Drop all accounts but some.

        Parameters
        ----------
        rows
            Rows of those that stay.
        """
        self.accounts = np.array(self.accounts[rows].tolist(), dtype=np.str_)  # no wider than the names that stay
        self.memory.keep(rows)
        self.marks.keep(rows)
        self.base, self.head = (states.taken(rows) for states in (self.base, self.head))

    def go_on(self, n_days: int, rows: Ints, known: Mapping[str, Floats]) -> None:
        """Move on by some days, of which only the last is known.

        Parameters
        ----------
        n_days
            At most `WINDOW`.
        rows
            Accounts that were observed on the last of these days.
        known
            Their `contents` on it.
        """
        first = self.last + 1
        base, _ = self._moved(self.base, first - WINDOW, n_days)
        self.memory.forget(first, n_days)
        self.write(rows, first + n_days - 1, known)
        head, judged = self._moved(self.head, first, n_days)
        self._judge(np.arange(len(self.accounts)), first, judged)
        self.base, self.head, self.last = base, head, first + n_days - 1  # last of all: what failed can be done again

    def _moved(self, states: States, first: int, n_days: int) -> tuple[States, Judged]:
        """Return the states of all accounts after some days, and what is said of these."""
        groups, parts = [], []
        for rows in self._groups(n_days):
            after, judged = self._advanced(states.read(rows), self.panel(rows, first, n_days))
            groups.append(States.of(after))
            parts.append(judged)
        return States.joined(groups), Judged(*map(np.concatenate, zip(*parts, strict=True)))

    def replay(self, rows: Ints) -> None:
        """Judge the correctable days of some accounts anew.

        Parameters
        ----------
        rows
            Accounts of which something was written.
        """
        first = self.last - CORRECTABLE
        after, judged = self._advanced(self.base.read(rows), self.panel(rows, first, WINDOW))
        self.head = self.head.replaced(rows, after)
        self._judge(rows, first, judged)

    def write(self, rows: Ints, first: int, known: Mapping[str, Floats]) -> None:
        """Write what is known of some accounts from a day on.

        Parameters
        ----------
        rows
            The accounts.
        first
            Day of the first column.
        known
            Name to array, from `contents`.
        """
        for name, values in known.items():
            self.memory.write(name, rows, first, values)

    def panel(self, rows: Ints, first: int, n_days: int) -> Panel:
        """Return what is known of some accounts on some days.

        Parameters
        ----------
        rows
            The accounts.
        first, n_days
            The first day, and how many.
        """

        def read(name: str) -> Floats:
            return self.memory.read(name, rows, first, n_days)

        return Panel(
            {name: read(measure_key(name)) for name in self.measures},
            accounts=self.accounts[rows],
            start=np.datetime64(first, "D"),
            exposure=read("exposure") if "exposure" in self.memory.columns else None,
            widening=read("widening") if "widening" in self.memory.columns else None,
        )

    def is_unquiet(self) -> Bools:
        """Return which accounts have an alarm since which neither `quiet` nor `adapt_after` days have passed."""
        young = self.head["run.opened"] > self.last - self.rule.adapt_after
        unquiet: Bools = young & (self.head["run.below"] < self.rule.quiet)
        return unquiet

    def is_due(self, before: int) -> Bools:
        """Return for which accounts it was decided since the day `before` whether their latest shift is lasting.

        Parameters
        ----------
        before
            A day.
        """
        decided = self.head["run.opened"] + self.rule.adapt_after - 1
        due: Bools = (before < decided) & (decided <= self.last)
        return due

    def explained(self, rows: Ints) -> pd.DataFrame:
        """Return the alarms of some accounts in the days remembered.

        They are open until they are lasting or no longer unquiet; `explain` alone would open them again whenever a
        shift that has been quiet seems to go on.

        Parameters
        ----------
        rows
            The accounts, ascending.
        """
        n_days, rule = self.memory.n_days, self.rule
        first = self.last - n_days + 1
        judged = self.marks.read(rows, first, self.memory.read("scored", rows, first, n_days) > 0)
        intervals, table = rule.explained(self.panel(rows, first, n_days), judged)
        row, lasting = rows[intervals.row], table["status"] == "lasting"
        latest = self.head["run.opened"][row] == first + intervals.opened
        is_open = self.is_unquiet()[row] & latest & ~lasting
        table["end"] = table["end"].fillna(pd.Timestamp(np.datetime64(self.last, "D"))).mask(is_open)
        table["status"] = np.select([is_open, lasting], ["open", "lasting"], default="closed")
        return table

    def _started(self, n_accounts: int) -> State:
        opened, below = np.full(n_accounts, _NEVER), np.full(n_accounts, self.rule.quiet)
        way = np.zeros(n_accounts, dtype=np.int8)
        run = {"run.opened": opened, "run.below": below, "run.way": way, "run.surprise": np.full(n_accounts, np.nan)}
        return {**self.rule.start(n_accounts), **run}

    def _advanced(self, state: State, panel: Panel) -> tuple[State, Judged]:
        after, judged = self.rule.advance(state, panel)
        first, threshold, quiet = int(panel.start.astype(np.int64)), self.rule.threshold_, self.rule.quiet
        opened, below, way = (state[name] for name in _RUN)
        found = follow_runs(opened, below, way, judged.surprise, judged.sign, first, threshold, quiet)
        latest = judged.surprise[:, -1] if panel.n_days else state["run.surprise"]
        return after | dict(zip(_RUN, found, strict=True)) | {"run.surprise": latest}, judged

    def _judge(self, rows: Ints, first: int, judged: Judged) -> None:
        """Remember on which days there was an opinion, and of the days at or above the threshold all of it."""
        self.memory.write("scored", rows, first, (~np.isnan(judged.surprise)).astype(np.float64))
        last = first + judged.surprise.shape[1] - 1
        self.marks.write(rows, first, last, judged, judged.surprise >= self.rule.threshold_)


def contents(panel: Panel) -> dict[str, Floats]:
    """Return what a panel says of its accounts: measures, exposure and widening by the names of the memory.

    Parameters
    ----------
    panel
        Any panel.
    """
    ones = np.ones(panel.observed.shape)
    besides = {"exposure": panel.exposure, "widening": panel.widening}
    measures: dict[str, Any] = {measure_key(name): values for name, values in panel.measures.items()}
    return measures | {name: ones if values is None else values for name, values in besides.items()}


def measure_key(name: str) -> str:
    """Return the name under which the memory has a measure.

    Parameters
    ----------
    name
        The measure.
    """
    return f"measure.{name}"
