"""The database and the backup of Jellyfin's Playback Reporting."""

from collections.abc import Callable
from pathlib import Path

import pytest

import viewshift as vs
from databases import activity, backup, jellyfin


def left_out(events: vs.Events) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {part.reason: (part.rows, part.lines) for part in events.report.left_out}


@pytest.fixture(params=[jellyfin, backup], ids=["database", "backup"])
def write(request: pytest.FixtureRequest) -> Callable[..., Path]:
    return request.param


def test_times_are_of_the_servers_clock_unless_they_say_otherwise(tmp_path: Path, write: Callable[..., Path]) -> None:
    path = write(
        tmp_path,
        activity("2024-07-03 23:50:00.0000000"),
        activity("2024-07-03 23:50:00", seconds=1200),
        activity("2024-12-03 23:50:00"),
        activity("2024-07-03 23:50:00Z"),
        activity("2024-07-03T23:50:00+02:00", user="b2", kind="Movie", name="The Quiet Orchard"),
    )
    events = vs.read_jellyfin(path, tz="Europe/Berlin")
    assert [str(start)[:16] for start in events.table["start"]] == [
        "2024-07-03 21:50",
        "2024-07-03 21:50",
        "2024-12-03 22:50",
        "2024-07-03 23:50",
        "2024-07-03 21:50",
    ]
    assert events.report.kept + len(events.report.left_out) == events.report.rows == 5
    panel = events.daily(until="2024-12-03")
    assert panel.accounts.tolist() == ["a1", "b2"]
    assert panel["minutes"][0, :2].tolist() == [10, 20 + 30]
    assert panel["episodes"][1, :2].tolist() == [1, 0]


def test_show_is_what_stands_before_season_and_episode(tmp_path: Path, write: Callable[..., Path]) -> None:
    names = ["Harbour Lights - s01e02 - Low - s02e03 - Tide", "Up - Down - s00e00 - A", "The Quiet Orchard", None]
    rows = [activity(f"2024-07-0{k} 20:00:00", name=name) for k, name in enumerate(names, start=1)]
    events = vs.read_jellyfin(write(tmp_path, *rows), tz="UTC")
    assert events.table["show"].to_list() == ["Harbour Lights", "Up - Down", "The Quiet Orchard", None]
    assert "1 plays without a title, counted as views" in events.report.oddities[0]


def test_hours_that_the_clock_shows_twice_or_never(tmp_path: Path, write: Callable[..., Path]) -> None:
    path = write(tmp_path, activity("2024-10-27 02:30:00"), activity("2024-03-31 02:30:00"))
    events = vs.read_jellyfin(path, tz="Europe/Berlin")
    assert [str(start) for start in events.table["start"]] == ["2024-10-27 00:30:00+00:00", "2024-03-31 02:30:00+00:00"]
    assert events.report.oddities == (
        f"1 times were skipped by the clock of this zone, so it may be another one ({events.report.place} 2)",
    )


def test_what_is_no_view_and_what_cannot_be_read(tmp_path: Path, write: Callable[..., Path]) -> None:
    good = [activity(f"2024-07-0{k} 20:00:00") for k in range(1, 10)]
    bad = [
        activity("2024-06-01 20:00:00", kind="Audio"),
        activity("2024-06-02 20:00:00", kind="AudioBook"),
        activity("2024-06-03 20:00:00", kind="Photo"),
        activity("2024-06-04 20:00:00", kind="Trailer"),
        activity("2024-06-05 20:00:00", seconds=119),
        activity("yesterday"),
        activity("2024-06-06 20:00:00", seconds=""),
        activity("2024-06-07 20:00:00", user=None),
        activity("1970-01-01 20:00:00"),
        activity("2999-01-01 20:00:00"),
        activity("2024-06-08 20:00:00", seconds=-5),
        activity("2024-06-09 20:00:00", seconds=700_000),
        good[0],
    ]
    events = vs.read_jellyfin(write(tmp_path, *good, *bad), tz="UTC")
    assert left_out(events) == {
        "the time cannot be read": (1, (15,)),
        "the duration cannot be read": (1, (16,)),
        "the user has no identifier": (1, (17,)),
        "of unknown date (1970 or before)": (1, (18,)),
        "in the future": (1, (19,)),
        "music and audio books": (2, (10, 11)),
        "photos": (1, (12,)),
        "trailers": (1, (13,)),
        "the play ends before it starts": (1, (20,)),
        "lasting longer than a week": (1, (21,)),
        "exact duplicates": (1, (22,)),
        "under 2 minutes on their day": (1, (14,)),
    }
    assert events.report.rows == 22
    assert events.report.kept == 9


def test_lines_of_a_backup_with_more_or_fewer_fields(tmp_path: Path) -> None:
    path = backup(tmp_path, *(activity(f"2024-07-0{k} 20:00:00") for k in range(1, 6)))
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join([text[0], text[1] + "\tmore", "2024-07-03 20:00:00\ta1\ti9", *text[3:]]), encoding="utf-8"
    )
    events = vs.read_jellyfin(path, tz="UTC")
    assert left_out(events) == {
        "the row has more than nine fields": (1, (2,)),
        "the duration cannot be read": (1, (3,)),
    }


def test_quotation_marks_in_a_backup_are_text(tmp_path: Path) -> None:
    names = ['"Orchard, 1, 2, 3, 4, 5, 6, 7, 8, 9', 'The "Quiet" Orchard', 'Orchard"']
    rows = [activity(f"2024-07-0{k} 20:00:00", name=name, kind="Movie") for k, name in enumerate(names, start=1)]
    assert vs.read_jellyfin(backup(tmp_path, *rows), tz="UTC").table["title"].to_list() == names


def test_missing_time_zone_gives_days_of_the_server_with_a_warning(tmp_path: Path, write: Callable[..., Path]) -> None:
    with pytest.warns(UserWarning, match="has times of the server's own clock and `tz` is not given"):
        panel = vs.read_jellyfin(write(tmp_path, activity("2024-07-03 23:50:00"))).daily(until="2024-07-04")
    assert (str(panel.start), panel["minutes"].tolist()) == ("2024-07-03", [[10, 20]])


def test_read_recognises_both_with_keyed_names(tmp_path: Path, write: Callable[..., Path]) -> None:
    events = vs.read(write(tmp_path, activity()), tz="UTC", pseudonymise="a key of 16 bytes or more")
    assert events.report.kind == "Jellyfin Playback Reporting"
    assert events.table["account"].to_list() == [vs.pseudonym("a1", "a key of 16 bytes or more")]


def test_other_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.tsv"
    path.write_text("a\tb\n")
    with pytest.raises(
        ValueError, match=r"^other.tsv, line 1: the file must be playback_reporting.db of Jellyfin or a backup"
    ):
        vs.read_jellyfin(path)
