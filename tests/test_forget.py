"""`viewshift forget`: nothing of the account stays, the others stay as they are, all files or none."""

import copy
import json
import re
import sys
from datetime import timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

import viewshift as vs
from letters import NOON, alarm, contact, made
from viewshift import cli
from viewshift.checkin import Ledger

CSV = (
    b"\xef\xbb\xbfaccount;day;note\r\nada;2025-01-01;x\r\n"
    b'ben;2025-01-01;"of;ada\r\n""ada"""\r\n"ada";2025-01-02;\r\nben;1,50;\r\n'
)
KEPT = b'\xef\xbb\xbfaccount;day;note\r\nben;2025-01-01;"of;ada\r\n""ada"""\r\nben;1,50;\r\n'


@pytest.fixture
def run(monkeypatch, capsys):
    def _run(*arguments):
        monkeypatch.setattr(sys, "argv", ["viewshift", "forget", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = capsys.readouterr()
        return left.value.code or 0, printed.out, printed.err

    return _run


@pytest.fixture(scope="module")
def monitor():
    rule = vs.AlarmRule(vs.detectors.ZScore()).fit(vs.simulate.viewers(30, 150, seed=1))
    panel = vs.simulate.viewers(3, 120, seed=2)
    return rule.monitor(vs.Panel(dict(panel.measures), accounts=["ada", "ben", "cy"], start=panel.start))


@pytest.fixture
def files(tmp_path, monitor):
    """Every kind of file that knows ada and ben."""
    (tmp_path / "days.csv").write_bytes(CSV)
    rows = [{"account": name, "value": value} for name in ("ada", "ben") for value in (0.1, None, 3.0)]
    pl.DataFrame([*rows, {"account": None, "value": 7.0}]).write_parquet(tmp_path / "days.parquet")
    pl.DataFrame(rows).write_json(tmp_path / "rows.json")
    (tmp_path / "alarms.json").write_text(json.dumps({"file": "x", "alarms": rows}, indent=2), encoding="utf-8")
    monitor.save(tmp_path / "monitor.vs")
    people = ["ada", "ben"]
    with Ledger(tmp_path / "checkin" / "ledger.jsonl") as ledger:
        made(ledger, [alarm(name) for name in people], [contact(name) for name in people]).save(tmp_path / "checkin")
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}


def everything(folder):
    return ["days.csv", "days.parquet", "rows.json", "alarms.json", "monitor.vs", "checkin"]


def test_nothing_of_the_account_stays_and_the_others_stay_as_they_are(run, files):
    drafts = {path: path.read_bytes() for path in files.glob("checkin/drafts/*.eml")}
    code, out, err = run("ada", *[files / name for name in everything(files)])
    assert (code, err) == (0, "")
    for name in (
        "days.csv: 2 rows",
        "days.parquet: 3 rows",
        "alarms.json: 3 rows",
        "ledger.jsonl: 1 line",
        "monitor.vs: the account",
    ):
        assert name in out
    for path, content in contents(files).items():
        if path.suffix not in (".vs", ".parquet") and path.name != "days.csv":
            assert not re.search(rb"\bada\b", content), path
    assert (files / "days.csv").read_bytes() == KEPT
    assert pl.read_parquet(files / "days.parquet").rows() == [("ben", 0.1), ("ben", None), ("ben", 3.0), (None, 7.0)]
    left = [{"account": "ben", "value": value} for value in (0.1, None, 3.0)]
    assert json.loads((files / "rows.json").read_text(encoding="utf-8")) == left
    assert json.loads((files / "alarms.json").read_text(encoding="utf-8")) == {"file": "x", "alarms": left}
    assert vs.load_monitor(files / "monitor.vs").accounts.tolist() == ["ben", "cy"]
    (draft,) = files.glob("checkin/drafts/*.eml")
    assert draft.read_bytes() == drafts[draft]
    assert b"ben@example.org" in drafts[draft]
    assert not (files / "checkin" / "review.html").exists()


def test_the_monitor_of_the_others_goes_on_as_if_nothing_had_been(run, files, monitor):
    run("ada", files / "monitor.vs")
    measures = {name: np.full((2, 1), 3.0) for name in vs.simulate.viewers(1, 1, seed=0).measures}
    day = vs.Panel(measures, accounts=["ben", "cy"], start=monitor.last_day + 1)
    kept, whole = vs.load_monitor(files / "monitor.vs"), copy.deepcopy(monitor)
    for one in (kept, whole):
        one.update(day)
    pd.testing.assert_series_equal(kept.surprise, whole.surprise.drop("ada"), check_exact=True)
    assert kept.surprise.notna().all()


def test_forgetting_leads_to_no_new_letter(run, files):
    """Neither about an alarm so far nor within the cool-down; later, somebody who opted in is a new contact."""
    run("ada", files / "checkin")
    path = files / "checkin" / "ledger.jsonl"
    forgotten = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    assert set(forgotten) == {"event", "who", "at", "keep_out"}
    with Ledger(path) as ledger:
        today = ledger.forgotten("ada").at
        assert ledger.forgotten("ben") is None
        for later, written in ((1, 0), (89, 0), (90, 1)):
            now = today + timedelta(days=later)
            fresh = alarm("ada", days_ago=(NOON.date() - now.date()).days)
            drafts = made(ledger, [fresh], [contact("ada")], now=now, quiet_hours="00:00-00:00")
            assert len(drafts.messages) == written, later
        old = alarm("ada", days_ago=(NOON.date() - today.date()).days)
        drafts = made(ledger, [old], [contact("ada")], now=today, cool_down=0, quiet_hours="00:00-00:00")
        assert not drafts.messages


def test_who_asks_to_be_left_alone_is_left_alone_for_good(run, files):
    assert run("dan", files / "checkin", "--keep-out")[0] == 0
    with Ledger(files / "checkin" / "ledger.jsonl") as ledger:
        later = NOON + timedelta(days=4000)
        drafts = made(ledger, [alarm("dan", days_ago=-4000)], [contact("dan")], now=later)
        assert drafts.review["reason"].tolist() == ["asked not to be written to"]
    assert "dan" not in (files / "checkin" / "ledger.jsonl").read_text(encoding="utf-8")


def test_an_unknown_account_is_said_to_be_in_none(run, files):
    before = contents(files)
    code, out, err = run("zoe", *[files / name for name in everything(files)])
    assert (code, out) == (cli.INCOMPLETE, "")
    assert err == "The account is in none of 10 files; nothing was changed.\n"
    assert contents(files) == before


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("other.csv", b"name,day\nada,1\n", "must have the column 'account' (--column), it has 'name', 'day'"),
        ("bad.json", b"{", "must hold JSON"),
        ("bad.parquet", b"PAR1", "must be a Parquet table"),
        ("bad.vs", b"PK", "must be a monitor, a table"),
        ("bad.jsonl", b"{}\n", "line 1 must be that of a ledger"),
        ("absent.csv", None, "must be a file"),
    ],
)
def test_one_file_that_cannot_be_read_leaves_all_as_they_are(run, files, name, content, sentence):
    if content is not None:
        (files / name).write_bytes(content)
    before = contents(files)
    code, out, err = run("ada", *[files / each for each in everything(files)], files / name)
    assert (code, out) == (cli.BAD_INPUT, "")
    assert sentence in err
    assert len(err.splitlines()) == 1
    assert contents(files) == before


@pytest.mark.parametrize("failing", ["write", "delete"])
def test_a_disk_that_fails_midway_leaves_all_as_they_are(run, files, monkeypatch, failing):
    before = contents(files)

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    if failing == "write":
        monkeypatch.setattr("viewshift.monitor.Monitor.save", fail)
    else:
        monkeypatch.setattr("pathlib.Path.replace", fail)
        monkeypatch.setattr("viewshift._files.os.replace", fail, raising=False)
    code, _, err = run("ada", *[files / name for name in everything(files) if failing == "write" or name != "checkin"])
    assert code == cli.BAD_INPUT
    assert "No space left" in err
    assert contents(files) == before


def test_a_column_of_another_name_and_a_formula_for_a_name(run, tmp_path):
    (tmp_path / "a.csv").write_text("Profile Name,x\n'=1+1,1\n=1+1,2\nada,3\n", encoding="utf-8")
    pl.DataFrame({"Profile Name": [7, 8], "x": [1, 2]}).write_parquet(tmp_path / "b.parquet")
    assert run("=1+1", tmp_path / "a.csv", "--column", "profile name")[0] == 0
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "Profile Name,x\nada,3\n"
    assert run("7", tmp_path / "b.parquet", "--column", "Profile Name")[0] == 0
    assert pl.read_parquet(tmp_path / "b.parquet").rows() == [(8, 2)]


def test_keep_out_needs_a_ledger(run, files):
    code, _, err = run("ada", files / "days.csv", "--keep-out")
    assert code == cli.BAD_INPUT
    assert err.startswith("--keep-out must come with a ledger")
    assert (files / "days.csv").read_bytes() == CSV
