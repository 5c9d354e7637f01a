"""Scenarios: dated events, measures that agree with each other, and truth that is true."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import viewshift as vs
from viewshift.panel import Panel
from viewshift.simulate import SCENARIOS, Scenario, viewers
from viewshift.simulate.binges import Views, part, redrawn

EVENTS = [s for s in SCENARIOS.values() if s.wrong]
HARMLESS = [s for s in SCENARIOS.values() if not s.wrong]
GRADED = [s for s in SCENARIOS.values() if s.strengths]
NAMES = {
    *("story", "marathon", "weekend_season", "surge_3d", "surge_7d", "drift_28d", "doubled", "going_quiet"),
    *("second_viewer", "night_shift", "comfort_rewatch", "around_the_clock", "new_release", "slow_ramp"),
    *("cold_start", "after_pause", "missing_days", "two_binges"),
    *("clean", "holiday", "outage", "habitual_weekends", "time_zone", "lockdown"),
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


def test_the_scenarios_are_the_agreed_ones_and_each_says_what_to_expect() -> None:
    assert set(SCENARIOS) == NAMES
    assert all(s.name == name and s.intent.endswith(".") and s.expect.endswith(".") for name, s in SCENARIOS.items())
    assert {s.name for s in SCENARIOS.values()} - {s.name for s in GRADED} == {"clean", "outage"}


def test_scenarios_of_one_seed_draw_apart() -> None:
    assert len({name[:7] for name in SCENARIOS}) == len(SCENARIOS)


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
def test_the_truth_is_where_days_changed_and_other_days_and_accounts_are_untouched(scenario: Scenario) -> None:
    clean = viewers(80, 420, seed=5)
    panel, truth = scenario.inject(clean, seed=5)
    changed = changed_days(scenario.twin(clean, seed=5), panel)
    row = pd.Index(panel.accounts).get_indexer(pd.Index(truth["account"]))
    onset, end = places(panel, truth["onset"]), places(panel, truth["end"])
    within = np.zeros(changed.shape, dtype=bool)
    for k, first, last in zip(row, onset, end, strict=True):
        assert not within[k, first : last + 1].any()
        within[k, first : 420 if scenario.lasting else last + 1] = True
    assert not (changed & ~within).any()
    assert (np.diff(row) >= 0).all()
    assert set(np.bincount(row, minlength=80)) <= {0, len(scenario.offsets)}
    assert (scenario.share == 1) == (len(set(row)) == 80)
    assert (
        np.mean([changed[k, a : b + 1].any() for k, a, b in zip(row, onset, end, strict=True)]) > 0.8
    )  # some are idle
    assert (onset >= 200).all()
    assert (end - onset + 1 == scenario.duration).all()
    assert (len(np.unique(onset)) == 1) if scenario.onset == "shared" else (len(np.unique(onset)) > 15)


@pytest.mark.parametrize("scenario", HARMLESS, ids=by_name)
def test_where_nothing_is_wrong_the_truth_is_empty(scenario: Scenario) -> None:
    panel, truth = scenario.sample(5, 300, seed=6)
    assert truth.columns.tolist() == ["account", "onset", "end"]
    assert len(truth) == 0
    assert changed_days(viewers(5, 300, seed=6), panel).any() == (scenario.name != "clean")


@pytest.mark.parametrize("scenario", GRADED, ids=by_name)
def test_a_greater_strength_changes_more_on_the_same_days(scenario: Scenario) -> None:
    """Sums over 150 accounts: the least step of any grid, a quarter, is many times their spread."""
    clean = viewers(150, 420, seed=3)
    twin = scenario.twin(clean, seed=3)
    amounts, truths = [], []
    for strength in scenario.strengths:
        panel, truth = replace(scenario, strength=strength).inject(clean, seed=3)
        amounts.append(sum(float(np.nansum(np.abs(panel[name] - twin[name]))) for name in panel.measures))
        truths.append(truth)
    assert scenario.strength in scenario.strengths
    assert scenario.strengths[-1] <= scenario.most
    assert (np.diff(scenario.strengths) > 0).all()
    assert (np.diff(amounts) > 0.05 * amounts[0]).all()
    assert all(truth.equals(truths[0]) for truth in truths)


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


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=by_name)
def test_an_account_has_the_same_days_in_every_company(scenario: Scenario) -> None:
    few, truth_few = scenario.sample(10, 300, seed=14)
    many, truth_many = scenario.sample(20, 300, seed=14)
    assert all(np.array_equal(few[name], many[name][:10], equal_nan=True) for name in few.measures)
    among = truth_many["account"].isin(few.accounts)
    pd.testing.assert_frame_equal(truth_few, truth_many[among])


def test_seeds_and_strengths_matter() -> None:
    scenario = SCENARIOS["surge_7d"]
    clean = viewers(20, 300, seed=15)
    one, two = (scenario.inject(clean, seed=seed)[0]["episodes"] for seed in (1, 2))
    strong = scenario.inject(clean, seed=1, strength=8.0)[0]["episodes"]
    assert not np.array_equal(one, two)
    assert strong.sum() > one.sum()


@pytest.mark.parametrize("measure", ["episodes", "minutes", "night_minutes", "top_show_episodes"])
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=by_name)
def test_days_not_observed_stay_so_and_one_measure_will_do_or_is_asked_for(scenario: Scenario, measure: str) -> None:
    values = np.full((4, 320), 3.0)
    values[:, 150:290] = np.nan
    panel = Panel({measure: values}, accounts=list("abcd"), start="2024-01-01")
    if set(scenario.needs) <= {measure}:
        changed, _ = scenario.inject(panel, seed=3)
        assert not changed.observed[:, 150:290].any()
        assert set(changed.measures) == {measure}
    else:
        with pytest.raises(ValueError, match=rf"must have the measure '.*' for .*'{scenario.name}', got '{measure}'"):
            scenario.inject(panel)


def test_a_redraw_halves_minutes_also_where_episodes_are_not_counted() -> None:
    row = {"minutes": np.tile([0.0, 90, 0, 0, 0, 0, 0], 40)}
    half = redrawn(row, np.arange(70), np.random.default_rng(0), amount=0.5)
    assert half.minutes.tolist() == [0.0, 45, 0, 0, 0, 0, 0] * 10


def test_a_part_of_the_views_is_consistent_and_never_without_a_show() -> None:
    views = Views(*(np.array(values, dtype=float) for values in ([6, 3, 2], [90, 60, 30], [60, 0, 30], [4, 1, 2])))
    taken = part(views, np.array([3, 1, 0]))
    assert [values.tolist() for values in taken] == [[3, 1, 0], [45, 20, 0], [30, 0, 0], [2, 1, 0]]


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


def extra(name: str, measure: str = "episodes", strength: float | None = None) -> tuple[np.ndarray, np.ndarray, Panel]:
    """Difference to the twin, first days of the events, and the twin, of 300 accounts."""
    clean = viewers(300, 420, seed=17)
    panel, truth = SCENARIOS[name].inject(clean, seed=17, strength=strength)
    twin = SCENARIOS[name].twin(clean, seed=17)
    return panel[measure].astype(float) - twin[measure], places(panel, truth["onset"]), twin


def test_a_second_viewer_comes_on_a_monday_and_watches_what_viewers_watch() -> None:
    """Mean of 300 strangers against that of 1,000 others: both vary by their spread, to five standard errors."""
    more, onset, twin = extra("second_viewer")
    assert (twin.weekday[onset] == 0).all()
    theirs = np.array([row[first:].mean() for row, first in zip(more, onset, strict=True)])
    level = viewers(1000, 420, seed=99)["episodes"].mean(axis=1)
    assert abs(theirs.mean() - level.mean()) < 5 * np.hypot(theirs.std() / 300**0.5, level.std() / 1000**0.5)
    own = np.array([row[:first].mean() for row, first in zip(twin["episodes"], onset, strict=True)])
    assert abs(np.corrcoef(own, theirs)[0, 1]) < 0.26  # strangers: 4.5 standard errors of 1 / sqrt(300)


def test_a_night_shift_moves_night_minutes_and_nothing_else() -> None:
    for name in ("episodes", "minutes", "top_show_episodes"):
        assert not extra("night_shift", name)[0].any()
    more, onset, twin = extra("night_shift", "night_minutes", 1.0)
    for k, first in enumerate(onset):
        by_night = twin["night_minutes"][k, first:] + more[k, first:]
        assert (by_night >= np.minimum(twin["minutes"][k, first:], 360) - 1e-3).all()
    assert (more >= 0).all()


def test_comfort_is_one_film_a_day_and_as_many_titles_as_usual() -> None:
    more, onset, twin = extra("comfort_rewatch")
    for k, first in enumerate(onset):
        days = slice(first, first + 18)
        before, after = twin["episodes"][k, days], twin["episodes"][k, days] + more[k, days]
        assert after.sum() == max(before.sum(), 18)
        assert (after >= 1).all()
        assert (after <= before + 1).all()


def test_around_the_clock_fills_nine_days_with_hours() -> None:
    more, onset, _ = extra("around_the_clock", "minutes", 10.0)
    hours = np.array([row[first : first + 9] for row, first in zip(more, onset, strict=True)]) / 60
    assert 9.3 < hours.mean() < 9.7  # ten hours of episodes, of which the last 0 to 10 % are not watched
    assert hours.min() > 4.0  # a long day is cut off at midnight


def test_a_release_lifts_three_accounts_in_ten_in_one_week() -> None:
    """Binomial(300, .3) within 4.5 standard errors: wrong once in 150,000 seeds."""
    more, onset, _ = extra("new_release")
    lifted = more.any(axis=1)
    assert abs(lifted.sum() - 90) < 4.5 * np.sqrt(300 * 0.3 * 0.7)
    assert len(onset) == lifted.sum()
    assert (more[lifted, onset[0] : onset[0] + 7].sum(axis=1) == 28).all()


def test_a_slow_ramp_climbs_for_eight_weeks_and_stays() -> None:
    """Poisson sums of 300 accounts: each mean to 5 standard errors."""
    more, onset, _ = extra("slow_ramp", strength=4.0)
    weeks = np.array(
        [
            row[first : first + 70].reshape(10, 7).sum(axis=1)
            for row, first in zip(more, onset, strict=True)
            if first + 70 <= 420
        ]
    )
    expected = 28 * np.append((np.arange(8) + 0.5) / 8, [1.0, 1.0])
    assert (np.abs(weeks.mean(axis=0) - expected) < 5 * np.sqrt(expected / len(weeks))).all()


def test_a_cold_start_leaves_fourteen_days_of_history() -> None:
    panel, truth = SCENARIOS["cold_start"].sample(30, 400, seed=18)
    first_seen = panel.observed.argmax(axis=1)
    assert (places(panel, truth["onset"]) - first_seen == 14).all()
    assert all(row[first:].all() for row, first in zip(panel.observed, first_seen, strict=True))


def test_a_pause_comes_before_the_binge_and_is_in_the_twin_too() -> None:
    more, onset, twin = extra("after_pause")
    for k, first in enumerate(onset):
        assert not twin["minutes"][k, first - 28 : first].any()
        assert not more[k, first - 28 : first].any()
        assert more[k, first : first + 3].any()
    assert twin["minutes"][np.arange(300), onset - 29].any()
    assert twin["minutes"][np.arange(300), onset].any()


def test_a_fifth_of_the_days_is_missing_and_in_the_twin_too() -> None:
    """Binomial over 126,000 account-days: within 4.5 standard errors."""
    more, _, twin = extra("missing_days")
    lost = ~twin.observed
    assert abs(lost.mean() - 0.2) < 4.5 * np.sqrt(0.16 / lost.size)
    assert np.array_equal(lost, np.isnan(more))
    assert lost.sum(axis=1).min() > 40


def test_two_binges_are_two_events_of_their_own() -> None:
    more, onset, _ = extra("two_binges")
    first, second = onset.reshape(300, 2).T
    assert (second - first == 13).all()
    sums = [np.array([row[a : a + 3].sum() for row, a in zip(more, part, strict=True)]) for part in (first, second)]
    assert all(abs(one.mean() - 30) < 4.5 * np.sqrt(30 / 300) for one in sums)
    assert abs(np.corrcoef(*sums)[0, 1]) < 0.26


def test_who_moves_to_the_west_watches_as_much_and_later() -> None:
    clean = viewers(300, 420, seed=19)
    scenario = SCENARIOS["time_zone"]
    moved, a_day_late = (scenario.inject(clean, seed=19, strength=hours)[0] for hours in (8.0, 24.0))
    for name in ("episodes", "minutes"):
        assert moved[name][:, :-1].sum(dtype=float) <= clean[name].sum(dtype=float) + 1
        assert moved[name].sum(dtype=float) > 0.99 * clean[name].sum(dtype=float)
    changed = changed_days(clean, a_day_late)
    after = (np.arange(420) > changed.argmax(axis=1)[:, None]) & changed.any(axis=1, keepdims=True)
    late = a_day_late["episodes"][:, 1:][after[:, 1:]]
    assert np.array_equal(late, clean["episodes"][:, :-1][after[:, 1:]])
    share = [p["night_minutes"][after].sum() / p["minutes"][after].sum() for p in (clean, moved)]
    assert share[0] < 0.16
    assert 0.35 < share[1] < 0.45  # titles begun from four to ten in the evening


def test_a_habit_fills_every_weekend_and_no_other_day() -> None:
    clean = viewers(50, 300, seed=20)
    panel, _ = SCENARIOS["habitual_weekends"].inject(clean, seed=20)
    more = panel["episodes"] - clean["episodes"]
    assert not more[:, panel.weekday < 5].any()
    assert (more[:, panel.weekday >= 5].mean(axis=0) > 4).all()  # 6 to five standard errors of Poisson means


def test_a_lockdown_doubles_three_months_of_everybody() -> None:
    clean = viewers(300, 420, seed=21)
    panel, _ = SCENARIOS["lockdown"].inject(clean, seed=21)
    days = np.flatnonzero(changed_days(clean, panel).any(axis=0))
    assert days[-1] - days[0] == 90
    assert 1.8 < panel["episodes"][:, days].sum() / clean["episodes"][:, days].sum() < 2.2


def test_bad_strengths_and_short_panels_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"`strength` of 'going_quiet' must be at most 1 share of days silenced, got 5"
    ):
        SCENARIOS["going_quiet"].sample(2, 300, strength=5)
    with pytest.raises(ValueError, match=r"`strength` must be a finite number above 0"):
        SCENARIOS["surge_3d"].sample(2, 300, strength=0)
    with pytest.raises(ValueError, match="room for 28 days"):
        SCENARIOS["drift_28d"].sample(2, 40)
    with pytest.raises(ValueError, match="'sessions', 'markov'"):
        vs.simulate.viewers(2, 30, population="real")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"onset": "some"}, "`onset` must be one of 'own', 'shared', 'first', got 'some'"),
        ({"share": 0.0}, r"`share` must lie in \(0, 1\], got 0.0"),
        ({"offsets": (0, 2)}, r"`offsets` must begin with 0 and leave 3 days to each event.*got \(0, 2\)"),
        ({"offsets": (1,)}, "`offsets` must begin with 0"),
        ({"offsets": (0, 90), "lasting": True}, "a change for good is the only one"),
    ],
)
def test_scenarios_that_contradict_themselves_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SCENARIOS["surge_3d"], **change)


def test_the_page_says_what_the_scenarios_are() -> None:
    script = Path(__file__).resolve().parent.parent / "docs" / "make_scenarios.py"
    spec = importlib.util.spec_from_file_location(script.stem, script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = script.with_name("scenarios.md").read_text()
    for wrong in (True, False):
        assert "\n".join(module.table(wrong)) in page, "run `python docs/make_scenarios.py`"
