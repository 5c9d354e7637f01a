"""What a monitor must know, kept as one growing panel and judged anew every time: slow and obvious."""

import numpy as np

import oracles_alarms
from viewshift import Panel


class Known:
    """All that was said so far of each account and day; the last word counts."""

    def __init__(self, history):
        self.measures, self.start, self.last = tuple(history.measures), history.start, history.days[-1]
        self.accounts = []
        self.cells = {}
        for day in history.days:
            self.tell(history.between(day, day))

    def tell(self, panel):
        """Take in the word of a panel of one day."""
        self.last = max(self.last, panel.start)
        for row, name in enumerate(panel.accounts.tolist()):
            if name not in self.accounts:
                self.accounts.append(name)
            values = [panel[measure][row, 0] for measure in self.measures]
            besides = [1.0 if part is None else part[row, 0] for part in (panel.exposure, panel.widening)]
            self.cells[name, panel.start] = values + besides

    def panel(self):
        """Return everything as one panel; nothing said is not observed."""
        days = np.arange(self.start, self.last + 1)
        nothing = [np.nan] * len(self.measures) + [1.0, 1.0]
        table = np.array([[self.cells.get((name, day), nothing) for day in days] for name in self.accounts])
        values = dict(zip(self.measures, np.moveaxis(table, 2, 0), strict=False))
        return Panel(values, accounts=self.accounts, start=self.start, exposure=table[..., -2], widening=table[..., -1])


def latest_run(path, sign, threshold, quiet):
    """Day on which the latest run opened, None if none did, and scored days since its last at or above, up to quiet."""
    found = oracles_alarms.runs_above(np.asarray([path]), threshold, quiet, np.asarray([sign]))
    if found is None:
        return None, quiet
    _, first, last = found
    return int(first[-1]), min(quiet, int(np.count_nonzero(~np.isnan(path[last[-1] + 1 :]))))


def unquiet(surprise, sign, threshold, quiet, adapt_after):
    """Row and opening day of the alarms since which neither `quiet` scored days nor `adapt_after` days have passed."""
    found = set()
    for row, path in enumerate(surprise):
        opened, below = latest_run(path, sign[row], threshold, quiet)
        if opened is not None and below < quiet and len(path) - 1 - opened < adapt_after:
            found.add((row, opened))
    return found
