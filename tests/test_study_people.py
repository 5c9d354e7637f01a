"""A study on real people's counts: read whole, shifts laid over each alone, households drawn and fitted together."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import viewshift as vs
from refusing import Refusing
from viewshift.alarms import find_intervals
from viewshift.study.compare import drawn
from viewshift.study.folded import FoldedRule
from viewshift.study.overlay import inject_each, shows
from viewshift.study.people import People, read_people
from viewshift.study.setup import Setup
from viewshift.study.tally import Tally, by_household

SCENARIOS = vs.simulate.SCENARIOS


def table(start, counts):
    return pd.DataFrame({"date": pd.date_range(start, periods=len(counts)).astype(str), "episodes": counts})


@pytest.fixture
def folder(tmp_path):
    """Return a folder of three accounts in three kinds of files, and things to leave alone."""
    table("2024-01-03", [1, 0, 2]).assign(minutes=5).to_csv(tmp_path / "ann.csv", index=False)
    table("2024-02-29", [4, 5]).rename(columns={"episodes": "plays"}).to_csv(tmp_path / "bob.csv", index=False)
    both = pd.concat([table("2024-01-10", [7]).assign(account="cid"), table("2024-01-12", [8]).assign(account="cid")])
    both.to_parquet(tmp_path / "others.parquet", index=False)
    (tmp_path / "households.csv").write_text("account,household\nann,x\ncid,x\nbob,y\nnobody,z\n")
    (tmp_path / "notes.txt").write_text("not a table")
    return tmp_path


def test_people_are_read_from_files_of_one_account_and_of_several(folder):
    people = read_people(folder, episodes=("episodes", "plays"), times=3)
    assert people.panel.accounts.tolist() == ["1", "2", "3"]  # ann, bob, cid: no names
    assert people.household.tolist() == [0, 1, 0]
    assert people.n_households == 2
    assert str(people.panel.start) == "2024-01-03"  # a Wednesday
    expected = [[1, 0, 2, np.nan], [np.nan, 4, 5, np.nan], [7, np.nan, 8, np.nan]]
    np.testing.assert_array_equal(people.panel["episodes"], np.array(expected)[:, :3])
    assert people.rows.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0]
    assert people.viewers().accounts[3] == "2, 1"


def test_days_are_moved_by_whole_weeks_only(folder):
    people = read_people(folder, episodes=("episodes", "plays"))
    bob = people.panel.days[people.panel.observed[1]]
    weekdays = (bob - np.datetime64("2024-01-01")).astype(int) % 7
    assert weekdays.tolist() == [3, 4]  # 29 February 2024 was a Thursday


def test_each_account_is_a_household_of_its_own_where_nothing_is_said(folder):
    (folder / "households.csv").unlink()
    assert read_people(folder, episodes=("episodes", "plays")).household.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "ann.csv").write_text("date,episodes\nlately,1\n"), r"ann\.csv.*date cannot be read"),
        (
            lambda f: (f / "cid.csv").write_text("date,episodes\n2024-01-01,1\n"),
            "once, got 'cid' in cid.csv and others",
        ),
        (
            lambda f: (f / "households.csv").write_text("account,household\nann,x\n"),
            "of every account, got none",
        ),
        (
            lambda f: (f / "households.csv").write_text("who,where\nann,x\n"),
            "the columns account and household",
        ),
        (lambda f: [p.unlink() for p in f.iterdir()], "`data` must hold .csv or .parquet files"),
    ],
)
def test_a_folder_that_cannot_be_read_is_refused(folder, spoil, message):
    spoil(folder)
    with pytest.raises(ValueError, match=message):
        read_people(folder, episodes=("episodes", "plays"))


def test_a_column_of_counts_under_another_name_must_be_named(folder):
    with pytest.raises(ValueError, match=r"bob\.csv.*pass `episodes='plays'`"):
        read_people(folder)
    with pytest.raises(FileNotFoundError, match="must be a folder of daily counts"):
        read_people(folder / "ann.csv")


def on_spans(*spans, n_days=500):
    """Return simulated accounts observed on some days only."""
    days = vs.simulate.viewers(len(spans), n_days, seed=3)["episodes"].astype(float)
    for row, (first, stop) in enumerate(spans):
        days[row, :first] = days[row, stop:] = np.nan
    return vs.Panel({"episodes": days}, accounts=[str(k) for k in range(len(spans))], start="2024-01-01")


def test_each_account_meets_the_scenario_within_its_own_days():
    panel = on_spans((0, 500), (100, 450), (300, 303))
    changed, twin, truth = inject_each(SCENARIOS["surge_7d"], panel, 5)
    assert truth["account"].tolist() == ["0", "1"]  # three days leave no room for seven
    alone = panel.take([1]).between(panel.days[100], panel.days[449])
    own = int(np.random.SeedSequence([5, 1]).generate_state(1)[0])
    expected, expected_truth = SCENARIOS["surge_7d"].inject(alone, seed=own)
    np.testing.assert_array_equal(changed["episodes"][1, 100:450], expected["episodes"][0])
    assert truth.loc[1, ["onset", "end"]].tolist() == expected_truth.loc[0, ["onset", "end"]].tolist()
    np.testing.assert_array_equal(twin["episodes"], panel["episodes"])
    np.testing.assert_array_equal(changed.observed, panel.observed)


def test_events_on_days_that_nobody_saw_are_no_events():
    panel = on_spans((0, 500), (0, 500))
    days = panel["episodes"].copy()
    days[1, 150:480] = np.nan
    gap = vs.Panel({"episodes": days}, accounts=panel.accounts, start=panel.start)
    found = [len(inject_each(SCENARIOS["marathon"], gap, seed)[2]) for seed in range(12)]
    assert min(found) == 1
    assert {len(inject_each(SCENARIOS["marathon"], panel, seed)[2]) for seed in range(12)} == {2}


def test_where_nothing_is_wrong_nothing_is_true():
    panel = on_spans((0, 500), (50, 450))
    changed, twin, truth = inject_each(SCENARIOS["holiday"], panel, 1)
    assert truth.empty
    assert (changed["episodes"] > np.nan_to_num(twin["episodes"], nan=np.inf)).any()
    assert inject_each(SCENARIOS["clean"], panel, 1)[2].empty


def test_what_counts_do_not_show_is_left_out():
    able = [name for name, scenario in SCENARIOS.items() if shows(scenario, ("episodes",))]
    assert "night_shift" not in able
    assert {"story", "going_quiet", "clean", "outage"} <= set(able)
    still = vs.simulate.Scenario(
        name="still", intent="", strength=1, unit="", duration=1, event=lambda row, days, rng, strength: None
    )
    with pytest.raises(ValueError, match="'still' changes nothing in 'episodes'; leave it out"):
        inject_each(still, on_spans((0, 500)), 1)


def test_thresholds_of_accounts_open_what_each_would_alone():
    surprise = np.random.default_rng(1).exponential(1.0, (4, 300))
    surprise[2, 40:60] = np.nan
    thresholds = np.array([[1.0], [2.0], [2.5], [surprise[3, 17]]])
    together = find_intervals(surprise, thresholds)
    alone = [find_intervals(surprise[[k]], float(thresholds[k, 0])) for k in range(4)]
    assert together.row.tolist() == [k for k, part in enumerate(alone) for _ in part.row]
    for name in ("opened", "last"):
        assert getattr(together, name).tolist() == [int(d) for part in alone for d in getattr(part, name)]


def test_nobody_is_judged_by_a_rule_that_saw_the_household(monkeypatch):
    panel = vs.simulate.viewers(30, 420, seed=4)
    household = np.arange(30) // 2
    seen = []
    fit = vs.AlarmRule.fit

    def watched(self, panel, groups=None):
        seen.append(set(panel.accounts))
        return fit(self, panel, groups)

    monkeypatch.setattr(vs.AlarmRule, "fit", watched)
    rule = FoldedRule.fit(vs.detectors.ZScore(), panel, household, 2).at(4.0)
    assert len(rule.rules) == len(seen) == 5
    for row in range(panel.n_accounts):
        mates = set(panel.accounts[household == household[row]])
        assert rule.fold[2 * row] == rule.fold[2 * row + 1]
        assert not mates & seen[rule.fold[2 * row]]
        assert rule.threshold_[2 * row, 0] == rule.rules[rule.fold[2 * row]].threshold_
    twice = vs.Panel(
        {name: np.repeat(values, 2, axis=0) for name, values in panel.measures.items()},
        accounts=[f"{name} {k}" for name in panel.accounts for k in range(2)],
        start=panel.start,
    )
    expected = rule.rules[rule.fold[6]].surprise(panel.take([3]))
    np.testing.assert_array_equal(rule.surprise(twice)[[6, 7]], np.repeat(expected, 2, axis=0))


def test_households_are_drawn_whole():
    panel = on_spans((0, 500), (0, 500), (0, 500))
    people = People(panel, np.array([0, 1, 0]), 2, "")
    setup = Setup(6, 500, 5, "sessions", (1.0,), people)
    weights = drawn(setup, 1)
    assert weights.shape == (1000, 6)
    np.testing.assert_array_equal(weights[:, [0, 1, 4]], weights[:, [5, 5, 5]])
    assert set((weights[:, 0] + weights[:, 2]).tolist()) == {2.0}


def test_counts_of_a_household_add_up():
    counts = {name: np.array([1, 2, 4]) for name in Tally.__dataclass_fields__ if name not in ("late_row", "late")}
    both = by_household(Tally(**counts, late_row=np.array([0, 2, 1]), late=np.array([5, 6, 7])), np.array([1, 0, 1]))
    assert both.found.tolist() == both.clean_days.tolist() == [2, 5]
    assert (both.late_row.tolist(), both.late.tolist()) == ([1, 1, 0], [5, 6, 7])


def write_people(folder, n):
    panel = vs.simulate.viewers(n, 420, seed=8)
    for k in range(n):
        table("2024-01-01", panel["episodes"][k].astype(int)).to_csv(folder / f"secret-{k}.csv", index=False)


@pytest.mark.parametrize(("n", "words"), [(22, "fold by fold"), (4, "fewer than 20 households")])
def test_a_study_on_people_reports_power_and_alarm_rates_and_no_names(tmp_path, n, words):
    (tmp_path / "counts").mkdir()
    write_people(tmp_path / "counts", n)
    (tmp_path / "study.toml").write_text(
        """
        rates = [4.0]
        days = 420
        reference = 30
        detectors.ZScore = {}
        detectors.Random = {}
        scenarios.story = {}
        scenarios.clean = {}
        data = { folder = "counts", times = 2 }
        """
    )
    out = tmp_path / "out"
    vs.study.write(out, config=tmp_path / "study.toml", workers=1, progress=False)
    found = pd.read_csv(out / "results.csv").query("seed == 1").set_index(["detector", "scenario", "metric"])["value"]
    assert found["ZScore", "story", "net_recall"] > 0.5
    assert found["Random", "story", "net_recall"] == 0
    assert found["ZScore", "clean", "alarms"] == found["ZScore", "clean", "clean_alarms"]
    assert 0.2 < found["Random", "clean", "alarms_over_dial"] < 5
    n_units = pd.read_csv(out / "comparisons.csv")["n_units"]
    assert set(n_units) == {n}  # households, however often each was met
    written = [path for path in out.rglob("*") if path.suffix in (".html", ".md", ".json", ".csv")]
    assert written
    for path in written:
        assert "secret" not in path.read_text(encoding="utf-8")
    assert words in (out / "report.md").read_text(encoding="utf-8")


def test_several_seeds_of_the_same_people_are_refused(folder):
    (folder / "study.toml").write_text("seeds = [1, 2]\ndata = { folder = '.', episodes = ['episodes', 'plays'] }\n")
    with pytest.raises(ValueError, match="'seeds' must hold one seed for real people, got \\(1, 2\\)"):
        vs.study.write(folder / "out", config=folder / "study.toml")


def test_a_failure_on_people_leaves_a_script_that_does_it_again(tmp_path):
    (tmp_path / "counts").mkdir()
    write_people(tmp_path / "counts", 3)
    people = read_people(tmp_path / "counts", times=1)
    from viewshift.study.run import conduct

    setup = Setup(3, 420, 30, "sessions", (4.0,), people)
    conduct({"no outage": Refusing()}, ["outage"], [1], setup=setup, out=tmp_path / "out", progress=False)
    (script,) = (tmp_path / "out" / "failures").iterdir()
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr.rstrip().endswith("ArithmeticError: a day is missing")
