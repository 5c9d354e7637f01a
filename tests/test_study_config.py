"""A study written in TOML: what it says is what runs, what it says wrong is one sentence, and its tables have twins."""

import hashlib
import json
import re
import sys
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import viewshift as vs
from viewshift.baselines import UsualLevel
from viewshift.cli import main
from viewshift.study import store
from viewshift.study.config import read_plan
from viewshift.study.failures import expression
from viewshift.study.manifest import described
from viewshift.study.setup import Curves
from viewshift.study.write import default_plan

ROOT = Path(__file__).resolve().parent.parent
STUDY = """\
title = "Which of two?"
seeds = [4]
rates = [4, 2.0]
peers = ["pandas rolling z"]
accounts = 12
days = 420
reference = 30

[detectors]
Random = {}
"z, four weeks" = { class = "ZScore", window = 28 }

[scenarios]
clean = {}
half = { scenario = "story", strength = 94 }

[power]
detectors = ["z, four weeks"]
scenarios = ["half"]
"""
PEER = "pandas rolling z"


def read(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path, default_plan())


def test_the_committed_study_is_the_default_one():
    written = read_plan(ROOT / "benchmarks" / "study.toml", default_plan())
    assert described(written) == described(default_plan())
    assert list(written.detectors) == list(default_plan().detectors)


def test_the_study_in_the_documentation_can_be_run(tmp_path):
    page = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    text, of_people = re.findall(r"^```toml\n(.*?)^```", page, flags=re.S | re.M)
    (tmp_path / "counts").mkdir()
    (tmp_path / "counts" / "ada.csv").write_text("date,episodes,plays30s\n2025-07-31,1,2\n", encoding="utf-8")
    assert read(tmp_path, of_people).setup.people.times == 20
    plan = read(tmp_path, text)
    assert plan.detectors["usual level"].baseline.half_lives == (20.0, 60.0, 180.0)
    assert plan.scenarios["half a story"].strength == 94.0


def test_what_the_file_says_is_what_is_planned_and_the_rest_as_by_default(tmp_path):
    plan = read(tmp_path, STUDY)
    assert (plan.title, plan.seeds, plan.setup.rates) == ("Which of two?", (4,), (4.0, 2.0))
    assert (plan.setup.n_accounts, plan.setup.n_days, plan.setup.n_reference) == (12, 420, 30)
    assert plan.setup.population == default_plan().setup.population
    assert list(plan.detectors) == ["Random", "z, four weeks", PEER]
    assert plan.detectors["z, four weeks"].window == 28
    assert {label: (one.name, one.strength) for label, one in plan.scenarios.items()} == {
        "clean": ("clean", 1),
        "half": ("story", 94.0),
    }
    assert described(read(tmp_path, "")) == described(default_plan())
    assert plan.power == Curves(("z, four weeks",), ("half",))
    assert read(tmp_path, STUDY[: STUDY.index("[power]")]).power is None


def test_detectors_and_baselines_stand_within_detectors(tmp_path):
    plan = read(
        tmp_path,
        """
        default_rule = true
        [detectors]
        tail = { class = "PredictiveTail", baseline = { class = "UsualLevel", guard = 5 } }
        Pelt = { penalty = "bic" }
        [detectors.two]
        class = "Bank"
        detectors = [{ class = "SurgeScan", size = inf, lengths = [1, 7] }, { class = "QuietScan" }]
        shares = [3, 1]
        """,
    )
    bank = vs.detectors.Bank(
        detectors=(vs.detectors.SurgeScan(size=float("inf"), lengths=(1, 7)), vs.detectors.QuietScan()),
        shares=(3.0, 1.0),
    )
    expected = {
        "SurgeScan, QuietScan": vs.default_rule().detector,
        "tail": vs.detectors.PredictiveTail(baseline=UsualLevel(guard=5)),
        "Pelt": vs.detectors.Pelt(penalty="bic"),
        "two": bank,
    }
    made = {name: expression(one)[0] for name, one in plan.detectors.items()}
    assert made == {name: expression(one)[0] for name, one in expected.items()}


WRONG = [
    ("seed = [1]", "'seed' is no key known here, got [1]; did you mean 'seeds'?"),
    ("colour = 'red'", "'colour' is no key known here, got 'red'; choose among 'title', 'seeds',"),
    ("seeds = 1", "'seeds' must be a list, each entry a whole number, got 1."),
    ("seeds = [1, true]", "'seeds.2' must be a whole number, got True."),
    ("seeds = [1, 1]", "'seeds' must hold at least one and no two alike, got (1, 1)."),
    ("seeds = [1]\nseeds = [2]", "must be TOML, but is not: Cannot overwrite a value"),
    ("accounts = 1", "'accounts' must be at least 2, got 1."),
    ("rates = [0]", "'rates' must be a finite number above 0, got 0.0."),
    ("population = 'martians'", "'population' must be one of 'sessions', 'markov', got 'martians'."),
    ("default_rule = 'yes'", "'default_rule' must be true or false, got 'yes'."),
    ("default_rule = false", "'detectors' must hold at least one"),
    ("detectors = ['ZScore']", "'detectors' must be a table, got ['ZScore']."),
    (
        "detectors.Cusm = {}",
        "'detectors.Cusm' must be a detector, or name one by 'class', got 'Cusm'; did you mean 'Cus",
    ),
    ("detectors.Detector = {}", "got 'Detector'; choose among 'Bank', "),
    (
        "detectors.UsualLevel = {}",
        "'detectors.UsualLevel' must be a detector, or name one by 'class', got 'UsualLevel'",
    ),
    ("detectors.Cusum = { windw = 4 }", "'detectors.Cusum.windw' is no key known here, got 4; did you mean 'window'?"),
    ("detectors.'a, b' = { class = 'Cusum', cap = '3' }", "'detectors.\"a, b\".cap' must be a number, got '3'."),
    ("detectors.Cusum.direction = 'sideways'", "must be 'up' or 'down' or 'both', got 'sideways'."),
    ("detectors.Pelt.penalty = 'aic'", "'detectors.Pelt.penalty' must be a number or 'bic' or 'mbic', got 'aic'."),
    ("detectors.Cusum.baseline = 'UsualLevel'", "must be a table that names a Baseline by 'class', got 'UsualLevel'."),
    ("detectors.Cusum.baseline.class = 'ZScore'", "must be a baseline, or name one by 'class', got 'ZScore'"),
    ("[detectors.Bank]\ndetectors = [{ class = 'Pelt' }]", "'detectors.Bank.detectors.1' must be a detector"),
    ("default_rule = true\ndetectors.'SurgeScan, QuietScan' = { class = 'Cusum' }", "'detectors' must not name 'Surge"),
    (
        "scenarios.stroy = {}",
        "'scenarios.stroy' must be a scenario, or name one by 'scenario', got 'stroy'; did you mean",
    ),
    ("scenarios.story.strength = -1", "'scenarios.story.strength' must be above 0 episodes within the week, got -1.0."),
    ("scenarios.story.strenth = 1", "'scenarios.story.strenth' is no key known here, got 1; did you mean 'strength'?"),
    ("peers = ['PyOD EKOD']", "'peers' must hold names of peers, got 'PyOD EKOD'; did you mean 'PyOD ECOD'?"),
    ("peers = true", "'peers' must be 'all' or a list, each entry text, got True."),
    ("scenarios.mean.scenario = 'story'", "'scenarios' must name at least one, and none 'mean'"),
    ("power = true", "'power' must be a table, got True."),
    ("power = {}", "'power.detectors' must name at least one of the study's detectors, got none."),
    ("power.detectors = ['ZScore']", "'power.scenarios' must name at least one of the study's scenarios, got none."),
    ("[power]\ndetectors = ['Z']\nscenarios = ['story']", "'power.detectors' must be one of 'SurgeScan, QuietScan', "),
    ("[power]\ndetectors = ['ZScore']\nscenarios = ['clean']", "'power.scenarios' must be one of 'story', "),
    ("\x00", "must be TOML, but is not: "),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG)
def test_a_mistake_is_told_in_one_sentence_with_file_key_value_and_remedy(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=r"study\.toml") as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith(str(tmp_path / "study.toml"))
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_no_text_is_no_toml(tmp_path):
    (tmp_path / "study.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="must be TOML, but is not"):
        read_plan(tmp_path / "study.toml", default_plan())


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return the folder of a study that the command ran."""
    folder = tmp_path_factory.mktemp("config")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        options = {"--config": folder / "study.toml", "--out": folder / "reports", "--workers": 1}
        patch.setattr(sys, "argv", ["viewshift", "compare", *(str(part) for pair in options.items() for part in pair)])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code
    return folder / "reports"


def test_the_command_runs_the_study_of_the_file(done):
    table = pd.read_csv(done / "results.csv")
    assert set(table["detector"]) == {"Random", "z, four weeks", PEER}
    assert set(table["scenario"]) == {"clean", "half", "mean"}
    assert set(table["rate"].dropna()) == {4.0, 2.0}
    page = (done / "report.html").read_text(encoding="utf-8")
    assert "Which of two?" in page
    assert "viewshift compare --config study.toml --seeds 4 --out reports" in page


def test_power_curves_and_peers_at_their_own_defaults_stand_beside_it(done):
    curves = pd.read_csv(done / "power" / "power.csv")
    assert set(curves["detector"]) == {"z, four weeks"}
    assert set(curves["strength"]) == set(vs.simulate.SCENARIOS["story"].strengths)
    study = pd.read_csv(done / "results.csv").query("detector == 'z, four weeks' and scenario == 'half'")
    study = study[study["metric"].eq("net_recall") & study["seed"].isna()].set_index("rate")["value"]
    for rate, part in curves.groupby("rate"):
        low, high = (part.set_index("strength")["net_recall"][strength] for strength in (47, 188))
        assert low <= study[rate] <= high
    own = pd.read_csv(done / "at_defaults.csv")
    assert set(own["peer"]) == {PEER}
    assert set(own["scenario"]) == {"clean", "half", "mean"}
    page = (done / "report.html").read_text(encoding="utf-8")
    assert "What is found as events grow stronger" in page
    assert "Peers at their own defaults" in page


def test_csv_parquet_and_json_hold_the_same(done):
    csv = pl.read_csv(done / "results.csv")
    parquet = pl.read_parquet(done / "results.parquet")
    texts = [name for name, kind in parquet.schema.items() if kind == pl.String]
    assert set(texts) == {"detector", "scenario", "metric", "status", "error"}
    assert parquet.schema["causal"] == pl.Boolean
    empty = parquet.with_columns(pl.col(texts).replace("", None))
    assert csv.cast(dict(empty.schema)).equals(empty)
    records = json.loads((done / "results.json").read_text(encoding="utf-8"))
    assert records == parquet.to_dicts()
    assert any(record["value"] is None for record in records)


def test_the_manifest_tells_the_study_its_versions_and_hashes(done):
    manifest = json.loads((done / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["study"]["scenarios"]["half"] == {
        "scenario": "story",
        "strength": 94.0,
        "unit": "episodes within the week",
    }
    assert manifest["study"]["detectors"]["z, four weeks"].endswith("measure='episodes', window=28)")
    assert manifest["study"]["power"] == {"detectors": ["z, four weeks"], "scenarios": ["half"]}
    assert manifest["versions"]["viewshift"] == vs.__version__
    assert set(manifest["sha256"]) >= {
        "results.csv",
        "results.parquet",
        "results.json",
        "comparisons.csv",
        "mean_ranks.json",
        "power/power.csv",
        "at_defaults.parquet",
    }
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((done / name).read_bytes()).hexdigest() == digest
    text = (done / "manifest.json").read_text(encoding="utf-8")
    assert str(done.parent) not in text
    assert "timings.csv" not in text


def test_a_study_that_is_run_again_has_the_same_manifest(done, tmp_path, monkeypatch):
    monkeypatch.setattr(store.Store, "get", lambda self, job: None)
    path = vs.study.write(tmp_path, config=done.parent / "study.toml", workers=1, progress=False)
    assert (path.parent / "manifest.json").read_bytes() == (done / "manifest.json").read_bytes()


def test_a_quick_run_of_a_file_takes_small_sizes_and_the_first_seed(tmp_path, monkeypatch):
    asked = {}

    def conduct(detectors, scenarios, seeds, *, setup, **_):
        asked.update(detectors=detectors, seeds=seeds, setup=setup)
        raise KeyboardInterrupt

    module = sys.modules["viewshift.study.write"]
    monkeypatch.setattr(module, "conduct", conduct)
    text = "seeds = [7, 8]\nrates = [3.0]\npeers = ['STUMPY discords']\ndetectors.ZScore = {}\n"
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        vs.study.write(tmp_path, config=tmp_path / "study.toml", quick=True)
    assert (list(asked["detectors"]), asked["seeds"]) == (["ZScore", "STUMPY discords"], (7,))
    assert asked["detectors"]["STUMPY discords"].most_accounts == 20
    assert asked["setup"].rates == (3.0,)
    assert asked["setup"].n_accounts == module.QUICK.n_accounts
