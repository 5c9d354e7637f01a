"""What holds for all commands: documented help, examples, JSON, exit codes; quiet ends; completion; harmless words."""

import importlib.util
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numba
import pandas as pd
import pytest

import viewshift as vs
from letters import alarm, contact
from viewshift import cli
from viewshift._checks import check_choice
from viewshift._progress import progress_bar
from viewshift.cli.commands import COMMANDS
from viewshift.cli.options import DATE_ORDERS, POPULATIONS, SCENARIOS
from viewshift.cli.terminal import say_when_compiling
from viewshift.local_days import check_tz
from viewshift.readers._dates import ORDERS
from viewshift.simulate.viewers import POPULATIONS as KNOWN_POPULATIONS

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "command_line.md").read_text(encoding="utf-8")
MAIN = "import sys; from viewshift.cli import main; sys.argv[0] = 'viewshift'; main()"
NAMES = [command.__name__ for command, _ in COMMANDS]
DONE, FAULT, REFUSED, INCOMPLETE, INTERRUPTED, NO_READER = 0, 1, 2, 3, 130, 141


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Where the examples find the files that they name."""
    monkeypatch.chdir(tmp_path)
    days = [f"{day.month}/{day.day}/{day:%y}" for day in vs.simulate.viewers(1, 90, start="2025-05-01").days.tolist()]
    rows = [f'"Low Tide: Season 1: Part {n}","{day}"' for n, day in enumerate(days)]
    Path("NetflixViewingHistory.csv").write_text("\n".join(["Title,Date", *rows[::-1]]) + "\n", encoding="utf-8")
    head = (
        "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark"
    )
    plays = [f"Ada,2025-05-{day:02d} 20:00:00,00:40:00,,Low Tide: Part {day},,TV,0,0,DE" for day in range(1, 30)]
    Path("ViewingActivity.csv").write_text("\n".join([f"{head},Country", *plays]) + "\n", encoding="utf-8")
    pd.DataFrame([alarm("ada") | {"detected": date.today()}]).to_csv("alarms.csv", index=False)
    pd.DataFrame([contact("ada", tz=None)]).to_csv("contacts.csv", index=False)
    Path("checkin").mkdir()
    Path("checkin/ledger.jsonl").write_text('{"ledger": 1, "key": "00"}\n', encoding="utf-8")
    Path("study.toml").touch()
    Path("counts").mkdir()
    return tmp_path


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a line in this process, a study aside; return exit code, output and errors."""
    monkeypatch.setattr("viewshift.study.write", lambda out, **_: out / "report.html")
    monkeypatch.setattr("viewshift.cli.terminal.when_compiling", lambda say: None)

    def _run(line):
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = capsys.readouterr()
        return left.value.code or DONE, printed.out, printed.err

    return _run


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def besides(err):
    """Lines of errors but notes, and that kernels are compiled: a cache that others write to may have to be anew."""
    return [line for line in err.splitlines() if not line.startswith(("Note:", "Compiling"))]


def test_the_page_shows_the_help_of_today():
    maker = importlib.util.spec_from_file_location("make_command_line", DOCS / "make_command_line.py")
    module = importlib.util.module_from_spec(maker)
    maker.loader.exec_module(module)
    assert re.findall(r"^Usage: viewshift (\w+)", PAGE, flags=re.MULTILINE) == NAMES
    assert module.with_help(PAGE) == PAGE, "run `python docs/make_command_line.py`"


@pytest.mark.parametrize("example", [example for _, examples in COMMANDS for example in examples])
def test_examples_of_the_help_run(run, folder, example):
    code, out, err = run(example)
    assert code == DONE, err
    assert out
    words = shlex.split(example)
    if words[1] != "compare" and "--out" in words:
        assert (folder / words[words.index("--out") + 1]).stat().st_size


def documented_keys(command):
    section = PAGE.split(f"## viewshift {command}\n")[1].split("\n## ")[0]
    table = section.split("| key of `--json`")[1]
    return [
        key for row in re.findall(r"^\| (`.*?) \|", table, flags=re.MULTILINE) for key in re.findall(r"`(\w+)`", row)
    ]


LINES = {
    "detect": "NetflixViewingHistory.csv --until 2025-07-31",
    "daily": "NetflixViewingHistory.csv --until 2025-07-31",
    "simulate": "--out p.csv --accounts 2 --days 90 --scenario story",
    "compare": "--quick --out reports",
    "checkin": "alarms.csv --contacts contacts.csv --out checkin",
    "forget": "ada contacts.csv",
}


@pytest.mark.parametrize("command", NAMES)
def test_json_is_one_document_of_the_documented_keys(run, folder, command):
    code, out, err = run(f"viewshift {command} {LINES[command]} --json")
    assert (code, err) == (DONE, "")
    assert list(json.loads(out)) == documented_keys(command)
    assert out.isascii()


def test_json_of_detect_is_the_json_that_it_writes(run, folder):
    out = run("viewshift detect NetflixViewingHistory.csv --until 2025-07-31 --json --out a.json")[1]
    assert out == (folder / "a.json").read_text(encoding="utf-8")


def test_json_of_daily_holds_the_days(run, folder):
    panel = vs.read("NetflixViewingHistory.csv").daily(until="2025-07-31")
    days = json.loads(run("viewshift daily NetflixViewingHistory.csv --until 2025-07-31 --json")[1])["days"]
    assert [row["day"] for row in days] == [str(day) for day in panel.days]
    assert [row["episodes"] for row in days] == panel["episodes"][0].tolist()


def test_json_of_simulate_names_the_truth_beside(run, folder):
    told = json.loads(run("viewshift simulate --out p.csv --accounts 3 --days 200 --scenario story --json")[1])
    assert (told["out"], told["truth"], told["events"]) == ("p.csv", "p.truth.csv", 3)
    assert json.loads(run("viewshift simulate --out p.csv --accounts 3 --days 20 --json")[1])["truth"] is None


@pytest.mark.parametrize("command", NAMES)
def test_json_of_what_is_refused_is_empty(run, folder, command):
    code, out, err = run(f"viewshift {command} {LINES[command]} --json --quickly")
    assert (code, out) == (REFUSED, "")
    assert re.fullmatch(rf"No such option: --quickly.*\. See viewshift {command} --help\.\n", err)


def test_a_fault_is_told_in_one_line_and_by_its_own_code(run, folder, monkeypatch):
    def fail(*_, **__):
        raise KeyError("what\nnobody\x1b[31m thought of")

    monkeypatch.setattr("viewshift.study.write", fail)
    code, out, err = run("viewshift compare")
    assert (code, out) == (FAULT, "")
    assert len(err.splitlines()) == 1
    assert "please report it: KeyError" in err
    assert "test_command_line.py, line " in err
    monkeypatch.setenv("VIEWSHIFT_TRACEBACK", "1")
    with pytest.raises(KeyError):
        cli.main()


def test_every_exit_code_is_documented():
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, flags=re.MULTILINE)}
    assert told == {DONE, cli.FAULT, cli.BAD_INPUT, cli.INCOMPLETE, cli.INTERRUPTED, cli.NO_READER}


@pytest.mark.skipif(os.name == "nt", reason="signals and pipes of POSIX")
@pytest.mark.parametrize("arguments", [["--help"], ["detect", "NetflixViewingHistory.csv"], ["--version"]])
def test_a_reader_who_goes_away_is_left_quietly(folder, arguments):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = start(*arguments, env=environment)
    process.stdout.close()
    with process.stderr:
        err = process.stderr.read()
    assert process.wait() == NO_READER
    assert besides(err) == []


@pytest.mark.skipif(os.name == "nt", reason="signals and pipes of POSIX")
def test_ctrl_c_ends_quietly(folder):
    """A study would take minutes; it is interrupted as a terminal does it, all its processes at once."""
    text = (
        "accounts = 20\ndays = 420\nreference = 40\nseeds = [%s]\n[detectors]\nZScore = {}\n[scenarios]\nclean = {}\n"
    )
    Path("study.toml").write_text(text % ", ".join(map(str, range(200))), encoding="utf-8")
    process = start("compare", "--config", "study.toml", "--out", "mine", "--workers", "2", start_new_session=True)
    deadline = time.monotonic() + 300
    while len(list(folder.glob("mine/units/*.unit"))) < 3 and time.monotonic() < deadline:  # both are at work
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out, besides(err)) == (INTERRUPTED, "", [])


@pytest.mark.parametrize(("term", "shown"), [("xterm", True), ("dumb", False)])
def test_a_bar_moves_only_where_a_cursor_can(monkeypatch, term, shown, capsys):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress_bar(2, None, "working") as step:
        step("simulating")
    assert ("simulating" in capsys.readouterr().err) == shown


def test_compiling_is_told_on_the_error_stream_in_one_line_wherever_it_goes(capsys):
    say_when_compiling()
    assert [numba.njit(lambda x, n=n: n * x)(2) for n in (2, 3)] == [4, 6]
    assert capsys.readouterr().err == "Compiling for this machine, once: about a minute.\n"


def test_a_machine_compiles_once(folder):
    """A later process reads all kernels from the cache; a few may go, since other tests write to it meanwhile."""
    for _ in range(8):
        process = start("detect", "NetflixViewingHistory.csv", "--until", "2025-07-31")
        _, err = process.communicate(timeout=600)
        assert process.returncode == DONE, err
        if "Compiling" not in err:
            return
    raise AssertionError(err)


COMPLETIONS = [
    ("viewshift de", ["detect"]),
    ("viewshift detect --per", ["--per-account-year"]),
    ("viewshift detect --tz Europe/Berl", ["Europe/Berlin"]),
    ("viewshift daily --date-order y", ["y/m/d"]),
    ("viewshift simulate --scenario surge", ["surge_3d", "surge_7d"]),
    ("viewshift simulate --population m", ["markov"]),
]


@pytest.mark.parametrize(("line", "offered"), COMPLETIONS)
def test_a_shell_completes(monkeypatch, capsys, line, offered):
    monkeypatch.setenv("_VIEWSHIFT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    monkeypatch.setattr(sys, "argv", ["viewshift"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == DONE
    assert capsys.readouterr().out.split() == offered


def test_completion_is_installed_for_bash(monkeypatch, tmp_path):
    """With typer's own option, into a home of its own; bash itself then completes."""
    environment = {**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    process = start("--install-completion", "bash", env=environment)
    out, err = process.communicate(timeout=300)
    assert process.returncode == DONE, err
    (script,) = [path for path in tmp_path.rglob("*viewshift*") if path.is_file()]
    assert str(script) in out
    assert "_VIEWSHIFT_COMPLETE=complete_bash" in script.read_text(encoding="utf-8")


def test_names_that_a_shell_offers_are_those_that_are_known():
    assert tuple(vs.simulate.SCENARIOS) == SCENARIOS
    assert tuple(KNOWN_POPULATIONS) == POPULATIONS
    assert set(ORDERS) == set(DATE_ORDERS)


@pytest.mark.parametrize(
    ("value", "end"),
    [
        ("storey", "got 'storey'; did you mean 'story'?"),
        ("STORY", "got 'STORY'; did you mean 'story'?"),
        ("elephants", "got 'elephants'."),
        (7, "got 7."),
    ],
)
def test_the_choice_that_was_probably_meant_is_named(value, end):
    with pytest.raises(ValueError, match="`scenario` must be one of") as refused:
        check_choice("scenario", value, ("story", "drift"))
    assert str(refused.value).endswith(end)


def test_the_time_zone_that_was_probably_meant_is_named():
    with pytest.raises(ValueError, match=r"got 'berlin'; did you mean 'Europe/Berlin'\?$"):
        check_tz("tz", "berlin")
    with pytest.raises(ValueError, match=r"got 'Mars/Phobos'\.$"):
        check_tz("tz", "Mars/Phobos")


def test_what_is_refused_cannot_steer_a_terminal(run, folder):
    """Neither a name of the file nor one of an account nor a value, in whatever sentence it is told."""
    hostile = "\x1b[31m\x9b2Jred\u202e\nline"
    Path(f"{hostile}.csv").write_text("fruit,price\napple,1\n", encoding="utf-8")
    for line in (
        f"viewshift detect {shlex.quote(f'{hostile}.csv')}",
        f"viewshift detect {shlex.quote(f'{hostile}.parquet')}",
        f"viewshift detect NetflixViewingHistory.csv --account {shlex.quote(hostile)}",
        f"viewshift detect NetflixViewingHistory.csv --out {shlex.quote(hostile)}",
        f"viewshift {shlex.quote(hostile)}",
    ):
        code, out, err = run(line)
        assert (code, out) == (REFUSED, ""), line
        assert err.endswith("\n")
        assert err[:-1].isprintable(), line


def test_names_of_other_accounts_are_not_told(run, folder):
    err = run("viewshift detect ViewingActivity.csv --tz UTC --account Bob")[2]
    assert err == (
        "--account must be the one account in the file, letter by letter, got 'Bob'; without it each account is "
        "judged, and viewshift daily --json lists them.\n"
    )
