"""Every code block of README and guides runs as it stands, page by page, beside small files; addresses are addresses.

Blocks of a page share names and a folder. A block of text below a block of Python is what that prints.
"""

import importlib
import os
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import matplotlib.pyplot as plt
import polars as pl
import pytest

import contract
from cases import ALL_FOUR, Case

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "samples"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = ("docs/notebooks/", "docs/reference/generated/")  # by building the documentation
GUIDES = {name: page for page in PAGES if not (name := page.relative_to(ROOT).as_posix()).startswith(WRITTEN)}

ELSEWHERE = {
    "README.md": "test_readme.py",  # what it finds and writes is looked at
    "docs/checkin.md": "test_pages.py",  # below: what it writes is looked at
    "docs/cohorts.md": "test_cohorts.py",
    "docs/dask.md": "test_dask.py",
    "docs/gallery.md": "test_gallery.py",  # the pictures are those of the code
    "docs/monitor.md": "test_monitor.py",
    "docs/scale.md": "test_scale.py",
    "docs/spark.md": "test_spark.py",  # on the session that is there
}
"""Pages whose code runs in tests of their own."""

NOT_RUN = {"--smtp mail.example.org": "needs a mail server: test_checkin_smtp.py sends to one"}
"""What is in a block that is not run, and why."""

SMALLER = {
    "docs/detectors/choosing.md": [("viewers(300, 400,", "viewers(40, 400,")],
    "docs/fdr.md": [("viewers(500, 400,", "viewers(100, 400,"), ("viewers(2000, 250,", "viewers(200, 250,")],
    "docs/simulated_viewers.md": [("(1000, 730,", "(20, 730,")],
    "docs/study.md": [("seeds=[1, 2]", "seeds=[1], n_accounts=12, n_days=420, n_reference=30, rates=(4.0,)")],
}
"""Texts of pages that take minutes, and what stands in their place here."""

NEEDS = {"docs/fdr.md": "online_fdr", "docs/peers.md": "pyod", "docs/scale_events.md": "pyarrow"}
"""Packages of others, without which a page is skipped."""


class Block(NamedTuple):
    """A block of code: its language, its text, and what stands between it and the block before."""

    language: str
    code: str
    between: str


def blocks(page: str) -> list[Block]:
    text = GUIDES[page].read_text(encoding="utf-8")
    parts = re.split(r"^```([^`\n]*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [Block(*parts[k + 1 : k + 3], between=parts[k]) for k in range(0, len(parts) - 1, 3)]


def shell(code: str) -> str:
    """Run what a page says in the shell; return what it prints."""
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


WITH_CODE = [page for page in GUIDES if any(block.language in ("python", "sh") for block in blocks(page))]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What pages ask for: an export, an archive, tables of plays and of counts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    first = datetime(2025, 7, 28, 19, tzinfo=UTC)
    starts = [first - timedelta(days=k // 2, hours=k % 2) for k in range(500)]
    rows = [
        f'"Quiet Fields: Season 1: Part {k}","{start.month}/{start.day}/{start:%y}"' for k, start in enumerate(starts)
    ]
    Path("NetflixViewingHistory.csv").write_text("\n".join(["Title,Date", *rows, ""]), encoding="utf-8")
    with zipfile.ZipFile("netflix-report.zip", "w") as archive:
        archive.write(SAMPLES / "ViewingActivity.csv", "CONTENT_INTERACTION/ViewingActivity.csv")
    plays = pl.DataFrame({"account": "a1", "start": starts, "duration": 2700.0, "country": "DE"})
    plays = plays.with_columns(user_id="account", started_at="start")
    plays.write_parquet("plays.parquet")
    Path("plays").mkdir()
    plays.write_parquet("plays/2025.parquet")
    days = sorted({start.date() for start in starts})
    pl.DataFrame({"date": days, "plays": 2}).write_csv("daily.csv")
    return tmp_path


@pytest.mark.parametrize("page", [page for page in WITH_CODE if page not in ELSEWHERE])
def test_the_code_of_the_page_runs(page, folder, capsys):
    if page in NEEDS:
        pytest.importorskip(NEEDS[page])
    names: dict[str, Any] = {}
    printed = None
    for language, code, between in blocks(page):
        for text, smaller in SMALLER.get(page, ()):
            code = code.replace(text, smaller)  # noqa: PLW2901 - what runs is what the page says, but smaller
        if any(mark in code for mark in NOT_RUN):
            continue
        if language == "python":
            exec(compile(code, page, "exec"), names)
        elif language == "sh":
            shell(code)
        elif language == "text" and printed is not None and not between.strip():
            assert code == printed
        printed = capsys.readouterr().out if language == "python" else None
    plt.close("all")


def test_the_check_in_of_the_page_writes_one_letter_and_forgets(folder):
    """Ada is written to, Ben has not opted in; then Ada is forgotten."""
    first, sending, forget, python = [code for _, code, _ in blocks("docs/checkin.md")]
    assert next(iter(NOT_RUN)) in sending
    assert "1 to write to" in shell(first)
    (letter,) = Path("checkin/drafts").iterdir()
    assert "ada@example.org" in letter.read_text(encoding="utf-8")
    assert shell(forget).count("taken out") == 5
    assert list(Path("checkin/drafts").iterdir()) == []
    left = [Path("contacts.csv"), Path("alarms.csv"), *Path("checkin").glob("review.*")]
    assert len(left) == 3
    assert [path for path in left if "v0000003" in path.read_text(encoding="utf-8")] == []
    exec(compile(python, "checkin.md", "exec"), {})
    assert Path("checkin/review.csv").read_text(encoding="utf-8").count("left out") > 20


def test_the_detector_of_the_page_keeps_the_contract(tmp_path, monkeypatch):
    code, entry = (one.code for one in blocks("docs/new_detector.md") if one.language in ("python", "text"))
    (tmp_path / "quantile_ratio.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    case = eval(entry.rstrip(",\n"), {"Case": Case, "vd": importlib.import_module("quantile_ratio")})
    assert case.detector.claims == ALL_FOUR
    for check in contract.ALL_CHECKS.values():
        check(case, contract.Draw(seed=1))


def test_no_block_is_of_a_language_that_nobody_runs():
    other = {(page, one.language) for page in GUIDES for one in blocks(page) if not one.language.startswith("{")}
    assert {language for _, language in other} == {"python", "sh", "text", "toml"}
    assert {page for page, language in other if language == "toml"} == {"docs/new_detector.md", "docs/study.md"}


def test_exceptions_are_needed():
    """Pages that run elsewhere do, and nothing is left out or made smaller that is not there."""
    for page, file in ELSEWHERE.items():
        assert page in WITH_CODE
        tested = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert Path(page).stem.lower() in tested.lower()
        assert re.search(r"exec\(|run\(", tested)
    everything = "".join(page.read_text(encoding="utf-8") for page in GUIDES.values())
    assert [mark for mark in NOT_RUN if everything.count(mark) != 1] == []
    smaller = [(page, text) for page, texts in SMALLER.items() for text, _ in texts]
    assert [text for page, text in smaller if text not in GUIDES[page].read_text(encoding="utf-8")] == []


def test_links_to_elsewhere_are_addresses():
    """Whether they still lead there is for `make links`, since tests do not need the network."""
    odd = []
    for page, file in GUIDES.items():
        for address in re.findall(r"https?://[^\s<>\"'`\]]+", file.read_text(encoding="utf-8")):
            parts = urlsplit(address.rstrip(").,;:"))
            if parts.scheme != "https" or not re.fullmatch(r"([A-Za-z0-9-]+\.)+[A-Za-z]{2,}", parts.netloc):
                odd.append((page, address))
    assert odd == []


def test_digital_object_identifiers_are_some():
    texts = [*GUIDES.values(), *(ROOT / "src").rglob("*.py")]
    named = [
        (p.name, found) for p in texts for found in re.findall(r"doi:\s*(\S*)", p.read_text(encoding="utf-8"), re.I)
    ]
    assert len(named) > 20
    assert [one for one in named if not re.fullmatch(r"10\.\d{4,9}/[^\s,;]+[^\s,;.]\W*", one[1])] == []
