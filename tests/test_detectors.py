"""What the detectors do with awkward populations, with wrong parameters, and beyond scores."""

import re

import numpy as np
import pytest

import viewshift as vs
from viewshift.baselines import GammaPoisson, UsualLevel
from viewshift.detectors import (
    Bank,
    Bocpd,
    Cusum,
    Ewma,
    Farrington,
    Glr,
    IsolationForest,
    Pelt,
    QuietScan,
    Random,
    RobustZ,
    ShiryaevRoberts,
    SurgeScan,
    WindowSums,
    ZScore,
)
from viewshift.detectors.isolation_forest import GAP

DETECTORS = [
    ZScore(),
    RobustZ(direction="both"),
    Cusum(direction="both"),
    Cusum(increments="nb", direction="both"),
    Cusum(baseline=UsualLevel(half_lives=(30.0,))),
    Cusum(baseline=UsualLevel(half_lives=(30.0,)), increments="nb", direction="both"),
    Ewma(cap=np.inf, direction="both"),
    ShiryaevRoberts(direction="both"),
    ShiryaevRoberts(increments="normal", cap=np.inf),
    Farrington(window=84),
    Glr(direction="both"),
    Glr(baseline=GammaPoisson(), warm_up=0, shortest=7),
    WindowSums(half_lives=(30.0,), direction="both"),
    Bocpd(),
    Bocpd(model="poisson", direction="down"),
    Bocpd(model="normal", direction="both", prune=0.0, longest=40),
    Pelt(cost="normal"),
    Pelt(cost="poisson", direction="both"),
    Pelt(cost="nb"),
    Pelt(cost="normal", penalty="bic", autocorrelated=True),
    Pelt(penalty="mbic", autocorrelated=True),
    QuietScan(longest=20),
    IsolationForest(n_trees=5),
    IsolationForest(n_trees=5, shares=True, direction="both"),
    Bank(detectors=(ZScore(direction="down"), Cusum())),
]


def viewing(n_accounts=6, n_days=200, seed=0):
    return np.random.default_rng(seed).negative_binomial(0.4, 0.2, (n_accounts, n_days)).astype(np.float64)


def to_panel(values):
    seen = values >= 0
    minutes = np.minimum(30 * values, 1440)
    measures = {"episodes": values, "minutes": minutes, "night_minutes": minutes / 2, "top_show_episodes": values}
    return vs.Panel(measures, accounts=[f"a{i}" for i in range(len(values))], start="2024-01-01", observed=seen)


def one_observed_day():
    values = np.full((3, 200), np.nan)
    values[0, 150] = 4
    return values


def half_missing():
    return np.where(np.random.default_rng(1).random((6, 200)) < 0.5, np.nan, viewing())


def one_enormous_value():
    values = viewing()
    values[2, 120] = 1e6
    return values


POPULATIONS = {
    "all zeros": np.zeros((4, 200)),
    "constant": np.full((4, 200), 3.0),
    "one observed day": one_observed_day(),
    "never observed": np.full((2, 200), np.nan),
    "half missing": half_missing(),
    "5 days": viewing(n_days=5),
    "one day": viewing(n_days=1),
    "one account": viewing(n_accounts=1),
    "one enormous value": one_enormous_value(),
}


@pytest.mark.parametrize("detector", DETECTORS, ids=str)
@pytest.mark.parametrize("population", POPULATIONS)
def test_awkward_populations_are_fitted_and_scored(detector, population):
    """Warnings are errors here; a fit on nothing must still score ordinary accounts with finite numbers."""
    panel = to_panel(POPULATIONS[population])
    detector.fit(panel)
    assert not np.isinf(detector.score(panel)).any()
    assert np.isfinite(detector.score(to_panel(viewing(seed=2)))[:, 150:]).all()


def test_down_is_up_of_the_mirrored_excess():
    panel = to_panel(viewing())
    for detector in (ZScore(), RobustZ()):
        up, down, both = (
            type(detector)(direction=direction).fit(panel).score(panel) for direction in ("up", "down", "both")
        )
        np.testing.assert_array_equal(up, -down)
        np.testing.assert_array_equal(both, np.abs(up))


@pytest.mark.parametrize("increments", ["normal", "nb"])
def test_cusum_of_both_directions_is_the_larger_sum(increments):
    panel = to_panel(viewing())
    up, down, both = (
        Cusum(increments=increments, direction=direction).fit(panel).score(panel)
        for direction in ("up", "down", "both")
    )
    np.testing.assert_array_equal(both, np.maximum(up, down))
    assert (up != down).any()


def test_cap_keeps_one_day_from_doing_the_work_of_many():
    values = np.tile([1.0, 2.0], (1, 60))
    binge, surge = values.copy(), values.copy()
    binge[0, 90] += 60
    surge[0, 90:100] += 6
    panels = [to_panel(v) for v in (values, binge, surge)]
    for cap, larger in ((np.inf, "binge"), (3.0, "surge")):
        detector = Cusum(cap=cap).fit(panels[0])
        at_binge, at_surge = (
            detector.score(panel)[0].max(where=np.arange(120) >= 90, initial=0) for panel in panels[1:]
        )
        assert (at_binge > at_surge) == (larger == "binge")


def test_exposure_explains_a_day_on_which_everybody_doubles():
    values = viewing(n_accounts=40, seed=3)
    values[:, 160] *= 2
    factors = np.ones(values.shape)
    factors[:, 160] = 2
    accounts = [f"a{i}" for i in range(40)]
    told = vs.Panel({"episodes": values}, accounts=accounts, start="2024-01-01", exposure=factors)
    untold = vs.Panel({"episodes": values}, accounts=accounts, start="2024-01-01")
    halved = vs.Panel({"episodes": values / factors}, accounts=accounts, start="2024-01-01")
    others = (IsolationForest(n_trees=5), Pelt(cost="poisson", penalty=1.0))
    for detector in (ZScore(), RobustZ(), Cusum(), Bocpd(), *others):
        detector.fit(halved)
        np.testing.assert_allclose(detector.score(told), detector.score(halved), rtol=1e-9)
        assert (detector.score(untold) != detector.score(halved)).any()


def test_segments_cover_the_observed_days_in_order():
    panel = to_panel(half_missing())
    detector = Pelt(cost="poisson", penalty=1.0).fit(panel)
    table = detector.segments(panel)
    assert list(table.columns) == ["account", "start", "end", "mean", "gain"]
    scores = np.nan_to_num(Pelt(cost="poisson", penalty=1.0, direction="both").fit(panel).score(panel))
    for row, (name, own) in enumerate(table.groupby("account", sort=False)):
        assert name == panel.accounts[row]
        start = (own["start"].to_numpy().astype("datetime64[D]") - panel.start).astype(int)
        end = (own["end"].to_numpy().astype("datetime64[D]") - panel.start).astype(int)
        seen = panel.observed[row]
        assert seen[start].all()
        assert seen[end].all()
        days = [np.arange(a, b + 1)[seen[a : b + 1]] for a, b in zip(start, end, strict=True)]
        assert np.concatenate(days).tolist() == np.flatnonzero(seen).tolist()
        assert min(map(len, days)) >= 7
        np.testing.assert_allclose(own["mean"], [panel["episodes"][row, d].mean() for d in days], rtol=1e-12)
        assert np.isnan(own["gain"].iloc[0])
        np.testing.assert_array_equal(own["gain"].iloc[1:], scores[row, start[1:]])
    assert len(table) > 2 * panel.n_accounts


def test_no_segments_of_accounts_that_were_never_observed():
    panel = to_panel(POPULATIONS["never observed"])
    assert len(Pelt().fit(panel).segments(panel)) == 0


@pytest.mark.parametrize("population", POPULATIONS)
@pytest.mark.parametrize("cost", ["normal", "poisson", "nb"])
def test_awkward_populations_have_a_path_of_finite_costs(cost, population):
    panel = to_panel(POPULATIONS[population])
    path = Pelt(cost=cost, autocorrelated=True).fit(panel).path(panel, 0.5, 20.0)
    assert set(path["account"]) == {panel.accounts[i] for i in np.flatnonzero(panel.observed.any(axis=1))}
    assert np.isfinite(path[["low", "high", "cost"]].to_numpy(dtype=float)).all()
    assert (path["low"] <= path["high"]).all()


@pytest.mark.parametrize(
    ("low", "high", "sentence"),
    [
        (0, 3.0, "`low` must be a finite number above 0, got 0."),
        (1.0, np.inf, "`high` must be a finite number above 0, got inf."),
        (3.0, 3.0, "`low` must be below `high`, got 3.0 and 3.0."),
    ],
)
def test_a_path_between_no_penalties_is_refused(low, high, sentence):
    panel = to_panel(viewing())
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Pelt().fit(panel).path(panel, low, high)


def test_random_needs_neither_order_nor_company():
    panel = to_panel(viewing())
    scores = Random(seed=5).fit(panel).score(panel)
    shuffled = panel.select(["a4", "a1"]).between("2024-03-01", "2024-03-31")
    np.testing.assert_array_equal(Random(seed=5).fit(shuffled).score(shuffled), scores[[4, 1], 60:91])
    assert (Random(seed=6).fit(panel).score(panel) != scores).all()


@pytest.mark.parametrize(
    ("detector", "sentence"),
    [
        (Bank(), "`detectors` must be a tuple of at least one detector, got ()."),
        (Bank(detectors=[ZScore()]), "`detectors` must be a tuple of at least one detector, got [ZScore()]."),
        (Bank(detectors=(ZScore(), ZScore(window=1))), "`window` must be at least 2, got 1."),
        (
            Bank(detectors=(ZScore(),), shares=(1.0, 2.0)),
            "`shares` must be one number per detector, 1, got (1.0, 2.0).",
        ),
        (Bank(detectors=(ZScore(), Cusum()), shares=(1.0, 0.0)), "`shares` must be a finite number above 0, got 0.0."),
        (ZScore(window=1), "`window` must be at least 2, got 1."),
        (RobustZ(guard=-1), "`guard` must be at least 0, got -1."),
        (Cusum(shift=0), "`shift` must be a finite number above 0, got 0."),
        (Cusum(increments="nb", shift=1.0), '`shift` must be above 1 with increments="nb"'),
        (Cusum(increments="poisson"), "`increments` must be one of 'normal', 'nb', got 'poisson'."),
        (Cusum(cap=-1.0), "`cap` must be a finite number above 0, got -1.0."),
        (Cusum(direction="left"), "`direction` must be one of 'up', 'down', 'both', got 'left'."),
        (Farrington(window=27), "`window` must be at least 28, got 27."),
        (Glr(window=0), "`window` must be at least 1, got 0."),
        (Glr(window=5, shortest=6), "`shortest` must be at most `window`, 5, got 6."),
        (WindowSums(windows=(0, 7)), "`windows` must be at least 1, got 0."),
        (WindowSums(windows=(7, 1)), "`windows` must ascend, got (7, 1)."),
        (WindowSums(windows=()), "`windows` must be a tuple of at least one number, such as (1, 7, 28), got ()."),
        (WindowSums(half_lives=()), "`half_lives` must be a tuple of days such as (3, 40), got ()."),
        (SurgeScan(lengths=(0, 7)), "`lengths` must be at least 1, got 0."),
        (SurgeScan(lengths=(7, 7)), "`lengths` must ascend, got (7, 7)."),
        (SurgeScan(lengths=()), "`lengths` must be a tuple of at least one number, such as (1, 7, 28), got ()."),
        (SurgeScan(lengths=(1, 400)), "`lengths` must be at most 366, got 400."),
        (
            SurgeScan(additions=[1.0]),
            "`additions` must be a tuple of at least one number, such as (1, 7, 28), got [1.0].",
        ),
        (SurgeScan(additions=(1.0, 65.0)), "`additions` must be at most 64, got 65.0."),
        (SurgeScan(size=0.0), "`size` must be a finite number above 0, got 0.0."),
        (Bocpd(model="gauss"), "`model` must be one of 'normal', 'poisson', 'nb', got 'gauss'."),
        (Bocpd(expected_run=1.0), "`expected_run` must be above 1 day, got 1.0."),
        (Bocpd(recent=0), "`recent` must be at least 1, got 0."),
        (Bocpd(prune=1.0), "`prune` must be below 1, got 1.0."),
        (Bocpd(longest=28), "`longest` must be at least 29, got 28."),
        (Pelt(cost="l2"), "`cost` must be one of 'normal', 'poisson', 'nb', got 'l2'."),
        (Pelt(penalty=-1.0), "`penalty` must be a finite number above 0, got -1.0."),
        (Pelt(penalty="aic"), "`penalty` must be one of 'bic', 'mbic', got 'aic'; did you mean 'bic'?"),
        (Pelt(min_segment=0), "`min_segment` must be at least 1, got 0."),
        (QuietScan(longest=0), "`longest` must be at least 1, got 0."),
        (QuietScan(longest=10**6), "`longest` must be at most 366, got 1000000."),
        (ShiryaevRoberts(shift=0.9), '`shift` must be above 1 with increments="nb"'),
        (IsolationForest(n_trees=0), "`n_trees` must be at least 1, got 0."),
        (IsolationForest(n_rows=1), "`n_rows` must be at least 2, got 1."),
        (Random(seed=-1), "`seed` must be at least 0, got -1."),
    ],
    ids=str,
)
def test_wrong_parameters_are_named_when_fitting(detector, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        detector.fit(to_panel(viewing()))


def test_a_flag_must_be_true_or_false():
    with pytest.raises(TypeError, match="`autocorrelated` must be True or False, got 'yes'"):
        Pelt(autocorrelated="yes").fit(to_panel(viewing()))


@pytest.mark.parametrize("n", [1, 2])
def test_a_forest_of_accounts_in_groups_scores_the_same_bits_and_leaves_the_same_state(n, monkeypatch):
    panel = vs.simulate.viewers(7, 200, seed=3)
    forest = IsolationForest(n_trees=5, shares=True, direction="both").fit(panel)
    state, scores = forest.advance(forest.start(7), panel)
    assert np.isfinite(scores).any()
    monkeypatch.setattr("viewshift.detectors.isolation_forest.AT_ONCE", n * (200 + forest.window + GAP))
    after, again = forest.advance(forest.start(7), panel)
    np.testing.assert_array_equal(again, scores)
    for name, values in state.items():
        np.testing.assert_array_equal(after[name], values, err_msg=name, strict=True)
