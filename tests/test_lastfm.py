"""Scrobbles of Last.fm in the forms that tools write; every artist is invented."""

from pathlib import Path

import pytest

import viewshift as vs

UTS = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"
STATS = "\ufeffArtist;Album;AlbumId;Track;Date#Ada"
START = "2024-01-01 21:30:00+00:00"
"""1704144600 s since 1970."""


def scrobbles(folder: Path, *rows: str) -> Path:
    path = folder / "scrobbles.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "rows",
    [
        (UTS, '"1704144600","01 Jan 2024, 21:30","The Ferrymen","","Low Tide","","Lanterns",""'),
        (STATS, '"The Ferrymen";"Low Tide";"";"Lanterns";"1704144600000"'),
        ("The Ferrymen,Low Tide,Lanterns,01 Jan 2024 21:30",),
        ('The Ferrymen,Low Tide,Lanterns,"01 Jan 2024, 21:30"',),
        ("Artist,Album,Title,Date", 'The Ferrymen,Low Tide,Lanterns,"01 Jan 2024, 21:30"'),
        ("artist,album,name,date", 'The Ferrymen,Low Tide,Lanterns,"01 Jan 2024, 21:30"'),
        ("timestamp,artist,track,album", "2024-01-01T21:30:00Z,The Ferrymen,Lanterns,Low Tide"),
        ("utc_time,artist,track,album", "2024-01-01 21:30:00,The Ferrymen,Lanterns,Low Tide"),
    ],
    ids=["uts", "milliseconds", "headerless", "headerless-comma", "spreadsheet", "named", "iso", "iso-blank"],
)
def test_forms_of_the_tools_that_fetch_scrobbles(tmp_path: Path, rows: tuple[str, ...]) -> None:
    path = scrobbles(tmp_path, *rows)
    for events in (vs.read_lastfm(path, tz="Europe/Berlin"), vs.read(path, tz="Europe/Berlin")):
        assert events.report.kind == "Last.fm scrobbles"
        assert [str(start) for start in events.table["start"]] == [START]
        assert events.table.select("title", "show", "kind").rows() == [("Lanterns", "The Ferrymen", "track")]
        assert events.table["account"].to_list() == ["ada" if rows[0] == STATS else "me"]
        assert (events.report.rows, events.report.kept) == (1, 1)


def test_first_line_without_header_is_a_row_and_counted_as_line_1(tmp_path: Path) -> None:
    lines = [f"The Ferrymen,Low Tide,Song {k},01 Jan 2024 21:3{k}" for k in range(4)]
    lines[2:2] = ["The Ferrymen,Low Tide,Now,", "The Ferrymen,Low Tide,Then,01 Jan 1970 00:00"]
    events = vs.read_lastfm(scrobbles(tmp_path, *lines), tz="UTC")
    assert len(events) == 4
    assert {part.reason: part.lines for part in events.report.left_out} == {
        "still playing, without a time": (3,),
        "of unknown time (before 2002)": (4,),
    }


def test_times_before_2002_are_unknown_and_all_others_that_fail_are_counted(tmp_path: Path) -> None:
    times = [
        "1704144600",
        "1704144600",
        "1704144601",
        "1704144602",
        "0",
        "1009843199",
        "1009843200",
        "soon",
        "",
        "1e300",
    ]
    rows = [f"{time},,The Ferrymen,,Low Tide,,Lanterns," for time in [*times, "4102444800", "-5"]]
    events = vs.read_lastfm(scrobbles(tmp_path, UTS, *rows), tz="UTC")
    assert {part.reason: (part.rows, part.lines) for part in events.report.left_out} == {
        "still playing, without a time": (1, (10,)),
        "the time cannot be read": (2, (9, 11)),
        "of unknown time (before 2002)": (3, (6, 7, 13)),
        "in the future": (1, (12,)),
        "exact duplicates": (1, (3,)),
    }
    assert str(events.table["start"].min()) == "2002-01-01 00:00:00+00:00"
    assert events.report.kept == 4


def test_tracks_are_counted_by_artist(tmp_path: Path) -> None:
    rows = [f"{1704144600 + 200 * k},,{artist},,,,Song {k}," for k, artist in enumerate("AABAB")]
    panel = vs.read_lastfm(scrobbles(tmp_path, UTS, *rows), tz="UTC").daily(until="2024-01-02")
    assert panel["episodes"].tolist() == [[5, 0]]
    assert panel["top_show_episodes"].tolist() == [[3, 0]]
    assert "minutes" not in panel.measures


def test_account_is_the_given_one_the_one_of_the_header_or_me(tmp_path: Path) -> None:
    path, key = scrobbles(tmp_path, STATS, "The Ferrymen;Low Tide;;Lanterns;1704144600000"), "0123456789abcdef"
    names = [vs.read_lastfm(path, tz="UTC", **given).table["account"][0] for given in ({}, {"account": "ben"})]
    assert names == ["ada", "ben"]
    assert vs.read_lastfm(path, tz="UTC", pseudonymise=key).table["account"][0] == vs.pseudonym("ada", key)


def test_missing_time_zone_is_warned_of(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="scrobbles.csv has times in UTC and `tz` is not given"):
        vs.read_lastfm(scrobbles(tmp_path, "The Ferrymen,Low Tide,Lanterns,01 Jan 2024 21:30"))


def test_a_table_with_artists_stays_a_table(tmp_path: Path) -> None:
    path = scrobbles(tmp_path, "account,date,artist,title", "ada,2024-01-01,The Ferrymen,Lanterns")
    assert vs.read(path).report.kind == "table of plays by day"
    with pytest.raises(
        ValueError, match=r"^scrobbles.csv, line 1: .* uts, artist and track.*, got 4 columns under other names"
    ):
        vs.read_lastfm(path)
