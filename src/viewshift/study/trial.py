"""One seed of a study: panels made once, every detector fitted once, every failure kept as a row and a script."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from viewshift import simulate
from viewshift._typing import Floats
from viewshift.detectors import Detector
from viewshift.metrics import account_weights, average_precision_replicates
from viewshift.panel import Panel
from viewshift.rules import AlarmRule
from viewshift.study.compare import N_REPLICATES, Trial
from viewshift.study.example import Example, show_examples
from viewshift.study.failures import leave_script, one_sentence
from viewshift.study.progress import Progress
from viewshift.study.setup import Setup, reference_seed
from viewshift.study.tally import Windows, estimate, tally


@dataclass(frozen=True, eq=False)
class Laid:
    """A panel with a scenario laid over it.

    Parameters
    ----------
    panel
        All accounts.
    events
        Windows of the events.
    lasting
        Whether events go on after their windows.
    """

    panel: Panel
    events: Windows
    lasting: bool


@dataclass
class Work:
    """What a study has found so far.

    Parameters
    ----------
    setup
        Sizes.
    out
        Folder for scripts of failures; None for none.
    trials
        By detector, scenario and seed.
    timings
        Detector, seed, seconds to fit, accounts scored per second.
    examples
        Accounts to show.
    """

    setup: Setup
    out: Path | None
    trials: dict[tuple[str, str, int], Trial] = field(default_factory=dict)
    timings: list[tuple[str, int, float, float]] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)

    def fail(self, key: tuple[str, str, int], detector: Detector | None, step: str, error: Exception) -> Trial:
        """Keep an error as a trial, and leave a script that does it again.

        Parameters
        ----------
        key
            Detector, scenario and seed.
        detector
            None if none was in play.
        step
            At which it failed.
        error
            What was raised.
        """
        if self.out is not None:
            leave_script(self.out / "failures", key, detector, self.setup, step)
        return Trial(errors=dict.fromkeys(self.setup.rates, one_sentence(error)))


def one_seed(
    work: Work,
    seed: int,
    detectors: Mapping[str, Detector],
    scenarios: Mapping[str, simulate.Scenario],
    bar: Progress,
) -> None:
    """Make the panels of one seed and run all detectors on them.

    Parameters
    ----------
    work
        Gets the results.
    seed
        Seed of panel and scenarios.
    detectors
        By name.
    scenarios
        By name.
    bar
        Told of every step.
    """
    setup = work.setup
    reference = _renamed(
        simulate.viewers(setup.n_reference, setup.n_days, seed=reference_seed(seed), population=setup.population)
    )
    viewers = simulate.viewers(setup.n_accounts, setup.n_days, seed=seed, population=setup.population)
    panels: dict[str, Laid | Trial] = {}
    for name, scenario in scenarios.items():
        try:
            panel, truth = scenario.inject(viewers, seed=seed)
            panels[name] = Laid(panel, day_windows(viewers, truth), scenario.lasting)
        except Exception as error:
            panels[name] = work.fail(("every detector", name, seed), None, "inject", error)
    weights = account_weights(setup.n_accounts, N_REPLICATES, seed=seed)
    for name, detector in detectors.items():
        _one_detector(work, (name, seed), detector, reference, viewers, panels, weights, bar)


def _renamed(panel: Panel) -> Panel:
    """Give the accounts names of their own: `Random` draws its scores by name."""
    return Panel(panel.measures, accounts=[f"reference {name}" for name in panel.accounts], start=panel.start)


def _one_detector(
    work: Work,
    of: tuple[str, int],
    detector: Detector,
    reference: Panel,
    viewers: Panel,
    panels: Mapping[str, Laid | Trial],
    weights: Floats,
    bar: Progress,
) -> None:
    name, seed = of
    step, fit_seconds, seconds = "fit", float("nan"), []
    try:
        began = time.perf_counter()
        fitted = AlarmRule(detector).fit(reference)
        fit_seconds = time.perf_counter() - began
        bar(f"{name}, seed {seed}")
        step = "score"
        clean = fitted.surprise(viewers)
    except Exception as error:
        failed = work.fail((name, next(iter(panels)), seed), detector, step, error)
        work.trials |= {(name, scenario, seed): failed for scenario in panels}
        bar(f"{name}, seed {seed}", len(panels) + (step == "fit"))
        return
    rules: dict[float, AlarmRule] = {}
    out_of_reach: dict[float, str] = {}
    for rate in work.setup.rates:
        rule = fitted.at(rate)
        try:
            rule.threshold_  # noqa: B018 - a dial out of reach shows here
            rules[rate] = rule
        except ValueError as error:
            work.fail((name, next(iter(panels)), seed), detector, "threshold", error)
            out_of_reach[rate] = one_sentence(error)
    for scenario, laid in panels.items():
        key = name, scenario, seed
        if isinstance(laid, Trial):
            work.trials[key] = laid
        else:
            try:
                began = time.perf_counter()
                surprise = fitted.surprise(laid.panel)
                seconds.append(time.perf_counter() - began)
                trial = judge(rules, surprise, clean, laid, weights, causal=detector.claims.causal)
                work.trials[key] = replace(trial, errors=out_of_reach)
                if not any((one.detector, one.scenario) == key[:2] for one in work.examples):
                    work.examples += show_examples(key, detector.measure, rules, laid.panel, surprise, laid.events)
            except Exception as error:
                work.trials[key] = work.fail(key, detector, "score", error)
        bar(f"{name}, seed {seed}, {scenario}")
    speed = viewers.n_accounts * len(seconds) / sum(seconds) if seconds else float("nan")
    work.timings.append((name, seed, fit_seconds, speed))


def judge(
    rules: Mapping[float, AlarmRule],
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
    positive = np.zeros(surprise.shape, dtype=bool)
    ranked = surprise.copy()
    for row, onset, end in zip(*laid.events, strict=True):
        positive[row, onset : end + 1] = True
        if laid.lasting:
            ranked[row, end + 1 :] = np.nan
    n_positive = int((positive & ~np.isnan(ranked)).sum())
    itself_first = np.vstack([np.ones((1, weights.shape[1])), weights])
    value, *replicates = average_precision_replicates(ranked, positive, itself_first)
    precision = estimate(float(value), np.array(replicates), n_positive)
    tallies = {rate: tally(rule, surprise, clean, laid.events, causal=causal) for rate, rule in rules.items()}
    return Trial(tallies=tallies, precision=precision)


def day_windows(panel: Panel, truth: pd.DataFrame) -> Windows:
    """Turn a truth of account names and days into row and day numbers.

    Parameters
    ----------
    panel
        The panel that the truth is about.
    truth
        Columns account, onset, end.
    """
    row = pd.Index(panel.accounts).get_indexer(pd.Index(truth["account"]))
    onset, end = ((pd.DatetimeIndex(truth[name]) - pd.Timestamp(panel.start)).days for name in ("onset", "end"))
    return Windows(*(np.asarray(part, dtype=np.int64) for part in (row, onset, end)))
