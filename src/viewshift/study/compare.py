"""From counts by account to the results table: by seed, over all seeds, and detectors against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from viewshift._typing import Floats
from viewshift.metrics import account_weights
from viewshift.study.by_account import ALARM_METRICS, CHANGE_METRICS, Values
from viewshift.study.setup import Setup
from viewshift.study.tally import (
    Estimate,
    Tally,
    account_means,
    estimate,
    padded,
    pooled,
    rate_measures,
    recall_measures,
)

N_REPLICATES = 1000

COLUMNS = ["detector", "causal", "scenario", "seed", "rate", "metric", "value", "low", "high", "n", "status", "error"]
EVENT_METRICS = ("net_recall", "recall", "chance_recall", "reached", "delay")
RATE_METRICS = ("alarms", "alarms_over_dial", "clean_alarms", "days_in_alarm")

NO_RATE = float("nan")
"""The dial of what needs none; the one NaN object, so that it can be looked up."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One detector on one scenario and seed: counts by dial, or why there are none.

    Parameters
    ----------
    tallies
        Dial to counts.
    precision
        Average precision, which needs no dial.
    errors
        Dial to what went wrong, in one sentence, where there are no counts.
    by_account
        Dial and metric to one value per account.
    """

    tallies: Mapping[float, Tally] = field(default_factory=dict)
    precision: Estimate | None = None
    errors: Mapping[float, str] = field(default_factory=dict)
    by_account: Values = field(default_factory=dict)

    def padded(self, n_accounts: int) -> "Trial":
        """Return the same with accounts behind that were not judged: nothing is counted of them.

        Parameters
        ----------
        n_accounts
            How many there are in all.
        """
        tallies = {rate: padded(counts, n_accounts) for rate, counts in self.tallies.items()}
        values = {
            key: np.pad(one, (0, n_accounts - len(one)), constant_values=np.nan) for key, one in self.by_account.items()
        }
        return replace(self, tallies=tallies, by_account=values)

    def error(self, rate: float) -> str:
        """Return what went wrong at a dial; for a metric that needs no dial, what went wrong at all of them."""
        if np.isnan(rate):
            return "" if self.precision is not None else next(iter(self.errors.values()), "")
        return self.errors.get(rate, "")


Trials = Mapping[tuple[str, str, int], Trial]


def drawn(setup: Setup, seed: int) -> Floats:
    """Return the bootstrap weights of the accounts of a seed; people of one household are drawn together.

    Parameters
    ----------
    setup
        Sizes of the study.
    seed
        Of the panel.
    """
    if setup.people is None:
        return account_weights(setup.n_accounts, N_REPLICATES, seed=seed)
    return account_weights(setup.people.n_households, N_REPLICATES, seed=seed)[:, setup.people.rows]


def tidy(
    trials: Trials, causal: Mapping[str, bool], wrong: Mapping[str, bool], seeds: Sequence[int], setup: Setup
) -> pd.DataFrame:
    """Return the results table: rows by seed, over all seeds, and for the mean over the scenarios with events.

    Parameters
    ----------
    trials
        By detector, scenario and seed.
    causal
        Detector to whether it sees no future; gives the order of the detectors.
    wrong
        Scenario to whether anything is wrong with any account; gives the order of the scenarios.
    seeds
        In order.
    setup
        Sizes of the study.
    """
    weights = {seed: drawn(setup, seed) for seed in seeds}
    all_weights = np.hstack([weights[seed] for seed in seeds])
    rows: list[dict[str, Any]] = []
    means: dict[tuple[str, float], list[Estimate | None]] = {}
    for detector, is_causal in causal.items():
        for scenario in wrong:
            head = {"detector": detector, "causal": is_causal, "scenario": scenario}
            keys = _keys(setup.rates, is_causal, wrong[scenario])
            parts = {seed: trials[detector, scenario, seed] for seed in seeds}
            for seed, trial in parts.items():
                found = _measured(trial, weights[seed])
                rows += [_row({**head, "seed": seed}, key, found.get(key), trial.error(key[0])) for key in keys]
            whole = _all_seeds(list(parts.values()), setup.rates)
            found = _measured(whole, all_weights)
            rows += [_row({**head, "seed": None}, key, found.get(key), whole.error(key[0])) for key in keys]
            if wrong[scenario]:
                for rate in setup.rates:
                    means.setdefault((detector, rate), []).append(found.get((rate, "net_recall")))
    rows += _mean_rows(means, causal, setup.rates)
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype({"seed": "Int64", "n": "Int64", "rate": float, "value": float, "low": float, "high": float})


def _keys(rates: Sequence[float], causal: bool, eventful: bool) -> list[tuple[float, str]]:
    """Return dial and metric of each row that a detector gets on a scenario."""
    names: tuple[str, ...] = RATE_METRICS
    if eventful:
        own = (*EVENT_METRICS, *ALARM_METRICS) if causal else (*EVENT_METRICS, *CHANGE_METRICS)
        names = (*(name for name in own if causal or name != "delay"), *RATE_METRICS)
    keys = [(rate, name) for rate in rates for name in names]
    no_dial = (("average_precision", "vus_pr") if causal else ("average_precision",)) if eventful else ()
    return [*keys, *((NO_RATE, name) for name in no_dial)]


def _all_seeds(parts: Sequence[Trial], rates: Sequence[float]) -> Trial:
    """Put the accounts of all seeds together; a dial that failed for one seed fails for all."""
    tallies, errors = {}, {}
    for rate in rates:
        wrong = [trial.error(rate) for trial in parts if trial.error(rate)]
        if wrong:
            errors[rate] = f"failed for {len(wrong)} of {len(parts)} seeds: {wrong[0]}"
        else:
            tallies[rate] = pooled([trial.tallies[rate] for trial in parts])
    known = [trial.precision for trial in parts if trial.precision is not None]
    precision = None
    if len(known) == len(parts):
        mean, replicates = np.mean([one.value for one in known]), np.mean([one.replicates for one in known], axis=0)
        precision = estimate(float(mean), replicates, sum(one.n for one in known))
    common = [key for key in parts[0].by_account if all(key in trial.by_account for trial in parts)]
    by_account = {key: np.concatenate([trial.by_account[key] for trial in parts]) for key in common}
    return Trial(tallies, precision, errors, by_account)


def _measured(trial: Trial, weights: Floats) -> dict[tuple[float, str], Estimate]:
    found: dict[tuple[float, str], Estimate] = {}
    for rate, counts in trial.tallies.items():
        measures = {**rate_measures(counts, weights, rate), **recall_measures(counts, weights)}
        found |= {(rate, name): one for name, one in measures.items()}
    if trial.precision is not None:
        found[NO_RATE, "average_precision"] = trial.precision
    for (dial, name), one in account_means(trial.by_account, weights).items():
        found[NO_RATE if dial is None else dial, name] = one
    return found


def _row(head: Mapping[str, Any], key: tuple[float, str], one: Estimate | None, error: str) -> dict[str, Any]:
    rate, metric = key
    value, low, high, n = (NO_RATE, NO_RATE, NO_RATE, 0) if one is None else one[:4]
    numbers = {"value": value, "low": low, "high": high, "n": n}
    return {**head, "rate": rate, "metric": metric, **numbers, "status": "failed" if error else "ok", "error": error}


def _mean_rows(
    means: Mapping[tuple[str, float], Sequence[Estimate | None]], causal: Mapping[str, bool], rates: Sequence[float]
) -> list[dict[str, Any]]:
    """Mean net recall over the scenarios with events, and the difference to the best detector that sees no future."""
    rows: list[dict[str, Any]] = []
    for rate in rates:
        mean = {name: _mean(means[name, rate]) for name in causal if (name, rate) in means}
        able = {name: one for name, one in mean.items() if one is not None and causal[name]}
        best = max(able, key=lambda name: able[name].value) if able else None
        for name, one in mean.items():
            head = {"detector": name, "causal": causal[name], "scenario": "mean", "seed": None}
            error = "" if one else "failed on some scenario, so that its mean is not comparable"
            rows.append(_row(head, (rate, "net_recall"), one, error))
            if best is not None and causal[name]:
                top = able[best]
                behind = one and estimate(one.value - top.value, one.replicates - top.replicates, one.n)
                rows.append(_row(head, (rate, "net_recall_behind_best"), behind, error))
    return rows


def _mean(parts: Sequence[Estimate | None]) -> Estimate | None:
    known = [one for one in parts if one is not None]
    if len(known) < len(parts):
        return None
    value = float(np.mean([one.value for one in known]))
    return estimate(value, np.mean([one.replicates for one in known], axis=0), sum(one.n for one in known))
