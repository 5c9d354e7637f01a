"""The pages on check-ins and consent run as they stand, beside small files; what would send is left out."""

import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest

import viewshift as vs
from letters import contact
from viewshift import cli

DOCS = Path(__file__).resolve().parent.parent / "docs"


def blocks(page, language):
    return re.findall(
        rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Days of three viewers, one of whom is called ada, and what is known of them elsewhere."""
    monkeypatch.chdir(tmp_path)
    panel = vs.simulate.SCENARIOS["story"].sample(3, 200, seed=1)[0]
    panel = vs.Panel(dict(panel.measures), accounts=["ada", "ben", "cy"], start=panel.start)
    for name in ("days.parquet", "binge.parquet"):
        panel.to_frame().to_parquet(name, index=False)
    pd.DataFrame([contact("ada"), contact("ben")]).to_csv("contacts.csv", index=False)
    vs.default_rule().monitor(panel).save("monitor.vs")
    return tmp_path


def test_the_shell_of_the_page_runs(folder, monkeypatch, capsys):
    lines = "".join(blocks("checkin.md", "sh")).replace("\\\n", " ").splitlines()
    commands = [shlex.split(line) for line in lines if line.startswith("viewshift") and "--smtp" not in line]
    assert [words[1] for words in commands] == ["detect", "checkin", "forget"]
    for words in commands:
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert not left.value.code, capsys.readouterr().err
    assert "monitor.vs: the account taken out" in capsys.readouterr().out
    left = (folder / "contacts.csv").read_bytes() + (folder / "checkin" / "review.csv").read_bytes()
    assert not re.search(rb"\bada\b", left)


def test_the_python_of_the_pages_runs(folder, capsys):
    for page in ("checkin.md", "consent.md"):
        for block in blocks(page, "python"):
            exec(block, {})
    assert "99% of letters" in capsys.readouterr().out
    assert pd.read_csv(folder / "checkin" / "review.csv")["reason"].notna().all()
