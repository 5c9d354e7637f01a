"""One detector on one seed of a study: fitted once, judged on every scenario, every failure kept as a trial."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from viewshift._typing import Floats
from viewshift.detectors import Detector
from viewshift.metrics import average_precision_replicates, mark_days
from viewshift.study.by_account import values_by_account
from viewshift.study.compare import Trial, drawn
from viewshift.study.example import Example, show_examples
from viewshift.study.failures import one_sentence
from viewshift.study.folded import Rule
from viewshift.study.setup import Setup
from viewshift.study.source import Laid, Source
from viewshift.study.tally import estimate, tally


class Job(NamedTuple):
    """A detector to run on all scenarios of one seed."""

    name: str
    detector: Detector
    seed: int


class Failure(NamedTuple):
    """Where something went wrong: the scenario, and the step as `leave_script` calls it."""

    scenario: str
    step: str


@dataclass(eq=False)
class Unit:
    """What came of a job.

    Parameters
    ----------
    trials
        By scenario.
    fit_seconds, accounts_per_second
        Cost; NaN where it was not reached.
    examples
        Accounts to show.
    failures
        Where it went wrong.
    """

    trials: dict[str, Trial] = field(default_factory=dict)
    fit_seconds: float = float("nan")
    accounts_per_second: float = float("nan")
    examples: list[Example] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def failed_unit(sentence: str, step: str, scenarios: Iterable[str], setup: Setup) -> Unit:
    """Return the unit of a job of which nothing came.

    Parameters
    ----------
    sentence
        What went wrong.
    step
        At which.
    scenarios
        Names of all.
    setup
        Sizes.
    """
    names = list(scenarios)
    return Unit({name: _failed(sentence, setup) for name in names}, failures=[Failure(names[0], step)])


def _failed(sentence: str, setup: Setup) -> Trial:
    return Trial(errors=dict.fromkeys(setup.rates, sentence))


def run_unit(job: Job, source: Source) -> Unit:
    """Fit a detector once and judge it on every scenario; what raises becomes a failed trial.

    Parameters
    ----------
    job
        Detector and seed.
    source
        Of the panels.

    Notes
    -----
    The library's own products of matrices run in one thread, so that sums come out the same wherever they are made.
    """
    with threadpool_limits(1):
        return _run_unit(job, source)


def _run_unit(job: Job, source: Source) -> Unit:
    setup, step = source.setup, "fit"
    try:
        panels = source.panels(job.seed, job.detector)
        began = time.perf_counter()
        fitted = source.fitted(job.detector, panels.reference)
        fit_seconds = time.perf_counter() - began
        step = "score"
        clean = fitted.surprise(panels.viewers)
    except Exception as error:
        return failed_unit(one_sentence(error), step, source.scenarios, setup)
    weights = drawn(setup, job.seed)[:, : panels.viewers.n_accounts]
    unit, seconds = Unit(fit_seconds=fit_seconds), []
    rules: dict[float, Rule] = {}
    out_of_reach: dict[float, str] = {}
    for rate in setup.rates:
        rule = fitted.at(rate)
        try:
            rule.threshold_  # noqa: B018 - a dial out of reach shows here
            rules[rate] = rule
        except ValueError as error:
            unit.failures.append(Failure(next(iter(panels.laid)), "threshold"))
            out_of_reach[rate] = one_sentence(error)
    for scenario, laid in panels.laid.items():
        if isinstance(laid, str):
            unit.trials[scenario] = _failed(laid, setup)
            unit.failures.append(Failure(scenario, "inject"))
            continue
        try:
            began = time.perf_counter()
            surprise = fitted.surprise(laid.panel)
            seconds.append(time.perf_counter() - began)
            without = clean if laid.twin is None else fitted.surprise(laid.twin)
            trial = judge(rules, surprise, without, laid, weights, causal=job.detector.claims.causal)
            unit.trials[scenario] = replace(trial.padded(setup.n_accounts), errors=out_of_reach)
            key = job.name, scenario, job.seed
            unit.examples += show_examples(key, job.detector.measure, rules, laid.panel, surprise, laid.events)
        except Exception as error:
            unit.trials[scenario] = _failed(one_sentence(error), setup)
            unit.failures.append(Failure(scenario, "score"))
    if seconds:
        unit.accounts_per_second = panels.viewers.n_accounts * len(seconds) / sum(seconds)
    return unit


def judge(
    rules: Mapping[float, Rule],
    surprise: Floats,
    clean: Floats,
    laid: Laid,
    weights: Floats,
    *,
    causal: bool,
) -> Trial:
    """Count hits and alarms at each dial, and rank the event days by surprise.

    Parameters
    ----------
    rules
        Dial to fitted rule.
    surprise
        On the scenario's panel, shape ``(n_accounts, n_days)``.
    clean
        On its clean twin.
    laid
        The scenario's panel and its events; days after the window of an event that lasts are left out of the ranking.
    weights
        Bootstrap weights of the accounts.
    causal
        Whether the detector sees no future.
    """
    row, onset, end = laid.events
    positive, ranked = mark_days(row, onset, end, surprise.shape), surprise.copy()
    if laid.lasting:
        ranked[mark_days(row, end + 1, np.full_like(end, surprise.shape[1] - 1), surprise.shape)] = np.nan
    n_positive = int((positive & ~np.isnan(ranked)).sum())
    itself_first = np.vstack([np.ones((1, weights.shape[1])), weights])
    value, *replicates = average_precision_replicates(ranked, positive, itself_first)
    precision = estimate(float(value), np.array(replicates), n_positive)
    tallies = {rate: tally(rule, surprise, clean, laid.events, causal=causal) for rate, rule in rules.items()}
    by_account = values_by_account(rules, surprise, ranked, positive, laid.events, lasting=laid.lasting, causal=causal)
    return Trial(tallies=tallies, precision=precision, by_account=by_account)
