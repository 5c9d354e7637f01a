"""The watch history of YouTube; every title is invented."""

import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

import viewshift as vs

TAKEOUT = "Takeout/YouTube und YouTube Music/Verlauf/Wiedergabeverlauf.json"


def watched(
    time: str, title: str = "Harbour walk", *, channel: str | None = "Tides", **more: object
) -> dict[str, object]:
    """One entry as Google writes them; `more` replaces or, if None, removes what it has."""
    entry = {
        "header": "YouTube",
        "title": f"{title} angesehen",
        "titleUrl": f"https://www.youtube.com/watch?v\u003d{title.replace(' ', '_')}",
        "subtitles": [{"name": channel, "url": "https://www.youtube.com/channel/UC1"}],
        "time": time,
        "products": ["YouTube"],
        "activityControls": ["YouTube-Wiedergabeverlauf"],
        **more,
    }
    return {key: value for key, value in entry.items() if value is not None}


def history(folder: Path, *entries: object, name: str = "watch-history.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(entries, indent=2), encoding="utf-8")
    return path


def left_out(events: vs.Events) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {part.reason: (part.rows, part.lines) for part in events.report.left_out}


def test_videos_become_plays_of_local_days_without_lengths(tmp_path: Path) -> None:
    path = history(
        tmp_path,
        watched("2025-07-26T22:30:00.123Z", "Low tide"),
        watched("2025-07-26T21:00:00Z", "High tide"),
        watched("2025-07-25T10:00:00.5Z", "Low tide", channel="Orchard"),
    )
    events = vs.read(path, tz="Europe/Berlin")
    assert events.table["account"].unique().to_list() == ["me"]
    assert events.table["show"].to_list() == ["Tides", "Tides", "Orchard"]
    panel = events.daily(until="2025-07-28")
    assert set(panel.measures) == {"episodes", "top_show_episodes"}
    # 22:30 UTC is half past midnight of the 27th in Berlin
    assert [str(panel.days[0]), *panel["episodes"][0].tolist()] == ["2025-07-25", 1, 1, 1, 0]
    assert (events.report.kind, events.report.rows, events.report.tz) == ("YouTube", 3, "Europe/Berlin")


def test_what_is_no_video_is_left_out_and_counted_by_entry(tmp_path: Path) -> None:
    path = history(
        tmp_path,
        watched("2025-07-26T12:00:00Z", "Advert", details=[{"name": "From Google Ads"}]),
        watched("2025-07-26T11:00:00Z", "Song", header="YouTube Music"),
        watched("2025-07-26T10:00:00Z", "Kept", details=[{"name": "Something else"}]),
        watched("2025-07-26T09:00:00Z", "boats", titleUrl="https://www.youtube.com/results?search_query=boats"),
        watched("2025-07-26T08:00:00Z", "Post", titleUrl="https://www.youtube.com/post/Ug1"),
        watched("2025-07-26T07:00:00Z", "Short", titleUrl="https://www.youtube.com/shorts/1"),
        watched("2025-07-26T10:00:00Z", "Kept", details=[{"name": "Something else"}]),
        watched("1970-01-01T00:00:00Z", "Unknown"),
    )
    events = vs.read_youtube(path, tz="UTC")
    assert left_out(events) == {
        "of unknown date (1970 or before)": (1, (8,)),
        "advertisements": (1, (1,)),
        "no videos (searches, posts)": (2, (4, 5)),
        "played in YouTube Music": (1, (2,)),
        "exact duplicates": (1, (7,)),
    }
    assert events.table["title"].to_list() == ["Kept angesehen", "Short angesehen"]
    assert "left out: 1 advertisements (entry 1)" in str(events.report)


def test_music_is_a_history_of_its_own(tmp_path: Path) -> None:
    path = history(
        tmp_path,
        watched("2025-07-26T12:00:00Z", "Song", header="YouTube Music"),
        watched("2025-07-26T11:00:00Z", "Film"),
    )
    music = vs.read_youtube(path, tz="UTC", music=True)
    assert music.table["title"].to_list() == ["Song angesehen"]
    assert left_out(music) == {"videos, and no music": (1, (2,))}
    assert music.report.kind == "YouTube, music"


def test_removed_videos_are_views_and_titles_of_their_own(tmp_path: Path) -> None:
    gone = {"title": "Ein Video angesehen, das entfernt wurde", "titleUrl": None, "subtitles": None}
    path = history(tmp_path, watched("2025-07-26T12:00:00Z", **gone), watched("2025-07-26T11:00:00Z", **gone))
    events = vs.read_youtube(path, tz="UTC")
    assert events.daily(until="2025-07-26")["episodes"].tolist() == [[2]]
    assert events.report.oddities == ("2 plays without a title, counted as views (entry 1, 2)",)


def test_the_archive_of_takeout_is_read_whatever_its_folders_are_called(tmp_path: Path) -> None:
    day = watched("2025-07-26T12:00:00Z")
    path = tmp_path / "takeout-20250801T120000Z-001.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Takeout/archive_browser.html", "<html></html>")
        archive.writestr("Takeout/YouTube und YouTube Music/Playlists/Playlists.csv", "ID,Titel\n1,Boote\n")
        archive.writestr(TAKEOUT, json.dumps([day]))
    events = vs.read(path, tz="UTC")
    assert events.report.source == f"{path.name}/{TAKEOUT}"
    assert len(events) == len(vs.read_youtube(path, tz="UTC", account="ada")) == 1


def test_the_history_as_a_page_is_refused_with_advice(tmp_path: Path) -> None:
    page = tmp_path / "watch-history.html"
    page.write_text("<html><body>Watched Low tide<br>Jul 26, 2025, 2:00:00 PM CEST</body></html>")
    for read in (vs.read, vs.read_youtube):
        with pytest.raises(
            ValueError, match=r"got HTML; ask for .* of YouTube as JSON, since the dates of pages are local"
        ):
            read(page, tz="UTC")
    path = tmp_path / "takeout.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(page, "Takeout/YouTube/history/watch-history.html")
    with pytest.raises(ValueError, match=r"takeout.zip: there must be .*, found none in 1 file; ask for .* as JSON"):
        vs.read(path, tz="UTC")


def test_missing_time_zone_is_warned_of(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="watch-history.json has times in UTC and `tz` is not given"):
        assert vs.read_youtube(history(tmp_path, watched("2025-07-26T12:00:00Z"))).tz == "UTC"


def test_entries_without_a_readable_time_are_counted_and_shown(tmp_path: Path) -> None:
    days = [watched(f"2025-07-0{day}T12:00:00Z") for day in (3, 2, 1)]
    path = history(tmp_path, *days, watched("yesterday"), watched("x") | {"time": 1_753_000_000})
    assert left_out(vs.read_youtube(path, tz="UTC")) == {"the time cannot be read": (2, (4, 5))}
    with pytest.raises(
        ValueError, match=r"watch-history.json, entry 1: the time cannot be read, and so in 1 of 1 rows"
    ):
        vs.read_youtube(history(tmp_path, watched("yesterday")), tz="UTC")


def test_values_of_another_type_are_no_values(tmp_path: Path) -> None:
    odd = watched("2025-07-26T12:00:00Z", subtitles=[7], details={"name": 1}) | {"title": 7}
    events = vs.read_youtube(history(tmp_path, odd, watched("2025-07-25T12:00:00Z")), tz="UTC")
    assert events.table["title"].to_list() == [None, "Harbour walk angesehen"]
    assert events.table["show"].to_list() == [None, "Tides"]


def test_accounts_go_by_their_pseudonyms(tmp_path: Path) -> None:
    key = "sixteen bytes at least"
    events = vs.read(history(tmp_path, watched("2025-07-26T12:00:00Z")), tz="UTC", pseudonymise=key)
    assert events.table["account"].to_list() == [vs.pseudonym("me", key)]


def test_reading_by_pieces_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        watched(f"2025-07-26T12:{n:02}:00Z", f'Lumière {n}, "quoted", [braces}} ]', channel="海") for n in range(50)
    ]
    path = history(tmp_path, *entries)
    whole = vs.read_youtube(path, tz="UTC").table
    monkeypatch.setattr("viewshift.readers._json.PIECE", 7)
    monkeypatch.setattr("viewshift.readers._json.ROWS", 3)
    assert vs.read_youtube(path, tz="UTC").table.equals(whole)
    assert whole["title"].to_list() == [f'Lumière {n}, "quoted", [braces}} ] angesehen' for n in range(50)]
    assert whole.schema["start"] == pl.Datetime("ms", "UTC")
