"""The film diary of Letterboxd; every film is invented."""

import zipfile
from pathlib import Path

import pytest

import viewshift as vs

HEADER = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date"


def diary(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "diary.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def film(watched: str, name: str = "The Quiet Orchard", year: str = "1999") -> str:
    return f'2025-11-12,"{name}",{year},https://boxd.it/x,4.5,,,{watched}'


def test_days_are_those_of_watching_and_films_of_one_name_are_told_apart(tmp_path: Path) -> None:
    events = vs.read_letterboxd(
        diary(tmp_path, film("2021-01-02"), film("2021-01-02", year="2020"), film("2021-01-04"))
    )
    assert events.table["title"].unique().sort().to_list() == ["The Quiet Orchard (1999)", "The Quiet Orchard (2020)"]
    assert set(events.table["kind"]) == {"film"}
    panel = events.daily(until="2021-01-05")
    assert panel["episodes"].tolist() == [[2, 0, 1, 0]]
    assert set(panel.measures) == {"episodes"}


def test_days_entered_in_bulk_are_left_out_and_reported(tmp_path: Path) -> None:
    bulk = [film("2021-01-03", name=f"Film {k}") for k in range(21)]
    twenty = [film("2021-01-05", name=f"Film {k}") for k in range(20)]
    path = diary(tmp_path, film("2021-01-02"), *bulk, *twenty)
    events = vs.read_letterboxd(path)
    assert [(part.reason, part.rows, part.lines) for part in events.report.left_out] == [
        ("on days with more than 20 films, entered in bulk", 21, (3, 4, 5))
    ]
    assert len(events) == 21
    assert len(vs.read_letterboxd(path, most_films=21)) == 42
    with pytest.raises(ValueError, match="`most_films` must be at least 1, got 0"):
        vs.read_letterboxd(path, most_films=0)


def test_rows_that_cannot_be_read_are_counted_by_reason(tmp_path: Path) -> None:
    rows = [film(day) for day in ("2021-01-02", "2021-01-03", "2021-01-04", "2.1.2021", "1970-01-01", "2999-01-01")]
    rows.append(film("2021-01-05", name="", year=""))
    events = vs.read_letterboxd(diary(tmp_path, *rows), tz="Europe/Berlin", account="ada")
    assert {part.reason: part.lines for part in events.report.left_out} == {
        "the day of watching cannot be read": (5,),
        "of unknown date (1970 or before)": (6,),
        "in the future": (7,),
    }
    assert events.table["title"].to_list()[-1] is None
    assert events.table["account"].unique().to_list() == ["ada"]
    assert events.tz is None


def test_other_lists_of_the_export_are_refused_in_favour_of_the_diary(tmp_path: Path) -> None:
    watched = diary(
        tmp_path, "2021-01-02,The Quiet Orchard,1999,https://boxd.it/x", header="Date,Name,Year,Letterboxd URI"
    )
    with pytest.raises(
        ValueError, match=r"^diary.csv, line 1: .*diary.csv; watched.csv does not say when a film was watched"
    ):
        vs.read_letterboxd(watched)
    with pytest.raises(ValueError, match=r"got 2 columns under other names"):
        vs.read_letterboxd(diary(tmp_path, "A,1/1/25", header="Title,Date"))
    with pytest.raises(ValueError, match="`tz` must be a time zone"):
        vs.read_letterboxd(watched, tz="Berlin")


def test_read_recognises_the_diary_with_keyed_names(tmp_path: Path) -> None:
    events = vs.read(diary(tmp_path, film("2021-01-02")), pseudonymise="a key of 16 bytes or more")
    assert events.report.kind == "Letterboxd diary"
    assert events.table["account"].to_list() == [vs.pseudonym("me", "a key of 16 bytes or more")]


def test_of_an_archive_the_diary_is_read_and_neither_reviews_nor_what_was_deleted(tmp_path: Path) -> None:
    lists = {
        "deleted/diary.csv": f"{HEADER}\n{film('2021-01-01', name='Deleted')}\n",
        "diary.csv": f"{HEADER}\n{film('2021-01-02', name='Watched')}\n",
        "a_reviews.csv": f"{HEADER},Review\n{film('2021-01-03', name='Reviewed')},Good\n",
        "watched.csv": "Date,Name,Year,Letterboxd URI\n2021-01-04,Logged,1999,https://boxd.it/x\n",
    }
    path = tmp_path / "letterboxd-ada.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in lists.items():
            archive.writestr(name, text)
    events = vs.read(path)
    assert events.table["title"].to_list() == ["Watched (1999)"]
    assert events.report.source == "letterboxd-ada.zip/diary.csv"
