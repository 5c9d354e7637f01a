"""Scenarios laid over accounts that are known from and until different days."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from viewshift import simulate
from viewshift.panel import Panel


def shows(scenario: simulate.Scenario, measures: Collection[str]) -> bool:
    """Tell whether a scenario can be laid over days of these measures, and changes them if anything is wrong.

    Parameters
    ----------
    scenario
        What would happen.
    measures
        Names of what is known of each day.
    """
    if not set(scenario.needs) <= set(measures):
        return False
    viewers = simulate.viewers(5, 730, seed=1)
    known = Panel({name: viewers[name] for name in measures}, accounts=viewers.accounts, start=viewers.start)
    try:
        inject_each(scenario, known, 1)
    except ValueError:
        return False
    return True


def inject_each(scenario: simulate.Scenario, panel: Panel, seed: int) -> tuple[Panel, Panel, pd.DataFrame]:
    """Lay a scenario over each account within the days it was observed on, as if there were no other.

    Parameters
    ----------
    scenario
        What happens.
    panel
        Accounts, from and until different days.
    seed
        Seed; each row has one of its own that follows from it.

    Returns
    -------
    The panel with the events, its twin without, and the truth. An account whose days leave no room has no event, and
    events on days of which none was observed are left out.

    Raises
    ------
    ValueError
        If the panel lacks a measure, no account has room, or the events change nothing that is measured.
    """
    changed, twin = ({name: values.copy() for name, values in panel.measures.items()} for _ in range(2))
    truths, refusal = [], ""
    for row in range(panel.n_accounts):
        observed = np.flatnonzero(panel.observed[row])
        if not len(observed):
            continue
        span = slice(int(observed[0]), int(observed[-1]) + 1)
        one = panel.take([row]).between(panel.days[span.start], panel.days[span.stop - 1])
        own = int(np.random.SeedSequence([seed, row]).generate_state(1)[0])
        try:
            laid, truth = scenario.inject(one, seed=own)
            without = scenario.twin(one, seed=own)
        except ValueError as error:
            refusal = str(error)
            continue
        for name in changed:
            changed[name][row, span], twin[name][row, span] = laid[name][0], without[name][0]
        seen = [bool(np.isfinite(laid["episodes"][0, _days(laid, a, b)]).any()) for a, b in _pairs(truth)]
        truths.append(truth[np.array(seen, dtype=bool)])
    if not truths:
        raise ValueError(refusal or "`panel` must have an observed day, got none.")
    if scenario.wrong and all(np.array_equal(changed[name], twin[name], equal_nan=True) for name in changed):
        raise ValueError(f"{scenario.name!r} changes nothing in {', '.join(map(repr, changed))}; leave it out.")
    made = [Panel(values, accounts=panel.accounts, start=panel.start) for values in (changed, twin)]
    return made[0], made[1], pd.concat(truths, ignore_index=True)


def _pairs(truth: pd.DataFrame) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    return list(zip(truth["onset"], truth["end"], strict=True))


def _days(panel: Panel, onset: pd.Timestamp, end: pd.Timestamp) -> slice:
    first, last = (int((day - pd.Timestamp(panel.start)).days) for day in (onset, end))
    return slice(first, last + 1)
