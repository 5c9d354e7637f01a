"""The study: counts worked by hand, comparisons that are fair, failures that stop nothing, the same bytes each time."""

import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import viewshift as vs
from refusing import Refusing
from viewshift.study import source
from viewshift.study.compare import Trial, tidy
from viewshift.study.failures import expression
from viewshift.study.peers import PandasRollingZ
from viewshift.study.setup import Setup, reference_seed
from viewshift.study.source import Laid, day_windows
from viewshift.study.tally import Tally, Windows, pooled, rate_measures, recall_measures, tally
from viewshift.study.trial import judge

SMALL = {"n_accounts": 12, "n_days": 420, "n_reference": 30, "rates": (4.0, 2.0)}
ONES = np.ones((1, 3))


def days(*numbers):
    return np.array(numbers, dtype=np.int64)


def flat(n_accounts=3, n_days=60):
    return np.zeros((n_accounts, n_days))


RULE = SimpleNamespace(threshold_=2.0, quiet=7, adapt_after=28)
EVENTS = Windows(row=days(0, 1, 2), onset=days(20, 20, 20), end=days(26, 26, 26))


def counted(causal=True):
    clean = flat()
    clean[1, 24] = 3.0  # chance: account 1 would have raised an alarm in its window anyway
    clean[2, 18] = 3.0  # account 2 is in alarm when its event begins
    surprise = clean.copy()
    surprise[0, 22:25] = 3.0
    surprise[1, 21] = 3.0
    surprise[2, 20] = 3.0
    surprise[0, 50:] = np.nan
    return tally(RULE, surprise, clean, EVENTS, causal=causal)


def test_an_alarm_that_is_up_already_and_one_that_comes_anyway_earn_nothing():
    counts = counted()
    np.testing.assert_array_equal(counts.found, [1, 1, 0])
    np.testing.assert_array_equal(counts.chance, [0, 1, 0])
    measures = recall_measures(counts, ONES)
    assert measures["recall"].value == pytest.approx(2 / 3, abs=1e-15)
    assert measures["reached"].value == 1.0  # account 2's alarm was up, but its event was not overlooked
    assert measures["chance_recall"].value == pytest.approx(1 / 3, abs=1e-15)
    assert measures["net_recall"].value == pytest.approx(1 / 3, abs=1e-15)
    assert (measures["delay"].value, measures["delay"].n) == (2.0, 1)  # account 0 alone, two days late


def test_offline_detectors_find_by_any_change_day_in_the_window():
    counts = counted(causal=False)
    np.testing.assert_array_equal(counts.found, [1, 1, 1])
    np.testing.assert_array_equal(counts.chance, [0, 1, 0])


def test_alarms_and_days_in_alarm_are_per_scored_account_year():
    counts = counted()
    np.testing.assert_array_equal(counts.alarms, [1, 1, 1])
    np.testing.assert_array_equal(counts.alarm_days, [3, 4, 3])  # of days 22-24, 21-24 and 18-20
    np.testing.assert_array_equal(counts.days, [50, 60, 60])
    measures = rate_measures(counts, ONES, rate=2.0)
    assert measures["alarms"].value == pytest.approx(3 * 365.25 / 170)
    assert measures["alarms_over_dial"].value == pytest.approx(3 * 365.25 / 170 / 2)
    assert measures["clean_alarms"].value == pytest.approx(2 * 365.25 / 180)
    assert measures["days_in_alarm"].value == pytest.approx(10 * 365.25 / 170)


def test_pooling_seeds_keeps_each_delay_with_its_account():
    both = pooled([counted(), counted()])
    np.testing.assert_array_equal(both.late_row, [0, 3])
    np.testing.assert_array_equal(both.found, [1, 1, 0, 1, 1, 0])


def test_event_days_are_ranked_and_days_after_a_lasting_change_left_out():
    surprise = flat(1, 40)
    surprise[0, 10:] = 1.0
    events = Windows(days(0), days(10), days(19))
    weights = np.ones((5, 1))
    lasting, passing = (
        judge({1.0: RULE}, surprise, flat(1, 40), Laid(None, events, keep), weights, causal=True)
        for keep in (True, False)
    )
    assert lasting.precision.value == 1.0
    assert passing.precision.value == pytest.approx(1 / 3)  # 10 of the 30 days that tie


def test_windows_are_days_of_the_panel():
    panel = vs.Panel({"episodes": flat(2, 9)}, accounts=["b", "a"], start="2024-02-27")
    truth = pd.DataFrame({"account": ["a"], "onset": [pd.Timestamp("2024-02-29")], "end": [pd.Timestamp("2024-03-02")]})
    windows = day_windows(panel, truth)
    assert [part.tolist() for part in windows] == [[1], [2], [4]]


def test_an_account_may_have_several_events_or_none():
    panel = vs.Panel({"episodes": flat(3, 60)}, accounts=["a", "b", "c"], start="2024-01-01")
    stamps = {name: pd.to_datetime(["2024-01-11", "2024-01-24", "2024-01-11"]) for name in ("onset", "end")}
    truth = pd.DataFrame({"account": ["a", "a", "c"], **stamps})
    truth["end"] += pd.Timedelta(days=2)
    windows = day_windows(panel, truth)
    assert [part.tolist() for part in windows] == [[0, 0, 2], [10, 23, 10], [12, 25, 12]]
    surprise = flat()
    surprise[0, [11, 23]] = surprise[1, 10] = 3.0
    judged = judge({1.0: RULE}, surprise, flat(), Laid(None, windows, lasting=False), np.ones((4, 3)), causal=True)
    counts = judged.tallies[1.0]
    np.testing.assert_array_equal(counts.events, [2, 0, 1])
    np.testing.assert_array_equal(counts.found, [2, 0, 0])
    np.testing.assert_array_equal(counts.alarms, [2, 1, 0])
    measures = recall_measures(counts, ONES)
    assert (measures["recall"].value, measures["recall"].n) == (pytest.approx(2 / 3), 3)
    assert sorted(counts.late.tolist()) == [0, 1]
    assert judged.precision.n == 9
    assert judged.precision.value == pytest.approx(2 / 9 * 2 / 3 + 7 / 9 * 9 / 180)


def test_what_the_setting_makes_found_is_found_by_chance():
    """The weeks before the event are silenced in both panels, so that coming back is credited to no detector."""
    idle = vs.simulate.Scenario(
        name="return",
        intent="",
        strength=1.0,
        unit="",
        duration=7,
        setting=lambda row, onset, rng: row["episodes"].__setitem__(slice(onset, onset + 3), 30.0),
        event=lambda row, days, rng, strength: None,
    )
    table = vs.study.run([vs.detectors.ZScore()], {"return": idle}, [1], progress=False, **SMALL)
    at = rows(table, seed=1, rate=4.0, scenario="return").set_index("metric")["value"]
    assert at["recall"] > 0.5
    assert at["recall"] == at["chance_recall"]
    assert at["net_recall"] == 0


def by_account(found, chance):
    n = len(found)
    nothing = np.zeros(n, dtype=np.int64)
    return Tally(
        events=nothing + 1,
        found=days(*found),
        reached=days(*found),
        chance=days(*chance),
        alarms=nothing + 1,
        alarm_days=nothing + 1,
        days=nothing + 365,
        clean_alarms=nothing,
        clean_days=nothing + 365,
        late_row=nothing[:0],
        late=nothing[:0],
    )


def table_of(trials, causal):
    setup = Setup(n_accounts=4, n_days=365, n_reference=5, population="sessions", rates=(1.0,))
    seeds = sorted({key[2] for key in trials})
    wrong = dict.fromkeys([key[1] for key in trials], True)
    return tidy(trials, causal, wrong, seeds, setup).set_index(["detector", "scenario", "metric"])


def trial_of(found, chance=(0, 0, 0, 0)):
    return Trial(tallies={1.0: by_account(found, chance)}, errors={})


def test_the_ranking_is_the_mean_over_scenarios_and_differences_are_paired():
    trials = {
        ("good", "a", 1): trial_of([1, 1, 1, 0]),
        ("good", "b", 1): trial_of([1, 1, 0, 0], [1, 0, 0, 0]),
        ("poor", "a", 1): trial_of([1, 1, 0, 0]),
        ("poor", "b", 1): trial_of([0, 0, 0, 0]),
        ("offline", "a", 1): trial_of([1, 1, 1, 1]),
        ("offline", "b", 1): trial_of([1, 1, 1, 1]),
    }
    table = table_of(trials, {"good": True, "poor": True, "offline": False})
    mean = table.xs(("mean", "net_recall"), level=("scenario", "metric"))["value"]
    assert mean.to_dict() == {"good": 0.5, "poor": 0.25, "offline": 1.0}
    behind = table.xs(("mean", "net_recall_behind_best"), level=("scenario", "metric"))
    assert behind["value"].to_dict() == {"good": 0.0, "poor": -0.25}  # offline detectors are no rivals
    assert behind.loc["good", ["low", "high"]].tolist() == [0.0, 0.0]  # paired: the best is at 0 from itself


def test_a_difference_between_detectors_that_agree_on_every_account_has_no_spread():
    alike = {(name, "a", 1): trial_of([1, 0, 1, 0]) for name in ("first", "second")}
    table = rows(table_of(alike, {"first": True, "second": True}).reset_index(), detector="second", scenario="mean")
    estimates = table.set_index("metric")[["value", "low", "high"]]
    assert estimates.loc["net_recall_behind_best"].tolist() == [0.0, 0.0, 0.0]
    assert estimates.loc["net_recall"].tolist() == [0.5, 0.0, 1.0]


def test_a_failed_seed_leaves_no_pooled_number_and_no_mean():
    trials = {("d", "a", 1): trial_of([1, 1, 1, 1]), ("d", "a", 2): Trial(errors={1.0: "it broke"})}
    table = table_of(trials, {"d": True}).reset_index()
    by_seed = table[(table["metric"] == "net_recall") & (table["scenario"] == "a")].set_index("seed")
    assert by_seed["status"].tolist() == ["ok", "failed", "failed"]
    assert by_seed["error"].tolist() == ["", "it broke", "failed for 1 of 2 seeds: it broke"]
    assert np.isnan(table.loc[table["scenario"] == "mean", "value"]).all()


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a study with detectors that fail, and the folder it wrote to."""
    out = tmp_path_factory.mktemp("study")
    detectors = {
        "ZScore": vs.detectors.ZScore(),
        "Random": vs.detectors.Random(),
        "no fit": Refusing(step="fit", helper=vs.detectors.ZScore(window=28)),
        "no outage": Refusing(),
    }
    table = vs.study.run(detectors, ["story", "clean", "outage"], [1, 2], out=out, progress=False, **SMALL)
    return table, out


def rows(table, **where):
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def test_a_study_runs_to_the_same_bytes(study, tmp_path):
    detectors = {"ZScore": vs.detectors.ZScore(), "Random": vs.detectors.Random()}
    for name in ("one", "two"):
        vs.study.run(detectors, ["story", "clean"], [1, 2], out=tmp_path / name, progress=False, **SMALL)
    first = (tmp_path / "one" / "results.csv").read_bytes()
    assert first == (tmp_path / "two" / "results.csv").read_bytes()
    again = rows(pd.read_csv(tmp_path / "one" / "results.csv"), detector="ZScore", scenario="story")
    among_failures = rows(pd.read_csv(study[1] / "results.csv"), detector="ZScore", scenario="story")
    numbers = ["seed", "rate", "metric", "value", "low", "high", "n"]  # company changes nothing
    pd.testing.assert_frame_equal(again[numbers].reset_index(drop=True), among_failures[numbers].reset_index(drop=True))


def test_timings_stand_in_a_table_of_their_own(study):
    table, out = study
    assert not [name for name in table.columns if "second" in name]
    timings = pd.read_csv(out / "timings.csv")
    assert set(timings["detector"]) == {"ZScore", "Random", "no outage"}
    assert (timings[["fit_seconds", "accounts_per_second"]] > 0).all(axis=None)


def test_the_story_is_found_and_a_detector_that_ignores_viewing_is_credited_with_nothing(study):
    table, _ = study
    found = rows(table, scenario="story", metric="net_recall", rate=4.0).set_index(["detector", "seed"])["value"]
    assert found["ZScore", 1] > 0.5
    chance = rows(table, scenario="story", detector="Random")
    assert (rows(chance, metric="net_recall")[["value", "low", "high"]] == 0).all(axis=None)
    assert (rows(chance, metric="recall")["value"] == rows(chance, metric="chance_recall")["value"].to_numpy()).all()


def test_where_nothing_is_wrong_there_is_no_recall_but_an_alarm_rate(study):
    table, _ = study
    clean = rows(table, scenario="clean", detector="ZScore")
    assert set(clean["metric"]) == {"alarms", "alarms_over_dial", "clean_alarms", "days_in_alarm"}
    wide = clean[clean["seed"] == 1].pivot_table(index="rate", columns="metric", values="value")
    np.testing.assert_array_equal(wide["alarms"], wide["clean_alarms"])
    np.testing.assert_allclose(wide["alarms_over_dial"], wide["alarms"] / wide.index, rtol=1e-12)


def test_a_wider_dial_gives_more_alarms(study):
    table, _ = study
    alarms = rows(table, scenario="clean", metric="alarms", detector="Random", seed=1).set_index("rate")["value"]
    assert alarms[4.0] > alarms[2.0]


def test_a_failure_becomes_rows_and_stops_nothing(study):
    table, _ = study
    assert set(rows(table, detector="no fit")["status"]) == {"failed"}
    assert "ArithmeticError: no fit today, nor tomorrow" in set(rows(table, detector="no fit")["error"])
    partly = rows(table, detector="no outage").groupby("scenario")["status"].agg(set)
    assert (partly["story"], partly["clean"], partly["outage"]) == ({"ok"}, {"ok"}, {"failed"})
    assert set(rows(table, detector="ZScore")["status"]) == {"ok"}
    assert rows(table, status="failed")["value"].isna().all()


@pytest.mark.parametrize(
    ("script", "message"),
    [("no-fit-story-seed1.py", "no fit today"), ("no-outage-outage-seed2.py", "a day is missing")],
)
def test_a_failure_leaves_a_script_that_does_it_again(study, script, message, tmp_path):
    path = study[1] / "failures" / script
    done = subprocess.run([sys.executable, str(path)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.rstrip().splitlines()[-1].endswith(message) or message in done.stderr.splitlines()[-2]


def test_the_scripts_of_a_run_are_only_those_of_its_failures(study):
    names = sorted(path.name for path in (study[1] / "failures").iterdir())
    expected = [f"no-fit-story-seed{seed}.py" for seed in (1, 2)] + [f"no-outage-outage-seed{s}.py" for s in (1, 2)]
    assert names == sorted(expected)


def test_a_scenario_that_raises_fails_for_every_detector_and_only_there(tmp_path):
    short = {**SMALL, "n_days": 250}  # no room for 60 days after day 200, nor for the reference's thresholds to differ
    table = vs.study.run([vs.detectors.ZScore()], ["story", "drift_28d"], [1], progress=False, out=tmp_path, **short)
    assert set(rows(table, scenario="story")["status"]) == {"ok"}
    broken = {"story": vs.simulate.SCENARIOS["story"], "odd": SimpleNamespace(inject=None, wrong=True, lasting=False)}
    table = vs.study.run([vs.detectors.ZScore()], broken, [1], progress=False, out=tmp_path, **SMALL)
    assert set(rows(table, scenario="story")["status"]) == {"ok"}
    assert set(rows(table, scenario="odd")["status"]) == {"failed"}
    assert (tmp_path / "failures" / "every-detector-odd-seed1.py").exists()


def test_a_dial_out_of_reach_fails_alone():
    table = vs.study.run([vs.detectors.ZScore()], ["story"], [1], progress=False, **{**SMALL, "rates": (2.0, 1e-4)})
    status = rows(table, scenario="story", metric="recall", seed=1).set_index("rate")
    assert status["status"].to_dict() == {2.0: "ok", 1e-4: "failed"}
    assert "`per_account_year`" in status.loc[1e-4, "error"]


def test_every_detector_is_fitted_once_and_scores_the_same_panels(monkeypatch):
    seen = {}

    class Spy(vs.AlarmRule):
        def fit(self, panel, groups=None):
            seen.setdefault(self.detector.window, []).append(("fit", panel["episodes"].tobytes()))
            return super().fit(panel, groups)

        def surprise(self, panel):
            seen[self.detector.window].append(("judge", panel["episodes"].tobytes()))
            return super().surprise(panel)

    monkeypatch.setattr(source, "AlarmRule", Spy)
    detectors = [vs.detectors.ZScore(window=window) for window in (28, 56)]
    vs.study.run(detectors, ["story", "clean"], [1], progress=False, **SMALL)
    assert seen[28] == seen[56]
    assert [step for step, _ in seen[28]] == ["fit", "judge", "judge", "judge"]
    clean = vs.simulate.viewers(SMALL["n_accounts"], SMALL["n_days"], seed=1)["episodes"].tobytes()
    assert [data == clean for _, data in seen[28]] == [False, True, False, True]


def test_a_slow_detector_meets_the_first_accounts_and_nothing_is_counted_of_the_others():
    both = {"slow": PandasRollingZ(most_accounts=6), "ZScore": vs.detectors.ZScore()}
    together = vs.study.run(both, ["story", "clean"], [1, 2], progress=False, **SMALL)
    few = {**SMALL, "n_accounts": 6, "n_reference": 15}
    alone = vs.study.run({"slow": PandasRollingZ()}, ["story", "clean"], [1, 2], progress=False, **few)
    slow, alone = (one[one["metric"] != "net_recall_behind_best"] for one in (rows(together, detector="slow"), alone))
    same = ["scenario", "seed", "rate", "metric", "value", "n", "status"]
    pd.testing.assert_frame_equal(slow[same].reset_index(drop=True), alone[same].reset_index(drop=True))
    assert set(rows(together, detector="ZScore", metric="alarms", seed=1)["n"]) == {12}


def test_rules_are_fitted_on_other_viewers_than_they_judge():
    numbers = {reference_seed(seed) for seed in range(200)}
    assert len(numbers) == 200
    assert min(numbers) > 200


def test_the_bar_counts_every_detector_and_seed_also_failures(monkeypatch):
    totals = []

    @contextmanager
    def counting(n_steps, show, first):
        done = []
        yield lambda what, steps=1: done.append(steps)
        totals.append((n_steps, sum(done)))

    monkeypatch.setattr(sys.modules["viewshift.study.run"], "progress_bar", counting)
    detectors = {"fit": Refusing(step="fit"), "score": Refusing(), "fine": vs.detectors.Random()}
    vs.study.run(detectors, ["outage", "clean"], [1], **SMALL)
    assert totals == [(3, 3)]


def test_nested_detectors_are_written_as_python():
    text, classes = expression(Refusing(helper=vs.detectors.ZScore(window=28)))
    namespace = {one.__name__: one for one in classes}
    rebuilt = eval(text, namespace)
    assert (rebuilt.step, type(rebuilt.helper), rebuilt.helper.window) == ("score", vs.detectors.ZScore, 28)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"detectors": []}, "`detectors` must hold at least one"),
        ({"detectors": [vs.detectors.ZScore(), vs.detectors.ZScore()]}, "no two alike"),
        ({"scenarios": ["stroy"]}, "`scenarios` must be one of 'story'"),
        ({"seeds": [1, 1]}, "`seeds` must hold at least one and no two alike"),
        ({"seeds": []}, "`seeds` must hold at least one"),
        ({"rates": ()}, "`rates` must hold at least one"),
        ({"rates": (0.0,)}, "`rates` must be a finite number above 0"),
        ({"population": "martians"}, "`population` must be one of"),
    ],
)
def test_what_cannot_be_run_is_refused_before_it_starts(change, message):
    asked = {"detectors": [vs.detectors.ZScore()], "scenarios": ["story"], "seeds": [1], **SMALL, **change}
    with pytest.raises(ValueError, match=message):
        vs.study.run(asked.pop("detectors"), asked.pop("scenarios"), asked.pop("seeds"), **asked)


def test_only_detectors_are_taken():
    with pytest.raises(TypeError, match="must hold detectors, got 3 as 'three'"):
        vs.study.run({"three": 3}, ["story"], [1])
