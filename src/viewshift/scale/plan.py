"""Blocks of accounts that can be read one by one, where row groups hold different accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from viewshift.scale._arrow import pa, pc
from viewshift.scale.source import Group, Source


@dataclass(frozen=True)
class Block:
    """Accounts from `low` on and before `high`, and the row groups that hold them; None stands for no bound."""

    low: Any
    high: Any
    groups: tuple[Group, ...]

    def read(self, source: Source, account: str, columns: Sequence[str]) -> Any:
        """Return all rows of these accounts.

        Parameters
        ----------
        source
            Where the row groups are.
        account
            Column of accounts.
        columns
            Those wanted.
        """
        tables = []
        for group in self.groups:
            table = source.read([group], columns)
            bounds = group.account
            if self.low is not None and bounds.low < self.low:
                table = table.filter(pc.greater_equal(table[account], pa.scalar(self.low, table[account].type)))
            if self.high is not None and bounds.high >= self.high:
                table = table.filter(pc.less(table[account], pa.scalar(self.high, table[account].type)))
            tables.append(table)
        return pa.concat_tables(tables)


def plan_blocks(groups: Sequence[Group], at_once: int) -> list[Block] | None:
    """Return blocks of at most so many rows, each to be read by itself, or None if there are none.

    There are some if the rows are sorted by account, or nearly so: what the files' statistics say of the accounts in
    each row group is all that is looked at, and they may only err on the wide side. A row group on the border of two
    blocks is read for both.

    Parameters
    ----------
    groups
        All row groups of a source.
    at_once
        Rows.
    """
    if any(group.account.low is None or group.account.missing != 0 for group in groups):
        return [Block(None, None, tuple(groups))] if sum(group.rows for group in groups) <= at_once else None
    ordered = sorted(groups, key=lambda group: (group.account.low, group.file, group.number))
    blocks: list[Block] = []
    low, first, held, rows = None, ordered[0].account.low, list[Group](), 0
    for group in ordered:
        begin = group.account.low
        if rows + group.rows > at_once and begin != first:
            blocks.append(Block(low, begin, tuple(held)))
            low, first, held = begin, begin, [one for one in held if one.account.high >= begin]
            rows = sum(one.rows for one in held)
        held.append(group)
        rows += group.rows
    blocks.append(Block(low, None, tuple(held)))
    sizes = [sum(group.rows for group in block.groups) for block in blocks]
    return blocks if max(sizes) <= at_once and sum(sizes) <= 2 * sum(group.rows for group in groups) else None
