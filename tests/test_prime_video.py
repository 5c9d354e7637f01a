"""The viewing history of Prime Video, in both of its forms; every title is invented."""

from pathlib import Path

import pytest

import viewshift as vs

HEADER = (
    '"Playback Start Datetime (UTC)","Playback End Datetime (UTC)","Seconds Viewed","Title",'
    '"Material Type Description","Country Code"'
)


def export(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "PrimeVideo.ViewingHistory.csv"
    path.write_text("\ufeff" + "\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def play(start: str, seconds: str, title: str, kind: str = "Full") -> str:
    return f'"{start}","Not Available","{seconds}","""{title}""","""{kind}""","""DE"""'


def left_out(events: vs.Events) -> dict[str, int]:
    return {part.reason: part.rows for part in events.report.left_out}


PLAYS = (
    play("2024-12-19T23:18:47Z", "1800.00000", "The Ferry-Harbour Lights - Season 2"),
    play("2024-12-19T20:00:00.250Z", "2400.00000", "Low Tide-Harbour Lights - Season 2"),
    play("2024-12-18 20:00:00", "5400", "The Quiet Orchard", "Feature"),
    play("2024-12-18T19:00:00Z", "45.0", "Paper Lanterns", "Feature"),
    play("2024-12-18T18:59:00Z", "600.0", "Soap for Everybody", "Promo"),
    play("2024-12-18T18:58:00Z", "600.0", "Paper Lanterns 2", "Trailer"),
)


def test_plays_have_times_lengths_shows_and_local_days(tmp_path: Path) -> None:
    events = vs.read_prime_video(export(tmp_path, *PLAYS), tz="Europe/Berlin")
    assert events.table["show"].to_list() == ["Harbour Lights", "Harbour Lights", "The Quiet Orchard"]
    assert events.table["kind"].to_list() == ["Full", "Full", "Feature"]
    panel = events.daily(until="2024-12-20")
    assert panel.accounts.tolist() == ["me"]
    assert panel["episodes"].tolist() == [[1, 1, 1]]  # Berlin is an hour ahead: 23:18 is 00:18 of the next day
    assert panel["minutes"].tolist() == [[90, 40, 30]]


def test_promotions_trailers_and_short_plays_are_no_views(tmp_path: Path) -> None:
    events = vs.read_prime_video(export(tmp_path, *PLAYS), tz="UTC")
    assert left_out(events) == {"promotions and trailers": 2, "under 2 minutes on their day": 1}
    assert events.report.rows == events.report.kept + 3 == 6
    assert len(vs.read_prime_video(export(tmp_path, *PLAYS), tz="UTC", min_minutes=0.5)) == 4


def test_pieces_of_a_title_count_together_towards_the_least_minutes(tmp_path: Path) -> None:
    pieces = [play(f"2024-12-19T20:0{k}:00Z", "50", "The Quiet Orchard") for k in range(3)]
    assert len(vs.read_prime_video(export(tmp_path, *pieces), tz="UTC")) == 3


@pytest.mark.parametrize(
    ("title", "show"),
    [
        ("The Ferry-Harbour Lights - Season 2", "Harbour Lights"),
        ("Die Fähre-Hafenlichter - Staffel 2", "Hafenlichter"),
        ("The Ferry-Harbour Lights Season 2", "Harbour Lights"),
        ("One - Two-Harbour Lights - Season 11", "Harbour Lights"),
        ("Harbour Lights: The Film", "Harbour Lights"),
        ("Orchard 13", "Orchard 13"),
    ],
)
def test_show_of_a_title(tmp_path: Path, title: str, show: str) -> None:
    events = vs.read_prime_video(export(tmp_path, play("2024-12-19T20:00:00Z", "600", title)), tz="UTC")
    assert events.table["show"].to_list() == [show]


def test_values_that_say_there_is_none(tmp_path: Path) -> None:
    rows = [play("2024-12-19T20:00:00Z", "600", "Not Available"), play("2024-12-19T21:00:00Z", "Not available", "A")]
    events = vs.read_prime_video(export(tmp_path, *rows), tz="UTC")
    assert events.table["title"].to_list() == [None, "A"]
    assert events.table["seconds"].to_list() == [600, None]
    assert "1 plays without a title, counted as views (line 2)" in events.report.oddities
    assert "1 plays have no length and add no minutes (line 3)" in events.report.oddities


def test_rows_that_cannot_be_read_are_counted_by_reason(tmp_path: Path) -> None:
    bad = [
        play("yesterday", "600", "A"),
        play("2024-12-19T20:00:00Z", "ten", "A"),
        play("2024-12-19T20:00:00Z", "-600", "A"),
        play("1970-01-01T00:00:00Z", "600", "A"),
        play("2999-01-01T00:00:00Z", "600", "A"),
        play("2024-12-19T20:00:00Z", "700000", "A"),
        PLAYS[0],
        PLAYS[0] + ",more",
    ]
    events = vs.read_prime_video(export(tmp_path, *PLAYS[:3], *bad), tz="UTC")
    assert left_out(events) == {
        "the row has more fields than the header, or an open quotation mark": 1,
        "the seconds viewed cannot be read": 1,
        "the start cannot be read": 1,
        "of unknown date (1970 or before)": 1,
        "in the future": 1,
        "the play ends before it starts": 1,
        "lasting longer than a week": 1,
        "exact duplicates": 1,
    }
    assert events.report.rows == 11
    assert len(events) == 3


OLD = "Playback Hour,Operating System,Title,Video Type"


def test_older_form_knows_hours_and_no_lengths(tmp_path: Path) -> None:
    rows = [
        "12/14/2016 19:00:00,Linux,The Quiet Orchard,Feature",
        "7/4/2016 23:00:00,Linux,The Ferry-Harbour Lights - Season 2,Full",
        "7/4/2016 22:00:00,Linux,Soap,Promo",
        "14/14/2016 22:00:00,Linux,Soap,Full",
    ]
    events = vs.read_prime_video(export(tmp_path, *rows, header=OLD), tz="Europe/Berlin")
    assert [str(start) for start in events.table["start"]] == ["2016-12-14 19:00:00+00:00", "2016-07-04 23:00:00+00:00"]
    assert left_out(events) == {"the start cannot be read": 1, "promotions and trailers": 1}
    panel = events.daily(until="2016-12-14")
    assert set(panel.measures) == {"episodes", "top_show_episodes"}
    assert str(panel.start) == "2016-07-05"
    assert any("full hours" in sentence for sentence in events.report.oddities)


def test_missing_time_zone_is_warned_of(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"PrimeVideo.ViewingHistory.csv has times in UTC and `tz` is not given"):
        assert vs.read_prime_video(export(tmp_path, *PLAYS)).tz == "UTC"


def test_account_goes_by_a_name_or_a_keyed_one(tmp_path: Path) -> None:
    path, key = export(tmp_path, *PLAYS), "a key of 16 bytes or more"
    named = vs.read_prime_video(path, tz="UTC", account="ada")
    hidden = vs.read_prime_video(path, tz="UTC", account="ada", pseudonymise=key)
    assert named.table["account"].unique().to_list() == ["ada"]
    assert hidden.table["account"].unique().to_list() == [vs.pseudonym("ada", key)]


def test_another_header_is_refused_with_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"^PrimeVideo.ViewingHistory.csv, line 1: .* got 2 columns under other names, or no header\.$"
    ):
        vs.read_prime_video(export(tmp_path, "A,1", header="Title,Date"))
    with pytest.raises(ValueError, match="`min_minutes` must be at least 0, got -1"):
        vs.read_prime_video(export(tmp_path, *PLAYS), min_minutes=-1)
    with pytest.raises(TypeError, match="`min_minutes` must be a number of minutes, got '2'"):
        vs.read_prime_video(export(tmp_path, *PLAYS), min_minutes="2")  # type: ignore[arg-type]


def test_read_recognises_both_forms(tmp_path: Path) -> None:
    assert vs.read(export(tmp_path, *PLAYS), tz="UTC").report.kind == "Prime Video"
    row = "12/14/2016 19:00:00,Linux,The Quiet Orchard,Feature"
    assert vs.read(export(tmp_path, row, header=OLD), tz="UTC").report.kind == "Prime Video, older form"
