"""The history of Trakt; every title is invented."""

import json
import zipfile
from pathlib import Path

import viewshift as vs


def episode(
    time: str, number: int = 1, *, action: str = "scrobble", show: str = "Harbour Lights", **more: object
) -> dict[str, object]:
    return {
        "id": 1,
        "watched_at": time,
        "action": action,
        "type": "episode",
        "episode": {"season": 1, "number": number, "title": f"Part {number}", "ids": {"trakt": 1}},
        "show": {"title": show, "year": 2001, "ids": {"slug": "harbour-lights"}},
        **more,
    }


def film(time: str, title: str = "Salt", action: str = "checkin") -> dict[str, object]:
    return {"watched_at": time, "action": action, "type": "movie", "movie": {"title": title, "year": 1999}}


def history(folder: Path, *entries: object, name: str = "history.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def left_out(events: vs.Events) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {part.reason: (part.rows, part.lines) for part in events.report.left_out}


def test_episodes_and_films_become_plays_of_local_days(tmp_path: Path) -> None:
    path = history(
        tmp_path,
        episode("2025-07-26T22:30:00.000Z", 2),
        episode("2025-07-26T21:00:00.000Z", 1),
        film("2025-07-24T10:00:00.000Z"),
    )
    events = vs.read(path, tz="Europe/Berlin")
    assert events.report.kind == "Trakt"
    assert events.table.select("kind", "show", "title").rows() == [
        ("episode", "Harbour Lights", "1x2 Part 2"),
        ("episode", "Harbour Lights", "1x1 Part 1"),
        ("movie", "Salt", "Salt"),
    ]
    panel = events.daily(until="2025-07-27")
    assert set(panel.measures) == {"episodes", "top_show_episodes"}
    assert panel["episodes"].tolist() == [[1, 0, 1, 1]]


def test_what_was_marked_in_bulk_is_no_viewing(tmp_path: Path) -> None:
    at_once = "2025-07-20T12:00:00.000Z"
    path = history(
        tmp_path,
        episode("2025-07-26T20:00:00.000Z", 1, action="watch"),
        episode("2025-07-26T20:00:00.000Z", 2, action="watch"),  # two at once are told by hand, not in bulk
        episode("2025-07-26T20:00:00.000Z", 6),
        *(episode(at_once, number, action="watch") for number in range(1, 4)),
        episode(at_once, 4, action="scrobble"),
        episode("2025-07-19T20:00:00.000Z", 5, action="scrobble"),
    )
    events = vs.read_trakt(path, tz="UTC")
    assert left_out(events) == {"marked as watched in bulk (3 or more with one timestamp)": (3, (4, 5, 6))}
    assert events.table["title"].to_list() == ["1x1 Part 1", "1x2 Part 2", "1x6 Part 6", "1x4 Part 4", "1x5 Part 5"]


def test_episodes_without_a_title_are_told_apart_by_their_number(tmp_path: Path) -> None:
    bare = {"episode": {"season": 2, "number": 10, "title": None}}
    other = {"episode": {"season": 2, "number": 11}}
    path = history(tmp_path, episode("2025-07-26T20:00:00Z", **bare), episode("2025-07-26T19:00:00Z", **other))
    assert vs.read_trakt(path, tz="UTC").table["title"].to_list() == ["2x10", "2x11"]


def test_pages_in_an_archive_are_one_history(tmp_path: Path) -> None:
    path = tmp_path / "trakt.zip"
    first, again = episode("2025-07-26T20:00:00.000Z", 2), episode("2025-07-25T20:00:00.000Z", 1)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("watched/history-1.json", json.dumps([first, again]))
        archive.writestr("watched/history-2.json", json.dumps([again]))
        archive.writestr("ratings/ratings.json", json.dumps([{"rated_at": "2025-07-26T20:00:00.000Z", "rating": 9}]))
    events = vs.read(path, tz="UTC")
    assert events.report.source == "trakt.zip (2 files)"
    assert left_out(events) == {"exact duplicates": (1, (3,))}


def test_unknown_dates_and_unreadable_times_are_counted(tmp_path: Path) -> None:
    days = [episode(f"2025-07-0{day}T12:00:00Z", day) for day in (3, 2, 1)]
    path = history(
        tmp_path,
        *days,
        episode("1970-01-01T00:00:00.000Z"),
        episode("x"),
        episode("2025-07-01T12:00:00Z") | {"type": 7},
    )
    events = vs.read_trakt(path, tz="UTC", account="ada")
    assert left_out(events) == {"the time cannot be read": (1, (5,)), "of unknown date (1970 or before)": (1, (4,))}
    assert events.table["account"].unique().to_list() == ["ada"]
    assert events.table["title"].to_list()[-1] is None
