"""Onset and ratio of found surges lie in their stated intervals, on two populations.

250 viewers x 500 days with nine kinds of surges of seven days and more, judged at one alarm per account-year by rules
fitted on others. Everything is seeded. The lower 99 % binomial bounds of both coverages must reach .85: they stand at
.93 and above, so hardly any other seed would fail. So must their means over the kinds of surges. No single kind may
have an onset coverage whose upper 99 % bound is below .85: if all 54 were just .85, every other seed would fail; the
least are .88.
"""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

import viewshift as vs

BENCHMARK = Path(__file__).parent.parent / "benchmarks" / "explanations.py"


@pytest.mark.guarantee
@pytest.mark.parametrize("population", ["sessions", "markov"])
def test_intervals_of_found_surges_hold_the_truth(population):
    spec = importlib.util.spec_from_file_location("explanations", BENCHMARK)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    reference = vs.simulate.viewers(400, 730, seed=402, population=population)
    clean = vs.simulate.viewers(250, 500, seed=401, population=population)
    for detector in benchmark.DETECTORS:
        rule = vs.AlarmRule(detector, per_account_year=1).fit(reference)
        found = {name: benchmark.explained(rule, clean, name, 401) for name in benchmark.SURGES}
        together = pd.concat(found.values())
        for what in ("onset", "ratio"):
            inside = stats.binomtest(int(together[what].sum()), len(together)).proportion_ci(0.98)
            assert inside.low >= 0.85, (detector, what)
            assert pd.Series({name: part[what].mean() for name, part in found.items()}).mean() >= 0.85, (detector, what)
        for name, part in found.items():
            if len(part):
                inside = stats.binomtest(int(part["onset"].sum()), len(part)).proportion_ci(0.98)
                assert inside.high >= 0.85, (detector, name)
