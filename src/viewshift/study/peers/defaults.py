"""Peers at their own defaults: the false alarms that these raise, and the events that they find."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone

from viewshift._typing import Floats
from viewshift.metrics import account_weights
from viewshift.panel import Panel
from viewshift.study.compare import N_REPLICATES
from viewshift.study.failures import one_sentence
from viewshift.study.peers._base import Peer
from viewshift.study.setup import Scenarios, Setup, chosen_scenarios, distinct_seeds
from viewshift.study.source import Panels, Source
from viewshift.study.tally import Estimate, Tally, Windows, estimate, pooled, rate_measures, recall_measures, tally

FLAGGED: Any = SimpleNamespace(threshold_=1.0, quiet=7, adapt_after=28)
"""Joins flagged days to alarms as a rule by default does."""

CLEAN = "clean"
"""Stands for the viewers as they are."""

RECALLS = ("recall", "chance_recall", "net_recall")

COLUMNS = ["peer", "package", "version", "setting", "verdict", "scenario", "metric", "value", "low", "high", "n"]


def at_defaults(
    peers: Mapping[str, Peer],
    scenarios: Scenarios,
    seeds: Iterable[int],
    *,
    n_accounts: int = 300,
    n_days: int = 730,
    population: str = "sessions",
    workers: int = 1,
) -> pd.DataFrame:
    """Count the alarms that peers raise on clean viewers at their own defaults, and the events they find so.

    The viewers are those of a study with the same seeds and sizes; a peer that is slow meets the first of them only.

    Parameters
    ----------
    peers
        By name.
    scenarios
        Names of ``vs.simulate.SCENARIOS``, or name to scenario; such in which something is wrong.
    seeds
        One panel of accounts for each.
    n_accounts, n_days
        Size of each panel.
    population
        Which simulated population.
    workers
        Number of processes, which share out the peers; results are the same for any.

    Returns
    -------
    Per peer: `alarms` per account-year on the scenario "clean"; and on each scenario, and as their mean, `recall`,
    `chance_recall` in the same windows of the clean viewers, and `net_recall`, their difference. With 95 % bootstrap
    intervals over accounts, and the number n of accounts or events. A peer that fails has the one metric "failed", and
    the error as its scenario.

    Notes
    -----
    Flagged days with fewer than 7 others between them are one alarm. A peer that sees the future finds an event by any
    flagged day within it, others by an alarm that opens within it.
    """
    chosen = chosen_scenarios(scenarios)
    for name, scenario in chosen.items():
        if not scenario.wrong:
            raise ValueError(f"`scenarios` must be such in which something is wrong, got {name!r}.")
    source = Source(Setup(n_accounts, n_days, 5, population, (1.0,)), chosen)
    met = {seed: source.panels(seed) for seed in distinct_seeds(seeds)}
    each = Parallel(n_jobs=workers)(delayed(_rows)(name, peer, met, n_accounts) for name, peer in peers.items())
    rows = [row for part in each for row in part]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"value": float, "low": float, "high": float})


def _rows(name: str, peer: Peer, met: Mapping[int, Panels], n_accounts: int) -> list[dict[str, Any]]:
    """Return the rows of one peer."""
    head = {"peer": name, "package": peer.package, "setting": peer.setting, "verdict": peer.verdict}
    try:
        head["version"] = version(peer.package)
        tallies = [_tallies(peer, panels) for panels in met.values()]
    except Exception as error:
        return [{**head, "scenario": one_sentence(error), "metric": "failed", "n": 0}]
    size = min(n_accounts, peer.most_accounts or n_accounts)
    weights = np.hstack([account_weights(size, N_REPLICATES, seed=seed) for seed in met])
    return [{**head, **row} for row in _measured(tallies, weights)]


def _tallies(peer: Peer, met: Panels) -> dict[str, Tally]:
    """Count by account what a peer's decisions do on the panels of one seed: on the viewers, and by scenario."""
    viewers = peer.sub_panel(met.viewers)
    peer = clone(peer).fit(viewers)
    clean, none = _marks(peer, viewers), np.empty(0, dtype=np.int64)
    found = {CLEAN: tally(FLAGGED, clean, clean, Windows(none, none, none), causal=peer.claims.causal)}
    for name, laid in met.laid.items():
        if isinstance(laid, str):
            raise ValueError(laid)
        twin = clean if laid.twin is None else _marks(peer, peer.sub_panel(laid.twin))
        here = laid.events.row < len(clean)
        events = Windows(*(part[here] for part in laid.events))
        found[name] = tally(FLAGGED, _marks(peer, peer.sub_panel(laid.panel)), twin, events, causal=peer.claims.causal)
    return found


def _marks(peer: Peer, panel: Panel) -> Floats:
    """Return 1 on flagged days, 0 on others, NaN on days that were not observed."""
    return np.where(panel.observed, peer.decisions(panel).astype(np.float64), np.nan)


def _measured(tallies: Sequence[Mapping[str, Tally]], weights: Floats) -> list[dict[str, Any]]:
    whole = {name: pooled([one[name] for one in tallies]) for name in tallies[0]}
    rows = [_row(CLEAN, "alarms", rate_measures(whole.pop(CLEAN), weights, 1.0)["alarms"])]
    found = {name: recall_measures(counts, weights) for name, counts in whole.items()}
    rows += [_row(name, metric, one[metric]) for name, one in found.items() for metric in RECALLS]
    for metric in RECALLS:
        parts = [one[metric] for one in found.values()]
        replicates = np.mean([one.replicates for one in parts], axis=0)
        value = float(np.mean([one.value for one in parts]))
        rows.append(_row("mean", metric, estimate(value, replicates, sum(one.n for one in parts))))
    return rows


def _row(scenario: str, metric: str, one: Estimate) -> dict[str, Any]:
    return {"scenario": scenario, "metric": metric, "value": one.value, "low": one.low, "high": one.high, "n": one.n}
