"""The null control: of detectors that know nothing, inference at 5 % rejects in at most 21 of 200 repetitions.

Were a test exact at 5 %, it would reject in more than 21 of 200 with probability P(X > 21) = .0005, X ~ Bin(200, .05).
Each repetition judges new accounts by three real rules around `Random`, whose seeds differ, through the study's own
counts and comparisons. The clean twin holds the same panel under other names, so that the noise is drawn afresh: on the
very same panel `Random` scores the same days alike, and its net recall is 0 without any chance to err.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import viewshift as vs
from viewshift.metrics import account_weights, interval, weighted_ratio
from viewshift.study.compare import Trial
from viewshift.study.comparisons import comparisons, mean_ranks
from viewshift.study.tally import Windows, tally

N_REPETITIONS, AT_MOST = 200, 21
N_ACCOUNTS, N_DAYS, RATE, WINDOW = 60, 160, 12.0, 7
SCENARIOS = [f"window {k}" for k in range(8)]
TABLE = pd.DataFrame(
    [
        {"detector": f"random {k}", "causal": True, "scenario": name, "seed": 1, "rate": RATE, "metric": "net_recall"}
        for k in range(3)
        for name in SCENARIOS
    ]
)


def panel(names):
    return vs.Panel({"episodes": np.ones((len(names), N_DAYS))}, accounts=names, start="2024-01-01")


@pytest.fixture(scope="module")
def repetitions():
    """Return the comparisons, mean ranks and trials of each repetition."""
    reference = panel([f"reference {k}" for k in range(200)])
    rules = {f"random {k}": vs.AlarmRule(vs.detectors.Random(seed=k)).fit(reference).at(RATE) for k in range(3)}
    found = []
    for repetition in range(N_REPETITIONS):
        here, there = (panel([f"{twin} {repetition} {k}" for k in range(N_ACCOUNTS)]) for twin in ("a", "b"))
        rng = np.random.default_rng([17, repetition])
        trials = {}
        for scenario in SCENARIOS:
            onset = rng.integers(30, N_DAYS - WINDOW, N_ACCOUNTS)
            windows = Windows(np.arange(N_ACCOUNTS), onset, onset + WINDOW - 1)
            trials |= {(name, scenario, 1): windows for name in rules}
        surprise = {name: (rule.surprise(here), rule.surprise(there)) for name, rule in rules.items()}
        for key, windows in trials.items():
            counts = tally(rules[key[0]], *surprise[key[0]], windows, causal=True)
            trials[key] = Trial(tallies={RATE: counts})
        found.append((comparisons(trials, TABLE), mean_ranks(trials, TABLE), trials))
    return found


def rejections(repetitions, rejects):
    return sum(bool(rejects(*one)) for one in repetitions)


def mean_of(table):
    return table[table["scenario"] == "mean"].iloc[0]


REJECTS = {
    "interval": lambda table, _, __: not mean_of(table)["low"] <= 0 <= mean_of(table)["high"],
    "wilcoxon": lambda table, _, __: mean_of(table)["p_wilcoxon"] < 0.05,
    "wilcoxon on one scenario": lambda table, _, __: table["p_wilcoxon"].iloc[-1] < 0.05,
    "holm, any pair": lambda table, _, __: (table[table["scenario"] == "mean"]["p_holm"] < 0.05).any(),
    "friedman": lambda _, ranks, __: ranks["p_friedman"].iloc[0] < 0.05,
    "groups, any pair": lambda _, ranks, __: (ranks["groups"] != "a").any(),
    "posterior of 97.5 % either way": lambda table, _, __: mean_of(table)[["p_left", "p_right"]].max() > 0.975,
}


@pytest.mark.guarantee
def test_more_than_21_of_200_would_be_rare():
    assert stats.binom.sf(AT_MOST, N_REPETITIONS, 0.05) == pytest.approx(4.8e-4, abs=5e-6)


@pytest.mark.guarantee
@pytest.mark.parametrize("name", REJECTS)
def test_detectors_that_know_nothing_are_told_apart_as_rarely_as_promised(repetitions, name):
    assert rejections(repetitions, REJECTS[name]) <= AT_MOST


@pytest.mark.guarantee
def test_the_net_recall_of_random_is_nothing_as_often_as_its_interval_promises(repetitions):
    weights = account_weights(N_ACCOUNTS, 500, seed=3)

    def misses(_, __, trials):
        counts = trials["random 0", SCENARIOS[0], 1].tallies[RATE]
        low, high = interval(weighted_ratio(counts.found - counts.chance, counts.events, weights))
        return not low <= 0 <= high

    assert rejections(repetitions, misses) <= AT_MOST


@pytest.mark.guarantee
def test_random_finds_what_chance_finds(repetitions):
    """Alarms lie more than a window apart, so that a window holds one with probability length x alarms per day."""
    counts = [trial.tallies[RATE] for *_, trials in repetitions for trial in trials.values()]
    n = sum(one.events.sum() for one in counts)
    per_day = sum(one.alarms.sum() for one in counts) / sum(one.days.sum() for one in counts)
    hit = WINDOW * per_day
    error = np.sqrt(hit * (1 - hit) / n * len(SCENARIOS))  # windows of one account may overlap: count it once
    assert abs(sum(one.found.sum() for one in counts) / n - hit) < 4 * error
    assert abs(sum((one.found - one.chance).sum() for one in counts) / n) < 4 * np.sqrt(2) * error
