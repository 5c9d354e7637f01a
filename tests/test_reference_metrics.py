"""Metrics of ranges, of nearness and of changes agree with the code of those who proposed them.

The golden files hold what their packages give on a few hundred seeded cases; their scripts say which, and how to run
them. Tolerances are those files' own.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from ruptures.metrics import precision_recall
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from viewshift.kernels.nab import nab_raw
from viewshift.metrics import (
    affiliation,
    covering,
    margin_f1,
    nab_score,
    range_precision,
    range_recall,
    vus_pr,
)


def golden(name):
    document = json.loads(Path(__file__).with_name("golden").joinpath(f"{name}.json").read_text())
    return document["cases"], document["tolerance"]


def flags(text):
    return np.array([[letter == "1" for letter in text]])


def starts(days, n_days):
    row = np.zeros((1, n_days))
    row[0, days] = 1.0
    return row


def test_range_precision_and_recall_are_those_of_prts():
    cases, tolerance = golden("range_rewards")
    for case in cases:
        given = case["inputs"]
        alarm, event = flags(given["alarm"]).astype(float), flags(given["event"])
        how = {"bias": given["bias"], "cardinality": given["cardinality"]}
        recall = range_recall(alarm, event, existence=given["existence"], **how)
        np.testing.assert_allclose(recall, case["values"]["recall"], **tolerance)
        np.testing.assert_allclose(range_precision(alarm, event, **how), case["values"]["precision"], **tolerance)


def test_affiliation_is_that_of_its_authors():
    cases, tolerance = golden("affiliation")
    undefined = 0
    for case in cases:
        given, values = case["inputs"], case["values"]
        precision, recall = affiliation(flags(given["alarm"]).astype(float), flags(given["event"]))
        np.testing.assert_allclose(recall, values["recall"], **tolerance)
        expected = np.nan if values["precision"] is None else values["precision"]
        np.testing.assert_allclose(precision, expected, **tolerance)
        undefined += values["precision"] is None
    assert 10 < undefined < len(cases) / 2


def test_affiliation_of_the_second_event_of_the_papers_example():
    """Huet et al. 2022, figure 5, in minutes: .672222 and .944444 are the values in the authors' own tests."""
    event, alarm = np.zeros((1, 90), dtype=bool), np.zeros((1, 90))
    event[0, 20:40], alarm[0, 10:30], alarm[0, 85:90] = True, 1.0, 1.0  # its zone begins at minute 30
    precision, recall = affiliation(alarm, event)
    np.testing.assert_allclose((precision[0], recall[0]), (0.672222222, 0.944444444), atol=1e-9)


def test_the_volume_is_that_of_the_package_of_its_authors():
    cases, tolerance = golden("vus_pr")
    for case in cases:
        given = case["inputs"]
        volume = vus_pr(np.array([given["score"]], dtype=float), flags(given["event"]), buffer=given["buffer"])
        np.testing.assert_allclose(volume, case["values"]["vus_pr"], **tolerance)


def test_nab_scores_are_those_of_the_benchmarks_code():
    cases, tolerance = golden("nab")
    for case in cases:
        given, values = case["inputs"], case["values"]
        alarm, event = flags(given["alarm"]).astype(float), flags(given["event"])
        raw, windows = nab_raw(alarm, event, given["false_alarm"], given["miss"])
        np.testing.assert_allclose(raw, values["raw"], **tolerance)
        assert windows[0] == values["windows"]
        if windows[0]:  # 100 is what perfect, 0 what null detectors get: raw scores of n and of -miss n
            worst, best = -given["miss"] * windows, windows
            score = nab_score(alarm, event, false_alarm=given["false_alarm"], miss=given["miss"])
            np.testing.assert_allclose(score, 100 * (values["raw"] - worst) / (best - worst), rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize(("day", "raw"), [(1, 1.0), (2, 0.8482836399575131 / 0.9866142981514305), (0, -1.11)])
def test_nab_scores_of_the_benchmarks_unit_tests(day, raw):
    """``testTruePositives1`` and ``2`` and ``testFalsePositives``: a window of two days; weights 1, .11 and 1."""
    score = nab_score(starts([day], 7), starts([1, 2], 7) > 0)
    np.testing.assert_allclose(score, 100 * (raw + 1) / 2, atol=1e-9)


def test_covering_and_f_measure_are_those_of_the_benchmark():
    cases, tolerance = golden("changepoints")
    more = 0
    for case in cases:
        given, values = case["inputs"], case["values"]
        change, true = starts(given["found"], given["n_days"]), starts(given["true"], given["n_days"]) > 0
        np.testing.assert_allclose(covering(change, true), values["covering"], **tolerance)
        f1 = margin_f1(change, true, margin=given["margin"])[0]
        n_pairs = most_pairs([0, *given["true"]], [0, *given["found"]], given["margin"])
        assert f1 == pytest.approx(2 * n_pairs / (len(given["true"]) + len(given["found"]) + 2), abs=1e-12)
        if n_pairs == values["pairs"]:
            np.testing.assert_allclose(f1, values["f1"], **tolerance)
        more += n_pairs > values["pairs"]
        assert n_pairs >= values["pairs"]
    assert 0 < more < len(cases) / 50  # taking the nearest first leaves a pair out now and then


def most_pairs(true, found, margin):
    """Return the size of the largest matching, by SciPy."""
    near = np.abs(np.subtract.outer(true, found)) <= margin
    return int((maximum_bipartite_matching(csr_array(near), perm_type="column") >= 0).sum())


@pytest.mark.parametrize("seed", range(4))
def test_most_changes_within_a_margin_pair_up_in_crowded_histories(seed):
    rng = np.random.default_rng(seed)
    true, change = rng.random((80, 40)) < 0.3, (rng.random((80, 40)) < 0.3).astype(float)
    true[:, 0], change[:, 0] = True, 1.0
    got = margin_f1(change, true, margin=3)
    for k, value in enumerate(got):
        places = np.flatnonzero(true[k]), np.flatnonzero(change[k])
        assert value == pytest.approx(2 * most_pairs(*places, 3) / sum(map(len, places)), abs=1e-12)


def test_covering_of_the_published_examples():
    """The doctests of ``cover_single`` and ``covering`` in the benchmark's code."""
    three = [([3], [3, 5], 0.8333333333333334), ([3], [2, 4], 0.6666666666666666), ([1, 2, 3], [], 0.3333333333333333)]
    for true, found, expected in three:
        assert covering(starts(found, 6), starts(true, 6) > 0)[0] == pytest.approx(expected, abs=1e-15)
    annotators = np.vstack([starts(days, 45) for days in ([10, 20], [10], [0, 5])]) > 0
    mean = covering(np.repeat(starts([10, 20], 45), 3, axis=0), annotators).mean()
    assert mean == pytest.approx(0.7962962962962963, abs=1e-15)


def test_covering_is_that_of_sets_of_days():
    rng = np.random.default_rng(9)
    true, change = rng.random((60, 50)) < 0.08, (rng.random((60, 50)) < 0.1).astype(float)
    true[:, 25] = True
    for k, value in enumerate(covering(change, true)):
        real, found = (
            [set(range(a, b)) for a, b in pairwise([0, *(np.flatnonzero(row[1:] > 0) + 1), 50])]
            for row in (true[k], change[k])
        )
        best = [len(one) * max(len(one & two) / len(one | two) for two in found) for one in real]
        assert value == pytest.approx(sum(best) / 50, abs=1e-12)


def test_changes_far_apart_pair_up_as_in_ruptures():
    """Where all changes lie more than two margins apart, and none exactly one, the numbers of pairs are the same."""
    rng = np.random.default_rng(5)
    for _ in range(60):
        true, found = (np.sort(rng.choice(np.arange(20, 380, 20), 6, replace=False)) for _ in range(2))
        found = found + rng.integers(-7, 8, 6)
        found = found[~np.isin(np.abs(found[:, None] - true), 5).any(axis=1)]
        ends = [true.tolist(), found.tolist()]
        precision, _ = precision_recall(*([*days, 400] for days in ends), margin=5)
        f1 = margin_f1(starts(found, 400), starts(true, 400) > 0, margin=5)[0]
        pairs = round(precision * len(found)) + 1
        assert f1 == pytest.approx(2 * pairs / (len(true) + len(found) + 2), abs=1e-12)
