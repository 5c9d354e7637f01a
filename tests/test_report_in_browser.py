"""The report in a real browser: it sorts, filters, tells values, and can be read in light, in dark and on paper.

Debian's Chromium, headless, driven over its own protocol. Where it is missing these tests are skipped, but never in
continuous integration, which installs it.
"""

import os
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import sync_playwright

import viewshift as vs
from refusing import Refusing
from viewshift.study.run import conduct
from viewshift.study.setup import Setup

CHROMIUM = shutil.which("chromium")
ALONE = ["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--disable-gpu"]
WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 420, "height": 800}
PATIENCE = 120_000
"""Milliseconds that a step may take where the machine is busy with other things."""
PAPER = {"width": 688, "height": 900}
"""A4 with margins of 14 mm, in CSS pixels."""

pytestmark = pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="needs Chromium on the path")

CONTRAST = """() => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const bright = (colour) => {
    const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgba(colour).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (rgba(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !one.checkVisibility() || one.closest("script, .skip")) continue;
    const style = getComputedStyle(one);
    const both = [bright(one.closest("svg") ? style.fill : style.color), bright(behind(one))];
    const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    found.push([ratio, one.tagName, one.getAttribute("class"), walk.currentNode.data.trim().slice(0, 20)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A report with failed runs, missing values, many scenarios, long names and examples."""
    detectors = {"ZScore": vs.detectors.ZScore(), "Random": vs.detectors.Random(), "Fails, sometimes": Refusing()}
    setup = Setup(n_accounts=12, n_days=420, n_reference=30, population="sessions", rates=(4.0, 2.0))
    done = conduct(detectors, ["story", "going_quiet", "outage"], [1], setup=setup, out=None, progress=False)
    story = done.table[done.table["scenario"] == "story"]
    table = pd.concat(
        [done.table, *(story.assign(scenario=f"a_rather_long_name_{k}") for k in range(22))], ignore_index=True
    )
    gone = (table["detector"] == "Fails, sometimes") & (table["scenario"] == "mean")
    table.loc[gone, ["value", "low", "high", "status", "error"]] = [np.nan, np.nan, np.nan, "failed", "no, not always"]
    file = tmp_path_factory.mktemp("browser") / "report.html"
    parameters = {name: f"{detector!r}, {'and so on, ' * 20}" for name, detector in detectors.items()}
    timings = done.timings.assign(accounts_per_second=[9000.0, 80.0, 700.0])
    known = {"timings": timings, "examples": done.examples, "setup": setup, "parameters": parameters}
    return vs.study.report(table, file, command=f"viewshift compare {'--seeds 1 ' * 30}", **known)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=CHROMIUM, args=ALONE, chromium_sandbox=False, timeout=PATIENCE
        )
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, path):
    """Open the report; what the console had to say, or was asked for over the network, fails the test."""
    said, pages = [], []

    def open_page(viewport, **settings):
        page = browser.new_page(viewport=viewport, **settings)
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or said.append(request.url))
        page.set_default_timeout(PATIENCE)
        page.goto(path.as_uri())
        page.wait_for_selector("#results-table tbody tr")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert said == []


def column(page, table, k):
    return page.eval_on_selector_all(f"{table} tbody tr", f"rows => rows.map(row => row.cells[{k}].textContent)")


def test_tables_sort_by_numbers_and_by_words_with_what_is_missing_last(opened):
    page = opened(WIDE)
    table = "section:has(#ranking) table"
    before = column(page, table, 1)
    assert before[-1] == "failed"
    for way, expected in {"descending": sorted(before[:-1], reverse=True), "ascending": sorted(before[:-1])}.items():
        page.click(f"{table} th:nth-child(2) button")
        assert page.get_attribute(f"{table} th:nth-child(2)", "aria-sort") == way
        assert column(page, table, 1) == [*expected, "failed"]
    page.click(f"{table} th:nth-child(1) button")
    assert column(page, table, 0) == ["Fails, sometimes", "Random control", "ZScore"]
    assert page.get_attribute(f"{table} th:nth-child(1)", "aria-sort") == "ascending"
    assert page.locator(f"{table} th[aria-sort]").count() == 1


def test_numbers_sort_as_numbers_and_not_as_words(opened):
    page = opened(WIDE)
    table = "section:has(#what-it-costs) table"
    page.locator(f"{table} th").nth(2).locator("button").click()
    assert column(page, table, 2) == ["9,000", "700", "80"]


def test_results_are_filtered_sorted_and_found_from_the_table_that_shows_them(opened):
    page = opened(WIDE)
    page.click("section:has(#by-scenario) a[data-metric=net_recall] >> nth=0")
    assert set(column(page, "#results-table", 5)) == {"net_recall"}
    assert set(column(page, "#results-table", 4)) == {"4"}
    assert page.evaluate("document.activeElement.id") == "results"
    page.select_option("#filters select >> nth=1", "going_quiet")
    assert "3 of " in page.inner_text("#results-count")
    page.click("#results-table th:nth-child(7) button")
    values = column(page, "#results-table", 6)
    assert [float(value) for value in values] == sorted(map(float, values), reverse=True)
    page.select_option("#filters select >> nth=0", "*")
    page.select_option("#filters select >> nth=1", "*")
    page.select_option("#filters select >> nth=2", "*")
    assert page.locator("#results-table tbody tr").count() == 100
    page.click("#more")
    assert page.locator("#results-table tbody tr").count() == 200


def test_values_are_told_under_the_pointer_and_by_keys(opened):
    page = opened(WIDE)
    tip = page.locator("#tip")
    page.hover(".matrix td[data-tip] >> nth=0")
    assert tip.is_visible()
    assert re.fullmatch(r"ZScore, story: \d\.\d\d \(\d\.\d\d to \d\.\d\d\)", tip.inner_text())
    figure = page.locator("[data-marks]").nth(1)
    figure.focus()
    page.keyboard.press("ArrowRight")
    first = tip.inner_text()
    page.keyboard.press("ArrowRight")
    assert tip.is_visible()
    assert "episodes, usual up to" in first
    assert tip.inner_text() > first  # the next day
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    figure.hover()
    assert "surprise" in tip.inner_text()


def test_all_can_be_reached_by_keyboard(opened):
    page = opened(WIDE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    reached = set()
    for _ in range(30):
        one = page.evaluate(
            "(() => { const a = document.activeElement; return [a.tagName, getComputedStyle(a).outlineStyle]; })()"
        )
        reached.add(one[0])
        assert one[1] == "solid"
        page.keyboard.press("Tab")
    assert {"BUTTON", "DIV", "A"} <= reached
    fold = page.locator("details").nth(1)
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.get_attribute("open") is not None


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1400", "420"])
def test_the_page_never_scrolls_sideways_and_shows_its_figures(opened, viewport):
    page = opened(viewport, has_touch=viewport is NARROW)
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    outside = """all => all.filter(one => !one.closest('.wide, .drawing, pre, .skip, #tip') && one.checkVisibility()
        && one.getBoundingClientRect().right > innerWidth).map(one => one.outerHTML.slice(0, 80))"""
    assert page.eval_on_selector_all("body *:not(svg *)", outside) == []
    boxes = page.eval_on_selector_all("figure svg", "all => all.map(one => [one.clientWidth, one.clientHeight])")
    assert len(boxes) > 3
    assert min(width for width, _ in boxes) > 0.8 * min(420, viewport["width"])
    assert min(height for _, height in boxes) > 100
    letters = page.eval_on_selector_all("figure svg text", "all => all.map(one => one.getBoundingClientRect().height)")
    assert min(letters) > 8


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(opened, scheme):
    page = opened(WIDE, color_scheme=scheme)
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    tones = [*(f"r{k}" for k in range(11)), *(f"{way}{k}" for way in "ou" for k in range(1, 5)), "below"]
    cells = "".join(f"<td class='{tone}'>.50</td>" for tone in tones)
    page.evaluate(f"document.querySelector('.matrix tbody').insertAdjacentHTML('beforeend', `<tr>{cells}</tr>`)")
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    found = page.evaluate(CONTRAST)
    assert {"BUTTON", "P", "TD", "text"} <= {tag for _, tag, *_ in found}
    assert [one for one in found if one[0] < 4.5] == []


def test_on_paper_all_is_open_light_and_within_the_sheet(opened):
    page = opened(PAPER, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    shown = page.eval_on_selector_all("details table", "all => all.map(one => one.checkVisibility())")
    assert len(shown) > 20
    assert all(shown)
    cut = """all => all.filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth)
        .map(one => one.outerHTML.slice(0, 80))"""
    assert page.eval_on_selector_all("table, figure, p, pre", cut) == []
    assert page.locator("nav").is_hidden()
    assert page.locator("#filters").is_hidden()
    for event, n_closed in {"beforeprint": 0, "afterprint": len(shown) - 2}.items():  # two parts begin open
        page.evaluate(f"dispatchEvent(new Event('{event}'))")
        assert page.locator("details:not([open])").count() == n_closed
