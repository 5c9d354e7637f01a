"""The report: one file that needs nothing else, numbers as in the table, a Markdown twin that says the same."""

import base64
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import viewshift as vs
from refusing import Refusing
from viewshift.study.finding import number, ranking, three_sentences, with_interval
from viewshift.study.run import conduct
from viewshift.study.setup import Setup

SETUP = Setup(n_accounts=12, n_days=420, n_reference=30, population="sessions", rates=(4.0, 2.0))
DETECTORS = {
    "ZScore": vs.detectors.ZScore(),
    "Random": vs.detectors.Random(),
    "Pelt, NB": vs.detectors.Pelt(cost="nb", penalty=0.5),
    "<script>": Refusing(),
}
SCENARIOS = ["story", "doubled", "clean", "outage"]


@pytest.fixture(scope="module")
def done():
    return conduct(DETECTORS, SCENARIOS, [1, 2], setup=SETUP, out=None, progress=False)


@pytest.fixture(scope="module")
def page(done, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "page.html"
    more = {"timings": done.timings, "examples": done.examples, "setup": done.setup}
    assert vs.study.report(done.table, path, command="viewshift compare --seeds 1 --seeds 2", **more) == path
    return path


class Parts(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} closes what was not open"

    def handle_data(self, data):
        if self.open and self.open[-1] == "td":
            self.cells.append(data)


def test_the_page_is_well_formed_and_needs_no_other_file(page):
    text = page.read_text(encoding="utf-8")
    parts = Parts(text)
    assert parts.open == []
    assert not {tag for tag, _ in parts.tags} & {"script", "link", "iframe", "object"}
    addresses = [value for _, attrs in parts.tags for name, value in attrs.items() if name in ("src", "href")]
    assert len(addresses) >= 4
    assert all(address.startswith("data:image/svg+xml;base64,") for address in addresses)
    assert "url(" not in text.split("</style>")[0]
    assert "@import" not in text


def test_every_picture_has_words_for_those_who_do_not_see_it(page):
    images = [attrs for tag, attrs in Parts(page.read_text(encoding="utf-8")).tags if tag == "img"]
    assert all(len(image["alt"]) > 20 for image in images)
    first = base64.b64decode(images[0]["src"].split(",", 1)[1]).decode()
    assert "<svg" in first


def test_what_a_study_names_cannot_break_the_page(page):
    text = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;" in text
    assert "<script" not in text


def test_the_numbers_of_the_ranking_are_those_of_the_table(page, done):
    cells = Parts(page.read_text(encoding="utf-8")).cells
    mean = done.table.query("scenario == 'mean' and metric == 'net_recall' and rate == 4.0 and detector == 'ZScore'")
    row = mean.iloc[0]
    expected = f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
    assert cells[cells.index("ZScore") + 1] == expected


def test_offline_detectors_and_failures_stand_apart(page):
    twin = page.with_suffix(".md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", twin, flags=re.S | re.M))
    assert "Pelt" not in parts["Ranking"]
    assert "Pelt" in parts["Offline detectors, apart"]
    assert "a day is missing" in parts["Failures"]
    assert "viewshift compare --seeds 1 --seeds 2" in parts["To repeat it"]
    assert f"viewshift {vs.__version__}" in parts["To repeat it"]
    assert "12 simulated accounts x 420 days per seed" in twin.split("##")[0]
    assert "seeds 1, 2" in twin.split("##")[0]


def test_the_markdown_twin_holds_the_same_cells_and_pictures_that_exist(page):
    twin = page.with_suffix(".md").read_text(encoding="utf-8")
    grid = [line for line in twin.splitlines() if line.startswith("|")]
    cells = [cell.strip() for line in grid for cell in line.strip("|").split(" | ")]
    for cell in Parts(page.read_text(encoding="utf-8")).cells:
        assert cell in cells
    files = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", twin)
    images = [tag for tag, _ in Parts(page.read_text(encoding="utf-8")).tags if tag == "img"]
    assert len(files) == len(images)
    assert all((page.parent / file).read_text(encoding="utf-8").startswith("<?xml") for file in files)


def test_examples_are_those_of_the_best_detector_found_and_missed(page, done):
    best = ranking(done.table, 4.0)[0]
    twin = page.with_suffix(".md").read_text(encoding="utf-8")
    assert f"What {best} sees at 4 per account-year" in twin
    assert len(re.findall(r"!\[story, account", twin)) in (1, 2)


def test_a_report_of_a_table_read_back_says_the_same_and_twice_the_same(done, tmp_path):
    done.table.to_csv(tmp_path / "results.csv", index=False)
    first = vs.study.report(done.table, tmp_path / "first" / "report.html").read_bytes()
    again = vs.study.report(done.table, tmp_path / "again" / "report.html").read_bytes()
    back = vs.study.report(pd.read_csv(tmp_path / "results.csv"), tmp_path / "back" / "report.html").read_bytes()
    assert first == again == back


def test_a_table_without_its_columns_is_refused(done, tmp_path):
    with pytest.raises(ValueError, match="lacks 'low'"):
        vs.study.report(done.table.drop(columns="low"), tmp_path / "report.html")


@pytest.mark.parametrize("scenarios", [["story"], ["clean"]])
def test_a_study_without_events_or_without_null_scenarios_can_be_reported(done, scenarios, tmp_path):
    part = done.table[done.table["scenario"].isin([*scenarios, *(["mean"] if scenarios == ["story"] else [])])]
    text = vs.study.report(part, tmp_path / "report.html").with_suffix(".md").read_text(encoding="utf-8")
    assert ("## Ranking" in text) == (scenarios == ["story"])
    assert ("## Are the alarm rates kept" in text) == (scenarios == ["clean"])


def made_up(net, behind, over):
    """Return the pooled rows of detectors with given numbers (value, low, high)."""
    lines = []
    for name, part in net.items():
        lines += [(name, scenario, "net_recall", *part) for scenario in ("mean", "story")]
        lines.append((name, "mean", "net_recall_behind_best", *behind[name]))
        lines.append((name, "story", "delay", 2.0, 1.0, 3.0))
        lines.append((name, "clean", "alarms_over_dial", *over[name]))
    table = pd.DataFrame(lines, columns=["detector", "scenario", "metric", "value", "low", "high"])
    return table.assign(causal=True, seed=pd.NA, rate=1.0, n=50, status="ok", error="")


def test_the_finding_says_whether_the_best_is_clear_of_the_next():
    net = {"B": (0.2, 0.1, 0.3), "A": (0.4, 0.3, 0.5)}
    over = {"A": (1.1, 1.0, 1.2), "B": (0.9, 0.8, 1.0)}
    clear = made_up(net, {"A": (0, 0, 0), "B": (-0.2, -0.3, -0.1)}, over)
    sentences = three_sentences(clear, [1.0], ["story"], ["clean"])
    assert len(sentences) == 3
    assert sentences[0] == (
        "At 1 alarm per account-year A finds most: 0.40 (0.30 to 0.50) of all events beyond chance, "
        "averaged over the scenarios, clear of B (0.20)."
    )
    assert sentences[1].startswith("Easiest is story, of which A finds 0.40 with a median delay of 2 days; ")
    assert sentences[2].endswith("(clean) the rules raised this many times the alarms asked for: 0.90 to 1.10 at 1.")
    unclear = made_up(net, {"A": (0, 0, 0), "B": (-0.2, -0.5, 0.1)}, over)
    said = three_sentences(unclear, [1.0], ["story"], ["clean"])[0]
    assert said.endswith(", not clear of B (0.20).")


def test_numbers_without_an_interval_say_how_many_are_behind_them():
    assert with_interval({"value": 2.0, "low": np.nan, "high": np.nan, "n": 3}, 1) == "2.0, n = 3"
    assert with_interval({"value": np.nan, "low": np.nan, "high": np.nan, "n": 0}) == "–"
    assert (number(-0.5), number(-0.001)) == ("\u22120.50", "0.00")


def test_a_whole_study_is_written_into_a_folder(tmp_path, monkeypatch):
    module = sys.modules["viewshift.study.write"]
    monkeypatch.setattr(module, "QUICK", SETUP)
    monkeypatch.setattr(module, "default_detectors", lambda: {"ZScore": vs.detectors.ZScore()})
    monkeypatch.setattr(module, "SCENARIOS", {name: vs.simulate.SCENARIOS[name] for name in ("story", "clean")})
    path = vs.study.write(tmp_path, quick=True, workers=1, progress=False)
    assert path == tmp_path / "report.html"
    names = {one.name for one in tmp_path.iterdir()}
    tables = {"results.csv", "timings.csv", "comparisons.csv", "mean_ranks.csv"}
    assert names == {"report.html", "report.md", "report_figures", "units", *tables}
    assert set(pd.read_csv(tmp_path / "results.csv")["seed"].dropna()) == {1}
    assert "viewshift compare --quick --seeds 1 --out reports" in path.read_text(encoding="utf-8")


def test_the_default_study_has_null_controls_offline_detectors_and_all_scenarios():
    detectors = vs.study.default_detectors()
    assert {"Random", "Constant"} <= set(detectors)
    assert [name for name, one in detectors.items() if not one.claims.causal] == ["Pelt, NB, log n"]
