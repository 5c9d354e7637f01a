"""Inference: tests and posteriors equal to other packages and to counting; tables, sentences, power and figures."""

import itertools
import xml.etree.ElementTree as ET
from dataclasses import replace

import baycomp
import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from scipy import stats
from statsmodels.stats.multitest import multipletests

import viewshift as vs
from viewshift.study import figures_inference, source
from viewshift.study.compare import Trial, tidy
from viewshift.study.comparisons import COMPARISON_COLUMNS, comparisons, mean_ranks
from viewshift.study.cost import cost_beside_quality
from viewshift.study.inference import (
    PRIOR_STRENGTH,
    friedman,
    holm,
    not_told_apart,
    pairs,
    signed_rank_posterior,
    wilcoxon_holm,
)
from viewshift.study.leads import leads
from viewshift.study.matched import matched
from viewshift.study.power import power_curves, scaled
from viewshift.study.setup import Setup
from viewshift.study.tally import Tally

SMALL = {"n_accounts": 12, "n_days": 420, "n_reference": 30, "rates": (4.0, 2.0)}


@pytest.mark.parametrize("n_units", [4, 7, 10])
def test_wilcoxon_of_few_units_is_scipys_over_all_choices_of_signs(n_units):
    rng = np.random.default_rng([5, n_units])
    values = rng.integers(0, 4, (n_units, 4)) / 4  # with zeros and ties
    every = stats.PermutationMethod(n_resamples=np.inf)
    expected = [
        stats.wilcoxon(values[:, i] - values[:, j], zero_method="pratt", method=every).pvalue
        for i, j in zip(*pairs(4), strict=True)
    ]
    np.testing.assert_allclose(wilcoxon_holm(values)[0], expected, rtol=1e-12)


@pytest.mark.parametrize("n_units", [6, 20, 50])
def test_wilcoxon_without_ties_is_scipys_exact_one(n_units):
    values = np.random.default_rng([6, n_units]).normal([0, 0.3], 1, (n_units, 2))
    expected = stats.wilcoxon(*values.T, method="exact").pvalue
    assert wilcoxon_holm(values)[0] == pytest.approx([expected], rel=1e-10)


@pytest.mark.parametrize("n_units", [51, 400])
def test_wilcoxon_holm_of_many_units_is_scikit_posthocs(n_units):
    values = np.random.default_rng([7, n_units]).integers(-3, 5, (n_units, 5)) / 8 + np.array([0, 0, 2, 3, 3]) / 32
    settings = {"zero_method": "pratt", "method": "asymptotic", "p_adjust": "holm"}
    expected = scikit_posthocs.posthoc_wilcoxon(values.T, **settings).to_numpy()[pairs(5)]
    np.testing.assert_allclose(wilcoxon_holm(values)[1], expected, rtol=1e-10)


def test_holm_is_that_of_statsmodels():
    values = np.random.default_rng(8).normal(np.linspace(0, 1, 7), 1, (30, 7))
    p, p_holm = wilcoxon_holm(values)
    np.testing.assert_allclose(p_holm, multipletests(p, method="holm")[1], rtol=1e-14)
    assert ((p < 0.05) & (p_holm > 0.05)).any()


def test_the_same_mean_added_up_in_another_order_is_no_difference():
    rng = np.random.default_rng(9)
    parts = rng.integers(0, 3, (60, 9)) / 10
    turned = parts[:, ::-1].cumsum(axis=1)[:, -1] / 9, parts.cumsum(axis=1)[:, -1] / 9
    values = np.stack(turned, axis=1)
    assert (values[:, 0] != values[:, 1]).any()
    assert wilcoxon_holm(values)[0].tolist() == [1.0]
    assert friedman(np.column_stack([values, values[:, 0]]))[0].tolist() == [2.0, 2.0, 2.0]


def test_friedman_gives_the_published_ranks_and_statistic():
    """Demšar (2006), Table 6: four classifiers, 14 data sets; chi-square 9.28 there, without the correction of ties."""
    ranks = [
        *([4, 3, 2, 1], [1, 2, 3, 4], [4, 1, 2, 3], [4, 1, 3, 2], [4, 2, 3, 1], [1, 2.5, 4, 2.5], [3, 2, 4, 1]),
        *([2.5, 2.5, 4, 1], [4, 3, 2, 1], [2.5] * 4, [4, 2.5, 1, 2.5], [3, 2, 4, 1], [4, 1, 2, 3], [3, 1, 4, 2]),
    ]
    mean, p = friedman(-np.array(ranks))
    np.testing.assert_allclose(mean, [3.143, 2.0, 2.893, 1.964], atol=5e-4)
    corrected = 9.28 / (1 - (3 * 6 + 60) / (14 * 4 * 15))
    assert p == pytest.approx(stats.chi2.sf(corrected, 3), rel=3e-3)  # 9.28 is rounded


def test_friedman_says_what_it_cannot_say():
    assert np.isnan(friedman(np.array([[1.0, 2.0], [2.0, 1.0]]))[1])
    assert np.isnan(friedman(np.ones((1, 3)))[1])
    assert np.isnan(friedman(np.empty((0, 3)))[0]).all()
    assert friedman(np.ones((5, 3)))[1] == 1.0


@pytest.mark.parametrize("seed", range(8))
def test_groups_are_the_largest_sets_without_a_pair_told_apart(seed):
    n = 9
    p = np.random.default_rng([10, seed]).choice([0.01, 0.05, 0.9], len(pairs(n)[0]), p=[0.3, 0.1, 0.6])
    alike = {pair for pair, one in zip(zip(*map(list, pairs(n)), strict=True), p, strict=True) if one >= 0.05}
    sets = [
        set(some)
        for size in range(2, n + 1)
        for some in itertools.combinations(range(n), size)
        if alike.issuperset(itertools.combinations(some, 2))
    ]
    largest = sorted(tuple(sorted(one)) for one in sets if not any(one < other for other in sets))
    assert not_told_apart(p, n) == largest


@pytest.mark.parametrize(("n_units", "shift", "rope"), [(8, 0.02, 0.01), (15, 0.0, 0.02), (22, 0.015, 0.01)])
def test_the_posterior_is_that_of_baycomp(n_units, shift, rope):
    """Both draw: at 10,000 and 8,000 draws the difference has a standard error of at most .0075."""
    difference = np.random.default_rng([11, n_units]).normal(shift, 0.04, n_units)
    nothing = np.zeros(n_units)
    sample = baycomp.SignedRankTest.sample(nothing, difference, rope, nsamples=8_000, random_state=1)
    expected = np.bincount(sample.argmax(axis=1), minlength=3) / len(sample)
    np.testing.assert_allclose(signed_rank_posterior(difference, rope), expected, atol=4 * 0.0075)


@pytest.mark.parametrize(("difference", "least"), [(0.021, np.sqrt(0.5)), (0.02, 1 - np.sqrt(0.5))])
def test_the_posterior_of_units_that_agree_is_a_beta_probability(difference, least):
    """The pseudo-unit weighs Beta(.5, n). Beyond 2 rope it alone is within; up to it, whatever it is paired with."""
    right = stats.beta(PRIOR_STRENGTH, 3).cdf(least)
    found = signed_rank_posterior(np.full(3, difference), 0.01)
    assert found == pytest.approx((0.0, 1 - right, right), abs=4 * 0.005)
    mirrored = signed_rank_posterior(np.full(3, -difference), 0.01)
    assert mirrored == pytest.approx(found[::-1], abs=1e-12)


def test_the_posterior_knows_nothing_from_nothing_and_equality_from_equality():
    assert np.isnan(signed_rank_posterior(np.array([]), 0.01)).all()
    assert signed_rank_posterior(np.full(6, 0.01), 0.01) == (0.0, 1.0, 0.0)  # sums lie on the border, which is within


def counted(found, chance=None, events=None):
    n = len(found)
    nothing = np.zeros(n, dtype=np.int64)
    hits = np.array(found, dtype=np.int64)
    more = dict.fromkeys(("alarms", "alarm_days", "days", "clean_alarms", "clean_days"), nothing + 365)
    happened = nothing + 1 if events is None else np.array(events)
    by_chance = nothing if chance is None else np.array(chance)
    counts = {"events": happened, "found": hits, "reached": hits, "chance": by_chance}
    return Trial(tallies={1.0: Tally(**counts, **more, late_row=nothing[:0], late=nothing[:0])})


def study(trials, n_accounts):
    """Return a results table of trials by detector, scenario and seed; "offline" sees the future."""
    setup = Setup(n_accounts=n_accounts, n_days=365, n_reference=5, population="sessions", rates=(1.0,))
    seeds = sorted({key[2] for key in trials})
    causal = {name: name != "offline" for name, *_ in trials}
    return tidy(trials, causal, {key[1]: True for key in trials}, seeds, setup)


def drawn(seed=12, n_accounts=40):
    rng = np.random.default_rng(seed)
    power = {"good": 0.8, "fair": 0.55, "poor": 0.5, "offline": 0.9}
    return {
        (name, scenario, number): counted(rng.random(n_accounts) < p, rng.random(n_accounts) < 0.05)
        for number in (1, 2)
        for scenario in ("a", "b", "c")
        for name, p in power.items()
    }


def test_differences_and_intervals_are_those_of_the_results_table():
    trials = drawn()
    table = study(trials, 40)
    pair = comparisons(trials, table).query("scenario == 'mean' and detector == 'good'").set_index("other")
    behind = table[table["metric"] == "net_recall_behind_best"].set_index("detector")
    for name in ("fair", "poor"):
        expected = behind.loc[name, ["value", "low", "high"]].astype(float)
        np.testing.assert_allclose(-pair.loc[name, ["difference", "high", "low"]].astype(float), expected, rtol=1e-12)
    net = table[(table["metric"] == "net_recall") & (table["scenario"] == "b") & table["seed"].isna()]
    net = net.set_index("detector")["value"]
    one = comparisons(trials, table).query("scenario == 'b' and detector == 'fair'").iloc[0]
    assert one["difference"] == pytest.approx(net["fair"] - net["poor"], rel=1e-12)


def test_every_pair_of_detectors_that_see_no_future_has_its_row():
    trials = drawn()
    table = comparisons(trials, study(trials, 40))
    assert table.columns.tolist() == COMPARISON_COLUMNS
    expected = [("good", "fair"), ("good", "poor"), ("fair", "poor")]
    for _, part in table.groupby("scenario", sort=False):
        assert list(zip(part["detector"], part["other"], strict=True)) == expected
    assert table["scenario"].drop_duplicates().tolist() == ["mean", "a", "b", "c"]
    assert set(table["n_units"]) == {80}
    assert table["n_scenarios"].tolist() == [3] * 3 + [1] * 9
    assert table["p_rope"].notna().tolist() == [True] * 3 + [False] * 9


def test_accounts_are_the_units_of_wilcoxon_and_scenarios_those_of_the_posterior():
    trials = drawn()
    table = study(trials, 40)
    row = comparisons(trials, table).iloc[1]  # good and poor
    net = {
        (name, s): np.concatenate([(t := trials[name, s, seed].tallies[1.0]).found - t.chance for seed in (1, 2)])
        for name in ("good", "poor")
        for s in ("a", "b", "c")
    }
    units = sum(net["good", s] - net["poor", s] for s in ("a", "b", "c"))
    assert row["p_wilcoxon"] == pytest.approx(stats.wilcoxon(units, zero_method="pratt").pvalue, rel=1e-12)
    scenarios = np.array([net["good", s].mean() - net["poor", s].mean() for s in ("a", "b", "c")])
    assert tuple(row[["p_left", "p_rope", "p_right"]]) == signed_rank_posterior(scenarios, 0.01)


def test_an_account_counts_where_it_has_events():
    trials = {
        ("one", "a", 1): counted([1, 0, 2, 0], events=[1, 0, 2, 0]),
        ("two", "a", 1): counted([0, 0, 1, 0], events=[1, 0, 2, 0]),
        ("one", "b", 1): counted([0, 1, 0, 0], events=[0, 1, 1, 0]),
        ("two", "b", 1): counted([0, 0, 0, 0], events=[0, 1, 1, 0]),
    }
    both = matched(trials, ["one", "two"], ["a", "b"], [1], 1.0)
    np.testing.assert_array_equal(both.by_unit(), [[1, 0], [1, 0], [0.5, 0.25]])
    np.testing.assert_array_equal(both.by_scenario(), [[1, 1 / 3], [0.5, 0]])
    np.testing.assert_array_equal(both.by_block(), [[1, 1 / 3], [0.5, 0]])


def test_a_pair_is_compared_on_the_accounts_that_both_judged():
    everybody = {"one": [1, 0, 1, 1, 1, 1], "two": [1, 1, 0, 0, 1, 0]}
    trials = {(name, "a", 1): counted(found) for name, found in everybody.items()}
    trials["slow", "a", 1] = counted([0, 1, 0, 0, 0, 0], events=[1, 1, 1, 0, 0, 0])
    head = {"causal": True, "scenario": "a", "seed": 1, "rate": 1.0, "metric": "net_recall"}
    table = pd.DataFrame([{**head, "detector": name} for name in ("one", "two", "slow")])
    found = comparisons(trials, table).query("scenario == 'a'").set_index(["detector", "other"])
    assert found["difference"].to_dict() == {
        ("one", "two"): pytest.approx(5 / 6 - 3 / 6),
        ("one", "slow"): pytest.approx(2 / 3 - 1 / 3),
        ("two", "slow"): pytest.approx(2 / 3 - 1 / 3),
    }
    assert found["n_units"].to_dict() == {("one", "two"): 6, ("one", "slow"): 3, ("two", "slow"): 3}
    p = found["p_wilcoxon"].to_numpy()
    assert p[0] == wilcoxon_holm(np.array([everybody["one"], everybody["two"]], dtype=float).T)[0]
    np.testing.assert_array_equal(found["p_holm"], holm(p))
    both = matched(trials, ["one", "two", "slow"], ["a"], [1], 1.0)
    np.testing.assert_allclose(both.by_block(), [[5 / 6, 3 / 6, 1 / 3]], rtol=1e-15)


def test_scenarios_without_events_of_the_common_accounts_are_left_out_of_a_pair():
    trials = {(name, "a", 1): counted(found) for name, found in {"one": [1, 1, 0], "two": [1, 0, 0]}.items()}
    trials |= {(name, "late", 1): counted([0, 0, 1], events=[0, 0, 1]) for name in ("one", "two")}
    trials["slow", "a", 1] = counted([0, 0, 0], events=[1, 1, 0])
    trials["slow", "late", 1] = counted([0, 0, 0], events=[0, 0, 0])
    both = matched(trials, ["one", "two", "slow"], ["a", "late"], [1], 1.0)
    sizes = {len(number): part.by_scenario().tolist() for part, number, _, _ in both.duels()}
    assert sizes == {1: [[2 / 3, 1 / 3], [1, 1]], 2: [[1, 0.5, 0]]}


def test_blocks_are_scenarios_times_seeds():
    trials = {
        (name, scenario, seed): counted([name == "one", seed == 2, scenario == "b"])
        for name in ("one", "two")
        for scenario in ("a", "b")
        for seed in (1, 2)
    }
    both = matched(trials, ["one", "two"], ["a", "b"], [1, 2], 1.0)
    expected = np.array([[1, 0], [2, 1], [2, 1], [3, 2]]) / 3  # a1, a2, b1, b2
    np.testing.assert_allclose(both.by_block(), expected, rtol=1e-15)


def test_what_failed_is_compared_where_it_ran_and_has_no_mean():
    trials = {key: one for key, one in drawn().items() if key[0] != "offline"}
    trials["good", "c", 2] = Trial(errors={1.0: "it broke"})
    table = study(trials, 40)
    found = comparisons(trials, table)
    count = found.groupby("scenario")["other"].count().to_dict()
    assert count == {"mean": 1, "a": 3, "b": 3, "c": 1}
    assert mean_ranks(trials, table)["detector"].tolist() == ["fair", "poor"]
    alone = {key: one for key, one in drawn().items() if key[0] == "good"}
    assert not len(comparisons(alone, study(alone, 40)))


def test_mean_ranks_share_a_letter_unless_told_apart():
    rng = np.random.default_rng(13)
    power = {"poor": 0.1, "good": 0.6, "alike": 0.61}
    trials = {
        (name, scenario, 1): counted(rng.random(60) < p) for scenario in "abcdefghijkl" for name, p in power.items()
    }
    ranks = mean_ranks(trials, study(trials, 60))
    assert set(ranks["detector"][:2]) == {"good", "alike"}
    assert ranks["groups"].tolist() == ["a", "a", ""]
    assert ranks["mean_rank"].iloc[2] == 3.0
    assert ranks["mean_rank"].sum() == pytest.approx(6.0)
    assert ranks["n_blocks"].tolist() == [12] * 3
    assert (ranks["p_friedman"] < 0.001).all()


def duel(scenario, detector, other, difference, p_holm, rate=0.25):
    numbers = {"difference": difference, "low": difference - 0.02, "high": difference + 0.03, "p_holm": p_holm}
    return {"rate": rate, "scenario": scenario, "detector": detector, "other": other, **numbers}


def test_leads_are_told_in_sentences_with_intervals():
    rows = [
        duel("mean", "own", "IForest", 0.05, 0.001),
        duel("mean", "own", "STL", 0.07, 0.001),
        duel("mean", "STL", "IForest", -0.02, 0.3),
        duel("mean", "own", "own poor", 0.04, 0.001),
        duel("mean", "own poor", "IForest", 0.01, 0.5),
        duel("mean", "own poor", "STL", 0.03, 0.5),
        duel("story", "own", "IForest", 0.2, 0.01),
        duel("story", "STL", "own", -0.25, 0.01),
        duel("going_quiet", "own", "IForest", -0.15, 0.2),  # more, but not sure
        duel("going_quiet", "own", "STL", -0.1, 0.02),
        duel("doubled", "own", "IForest", 0.1, 0.01),
        duel("doubled", "own", "STL", 0.01, 0.2),
    ]
    assert leads(pd.DataFrame(rows), ["IForest", "STL"]) == [
        "At 0.25 alarms per account-year own leads IForest, the best of the peers, by 0.05 (0.03 to 0.08) in mean net "
        "recall.",
        "own leads every peer on story by 0.20 (0.18 to 0.23) over IForest.",
        "own is led by STL on going quiet by 0.10 (0.07 to 0.12).",
        "own and the best of the peers are not told apart on doubled.",
    ]


def test_a_peer_that_leads_is_said_to_and_one_that_does_not_differ_is_not():
    rows = [duel("mean", "own", "peer", -0.05, 0.001, rate=1.0), duel("mean", "peer", "own", -0.01, 0.2)]
    assert leads(pd.DataFrame(rows), ["peer"]) == [
        "At 1 alarm per account-year peer, the best of the peers, leads own by 0.05 (0.02 to 0.07) in mean net recall.",
        "No peer leads own on any scenario.",
        "At 0.25 alarms per account-year own and peer, the best of the peers, are not told apart among all pairs: they "
        "differ by 0.01 (\u22120.02 to 0.03) in mean net recall.",
        "No peer leads own on any scenario.",
    ]
    assert leads(pd.DataFrame(rows), []) == []


@pytest.fixture(scope="module")
def curves(tmp_path_factory):
    detectors = {"ZScore": vs.detectors.ZScore(), "Random": vs.detectors.Random()}
    out = tmp_path_factory.mktemp("power")
    asked = {"multiples": (0.25, 1, 2), "out": out, "progress": False, **SMALL}
    found = power_curves(detectors, ["marathon", "doubled"], [1, 2], **asked)
    pd.testing.assert_frame_equal(pd.read_csv(out / "power.csv"), found, rtol=1e-5, check_dtype=False)
    return found


def test_power_is_that_of_a_study_at_the_strength(curves):
    strength = 22.0
    scenario = {"strong": scaled(vs.simulate.SCENARIOS["marathon"], 2)}
    table = vs.study.run({"ZScore": vs.detectors.ZScore()}, scenario, [1, 2], progress=False, **SMALL)
    expected = table[table["seed"].isna() & (table["metric"] == "net_recall") & (table["scenario"] == "strong")]
    found = curves[(curves["scenario"] == "marathon") & (curves["detector"] == "ZScore")]
    found = found[found["strength"] == strength]
    assert found["rate"].tolist() == [4.0, 2.0]
    np.testing.assert_array_equal(found[["net_recall", "low", "high"]], expected[["value", "low", "high"]])


def test_power_grows_with_strength_and_not_of_what_ignores_viewing(curves):
    rows = curves[(curves["rate"] == 4.0) & (curves["scenario"] == "marathon")].set_index("detector")
    z = rows.loc["ZScore"].set_index("strength")["net_recall"]
    assert z.index.tolist() == [2.75, 11.0, 22.0]
    assert z[22.0] > z[2.75] + 0.3
    assert (curves.loc[curves["detector"] == "Random", ["net_recall", "low", "high"]] == 0).all(axis=None)


def test_a_strength_in_times_moves_from_one_and_a_share_ends_at_one(curves):
    doubled = curves[curves["scenario"] == "doubled"]
    assert doubled["strength"].drop_duplicates().tolist() == [1.25, 2.0, 3.0]
    assert set(doubled["unit"]) == {"times the former viewing"}
    quiet = vs.simulate.SCENARIOS["going_quiet"]
    assert [scaled(quiet, m).strength for m in (0.5, 1, 2, 4)] == [0.45, 0.9, 1.0, 1.0]
    second = vs.simulate.SCENARIOS["second_viewer"]
    assert [scaled(second, m).strength for m in (0.5, 1, 2)] == [0.5, 1.0, 2.0]


def test_without_multiples_a_scenario_is_drawn_at_the_strengths_it_names():
    scenarios = vs.simulate.SCENARIOS
    unnamed = replace(scenarios["marathon"], name="unnamed", strengths=())
    chosen = {"marathon": scenarios["marathon"], "unnamed": unnamed}
    found = power_curves([vs.detectors.Random()], chosen, [1], progress=False, **SMALL).groupby("scenario")["strength"]
    assert found.unique().map(list).to_dict() == {"marathon": [4, 8, 11, 16, 24], "unnamed": [2.75, 5.5, 11, 22]}


def test_rules_are_fitted_once_for_all_strengths(monkeypatch):
    fits = []

    class Spy(vs.AlarmRule):
        def fit(self, panel, groups=None):
            fits.append(panel.n_accounts)
            return super().fit(panel, groups)

    monkeypatch.setattr(source, "AlarmRule", Spy)
    one = power_curves([vs.detectors.ZScore()], ["going_quiet"], [1], multiples=(1, 2, 4), progress=False, **SMALL)
    assert fits == [SMALL["n_reference"]]
    assert one["strength"].tolist() == [0.9, 0.9, 1.0, 1.0]  # two dials; 2 and 4 times are one


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scenarios": ["clean"]}, "`scenarios` must have events, got 'clean'"),
        ({"multiples": (0.0,)}, "`multiples` must be a finite number above 0"),
        ({"multiples": ()}, "`scenarios` must name at least one"),
    ],
)
def test_power_of_nothing_is_refused(change, message):
    asked = {"scenarios": ["story"], **change}
    with pytest.raises(ValueError, match=message):
        power_curves([vs.detectors.ZScore()], asked.pop("scenarios"), [1], **asked)


@pytest.fixture(scope="module")
def costs():
    trials = drawn()
    speeds = [("good", 1, 2.0, 10.0), ("good", 2, 4.0, 30.0), ("fair", 1, 1.0, 500.0), ("fair", 2, 1.0, 700.0)]
    timings = pd.DataFrame(speeds, columns=["detector", "seed", "fit_seconds", "accounts_per_second"])
    return study(trials, 40), cost_beside_quality(study(trials, 40), timings)


def test_cost_stands_beside_quality(costs):
    table, found = costs
    assert found["detector"].tolist() == ["good", "fair", "poor"]  # none that sees the future
    assert found["accounts_per_second"].tolist()[:2] == [20.0, 600.0]
    assert found["fit_seconds"].tolist()[:2] == [3.0, 1.0]
    assert np.isnan(found["accounts_per_second"].iloc[2])
    mean = table[(table["scenario"] == "mean") & (table["metric"] == "net_recall") & table["causal"]]
    np.testing.assert_array_equal(found[["net_recall", "low", "high"]], mean[["value", "low", "high"]])


def words(svg):
    """Return the texts of a figure, be they text or outlines, beside which matplotlib notes them."""
    root = ET.fromstring(svg, parser=ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))
    return [(one.text or "").strip() for one in root.iter() if one.tag is ET.Comment or str(one.tag).endswith("}text")]


def marks(svg):
    return svg.count('href="#m')


def test_a_critical_difference_plot_names_all_and_marks_every_member_of_a_group(tmp_path):
    columns = {"detector": ["x one", "x two", "x three"], "mean_rank": [1.2, 2.0, 2.8], "groups": ["a", "a b", "b"]}
    ranks = pd.DataFrame({"rate": 0.25, **columns, "p_friedman": 0.01, "n_blocks": 9})
    text = figures_inference.draw_mean_ranks(ranks, 0.25)
    assert {"x one", "x two", "x three", "not told apart"} <= set(words(text))
    assert "mean rank, 1 = best on all 9 blocks; 0.25 alarms per account-year" in words(text)
    alone = figures_inference.draw_mean_ranks(ranks.assign(groups=""), 0.25)
    assert "not told apart" not in words(alone)
    assert marks(text) - marks(alone) == 4
    ranks.assign(groups=["a", "a", ""]).to_csv(tmp_path / "ranks.csv", index=False)
    again = figures_inference.draw_mean_ranks(pd.read_csv(tmp_path / "ranks.csv"), 0.25)
    assert again == figures_inference.draw_mean_ranks(ranks.assign(groups=["a", "a", ""]), 0.25)


def test_power_curves_have_a_panel_for_each_scenario(curves):
    text = figures_inference.draw_power_curves(curves, 4.0)
    assert {"marathon", "doubled", "ZScore", "Random", "episodes on the day", "1.25", "22"} <= set(words(text))
    assert text != figures_inference.draw_power_curves(curves, 2.0)


def test_cost_is_drawn_for_all_that_have_one(costs):
    _, found = costs
    text = figures_inference.draw_cost(found, 1.0, peers=["fair"])
    assert {"good", "fair", "other packages", "accounts scored per second (this machine)"} <= set(words(text))
    assert "poor" not in words(text)
    assert "other packages" not in words(figures_inference.draw_cost(found, 1.0))
