"""The command line: what it prints and writes, and one sentence for what it cannot do."""

import datetime as dt
import html
import io
import json
import re
import subprocess
import sys
import types

import numpy as np
import pandas as pd
import polars as pl
import pytest
from rich.console import Console

import viewshift as vs
from viewshift import cli
from viewshift._files import write_files
from viewshift.cli.terminal import alarm_table

SHOW = "The Long Stair"
NAMES = ("<script>alert(1)</script>", "=1+1", "\x1b[31mred {{ 7 * 7 }}")
FULL_COLUMNS = (
    "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,"
    "Country"
)


def netflix_csv(path, counts, start):
    """A short export, newest first, of so many episodes a day."""
    first = dt.date.fromisoformat(start)
    days = [first + dt.timedelta(days=i) for i in range(len(counts))]
    rows = [
        f'"{SHOW}: Season {day:%j}: Part {part}","{day.month}/{day.day}/{day:%y}"'
        for day, count in zip(days, counts, strict=True)
        for part in range(count)
    ]
    path.write_text("\n".join(["Title,Date", *rows[::-1]]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """400 days of about one episode on two days in three, then 188 episodes in the week from 5 February 2025."""
    counts = np.random.default_rng(3).choice([0, 1, 2], size=430, p=[0.4, 0.4, 0.2])
    counts[0] = 1
    counts[400:407] = [27, 27, 27, 27, 27, 27, 26]
    return netflix_csv(tmp_path_factory.mktemp("story") / "history.csv", counts, "2024-01-02")


@pytest.fixture
def full_export(tmp_path):
    """Two profiles with names that a page, a sheet and a terminal might obey."""
    days = pd.date_range("2025-01-01", periods=90).strftime("%Y-%m-%d")
    rows = [f"{name},{day} 20:00:00,00:40:00,,{SHOW}: S1: {day},,TV,0,0,DE" for name in NAMES for day in days]
    path = tmp_path / "ViewingActivity.csv"
    path.write_text("\n".join([FULL_COLUMNS, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process; return exit code, output and errors."""
    monkeypatch.setattr("viewshift.cli.terminal.when_compiling", lambda say: None)

    def _run(*arguments):
        monkeypatch.setattr(sys, "argv", ["viewshift", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = capsys.readouterr()
        return left.value.code or 0, printed.out, printed.err

    return _run


def test_help_answers_before_anything_heavy_is_imported():
    heavy = ["numpy", "pandas", "polars", "numba", "sklearn", "scipy", "matplotlib", "statsmodels", "jinja2"]
    code = f"""
import sys
from viewshift.cli import main
sys.argv = ["viewshift", "--help"]
try:
    main()
except SystemExit:
    print("heavy:", [name for name in {heavy} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "heavy: []" in done.stdout
    assert all(command in done.stdout for command in ("detect", "daily", "simulate", "compare"))


@pytest.mark.parametrize("command", ["detect", "daily", "simulate", "compare"])
def test_help_of_each_command_has_an_example(run, command):
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"Examples:\n    viewshift {command} " in out


def test_version(run):
    assert run("--version") == (0, f"viewshift {vs.__version__}\n", "")


def test_detect_names_the_week_of_the_story(run, story):
    code, out, err = run("detect", story, "--until", "2025-03-06")
    assert (code, err) == (0, "")
    assert "1 marked shift in" in out
    row = next(line for line in out.splitlines() if line.startswith("1  "))
    assert "2025-02-05" in row
    assert "surge" in row
    assert "26.9" in out  # 188 episodes in 7 days
    assert re.search(r"about 0\.\d alarms would be\s+expected", out)
    assert "simulated viewers" in out
    assert max(map(len, out.splitlines())) <= 80


def test_detect_writes_the_alarms_of_the_rule(run, story, tmp_path):
    """CSV and JSON hold what `vs.default_rule().alarms` returns."""
    expected = vs.default_rule().alarms(vs.read(story).daily(until="2025-03-06"))
    code, _, _ = run("detect", story, "--until", "2025-03-06", "--out", tmp_path / "a.csv")
    assert code == 0
    table = pd.read_csv(
        tmp_path / "a.csv", parse_dates=["onset", "onset_low", "onset_high", "detected", "end", "peak_day"]
    )
    assert list(table) == list(expected)
    for name in expected:
        left, right = table[name].tolist(), expected[name].tolist()
        assert left == (pytest.approx(right) if isinstance(right[0], float) else right), name
    run("detect", story, "--until", "2025-03-06", "--out", tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    (alarm,) = content["alarms"]
    assert dt.date.fromisoformat(alarm["onset"]) == expected["onset"][0].date()
    assert alarm["sentence"] == vs.alarms.describe(expected)[0]
    assert (content["since"], content["until"], content["date_order"]) == ("2024-01-02", "2025-03-06", "m/d/y")
    assert content["account_years"] == pytest.approx(430 / 365.25), "the default rule judges from the first day on"
    assert content["alarms_expected_by_chance"] == pytest.approx(0.5 * content["account_years"])


def test_the_page_stands_alone_and_names_no_title(run, story, tmp_path):
    target = tmp_path / "page.html"
    code, _, _ = run("detect", story, "--until", "2025-03-06", "--out", target)
    text = target.read_text(encoding="utf-8")
    expected = vs.default_rule().alarms(vs.read(story).daily(until="2025-03-06"))
    assert code == 0
    assert vs.alarms.describe(expected)[0] in html.unescape(text)
    assert SHOW not in text
    assert "<script" not in text
    assert not re.search(r"""(src|href)=["']?[^"'#]""", text)
    assert "@import" not in text
    assert len(text) < 600_000


def test_pictures_take_every_colour_from_the_page(run, story, tmp_path):
    """Else a part of them would vanish in the dark."""
    run("detect", story, "--until", "2025-03-06", "--out", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    pictures = re.findall("<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(pictures) == 4
    assert not re.search(r"(fill|stroke): ?#", "".join(pictures))
    used = set(re.findall(r"var\(--(\w+)\)", "".join(pictures)))
    assert used >= {"ink", "alarm", "nothing", "level0"}
    light, dark = text.split("prefers-color-scheme: dark")
    for name in used:
        assert f"--{name}:" in light
        assert f"--{name}:" in dark


def test_no_picture_takes_a_pattern_from_another(run, tmp_path):
    """Of the two of each kind one is not shown, and what is not shown fills nothing in Chromium."""
    days = pd.date_range("2024-01-01", periods=90).delete(range(30, 40)).strftime("%Y-%m-%d")
    pl.DataFrame({"date": days.tolist(), "episodes": 2}).write_csv(tmp_path / "days.csv")
    run("detect", tmp_path / "days.csv", "--out", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    for picture in re.findall("<svg.*?</svg>", text, flags=re.DOTALL):
        assert "not observed" in picture
        assert set(re.findall(r"url\(#(\w+)\)", picture)) <= set(re.findall(r'id="(\w+)"', picture))
    named = re.findall(r'<(?:pattern|clipPath) id="(\w+)"', text)
    assert len(named) == len(set(named)) > 4


def test_videos_are_called_so(run, tmp_path):
    """A year of two videos on every other day, then a week of twenty."""
    first = dt.datetime(2024, 1, 1, 20)
    seen = [first + dt.timedelta(days=k, minutes=n) for k in range(400) for n in range(20 if k > 390 else 2 * (k % 2))]
    plays = [
        {"header": "YouTube", "title": f"Watched Tide {k}", "titleUrl": f"https://www.youtube.com/watch?v={k}"}
        | {"time": f"{time:%Y-%m-%dT%H:%M:%SZ}"}
        for k, time in enumerate(seen)
    ]
    path = tmp_path / "watch-history.json"
    path.write_text(json.dumps(plays[::-1]), encoding="utf-8")
    code, out, _ = run("detect", path, "--tz", "UTC", "--out", tmp_path / "page.html")
    assert code == 0
    assert "videos/day" in out
    assert "episodes" not in out
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("videos a day</text>") == 4
    assert "episodes" not in page
    assert " videos/day " in json.loads(run("detect", path, "--tz", "UTC", "--json")[1])["alarms"][-1]["sentence"]


def test_accounts_go_by_their_pseudonyms(run, tmp_path, full_export):
    key = tmp_path / "key"
    key.write_text("a key of 16 bytes or more\n", encoding="utf-8")
    private = ["--tz", "UTC", "--pseudonymise-key-file", key]
    names = {vs.pseudonym(name, "a key of 16 bytes or more") for name in NAMES}
    for order in ([], ["--date-order", "y/m/d"]):
        out = tmp_path / "days.parquet"
        assert run("daily", full_export, *private, *order, "--out", out)[0] == 0
        assert set(pl.read_parquet(out)["account"]) == names
    assert len(names) == 3
    told = run("detect", full_export, *private, "--account", "=1+1", "--out", tmp_path / "page.html")
    assert told[0] == 0
    assert vs.pseudonym("=1+1", key.read_bytes().strip()) in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_hostile_names_are_harmless(run, full_export, tmp_path):
    code, out, err = run("detect", full_export, "--tz", "Europe/Berlin", "--out", tmp_path / "page.html")
    assert code == 0
    assert "\x1b" not in out + err
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "red {{ 7 * 7 }}" in text
    run("daily", full_export, "--tz", "Europe/Berlin", "--out", tmp_path / "days.csv")
    names = set(pd.read_csv(tmp_path / "days.csv")["account"])
    assert "'=1+1" in names
    assert "=1+1" not in names


def test_one_account_of_several(run, full_export):
    code, out, _ = run("detect", full_export, "--tz", "Europe/Berlin", "--account", "=1+1", "--until", "2025-03-31")
    everybody = run("detect", full_export, "--tz", "Europe/Berlin", "--until", "2025-03-31")[1]
    assert code == 0
    years = [
        float(re.search(rf"in ([\d.]+) {unit} judged", text)[1])
        for text, unit in zip((out, everybody), ("years", "account-years"), strict=True)
    ]
    assert years[1] == pytest.approx(3 * years[0], abs=0.2)
    code, out, err = run("detect", full_export, "--account", "nobody")
    assert (code, out) == (2, "")
    assert err.startswith("--account must be one of the 3 accounts in the file")


def test_every_account_has_a_table_of_its_own_at_80_columns(run, story, tmp_path):
    """Two accounts with the story of one; the name of one is longer than a line."""
    days = vs.read(story).daily(until="2025-03-06")
    names = ("Ada", "somebody who wrote a sentence where others write a name, " * 3)
    frame = pl.concat([pl.DataFrame({"account": name, "date": days.days, "n": days["episodes"][0]}) for name in names])
    frame.write_csv(tmp_path / "two.csv")
    code, out, _ = run("detect", tmp_path / "two.csv", "--episodes", "n")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    tables = out.split("Ada\n")[1].split("somebody who wrote")
    rows = [next(line.split() for line in table.splitlines() if line.startswith("1  ")) for table in tables[::3]]
    assert rows[0] == rows[1]
    assert rows[0][1] == "2025-02-05"
    assert " ".join(names[1].split()) in " ".join(out.split())


@pytest.mark.parametrize("measure", ["episodes", "top_show_episodes", "night_minutes"])
@pytest.mark.parametrize(
    ("size", "level", "ratio"),
    [
        (0.1, "0.1 (0.1-0.1)", "x0.10 (0.09-0.11)"),
        (15.0, "15.0 (13.5-16.5)", "x15.0 (13.5-16.5)"),
        (99.96, "100 (90.0-110)", "x100 (90.0-110)"),
        (1234.4, "1234 (1111-1358)", "x1234 (1111-1358)"),
        (43210.0, "43k (39k-48k)", "x43k (39k-48k)"),
    ],
)
def test_nothing_of_an_alarm_vanishes_at_80_columns(measure, size, level, ratio):
    day, usual = pd.Timestamp("2024-10-28"), 0.99 if size > 1 else 1.01
    alarm = {
        "account": "me", "onset": day, "onset_low": pd.Timestamp("2024-10-19"),
        "onset_high": pd.Timestamp("2024-11-06"), "detected": day,
        "end": day, "status": "closed", "kind": "lasting", "surprise": 5.0, "extrapolated": True,
    } | {
        f"{name}{bound}": size * factor * (usual if name == "usual" else 1)
        for name in ("usual", "observed", "ratio")
        for bound, factor in (("_low", 0.9), ("", 1), ("_high", 1.1))
    }  # fmt: skip
    rule = types.SimpleNamespace(rate=lambda _: 1 / 123_456, curve_=np.array([[0.3, 5.0], [9.0, 1 / 123_456]]))
    found = types.SimpleNamespace(alarms=pd.DataFrame([alarm] * 120), unit=measure.replace("_", " "), rule=rule)
    console = Console(width=80, file=io.StringIO())
    console.print(alarm_table(found, "me"))
    lines = console.file.getvalue().splitlines()
    row = lines[[line.startswith("119") for line in lines].index(True) :]
    words = {word for line in row for word in line.split()}
    expected = {"119", "2024-10-28", "lasting", "19", "Oct-6", "Nov", "less", "than", "120,000"}
    assert expected | {*level.split(), *ratio.split()} <= words
    assert set(measure.split("_")[:-1]) <= {word for line in lines for word in line.split()}


def test_as_many_alarms_as_chance_gives_are_not_taken_for_more(run, story):
    out = run("detect", story, "--until", "2025-03-06", "--per-account-year", 4)[1]
    assert "no more than chance alone would give" in " ".join(out.split())
    assert "The dial stands at 4 alarms per year" in out
    assert "no more than chance" not in " ".join(run("detect", story, "--until", "2025-03-06")[1].split())


def cusum_rule(folder):
    """Save a rule whose detector has a warm-up and a cap, and return its file."""
    path = folder / "cusum.vs"
    vs.AlarmRule(vs.detectors.Cusum()).fit(vs.simulate.viewers(60, 300, seed=1)).save(path)
    return path


def test_how_rare_is_said_to_stop_at_the_cap(run, story, tmp_path):
    arguments = ["detect", story, "--until", "2025-03-06", "--rule", cusum_rule(tmp_path)]
    out = run(*arguments, "--out", tmp_path / "page.html")[1]
    sentence = "in which very large days count no more than its cap (3)"
    assert sentence in " ".join(out.split())
    assert sentence in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_silence_is_explained(run, tmp_path):
    counts = np.random.default_rng(1).choice([0, 1], size=400)
    code, out, _ = run("detect", netflix_csv(tmp_path / "calm.csv", counts, "2024-01-02"), "--until", "2025-02-04")
    assert code == 0
    assert "No marked shift in" in out
    assert "Smaller shifts" in out


def test_a_history_shorter_than_the_warm_up_is_not_called_calm(run, tmp_path):
    rule = cusum_rule(tmp_path)
    short = netflix_csv(tmp_path / "short.csv", [1] * 20, "2024-01-20")
    code, out, _ = run("detect", short, "--until", "2024-02-08", "--rule", rule)
    assert code == 0
    needed = int(re.search(r"No day could be judged: the rule needs (\d+) observed days", out)[1])
    assert "and here are 20." in " ".join(out.split())
    assert "expected here" not in out
    for days, judged in ((needed - 1, False), (needed, True)):
        path = netflix_csv(tmp_path / f"{days}.csv", [1] * days, "2024-01-20")
        until = dt.date(2024, 1, 20) + dt.timedelta(days=days - 1)
        assert ("No day could be judged" not in run("detect", path, "--until", until, "--rule", rule)[1]) == judged
    assert "No marked shift" not in out


def test_notes_go_to_the_error_stream(run, story, tmp_path):
    code, out, err = run("detect", story)
    assert code == 0
    assert err.startswith("Note: --until is not given")
    assert "is not given" not in out
    assert run("daily", story, "--out", tmp_path / "days.csv")[2] == err
    late = run("daily", story, "--until", "2025-06-01", "--out", tmp_path / "days.csv")[2]
    assert late.startswith("Note: --until is 2025-06-01 and the last play was on 2025-03-0")
    assert "days of silence count as observed" in late


def test_own_rule_and_dial(run, story, tmp_path):
    own = vs.AlarmRule(vs.detectors.ZScore()).fit(vs.simulate.viewers(60, 400, seed=2))
    own.save(tmp_path / "own.vs")
    code, out, _ = run("detect", story, "--until", "2025-03-06", "--rule", tmp_path / "own.vs", "--per-account-year", 2)
    assert code == 0
    assert "The dial stands at 2 alarms" in out
    assert "60 accounts x 400 days" in out
    assert "simulated viewers" not in out


def test_daily_counts_every_title_once(run, story, tmp_path):
    """Against pandas on the raw file."""
    raw = pd.read_csv(story)
    expected = raw.groupby(pd.to_datetime(raw["Date"], format="%m/%d/%y")).size()
    tables = {}
    for ending in ("csv", "parquet", "json"):
        path = tmp_path / f"days.{ending}"
        assert run("daily", story, "--until", "2025-03-06", "--out", path)[0] == 0
        read = {"csv": pl.read_csv, "parquet": pl.read_parquet, "json": pl.read_json}[ending]
        tables[ending] = read(path).select(pl.col("day").cast(pl.String), pl.col("episodes").cast(pl.Int64))
    counts = dict(tables["csv"].iter_rows())
    assert {day: n for day, n in counts.items() if n} == {str(day.date()): n for day, n in expected.items()}
    assert len(counts) == (dt.date(2025, 3, 6) - dt.date(2024, 1, 2)).days + 1
    assert tables["csv"].equals(tables["parquet"])
    assert tables["csv"].equals(tables["json"])
    assert ".0" not in (tmp_path / "days.csv").read_text(encoding="utf-8")


def test_simulate_writes_the_panel_of_its_seed(run, tmp_path):
    code, _, _ = run("simulate", "--out", tmp_path / "p.parquet", "--accounts", 7, "--days", 40, "--seed", 5)
    assert code == 0
    found = vs.Panel.from_frame(pl.read_parquet(tmp_path / "p.parquet"))
    expected = vs.simulate.viewers(7, 40, seed=5)
    assert (found.accounts.tolist(), found.start) == (expected.accounts.tolist(), expected.start)
    assert set(found.measures) == set(expected.measures)
    for name in expected.measures:
        np.testing.assert_array_equal(found[name], expected[name])


def test_simulate_writes_the_truth_beside(run, tmp_path):
    target = tmp_path / "p.csv"
    code, _, _ = run("simulate", "--out", target, "--accounts", 9, "--days", 200, "--scenario", "story", "--seed", 1)
    _, truth = vs.simulate.SCENARIOS["story"].sample(9, 200, seed=1)
    assert code == 0
    written = pd.read_csv(tmp_path / "p.truth.csv", parse_dates=["onset", "end"])
    assert written["account"].tolist() == truth["account"].tolist()
    assert (written["onset"].to_numpy() == truth["onset"].to_numpy()).all()
    assert (written["end"].to_numpy() == truth["end"].to_numpy()).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "p.truth.csv"]


def test_compare_hands_over_to_the_study(run, monkeypatch, tmp_path):
    asked = []

    def write(out, *, config, data, episodes, quick, seeds, workers, fresh):
        assert (config, data, episodes) == (None, None, ())
        asked.append((out, quick, seeds, workers, fresh))
        return out / "report.html"

    monkeypatch.setattr("viewshift.study.write", write)
    code, out, _ = run("compare", "--quick", "--seeds", 4, "--seeds", 9, "--out", tmp_path / "new" / "reports")
    assert asked == [(tmp_path / "new" / "reports", True, [4, 9], None, False)]
    assert (code, out) == (0, f"The report is in {tmp_path / 'new' / 'reports' / 'report.html'}.\n")
    assert run("compare", "--out", tmp_path, "--workers", 3, "--fresh")[0] == 0
    assert asked[1] == (tmp_path, False, None, 3, True)


BAD = [
    ("detect missing.csv", "missing.csv must be a file, found nothing there; check its name and folder."),
    ("detect {story} --out alarms.txt", "--out must end in .csv, .json or .html"),
    ("detect {story} --out nowhere/alarms.csv", "--out must name a file in a folder that can be written to"),
    ("detect {story} --out /proc/alarms.csv", "--out must name a file in a folder that can be written to"),
    ("detect {story} --out folder.csv", "--out must name a file in a folder that can be written to"),
    ("detect {story} --per-account-year 0", "--per-account-year must be a finite number above 0, got 0.0"),
    ("detect {story} --per-account-year -1", "--per-account-year must be a finite number above 0, got -1.0"),
    ("detect {story} --per-account-year much", "--per-account-year must be a finite number above 0, got 'much'"),
    ("detect {story} --account you", "--account must be the one account in the file, letter by letter, got 'you'"),
    ("detect {full} --tz UTC --account you", "each account is judged, and viewshift daily --json lists them.\n"),
    ("detect {full} --tz UTC --account you", "--account must be one of the 3 accounts in the file, letter by letter"),
    (
        "detect {story} own.csv",
        "viewshift detect takes 1 argument, got 'own.csv' besides; run it once for each file, and put a name with "
        "spaces in quotes. See viewshift detect --help.\n",
    ),
    ("compare extra", "viewshift compare takes 0 arguments, got 'extra' besides. See viewshift compare --help.\n"),
    ("detect {story} --tzz Europe/Berlin", "No such option: --tzz (Possible options: --tz). See"),
    ("detect {story} --tzone Europe/Berlin", "No such option: --tzone (Possible options: --tz). See"),
    ("detect {story} --qqq", "No such option: --qqq. See"),
    (
        "detect {story} --pseudonymise-key-file key",
        "key must be a file, found nothing there; check its name and folder.",
    ),
    (
        "detect {story} --pseudonymise-key-file empty.csv",
        "--pseudonymise-key-file must name a file that holds a key of",
    ),
    ("detect {story} --date-order y/m/d", "date cannot be read"),
    ("detect {story} --date-order american", "--date-order must be one of"),
    ("detect {story} --until yesterday", "--until must be a day such as"),
    ("detect {story} --until 2020-01-01", "--until must not lie before"),
    ("detect {story} --until 2999-01-01", "--until must not lie in the future, got 2999-01-01"),
    ("detect {story} --date-order d/m/y --episodes n", "--date-order must be left away for a table of daily counts"),
    ("detect plays.csv", "pass --episodes plays30s, or"),
    ("daily plays.csv --out days.csv", "pass --episodes plays30s, or"),
    ("detect plays.csv --episodes plays", "--episodes must name a column of plays.csv, got 'plays'"),
    ("detect {story} --rule {story}", "must be a rule saved by"),
    ("detect {full} --tz Mars/Phobos", "--tz must be a time zone such as 'Europe/Berlin', got 'Mars/Phobos'"),
    ("detect shopping.csv", "must be an export of Netflix"),
    ("detect shopping.csv", "call the column of times 'start', or that of days 'date'.\n"),
    ("detect shopping.csv --episodes price", "got 2 under other names; call one of them so.\n"),
    ("detect empty.csv", "the file is empty"),
    ("detect noise.csv", "binary data"),
    ("daily {story}", "--out must name the file to write, such as days.csv"),
    ("daily {story} --out days.html", "--out must end in .csv, .parquet or .json"),
    ("daily own.csv --out own.csv", "--out must not be the file that is read"),
    ("simulate --out p.parquet --scenario storey", "--scenario must be one of 'story'"),
    ("simulate --out p.parquet --population martians", "--population must be one of"),
    ("simulate", "Missing option '--out'. See viewshift simulate --help."),
    ("simulate --out p.parquet --accounts 0", "--accounts must be a whole number of at least 1, got '0'. See"),
    ("compare --seeds x", "--seeds must be a whole number of at least 0, got 'x'. See viewshift compare --help.\n"),
    ("compare --seeds 1 --seeds -1", "--seeds must be a whole number of at least 0, got '-1'. See"),
    ("checkin own.csv --contacts own.csv --daily-cap 2.5", "--daily-cap must be a whole number, got '2.5'. See"),
    ("compare --out own.csv", "Invalid value for '--out'"),
    ("dtect", "No such command 'dtect'"),
]


@pytest.mark.parametrize(("line", "sentence"), BAD, ids=[line for line, _ in BAD])
def test_bad_input_is_one_sentence_and_leaves_nothing(run, monkeypatch, tmp_path, story, full_export, line, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "own.csv").write_bytes(story.read_bytes())
    (tmp_path / "shopping.csv").write_text("fruit,price\napple,1\n", encoding="utf-8")
    (tmp_path / "plays.csv").write_text("date,plays30s,minutes\n2019-12-06,7,17.7\n2019-12-07,0,0\n", encoding="utf-8")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)) * 20)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    code, out, err = run(*line.format(story=story, full=full_export).split())
    assert (code, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_write_that_fails_keeps_the_old_file(tmp_path):
    def break_off(path):
        path.write_text("half", encoding="utf-8")
        raise OSError("disk full")

    old, other = tmp_path / "old.csv", tmp_path / "other.csv"
    old.write_text("whole", encoding="utf-8")
    with pytest.raises(OSError, match="disk full"):
        write_files((other, lambda path: path.write_text("new", encoding="utf-8")), (old, break_off))
    assert old.read_text(encoding="utf-8") == "whole"
    assert list(tmp_path.iterdir()) == [old]


def test_an_error_of_the_system_is_a_sentence_too(run, story, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device", "alarms.csv")

    monkeypatch.setattr("viewshift.cli.detect.write_table", full)
    code, _, err = run("detect", story, "--until", "2025-03-06", "--out", tmp_path / "alarms.csv")
    assert (code, err) == (2, f"{tmp_path / 'alarms.csv'}: No space left on device.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_second_download_has_a_name_and_no_pattern(run, tmp_path, ending):
    """A browser calls it "history[1].csv"; beside it lies a file that the pattern would mean."""
    own, other = tmp_path / f"history[1].{ending}", tmp_path / f"history1.{ending}"
    for path, count in ((own, 3), (other, 5)):
        table = pl.DataFrame({"date": ["2025-06-01"], "episodes": [count]})
        table.write_csv(path) if ending == "csv" else table.write_parquet(path)
    assert run("daily", own, "--out", tmp_path / "days.csv")[0] == 0
    assert pl.read_csv(tmp_path / "days.csv")["episodes"].to_list() == [3]
