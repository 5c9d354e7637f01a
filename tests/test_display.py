"""What a notebook shows: short, escaped, in the page's own colours, and nobody's name or title."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import polars as pl
import pytest

import viewshift as vs
from viewshift.reading import ReadingReport

NAME = "<i>Ada & Co</i>"
DAYS = np.random.default_rng(2).poisson(2.0, size=(2, 120)).astype(float)
DAYS[0, :30] = np.nan


def panel(**more):
    return vs.Panel({"epi<sodes": DAYS, "episodes": DAYS}, accounts=[NAME, "other"], start="2024-01-01", **more)


def plays():
    rows = {
        "account": [NAME, NAME, "other"],
        "date": ["2024-01-01", "2024-01-02", "soon"],
        "title": ["<b>Tide</b>"] * 3,
    }
    return vs.read_table(pl.DataFrame(rows))


SHOWN = {
    "panel": panel,
    "rule": vs.default_rule,
    "new rule": lambda: vs.AlarmRule(vs.detectors.Cusum()),
    "monitor": lambda: vs.default_rule().monitor(panel()),
    "report": lambda: plays().report,
}


def cells(thing):
    """Rows of the table that a notebook shows, as text; fails unless the HTML is well formed."""
    root = ET.fromstring(thing._repr_html_())
    return {row[0].text: row[1].text for row in root.iter("tr")}


@pytest.mark.parametrize("name", SHOWN)
def test_html_is_well_formed_short_escaped_and_without_colour_or_names(name):
    html = SHOWN[name]()._repr_html_()
    ET.fromstring(html)
    assert len(html) < 2000
    assert not re.search(r"colou?r|background|<script|Ada|other|Tide|<i>|<b>", html)


def test_a_panel_tells_its_size_and_each_measure():
    found = cells(panel(exposure=np.ones(DAYS.shape)))
    assert found["days"] == "2024-01-01 to 2024-04-29"
    assert found["observed"] == "87.5% of 240 account-days"
    assert found["epi<sodes"] == f"{np.nanmean(DAYS):.2f} on an observed day, at most {np.nanmax(DAYS):g}"
    assert found["exposure"] == "day factors"
    assert "exposure" not in cells(panel())
    title = ET.fromstring(panel()._repr_html_())[0].text
    assert title == "Panel of 2 accounts x 120 days"


@pytest.mark.parametrize("shape", [(0, 3), (1, 0)])
def test_an_empty_panel_has_no_day(shape):
    empty = vs.Panel({"episodes": np.ones(shape)}, accounts=["a"][: shape[0]], start="2024-01-01")
    assert cells(empty)["episodes"] == "no day"


def test_a_rule_tells_its_dial_and_its_promise():
    rule = vs.default_rule(per_account_year=1)
    found, promise = cells(rule), rule.promise()
    assert found["detector"] == repr(rule.detector)
    assert found["alarms per account-year"] == "1"
    assert found["threshold"].startswith(f"surprise {rule.threshold_:.2f}, one account-day in ")
    assert f"({promise['low']:.2g}-{promise['high']:.2g})" in found["in the reference"]
    assert cells(vs.AlarmRule(vs.detectors.Cusum()))["fitted on"] == "nothing yet"


def test_a_monitor_counts_what_is_open():
    values = DAYS.copy()
    values[1, -5:] = 40
    monitor = vs.default_rule().monitor(vs.Panel({"episodes": values}, accounts=["a", "b"], start="2024-01-01"))
    assert cells(monitor)["open alarms"] == "1" == str(len(monitor.alarms()))
    assert cells(monitor)["last day"] == "2024-04-29"


def test_a_report_shows_what_its_text_says():
    report = plays().report
    assert repr(report) == str(report)
    found = cells(report)
    for name, text in found.items():
        assert f"  {name}: {text}" in str(report).splitlines()
    assert found["rows"] == "3 read, 2 kept"
    assert len(found) == len(str(report).splitlines()) - 1


def test_texts_of_a_file_are_escaped_and_lose_control_characters():
    """What a terminal or a browser would obey may stand in names of files and columns."""
    told = {"not_used": ("a<b>&c", "\x07"), "oddities": ("<script>",)}
    report = ReadingReport(source="a\x1b[2J.csv", kind="table", rows=0, kept=0, **told)
    for text in (repr(report), report._repr_html_()):
        assert {"\x1b", "\x07"}.isdisjoint(text)
        assert "a\N{REPLACEMENT CHARACTER}[2J.csv" in text
    assert cells(report)["columns not used"] == "a<b>&c, \N{REPLACEMENT CHARACTER}"
    assert cells(report)["odd"] == "<script>"
    assert "<script>" not in report._repr_html_()
