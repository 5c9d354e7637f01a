"""The report: one file that needs nothing else, numbers as in the table, a Markdown twin that says the same."""

import base64
import gzip
import hashlib
import io
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import viewshift as vs
from refusing import Refusing
from viewshift.study.comparisons import comparisons, mean_ranks
from viewshift.study.content import arrange
from viewshift.study.embedded import embedded_results
from viewshift.study.files import as_csv
from viewshift.study.finding import number, ranking, three_sentences, with_interval
from viewshift.study.peers import PandasRollingZ
from viewshift.study.people import People
from viewshift.study.run import conduct
from viewshift.study.setup import Setup
from viewshift.study.tables import matrix

SETUP = Setup(n_accounts=12, n_days=420, n_reference=30, population="sessions", rates=(4.0, 2.0))
DETECTORS = {
    "ZScore": vs.detectors.ZScore(),
    "Random": vs.detectors.Random(),
    "Pelt, NB": vs.detectors.Pelt(cost="nb", penalty=0.5),
    "<script>": Refusing(),
}
SCENARIOS = ["story", "doubled", "clean", "outage"]
POWER = pd.DataFrame(
    [
        ("ZScore", "story", "episodes", 94.0, 4.0, 0.4, 0.3, 0.5),
        ("ZScore", "story", "episodes", 188.0, 4.0, 0.9, 0.8, 1.0),
    ],
    columns=["detector", "scenario", "unit", "strength", "rate", "net_recall", "low", "high"],
)


DEFAULTS = pd.DataFrame(
    [
        ("Pelt, NB", "ruptures", "1.1", "as it comes", "pen=1", "clean", "alarms", 12.34, 11.0, 13.0, 12),
        ("Pelt, NB", "ruptures", "1.1", "as it comes", "pen=1", "mean", "net_recall", 0.25, 0.2, 0.3, 24),
        ("STL", "statsmodels", None, "weekly", "3 sd", "ValueError: too short", "failed", np.nan, np.nan, np.nan, 0),
    ],
    columns=["peer", "package", "version", "setting", "verdict", "scenario", "metric", "value", "low", "high", "n"],
)


@pytest.fixture(scope="module")
def done():
    return conduct(DETECTORS, SCENARIOS, [1, 2], setup=SETUP, out=None, progress=False)


@pytest.fixture(scope="module")
def page(done, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "page.html"
    more = {
        "timings": done.timings,
        "examples": done.examples,
        "setup": done.setup,
        "power": POWER,
        "defaults": DEFAULTS,
    }
    more |= {"comparisons": comparisons(done.trials, done.table), "ranks": mean_ranks(done.trials, done.table)}
    more["peers"] = ["<script>", "Pelt, NB"]
    assert vs.study.report(done.table, path, command="viewshift compare --seeds 1 --seeds 2", **more) == path
    return path


class Parts(HTMLParser):
    """Tags with their attributes, the text of each cell, and of each script."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self.scripts, self.open = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "td" or (tag == "th" and dict(attrs).get("scope") == "row"):
            self.cells.append("")
        if tag == "small" and "td" not in self.open and "th" in self.open:
            self.cells[-1] += "("

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} closes what was not open"
        if tag == "small" and "th" in self.open:
            self.cells[-1] += ")"

    def handle_data(self, data):
        if {"td", "th"} & set(self.open) and "tbody" in self.open:
            self.cells[-1] += data
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)

    def named(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def test_the_page_is_well_formed_and_needs_no_other_file(page):
    text = page.read_text(encoding="utf-8")
    parts = Parts(text)
    assert parts.open == []
    assert not {tag for tag, _ in parts.tags} & {"link", "iframe", "object", "img", "base"}
    addresses = [value for _, attrs in parts.tags for name, value in attrs.items() if name in ("src", "href")]
    assert len(addresses) >= 20
    assert all(address.startswith(("#", "data:application/gzip;base64,")) for address in addresses)
    style = text.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert len(text) < 5e6


def test_the_page_runs_its_own_script_and_no_other_and_may_load_nothing(page):
    parts = Parts(page.read_text(encoding="utf-8"))
    assert parts.named("script") == [{}]
    (policy,) = [meta["content"] for meta in parts.named("meta") if "http-equiv" in meta]
    digest = base64.b64encode(hashlib.sha256(parts.scripts[0].encode()).digest()).decode()
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "script-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
    }
    assert not [name for _, attrs in parts.tags for name in attrs if name.startswith("on")]


def test_every_picture_has_words_for_those_who_do_not_see_it(page):
    drawings = [attrs for attrs in Parts(page.read_text(encoding="utf-8")).named("div") if attrs.get("role") == "img"]
    assert len(drawings) == len(list(page.with_name("page_figures").iterdir()))
    assert all(len(one["aria-label"]) > 20 for one in drawings)


def test_pictures_take_the_colours_of_the_page_and_share_no_names(page):
    text = page.read_text(encoding="utf-8")
    pictures = re.findall(r"<svg.*?</svg>", text, flags=re.S)
    assert len(pictures) > 3
    for picture in pictures:
        assert "var(--ink)" in picture
        assert not set(re.findall(r"#[0-9a-f]{6}\b", picture))
    parts = Parts(text)
    names = [attrs["id"] for _, attrs in parts.tags if "id" in attrs]
    assert len(set(names)) == len(names)
    wanted = re.findall(r'(?:href="#|url\(#)([^")]+)', text)
    assert set(wanted) <= set(names)


def test_what_a_study_names_cannot_break_the_page(page):
    text = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;" in text
    assert text.count("<script") == 1


def test_the_numbers_of_the_ranking_are_those_of_the_table(page, done):
    cells = Parts(page.read_text(encoding="utf-8")).cells
    mean = done.table.query("scenario == 'mean' and metric == 'net_recall' and rate == 4.0 and detector == 'ZScore'")
    row = mean.iloc[0]
    expected = f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
    assert cells[cells.index("ZScore") + 1] == expected


def test_the_values_that_a_figure_tells_are_those_of_the_table(page, done):
    told = [
        json.loads(one["data-marks"])
        for one in Parts(page.read_text(encoding="utf-8")).named("div")
        if "data-marks" in one
    ]
    ranking_marks, story = [text for _, _, text in told[0]], told[1]
    row = done.table.query(
        "scenario == 'mean' and metric == 'net_recall' and rate == 2.0 and detector == 'ZScore'"
    ).iloc[0]
    assert f"ZScore at 2: {row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})" in ranking_marks
    example = next(one for one in done.examples if one.detector == ranking(done.table, 4.0)[0])
    assert len(story) == len(example.values)
    first = example.window[0]
    assert story[first][2].split(": ", 1)[1].startswith(f"{example.values[first]:g} episodes, usual up to ")
    assert story[first][2].endswith(f"surprise {number(example.surprise[first], 1)}")


def test_the_results_in_the_page_are_the_results_file(page, done):
    links = [attrs for attrs in Parts(page.read_text(encoding="utf-8")).named("a") if "download" in attrs]
    packed = base64.b64decode(links[0]["href"].split(",", 1)[1])
    assert gzip.decompress(packed).decode() == as_csv(done.table)


def test_results_that_are_too_large_for_a_page_keep_the_rows_over_all_seeds(done):
    whole = embedded_results(done.table)
    part = embedded_results(done.table, room=len(whole.base64) - 1)
    assert (whole.n_rows, whole.whole, part.whole) == (len(done.table), True, False)
    pooled = pd.read_csv(io.BytesIO(base64.b64decode(part.base64)), compression="gzip")
    assert len(pooled) == part.n_rows == done.table["seed"].isna().sum()
    assert pooled["seed"].isna().all()


def test_the_best_stands_against_each_other_one(page, done):
    cells = Parts(page.read_text(encoding="utf-8")).cells
    pairs = comparisons(done.trials, done.table).query("rate == 2.0 and scenario == 'mean'")
    best = done.table.query("scenario == 'mean' and metric == 'net_recall' and rate == 2.0 and causal").set_index(
        "detector"
    )
    best = best["value"].idxmax()
    other = next(name for name in ("Random", "ZScore") if name != best)
    first = pairs.query("detector == @best and other == @other")
    if len(first):
        row, sign = first.iloc[0], 1
        low, high, better, worse = row["low"], row["high"], row["p_right"], row["p_left"]
    else:
        row, sign = pairs.query("detector == @other and other == @best").iloc[0], -1
        low, high, better, worse = -row["high"], -row["low"], row["p_left"], row["p_right"]
    assert best in ("ZScore", "<script>")
    p = "<.001" if row["p_holm"] < 0.001 else f"{row['p_holm']:.3f}"
    line = [f"{number(sign * row['difference'])} ({number(low)} to {number(high)})", p]
    line += [number(better), number(row["p_rope"]), number(worse)]
    name = "Random (control)" if other == "Random" else other
    starts = [k for k, cell in enumerate(cells) if cell == name]
    assert any(cells[k + 1 : k + 6] == line for k in starts)


def test_the_finding_and_a_part_of_its_own_say_where_peers_stand(page):
    twin = page.with_suffix(".md").read_text(encoding="utf-8")
    finding, rest = twin.split("## Ranking")
    assert finding.count("<script>, the best of the peers") == len(SETUP.rates)
    assert "1 detector, 1 peer, 1 control, 1 offline" in finding
    parts = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", rest, flags=re.S | re.M))
    assert "<script>, the best of the peers" in parts["Which differences are real?"]
    assert "![Mean rank of each detector at 2 per account-year" in parts["Which differences are real?"]
    assert "| ZScore | 4 | 188 | 0.90 (0.80 to 1.00) |" in parts["What is found as events grow stronger"]
    assert "(cost.svg)" in parts["What it costs"].replace("page_figures/", "")
    known = parts["Peers at their own defaults"]
    assert "| ruptures 1.1: as it comes | pen=1 | 12.3 (11.0 to 13.0) | – | – | 0.25 (0.20 to 0.30) |" in known
    assert "| STL | statsmodels: weekly | ValueError: too short | – | – | – | – |" in known
    assert "| Pelt, NB (peer, offline) |" in parts["Offline detectors, apart"]


def test_no_day_of_real_people_is_shown(done, tmp_path):
    people = People(vs.simulate.viewers(12, 420, seed=1), np.arange(12), 1, "my counts")
    known = {"examples": done.examples, "setup": replace(SETUP, people=people)}
    page = vs.study.report(done.table, tmp_path / "report.html", **known)
    twin = page.with_suffix(".md").read_text(encoding="utf-8")
    for text in (twin, page.read_text(encoding="utf-8")):
        assert "real people, and no day of theirs is shown" in text
        assert not any(
            word in text
            for word in ("viewers are simulated", "Example accounts", "usual up to", done.examples[0].account)
        )


def test_what_is_not_known_has_no_part(done, tmp_path):
    text = vs.study.report(done.table, tmp_path / "report.html").with_suffix(".md").read_text(encoding="utf-8")
    for part in (
        "Which differences are real?",
        "What is found as events",
        "What it costs",
        "Peers at their",
        "Scenario by scenario",
    ):
        assert (part in text) == (part == "Scenario by scenario")


def test_every_table_and_figure_of_results_names_rows_that_exist(page, done):
    links = [attrs for attrs in Parts(page.read_text(encoding="utf-8")).named("a") if "data-metric" in attrs]
    assert len(links) > 10
    pooled = done.table[done.table["seed"].isna()]
    for link in links:
        found = pooled[pooled["metric"] == link["data-metric"]]
        found = found[found["scenario"] == link["data-scenario"]] if link["data-scenario"] else found
        found = found[found["rate"] == float(link["data-rate"])] if link["data-rate"] else found
        assert len(found), link


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
    assert len(files) == page.read_text(encoding="utf-8").count("<svg")
    assert all((page.parent / file).read_text(encoding="utf-8").startswith("<?xml") for file in files)


def test_examples_are_those_of_the_best_detector_found_and_missed(page, done):
    best = ranking(done.table, 4.0)[0]
    twin = page.with_suffix(".md").read_text(encoding="utf-8")
    assert f"what {best} sees at 4 per account-year" in twin
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


def test_a_number_is_rounded_alike_whatever_holds_it():
    assert number(np.float64(0.975)) == number(0.975) == "0.97"  # 0.975 is just below itself


def test_numbers_without_an_interval_say_how_many_are_behind_them():
    assert with_interval({"value": 2.0, "low": np.nan, "high": np.nan, "n": 3}, 1) == "2.0, n = 3"
    assert with_interval({"value": np.nan, "low": np.nan, "high": np.nan, "n": 0}) == "–"
    assert (number(-0.5), number(-0.001)) == ("\u22120.50", "0.00")


def test_a_whole_study_is_written_into_a_folder(tmp_path, monkeypatch):
    module = sys.modules["viewshift.study.write"]
    monkeypatch.setattr(module, "QUICK", SETUP)
    detectors = {"ZScore": vs.detectors.ZScore(), "as people write it": PandasRollingZ()}
    monkeypatch.setattr(module, "default_detectors", lambda: detectors)
    monkeypatch.setattr(module, "SCENARIOS", {name: vs.simulate.SCENARIOS[name] for name in ("story", "clean")})
    path = vs.study.write(tmp_path, quick=True, workers=1, progress=False)
    assert path == tmp_path / "report.html"
    names = {one.name for one in tmp_path.iterdir()}
    tables = {
        "results.csv",
        "results.parquet",
        "results.json",
        "manifest.json",
        "timings.csv",
        *(f"{name}{ending}" for name in ("comparisons", "mean_ranks") for ending in (".csv", ".parquet", ".json")),
    }
    assert names == {"report.html", "report.md", "report_figures", "units", *tables}
    assert set(pd.read_csv(tmp_path / "results.csv")["seed"].dropna()) == {1}
    twin = path.with_suffix(".md").read_text(encoding="utf-8")
    assert "viewshift compare --quick --seeds 1 --out reports" in twin
    assert "| as people write it (peer) |" in twin
    assert "as people write it, the best of the peers" in twin.split("## Ranking")[0]


def test_the_default_study_has_null_controls_offline_detectors_and_all_scenarios():
    detectors = vs.study.default_detectors()
    assert {"Random", "Constant"} <= set(detectors)
    assert [name for name, one in detectors.items() if not one.claims.causal] == ["Pelt, NB, log n"]


@pytest.mark.parametrize(
    ("metric", "value", "tone"),
    [
        ("net_recall", 0.75, "r8"),
        ("net_recall", 1.0, "r10"),
        ("net_recall", -0.004, "r0"),
        ("net_recall", -0.01, "below"),
        ("nab", 64.0, "r6"),
        ("nab", -25.0, "below"),
        ("alarms_over_dial", 1.14, ""),
        ("alarms_over_dial", 2.0, "o3"),
        ("alarms_over_dial", 0.5, "u3"),
        ("alarms_over_dial", 0.0, "u4"),
        ("days_in_alarm", 12.0, ""),
    ],
)
def test_a_cell_has_the_colour_of_its_value(metric, value, tone):
    one = pd.DataFrame({"detector": ["A"], "scenario": "story", "metric": metric, "value": value, "causal": True})
    one = one.assign(seed=pd.NA, rate=1.0, low=value, high=value, n=50, status="ok", error="")
    cell = matrix(arrange(one, ""), ["A"], ["story"], metric, 1.0, "").rows[0][1]
    assert (cell.tone, cell.key) == (tone, value)
