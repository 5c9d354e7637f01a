"""Files made to do harm, or broken beyond reading: refused in one sentence that tells no title, or made harmless."""

import gc
import io
import json
import re
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import viewshift as vs
from viewshift._spreadsheets import for_spreadsheets
from viewshift.cli.files import panel_table, write_table
from viewshift.readers import _archive, _json
from viewshift.study.files import as_csv

SECRET = "Zebrafinch"
SHORT = f'Title,Date\n"{SECRET}: Season 1: Part","7/26/25"\n"{SECRET}","7/14/25"\n'
ESCAPE = "\x1b[2J\x1b]0;owned\x07"
CSI = "\u009bJ\u202e"
"""Control characters that text may hold: a file that begins with others is taken for binary data."""


def archive(folder: Path, members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def refusal(path: Path, read=vs.read, **options: object) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        read(path, tz="UTC", **options)
    message = str(caught.value)
    assert message.count("\n") == 0
    assert message.endswith(".")
    assert SECRET.lower() not in message.lower()
    assert message.isprintable()
    return message


# ---- archives ---------------------------------------------------------------------------------------------------


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path, {"NetflixViewingHistory.csv": SHORT + '"Again","7/1/25"\n' * 20_000})
    assert len(vs.read(path)) == 3  # below the limit such a file is read
    monkeypatch.setattr(_archive, "FREE", 1 << 16)
    assert "at most 2 GiB and 200 times its packed size, got 0 MiB from" in refusal(path)
    monkeypatch.setattr(_archive, "MOST_RATIO", 10_000)
    assert len(vs.read(path)) == 3
    monkeypatch.setattr(_archive, "MOST_BYTES", 1 << 16)
    assert "a file in a zip archive must have at most" in refusal(path)


def test_files_that_are_too_large_together_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = json.dumps([{"endTime": "2021-10-05 22:05", "artistName": "A", "trackName": "B", "msPlayed": 99_000}])
    path = archive(tmp_path, {f"StreamingHistory{n}.json": entry for n in range(20)})
    assert len(vs.read(path, tz="UTC")) == 1
    for module in ("_archive", "_finding"):
        monkeypatch.setattr(f"viewshift.readers.{module}.MOST_BYTES", 19 * len(entry))
    assert "and others must have at most" in refusal(path)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "history.csv").write_text(SHORT)
    monkeypatch.setattr("viewshift.readers._finding.MOST_BYTES", len(SHORT) - 1)
    assert "history.csv: a file must have at most" in refusal(tmp_path / "history.csv")


def test_archives_within_archives_are_not_opened(tmp_path: Path) -> None:
    inner = archive(tmp_path, {"NetflixViewingHistory.csv": SHORT}).read_bytes()
    assert "holds another archive; unpack it and name the inner one" in refusal(archive(tmp_path, {"inner.zip": inner}))


@pytest.mark.parametrize("name", ["../../NetflixViewingHistory.csv", "/etc/NetflixViewingHistory.csv", "C:\\N.csv"])
def test_paths_that_lead_out_of_the_archive_are_names_and_nothing_else(tmp_path: Path, name: str) -> None:
    home = tmp_path / "a" / "b"
    home.mkdir(parents=True)
    path = archive(home, {name: SHORT})
    assert len(vs.read(path)) == 2
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


def test_links_in_archives_and_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "private.csv").write_text(SHORT)
    link = zipfile.ZipInfo("NetflixViewingHistory.csv")
    link.external_attr = 0o120777 << 16
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(link, str(tmp_path / "private.csv"))
    assert "found none in 0 files" in refusal(path)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "NetflixViewingHistory.csv").symlink_to(tmp_path / "private.csv")
    assert "found none in 0 files" in refusal(folder)


def directory_entry(content: bytes) -> int:
    return content.index(b"PK\x01\x02")


def changed(path: Path, *patches: tuple[int, bytes]) -> Path:
    """Overwrite bytes of the first entry of the central directory."""
    content = bytearray(path.read_bytes())
    for offset, new in patches:
        place = directory_entry(bytes(content)) + offset
        content[place : place + len(new)] = new
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("size", [10, 1 << 10, 1 << 30])
def test_a_central_directory_that_lies_about_sizes_does_no_harm(tmp_path: Path, size: int) -> None:
    path = changed(archive(tmp_path, {"NetflixViewingHistory.csv": SHORT}), (24, struct.pack("<I", size)))
    try:
        events = vs.read(path)
    except ValueError as error:
        assert "export.zip" in str(error)  # noqa: PT017
    else:
        assert len(events) == 2


def test_a_member_that_is_not_where_the_directory_says_is_refused(tmp_path: Path) -> None:
    path = changed(archive(tmp_path, {"NetflixViewingHistory.csv": SHORT}), (42, struct.pack("<I", 7)))
    assert "the zip archive cannot be unpacked" in refusal(path)


def test_encrypted_and_rarely_packed_archives_are_refused(tmp_path: Path) -> None:
    path = changed(archive(tmp_path, {"NetflixViewingHistory.csv": SHORT}), (8, b"\x01\x00"))
    assert "is encrypted; unpack it with its password" in refusal(path)
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert "is packed in a rare way" in refusal(archive(tmp_path, {"NetflixViewingHistory.csv": SHORT}, method))


def test_a_download_that_was_cut_off_is_told_as_such(tmp_path: Path) -> None:
    path = archive(tmp_path, {"NetflixViewingHistory.csv": SHORT})
    path.write_bytes(path.read_bytes()[:-30])
    assert "the zip archive cannot be unpacked (it is damaged); fetch it again" in refusal(path)


def test_archives_and_folders_of_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.csv").write_text(SHORT)
    path = archive(tmp_path, {f"{number}.csv": SHORT for number in range(3)})
    for module in ("_archive", "_finding"):
        monkeypatch.setattr(f"viewshift.readers.{module}.MOST_MEMBERS", 2)
    assert "must hold at most 2 tables, got 3" in refusal(path)
    assert "must hold at most 2 files" in refusal(folder)


def test_names_of_members_do_not_reach_a_terminal_as_they_are(tmp_path: Path) -> None:
    path = archive(tmp_path, {f"{ESCAPE}.csv": "a,b\n1,2\n", "two.csv": "c,d\n1,2\n", f"{ESCAPE}/N.csv": SHORT})
    events = vs.read(path)
    assert "\x1b" not in events.report.source
    twice = archive(tmp_path, {f"{ESCAPE}.csv": SHORT, "two.csv": SHORT})
    assert "name one of them" in refusal(twice)


# ---- JSON -------------------------------------------------------------------------------------------------------

WATCHED = f'{{"header": "YouTube", "title": "{SECRET}", "titleUrl": "/watch?v=1", "time": "2025-07-26T12:00:00Z"}}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[{WATCHED},\n{WATCHED[:60]}", r"h.json, entry 2 \(line 2\): the file ends before the list does"),
        (f"[{WATCHED},\n", r"entry 2 \(line 1\): the file ends before the list does"),
        (f"[{WATCHED}", r"entry 2 \(line 1\): the file ends before the list does"),
        (f"[{WATCHED}]\n[{WATCHED}]", r"entry 2 \(line 1\): the file must end with its list, and more follows"),
        (f"[{WATCHED},\n\n3]", r"entry 2 \(line 1\): the entry is no object in JSON"),
        (f"[{WATCHED}\n{WATCHED}]", r"entry 2 \(line 1\): the entry is no object in JSON"),
        (f'[{WATCHED},\n{{"title" "{SECRET}"}}]', r"entry 2 \(line 2\): .* \(expecting ':' delimiter\)"),
        (f'[{WATCHED},{{"title": "{SECRET}\n"}}]', r"entry 2 \(line 1\): .* \(invalid control character at\)"),
        (f'[{WATCHED},{{"a":' + '{"a":' * 100_000, r"entry 2 \(line 1\): the entry is nested too deeply"),
        (f'[{WATCHED},{{"a":' + "[" * 100_000 + "]" * 100_000 + "}]", r"the entry is nested too deeply"),
        ("[" * 100_000, "got JSON"),
        (f'{{"items": [{WATCHED}]}}', "got JSON"),
        ("[]", "got JSON"),
        (f'["{SECRET}"]', "got JSON"),
        (f'[{{"{CSI}": 1}}]', "got JSON of another form"),
        (f'[{{"{ESCAPE}": 1}}]', "got binary data"),
    ],
)
def test_broken_json_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "h.json"
    path.write_text(text, encoding="utf-8")
    message = refusal(path)
    assert re.search(words, message), message
    assert "fetch the export again" in message or "got" in message


def test_an_entry_without_an_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_json, "LONGEST", 1 << 16)
    monkeypatch.setattr(_json, "PIECE", 1 << 14)
    path = tmp_path / "h.json"
    path.write_text(f'[{WATCHED},{{"title": "' + "x" * (1 << 20))
    read = []

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            read.append(size)
            return super().read(size)

    with pytest.raises(ValueError, match=r"entry 2 .* an entry must have at most 65,536 characters"):
        list(_json.entries(Counting(path.read_bytes()), "h.json"))
    assert len(read) < 8


def test_half_a_pair_of_surrogates_spoils_nothing_but_itself(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_text(f"[{WATCHED},{WATCHED.replace(SECRET, 'x' + chr(92) + 'ud800y').replace('12:00', '13:00')}]")
    assert vs.read(path, tz="UTC").table["title"].to_list() == [SECRET, "x?y"]


def test_json_in_utf_16_and_with_other_bytes(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_bytes(f"[{WATCHED}]".encode("utf-16"))
    assert "got UTF-16" in refusal(path)
    path.write_bytes(f"[{WATCHED}]".encode("utf-16-le"))
    assert "got binary data" in refusal(path)
    path.write_bytes(b"\xef\xbb\xbf" + f"[{WATCHED}]".encode().replace(b"Zebra", b"\xff"))
    assert vs.read(path, tz="UTC").table["title"].to_list() == ["\N{REPLACEMENT CHARACTER}finch"]


# ---- text and names ---------------------------------------------------------------------------------------------


def test_control_characters_of_names_and_titles_reach_nobody(tmp_path: Path) -> None:
    name = f"Ada{CSI}"
    plays = pl.DataFrame({"account": [name, name, "Ben"], "date": ["2025-06-01", "2025-06-02", "2025-06-02"]})
    plays = plays.with_columns(title=pl.lit(f"a{CSI}b"), show=pl.lit("c\x7fd"), kind=pl.lit("e"))
    plays.write_csv(tmp_path / "plays.csv")
    for source in (plays, tmp_path / "plays.csv"):
        events = vs.read_table(source)
        assert events.table.select("account", "title", "show").unique().height == 2
        seen = str(events.table.rows()) + str(events.report) + str(events.daily(until="2025-06-03"))
        assert all(letter.isprintable() or letter == "\n" for letter in seen)
        assert any("values of account have control characters" in odd for odd in events.report.oddities)
    key = "sixteen bytes at least"
    assert vs.pseudonym(name, key) in vs.read_table(plays, pseudonymise=key).table["account"].to_list()


def test_names_of_columns_do_not_reach_a_terminal_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "plays.csv"
    path.write_text(f"date,account,title,{CSI}\n2025-06-01,Ada,{SECRET},1\n")
    report = str(vs.read(path).report)
    assert "columns not used" in report
    assert "\u009b" not in report
    path.write_text(f"{CSI},x\n1,2\n")
    assert "got 2 columns under other names" in refusal(path)


def test_sql_in_names_is_a_name(tmp_path: Path) -> None:
    name = "Robert'); DROP TABLE plays;--"
    path = tmp_path / "plays.csv"
    path.write_text(f'account,date,title\n"{name}",2025-06-01,a\n"{name}",2025-06-02,b\n')
    panel = vs.read(path).daily(until="2025-06-02")
    assert panel.accounts.tolist() == [name]
    assert panel["episodes"].tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("headerless.csv", f'"{SECRET}: Season 1: Part","7/26/25"\n"{SECRET}","7/14/25"\n'),
        ("swapped.csv", f'Title,Date\n"7/26/25","{SECRET}"\n"7/14/25","{SECRET}"\n'),
        ("undated.csv", f'Title,Date\n"{SECRET}",""\n"{SECRET}","7/14/25"\n"{SECRET}",""\n'),
        ("joined.csv", SHORT + f'"{SECRET}","9/30/25"\n'),
        ("headerless_table.csv", f"{SECRET},2025-07-01,1\n{SECRET},2025-07-02,1\n"),
        ("counts.csv", f"date,account,n\n2025-07-01,{SECRET},1\n2025-07-02,{SECRET},1\n"),
        ("untimed.csv", f"start,account,title\nsoon,{SECRET},{SECRET}\nlater,{SECRET},{SECRET}\n"),
        ("h.json", f"[{WATCHED.replace('2025-07-26T12', 'x')}]"),
    ],
)
def test_refusals_tell_no_title_and_no_name(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert name in refusal(tmp_path / name)


def test_reports_tell_no_title_and_no_name(tmp_path: Path) -> None:
    again = (
        f'"{SECRET}","7/14/25"\n' * 2 + f'"{SECRET}{CSI}","7/1/25"\n"{SECRET}","no day"\n"{SECRET}",7/1/25,{SECRET}\n'
    )
    path = tmp_path / "history.csv"
    path.write_text(SHORT + again)
    events = vs.read_netflix(path, account=SECRET)
    assert len(events.report.left_out) == 3
    assert len(events.report.oddities) == 2
    assert SECRET not in str(events.report) + repr(events.report) + repr(events)


# ---- spreadsheets -----------------------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_become_text_in_frames_of_polars_and_pandas(formula: str) -> None:
    columns = {formula: [formula, "a=1", None], "number": [-1.5, 2.0, 3.0], "-n": [-1, 2, 3]}
    wide = for_spreadsheets(pl.DataFrame(columns))
    assert wide.columns == [f"'{formula}", "number", "'-n"]
    assert wide[f"'{formula}"].to_list() == [f"'{formula}", "a=1", None]
    assert wide["number"].to_list() == [-1.5, 2.0, 3.0]
    frame = for_spreadsheets(pd.DataFrame(columns).assign(day=pd.Timestamp("2025-06-01")))
    assert frame.columns.tolist() == [f"'{formula}", "number", "'-n", "day"]
    assert frame[f"'{formula}"].tolist()[:2] == [f"'{formula}", "a=1"]
    assert frame[f"'{formula}"].isna().tolist() == [False, False, True]
    assert frame["number"].tolist() == [-1.5, 2.0, 3.0]


def test_every_table_that_is_written_is_safe(tmp_path: Path) -> None:
    panel = vs.Panel({"=m": np.ones((1, 2))}, accounts=["@SUM(A1)"], start="2025-06-01")
    write_table(panel_table(panel), tmp_path / "days.csv")
    assert (tmp_path / "days.csv").read_text().splitlines()[:2] == ["account,day,'=m", "'@SUM(A1),2025-06-01,1"]
    table = pd.DataFrame({"detector": ["=cmd", "Cusum"], "value": [-0.25, 1.0]})
    assert as_csv(table) == "detector,value\n'=cmd,-0.25\nCusum,1\n"
    vs.study.files.write_twins(tmp_path / "twin", table)
    assert "'=cmd" in (tmp_path / "twin.csv").read_text()
    assert pl.read_parquet(tmp_path / "twin.parquet")["detector"].to_list() == ["=cmd", "Cusum"]


# ---- memory -----------------------------------------------------------------------------------------------------


def held(*roots: object) -> Iterator[object]:
    """Yield what can be reached from objects without passing through the names of a module that is not viewshift's."""
    foreign = [vars(module) for name, module in sys.modules.items() if not name.startswith("viewshift")]
    seen, left = set(map(id, foreign)), list(roots)
    while left:
        thing = left.pop()
        if id(thing) not in seen:
            seen.add(id(thing))
            left.extend(gc.get_referents(thing))
            if issubclass(type(thing), np.ndarray) and thing.dtype.kind == "O":  # the collector does not look into it
                left.extend(thing.ravel().tolist())
            yield thing


def tells(thing: object) -> bool:
    """By its type, which cannot lie: a proxy has the class of another thing, which may be gone."""
    kind = type(thing)
    if issubclass(kind, str):
        return SECRET in thing
    if issubclass(kind, bytes | bytearray):
        return SECRET.encode() in thing
    if issubclass(kind, np.ndarray):
        return thing.dtype.kind in "US" and SECRET in str(thing.tolist())
    return issubclass(kind, pl.DataFrame) and SECRET in str(thing.rows())


def test_titles_leave_the_memory_with_the_daily_step(tmp_path: Path) -> None:
    table = f"start,title,show,account\n2025-07-26 12:00:00,{SECRET} 1,{SECRET},me\n"
    texts = {"short.csv": SHORT, "h.json": f"[{WATCHED}]", "table.csv": table}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    events = [vs.read(tmp_path / name, tz="UTC") for name in texts]
    assert all(any(map(tells, held(one))) for one in events)
    kept = [(one.daily(until="2025-07-31"), one.report) for one in events]
    del events
    gc.collect()
    modules = [vars(module) for name, module in sys.modules.items() if name.startswith("viewshift")]
    assert not [thing for thing in held(kept, *modules) if tells(thing)]
