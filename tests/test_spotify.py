"""The listening histories of Spotify; every title is invented."""

import json
import zipfile
from pathlib import Path

import pytest

import viewshift as vs


def song(end: str, seconds: float = 200, title: str = "Low tide", artist: str = "The Ferrymen") -> dict[str, object]:
    return {"endTime": end, "artistName": artist, "trackName": title, "msPlayed": int(seconds * 1000)}


def long_song(end: str, seconds: float = 200, title: str | None = "Low tide", **more: object) -> dict[str, object]:
    return {
        "ts": end,
        "platform": "android",
        "ms_played": int(seconds * 1000),
        "master_metadata_track_name": title,
        "master_metadata_album_artist_name": title and "The Ferrymen",
        "episode_name": None,
        "episode_show_name": None,
        "skipped": False,
        **more,
    }


def written(path: Path, *entries: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def left_out(events: vs.Events) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {part.reason: (part.rows, part.lines) for part in events.report.left_out}


def test_the_time_of_account_data_is_the_end_in_utc(tmp_path: Path) -> None:
    path = written(tmp_path / "StreamingHistory_music_0.json", song("2021-10-05 22:05", 600))
    events = vs.read(path, tz="Europe/Berlin")
    assert [str(t) for t in events.table["start"]] == ["2021-10-05 21:55:00+00:00"]
    panel = events.daily(until="2021-10-06")
    assert panel["minutes"].tolist() == [[5, 5]]  # midnight in Berlin is 22:00 UTC
    assert panel["episodes"].tolist() == [[1, 0]]
    assert (events.report.kind, events.report.place) == ("Spotify, account data", "entry")


def test_the_time_of_the_extended_history_is_the_end_too(tmp_path: Path) -> None:
    path = written(tmp_path / "endsong_0.json", long_song("2021-10-05T22:05:30Z", 45.5))
    events = vs.read(path, tz="UTC")
    assert [str(t) for t in events.table["start"]] == ["2021-10-05 22:04:44.500000+00:00"]
    assert events.table["seconds"].to_list() == [45.5]
    assert events.report.kind == "Spotify, extended history"


def test_short_plays_are_no_plays(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.json", song("2021-10-05 22:05", 29.9), song("2021-10-05 22:04", 30), song("2021-10-05 22:03", 0)
    )
    assert left_out(vs.read_spotify(path, tz="UTC")) == {"under 30 seconds": (2, (1, 3))}
    assert len(vs.read_spotify(path, tz="UTC", min_seconds=0)) == 3
    with pytest.raises(ValueError, match="`min_seconds` must be at least 0, got -1"):
        vs.read_spotify(path, min_seconds=-1)


def test_music_podcasts_and_books_are_told_apart(tmp_path: Path) -> None:
    path = written(
        tmp_path / "Streaming_History_Audio_2021_0.json",
        long_song("2021-10-05T22:05:00Z"),
        long_song("2021-10-05T21:05:00Z", title=None, episode_name="Part 1", episode_show_name="Harbour Talk"),
        long_song("2021-10-05T20:05:00Z", title=None, audiobook_chapter_title="One", audiobook_title="Salt"),
        long_song("2021-10-05T19:05:00Z", title=None),
    )
    events = vs.read_spotify(path, tz="UTC")
    assert events.table["kind"].to_list() == ["music", "podcast", "audiobook", None]
    assert events.table["title"].to_list() == ["Low tide", "Part 1", "One", None]
    assert events.table["show"].to_list() == ["The Ferrymen", "Harbour Talk", "Salt", None]
    podcast = {"endTime": "2021-10-05 20:00", "podcastName": "Talk", "episodeName": "Part 2", "msPlayed": 60_000}
    short = vs.read_spotify(written(tmp_path / "StreamingHistory_podcast_0.json", podcast), tz="UTC").table
    assert short.select("kind", "show", "title").rows() == [("podcast", "Talk", "Part 2")]


@pytest.mark.parametrize("packed", [True, False])
def test_all_files_of_the_archive_or_folder_are_one_history(tmp_path: Path, packed: bool) -> None:
    folder = tmp_path / "Spotify Account Data"
    written(folder / "StreamingHistory_music_0.json", song("2021-10-05 22:05"), song("2021-10-05 22:01"))
    written(folder / "StreamingHistory_music_1.json", song("2021-10-07 22:05"), song("2021-10-05 22:05"))
    written(folder / "StreamingHistory_podcast_0.json")
    (folder / "Userdata.json").write_text('{"username": "ada"}')
    written(folder / "Marquee.json", {"artistName": "The Ferrymen", "segment": "Listeners"})
    path = folder
    if packed:
        path = tmp_path / "my_spotify_data.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in folder.iterdir():
                archive.write(file, f"Spotify Account Data/{file.name}")
    events = vs.read(path, tz="UTC")
    assert events.report.source == f"{path.name} (2 files)"
    assert (events.report.rows, len(events)) == (4, 3)
    assert left_out(events) == {"exact duplicates": (1, (4,))}


def test_both_kinds_in_one_place_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "StreamingHistory0.json", song("2021-10-05 22:05"))
    written(tmp_path / "endsong_0.json", long_song("2021-10-05T22:05:00Z"))
    with pytest.raises(ValueError, match=r"StreamingHistory0.json and others tell the same plays twice: .* not both"):
        vs.read(tmp_path, tz="UTC")


def test_entries_that_cannot_be_read_are_counted_by_reason(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.json",
        *(song(f"2021-10-0{day} 20:00") for day in range(1, 6)),
        song("soon"),
        song("2021-10-05 22:00") | {"msPlayed": "200000"},
        song("2021-10-05 22:00", -1),
        song("2021-10-05 22:00", 700_000),
    )
    assert left_out(vs.read_spotify(path, tz="UTC")) == {
        "the length cannot be read": (2, (7, 8)),
        "the time cannot be read": (1, (6,)),
        "lasting longer than a week": (1, (9,)),
    }


def test_lengths_beyond_all_measure_are_no_lengths(tmp_path: Path) -> None:
    huge = [song("2021-10-05 22:00") | {"msPlayed": length} for length in (10**400, 10**19, 10**17)]
    path = written(tmp_path / "a.json", *(song(f"2021-10-0{day} 20:00") for day in range(1, 6)), *huge)
    events = vs.read_spotify(path, tz="UTC")
    assert len(events) == 5
    assert sum(part.rows for part in events.report.left_out) == 3
