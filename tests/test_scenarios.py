"""Scenarios: one dated event per account, measures that agree with each other, and truth that is true."""

import numpy as np
import pandas as pd
import pytest

import viewshift as vs
from viewshift.panel import Panel
from viewshift.simulate import SCENARIOS, Scenario, viewers
from viewshift.simulate.binges import redrawn

EVENTS = [s for s in SCENARIOS.values() if s.wrong]
HARMLESS = [s for s in SCENARIOS.values() if not s.wrong]
NAMES = {
    *("story", "marathon", "weekend_season", "surge_3d", "surge_7d", "drift_28d", "doubled", "going_quiet"),
    *("clean", "holiday", "outage"),
}


def by_name(scenario: Scenario) -> str:
    return scenario.name


def changed_days(before: Panel, after: Panel) -> np.ndarray:
    same = np.ones(before.observed.shape, dtype=bool)
    for name in before.measures:
        same &= (before[name] == after[name]) | (np.isnan(before[name]) & np.isnan(after[name]))
    return ~same


def places(panel: Panel, days: pd.Series) -> np.ndarray:
    return (days.to_numpy().astype("datetime64[D]") - panel.start).astype(int)


def test_the_scenarios_are_the_agreed_ones() -> None:
    assert set(SCENARIOS) == NAMES
    assert all(s.name == name and s.intent.endswith(".") for name, s in SCENARIOS.items())


@pytest.mark.parametrize("population", ["sessions", "markov"])
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=by_name)
def test_measures_stay_consistent(scenario: Scenario, population: str) -> None:
    panel, _ = scenario.sample(60, 320, seed=4, population=population)
    e, minutes, night, top = (panel[m] for m in ("episodes", "minutes", "night_minutes", "top_show_episodes"))
    seen = panel.observed
    assert (night[seen] <= minutes[seen]).all()
    assert minutes[seen].max() <= 1440
    assert (top[seen] <= e[seen]).all()
    assert ((top[seen] > 0) == (e[seen] > 0)).all()
    assert ((minutes[seen] > 0) == (e[seen] > 0)).all()
    assert (e[seen] == np.round(e[seen])).all()


@pytest.mark.parametrize("scenario", EVENTS, ids=by_name)
def test_nothing_changes_outside_the_event_and_each_account_has_one(scenario: Scenario) -> None:
    clean = viewers(80, 420, seed=5)
    panel, truth = scenario.sample(80, 420, seed=5)
    changed = changed_days(clean, panel)
    onset, end = places(panel, truth["onset"]), places(panel, truth["end"])
    assert truth["account"].tolist() == panel.accounts.tolist()
    day = np.arange(420)
    last = np.full(80, 419) if scenario.lasting else end
    assert not changed[(day < onset[:, None]) | (day > last[:, None])].any()
    assert changed.any(axis=1).mean() > 0.9
    assert (onset >= 200).all()
    assert (end - onset + 1 == scenario.duration).all()
    assert len(np.unique(onset)) > 15


@pytest.mark.parametrize("scenario", HARMLESS, ids=by_name)
def test_where_nothing_is_wrong_the_truth_is_empty(scenario: Scenario) -> None:
    _, truth = scenario.sample(5, 300, seed=6)
    assert truth.columns.tolist() == ["account", "onset", "end"]
    assert len(truth) == 0


def test_the_truth_has_the_same_types_whether_or_not_something_is_wrong() -> None:
    types = {name: SCENARIOS[name].sample(3, 300)[1].dtypes.to_dict() for name in ("story", "clean")}
    assert types["story"]["onset"] == types["clean"]["onset"]


def test_the_story_adds_188_episodes_of_one_show_within_seven_days() -> None:
    clean = viewers(50, 400, seed=7)
    panel, truth = SCENARIOS["story"].sample(50, 400, seed=7)
    assert ((panel["episodes"] - clean["episodes"]).sum(axis=1) == 188).all()
    for k, onset in enumerate(places(panel, truth["onset"])):
        week = panel["top_show_episodes"][k, onset : onset + 7]
        assert 188 <= week.sum() <= 188 + clean["top_show_episodes"][k, onset : onset + 7].sum()


def test_a_weekend_season_begins_on_a_saturday() -> None:
    _, truth = SCENARIOS["weekend_season"].sample(50, 400, seed=8)
    assert (truth["onset"].dt.day_of_week == 5).all()


@pytest.mark.parametrize(("name", "per_event"), [("surge_3d", 3), ("surge_7d", 7), ("drift_28d", 28)])
def test_a_surge_adds_its_strength_a_day_on_average(name: str, per_event: int) -> None:
    """Poisson totals over 400 accounts: within 4.5 standard errors, wrong once in 150,000 seeds."""
    clean = viewers(400, 300, seed=9)
    panel, _ = SCENARIOS[name].inject(clean, seed=9, strength=2.0)
    extra = (panel["episodes"] - clean["episodes"]).sum(dtype=np.float64)
    expected = 400 * per_event * 2.0
    assert abs(extra - expected) < 4.5 * np.sqrt(expected)


def test_a_drift_creeps_up() -> None:
    clean = viewers(300, 300, seed=10)
    panel, truth = SCENARIOS["drift_28d"].inject(clean, seed=10)
    extra = panel["episodes"] - clean["episodes"]
    halves = np.zeros(2)
    for k, onset in enumerate(places(panel, truth["onset"])):
        halves += extra[k, onset : onset + 28].reshape(2, 14).sum(axis=1)
    assert 2.3 < halves[1] / halves[0] < 3.9  # a ramp from 0 gives 3; 4,000 episodes in the smaller half


def test_doubled_doubles_and_going_quiet_quiets() -> None:
    clean = viewers(400, 500, seed=11)
    level = {}
    for name in ("doubled", "going_quiet"):
        panel, truth = SCENARIOS[name].inject(clean, seed=11)
        after = np.arange(500) >= places(panel, truth["onset"])[:, None]
        level[name] = panel["episodes"][after].mean() / clean["episodes"][after].mean()
    assert 1.85 < level["doubled"] < 2.15
    assert 0.07 < level["going_quiet"] < 0.13


def test_the_window_of_a_lasting_change_ends_with_the_panel_or_after_sixty_days() -> None:
    _, long = SCENARIOS["doubled"].sample(20, 400)
    panel, short = SCENARIOS["doubled"].sample(20, 80)
    assert ((long["end"] - long["onset"]).dt.days == 59).all()
    assert (places(panel, short["end"]) == 79).all()


def test_a_holiday_lifts_everybody_on_the_same_days() -> None:
    clean = viewers(200, 400, seed=12)
    panel, _ = SCENARIOS["holiday"].inject(clean, seed=12)
    days = np.flatnonzero(changed_days(clean, panel).any(axis=0))
    assert days.tolist() == list(range(days[0], days[0] + 4))
    assert panel["episodes"][:, days].sum() > 1.5 * clean["episodes"][:, days].sum()


def test_an_outage_is_five_days_without_observation_for_everybody() -> None:
    panel, _ = SCENARIOS["outage"].sample(30, 300, seed=13)
    lost = ~panel.observed
    assert (lost == lost[0]).all()
    assert np.diff(np.flatnonzero(lost[0])).tolist() == [1, 1, 1, 1]
    assert np.isnan(panel["minutes"][lost]).all()


@pytest.mark.parametrize("scenario", EVENTS, ids=by_name)
def test_more_accounts_keep_the_events_of_the_first(scenario: Scenario) -> None:
    few, truth_few = scenario.sample(10, 300, seed=14)
    many, truth_many = scenario.sample(20, 300, seed=14)
    assert np.array_equal(few["minutes"], many["minutes"][:10])
    pd.testing.assert_frame_equal(truth_few, truth_many.head(10))


def test_seeds_and_strengths_matter() -> None:
    scenario = SCENARIOS["surge_7d"]
    clean = viewers(20, 300, seed=15)
    one, two = (scenario.inject(clean, seed=seed)[0]["episodes"] for seed in (1, 2))
    strong = scenario.inject(clean, seed=1, strength=8.0)[0]["episodes"]
    assert not np.array_equal(one, two)
    assert strong.sum() > one.sum()


def test_days_not_observed_stay_so_and_single_measures_will_do() -> None:
    minutes = np.full((4, 300), 30.0)
    minutes[:, 150:290] = np.nan
    panel = Panel({"minutes": minutes}, accounts=list("abcd"), start="2024-01-01")
    for scenario in SCENARIOS.values():
        changed, _ = scenario.inject(panel, seed=3)
        assert not changed.observed[:, 150:290].any()
        assert set(changed.measures) == {"minutes"}


def test_a_redraw_keeps_weekdays_and_amount() -> None:
    row = {"episodes": np.tile([0.0, 0, 0, 0, 0, 3, 5], 40), "minutes": np.tile([0.0, 0, 0, 0, 0, 90, 150], 40)}
    rng = np.random.default_rng(0)
    days = np.arange(100, 170)
    assert np.array_equal(redrawn(row, days, rng, amount=1.0).episodes, row["episodes"][days])
    half = redrawn(row, days, rng, amount=0.5)
    assert np.allclose(half.minutes, 30 * half.episodes)
    assert 0.2 < half.episodes.sum() / row["episodes"][days].sum() < 0.8  # binomial(80, .5): 5 standard errors


def test_the_injected_panel_leaves_the_given_one_alone() -> None:
    clean = viewers(5, 300, seed=16)
    before = clean["episodes"].copy()
    SCENARIOS["story"].inject(clean, seed=16)
    assert np.array_equal(before, clean["episodes"])


def test_bad_strengths_and_short_panels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"`strength` must be a finite number above 0"):
        SCENARIOS["surge_3d"].sample(2, 300, strength=0)
    with pytest.raises(ValueError, match="room for 28 days"):
        SCENARIOS["drift_28d"].sample(2, 40)
    with pytest.raises(ValueError, match="'sessions', 'markov'"):
        vs.simulate.viewers(2, 30, population="real")
