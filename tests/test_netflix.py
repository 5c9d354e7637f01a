"""The Netflix exports, as people have them; every title is invented."""

import csv
import io
import tracemalloc
import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import viewshift as vs
from viewshift.readers._source import EXCESS, Source

SAMPLES = Path(__file__).parent / "samples"
SHORT = SAMPLES / "NetflixViewingHistory.csv"
FULL = SAMPLES / "ViewingActivity.csv"
HEADER = (
    "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,"
    "Country"
)


def short(folder: Path, *rows: str, header: str = "Title,Date") -> Path:
    path = folder / "history.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8", newline="")
    return path


def dated(folder: Path, *days: str) -> Path:
    return short(folder, *(f'"Show {i}: Season 1: Part","{day}"' for i, day in enumerate(days)))


def days_of(events: vs.Events) -> list[str]:
    return [str(day) for day in events.table["date"]]


def left_out(events: vs.Events) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {part.reason: (part.rows, part.lines) for part in events.report.left_out}


def play(profile: str, start: str, duration: str, title: str, kind: str = "") -> str:
    return f'{profile},{start},{duration},,"{title}",{kind},Television,{duration},{duration},DE (Germany)'


# ---- the short export -------------------------------------------------------------------------------------------


def test_short_export_becomes_days_without_times_of_one_account() -> None:
    events = vs.read_netflix(SHORT)
    assert events.table["account"].unique().to_list() == ["me"]
    assert events.table["start"].null_count() == events.table["seconds"].null_count() == len(events) == 8
    panel = events.daily(until="2025-07-31")
    assert set(panel.measures) == {"episodes", "top_show_episodes"}
    by_day = dict(zip(panel.days.astype(str), panel["episodes"][0], strict=True))
    assert {day: n for day, n in by_day.items() if n} == {
        "2024-12-30": 1, "2024-12-31": 1, "2025-07-13": 1, "2025-07-14": 1, "2025-07-25": 1, "2025-07-26": 3,
    }  # fmt: skip
    assert panel["top_show_episodes"][0].max() == 2
    assert panel.observed.all()


def test_short_export_takes_a_name_for_its_account() -> None:
    assert vs.read_netflix(SHORT, account="ada").daily(until="2025-07-31").accounts.tolist() == ["ada"]


def test_report_adds_up_and_says_what_was_settled() -> None:
    report = vs.read_netflix(SHORT).report
    assert (report.rows, report.kept, report.date_order, report.tz) == (9, 8, "m/d/y", None)
    assert report.kept + sum(part.rows for part in report.left_out) == report.rows
    text = str(report)
    assert "9 read, 8 kept" in text
    assert "left out: 1 exact duplicates (line 9)" in text
    assert "dates: m/d/y" in text
    assert "2 removed titles (blank), counted as views (line 4, 5)" in text


@pytest.mark.parametrize(
    ("days", "order"),
    [
        (("7/26/25", "7/14/25", "12/31/24"), "m/d/y"),
        (("26/7/25", "14/7/25", "31/12/24"), "d/m/y"),
        (("26/07/25", "14/07/25", "31/12/24"), "d/m/y"),
        (("26/07/2025", "14/07/2025", "31/12/2024"), "d/m/y"),
        (("26-07-25", "14-07-25", "31-12-24"), "d/m/y"),
        (("26.07.2025", "14.07.2025", "31.12.2024"), "d/m/y"),
        (("26.07.25", "14.07.25", "31.12.24"), "d/m/y"),
        (("2025/07/26", "2025/07/14", "2024/12/31"), "y/m/d"),
        (("2025-07-26", "2025-07-14", "2024-12-31"), "y/m/d"),
        (("2025-Jul-26", "2025-Jul-14", "2024-Dec-31"), "y/m/d"),
        (("26-Jul-25", "14-jul-25", "31-Dec-24"), "d/m/y"),
    ],
)
def test_forms_of_date_seen_in_exports(tmp_path: Path, days: tuple[str, ...], order: str) -> None:
    events = vs.read_netflix(dated(tmp_path, *days))
    assert days_of(events) == ["2025-07-26", "2025-07-14", "2024-12-31"]
    assert events.report.date_order == order


def test_order_follows_from_time_running_backwards_where_no_part_is_above_12(tmp_path: Path) -> None:
    # as m/d/y: 3 May, 4 April, 12 March; as d/m/y: 5 March, 4 April (a step forward)
    events = vs.read_netflix(dated(tmp_path, "5/3/25", "4/4/25", "3/12/25"))
    assert days_of(events) == ["2025-05-03", "2025-04-04", "2025-03-12"]
    # and the mirror image
    events = vs.read_netflix(dated(tmp_path, "3/5/25", "4/4/25", "12/3/25"))
    assert days_of(events) == ["2025-05-03", "2025-04-04", "2025-03-12"]
    assert events.report.date_order == "d/m/y"


def test_two_orders_that_fit_are_never_guessed_between(tmp_path: Path) -> None:
    path = dated(tmp_path, "5/4/25", "4/3/25")
    with pytest.raises(
        ValueError, match=r"history.csv, line 2: dates such as '5/4/25' .* d/m/y or m/d/y; pass `date_order=`"
    ):
        vs.read_netflix(path)
    assert days_of(vs.read_netflix(path, date_order="d/m/y")) == ["2025-04-05", "2025-03-04"]
    assert days_of(vs.read_netflix(path, date_order="m/d/y")) == ["2025-05-04", "2025-04-03"]


def test_orders_that_give_the_same_days_need_no_choice(tmp_path: Path) -> None:
    assert days_of(vs.read_netflix(dated(tmp_path, "5/5/25", "4/4/25"))) == ["2025-05-05", "2025-04-04"]


FORMS = {
    "m/d/y": ["{0.month}/{0.day}/{0:%y}", "{0:%m/%d/%Y}"],
    "d/m/y": ["{0.day}/{0.month}/{0:%y}", "{0:%d.%m.%Y}", "{0:%d-%m-%y}"],
    "y/m/d": ["{0:%Y/%m/%d}", "{0.year}-{0.month}-{0.day}"],
}


@given(seed=st.integers(0, 2**32), order=st.sampled_from(sorted(FORMS)), n=st.integers(1, 12))
@settings(max_examples=60)
def test_days_are_read_right_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, seed: int, order: str, n: int
) -> None:
    rng = np.random.default_rng(seed)
    days = sorted((date(2020, 1, 1) + timedelta(days=int(k)) for k in rng.integers(0, 400, n)), reverse=True)
    form = FORMS[order][rng.integers(len(FORMS[order]))]
    path = dated(tmp_path_factory.mktemp("days"), *(form.format(day) for day in days))
    try:
        events = vs.read_netflix(path)
    except ValueError as error:
        assert "pass `date_order=`" in str(error)  # noqa: PT017
        assert order in str(error)  # noqa: PT017
        events = vs.read_netflix(path, date_order=order)
    assert days_of(events) == [str(day) for day in days]


def test_unknown_date_order_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`date_order` must be one of 'd/m/y', 'm/d/y', 'y/m/d', got 'dmy'"):
        vs.read_netflix(dated(tmp_path, "5/5/25"), date_order="dmy")


def test_two_forms_in_one_file_are_the_work_of_a_spreadsheet(tmp_path: Path) -> None:
    # a day-first spreadsheet took 5/4/20 (4 May) for 5 April, wrote it anew, and left 4/13/20 alone
    path = dated(tmp_path, "05-Apr-20", "4/13/20", "4/12/20")
    with pytest.raises(
        ValueError, match=r"history.csv, line 3: dates have two forms, '05-Apr-20' \(line 2\) and '4/13/20'"
    ):
        vs.read_netflix(path)


def test_two_forms_that_agree_on_one_order_are_read_and_noted(tmp_path: Path) -> None:
    events = vs.read_netflix(dated(tmp_path, "21-Apr-20", "20/04/2020", "3/3/2020"))
    assert days_of(events) == ["2020-04-21", "2020-04-20", "2020-03-03"]
    assert any("two forms" in sentence for sentence in events.report.oddities)


def test_restart_of_the_dates_means_joined_files(tmp_path: Path) -> None:
    path = dated(tmp_path, "7/26/25", "7/14/25", "12/31/24", "6/30/25", "6/13/25")
    with pytest.raises(
        ValueError, match=r"line 5: .* from 2024-12-31 to 2025-06-30; two files were joined: split them there"
    ):
        vs.read_netflix(path)
    events = vs.read_netflix(path, date_order="m/d/y")
    assert len(events) == 5
    assert any("later than the row above, first in line 5" in sentence for sentence in events.report.oddities)


def test_rows_sorted_anew_are_told_apart_from_joined_files(tmp_path: Path) -> None:
    path = dated(tmp_path, *(f"7/{day}/25" for day in range(13, 29)))
    with pytest.raises(ValueError, match=r"line 3: .* later than the row above; the rows were sorted anew"):
        vs.read_netflix(path)


def test_dates_of_both_orders_name_a_witness_of_each(tmp_path: Path) -> None:
    path = dated(tmp_path, "7/26/25", "25/7/25", "3/3/25")
    with pytest.raises(ValueError, match=r"'25/7/25' \(line 3\) only d/m/y and '7/26/25' \(line 2\) only m/d/y"):
        vs.read_netflix(path)


def test_spreadsheet_copy_unquoted_crlf_lower_case_swapped_and_extra_columns(tmp_path: Path) -> None:
    path = tmp_path / "copy.csv"
    path.write_bytes(
        b"\xef\xbb\xbfdate,Rating,title\r\n"
        b"26/07/2025,5,Harbour Lights: Season 1: Pilot\r\n"
        b'14/07/2025,,"Paper Lanterns: Part: One, Two"\r\n'
    )
    events = vs.read_netflix(path)
    assert days_of(events) == ["2025-07-26", "2025-07-14"]
    assert events.table["title"].to_list() == ["Harbour Lights: Season 1: Pilot", "Paper Lanterns: Part: One, Two"]


def test_semicolons_of_a_european_spreadsheet(tmp_path: Path) -> None:
    events = vs.read_netflix(
        short(tmp_path, "The Quiet Orchard;26.07.2025", "One, Two;25.07.2025", header="Title;Date")
    )
    assert events.table["title"].to_list() == ["The Quiet Orchard", "One, Two"]


def test_removed_titles_are_views_and_never_duplicates_of_each_other(tmp_path: Path) -> None:
    events = vs.read_netflix(short(tmp_path, '"","7/26/25"', '": ","7/26/25"', '"","7/26/25"', '"A","7/25/25"'))
    assert len(events) == 4
    panel = events.daily(until="2025-07-26")
    assert panel["episodes"].tolist() == [[1, 3]]
    assert panel["top_show_episodes"].tolist() == [[1, 1]]  # nobody knows whether they are of one show


def test_exact_duplicates_are_dropped_and_counted() -> None:
    assert left_out(vs.read_netflix(SHORT)) == {"exact duplicates": (1, (9,))}


def test_titles_are_normalised_and_the_show_is_the_text_before_the_first_separator(tmp_path: Path) -> None:
    events = vs.read_netflix(
        short(
            tmp_path,
            '"Lumière : Saison\u00a01 : Le Phare","7/26/25"',
            '"紙燈籠\uff1a第 1 季\uff1a開始","7/25/25"',
            '"Har\u200bbour Lights: Season 1: Pilot","7/24/25"',
            '"3:10 from Nowhere","7/23/25"',
            '"Ｈarbour Lights: Season 1: Pilot","7/22/25"',
        )
    )
    assert events.table["show"].to_list() == [
        "Lumière",
        "紙燈籠",
        "Harbour Lights",
        "3:10 from Nowhere",
        "Harbour Lights",
    ]
    assert events.table["title"][0] == "Lumière : Saison 1 : Le Phare"
    assert events.table["title"][1] == "紙燈籠: 第 1 季: 開始"


def test_one_unreadable_row_is_counted_and_shown(tmp_path: Path) -> None:
    events = vs.read_netflix(dated(tmp_path, "7/26/25", "yesterday", "7/14/25", "7/13/25", "99/99/25"))
    assert left_out(events) == {"the date cannot be read": (2, (3, 6))}


def test_rows_with_too_many_fields_are_counted_and_shown(tmp_path: Path) -> None:
    path = short(tmp_path, '"A","7/26/25"', 'One, Two,"7/25/25"', '"B","7/24/25"')
    assert left_out(vs.read_netflix(path)) == {
        "the row has more fields than the header, or an open quotation mark": (1, (3,))
    }


def test_a_field_that_runs_over_two_lines_leaves_no_half_of_itself(tmp_path: Path) -> None:
    path = short(
        tmp_path, '"Harbour', 'Lights: A","7/26/25"', '"Salt","7/25/25"', '"Salt","7/23/25"', '"Salt","7/22/25"'
    )
    events = vs.read_netflix(path)
    assert left_out(events) == {"the row has more fields than the header, or an open quotation mark": (2, (2, 3))}
    assert events.daily(until="2025-07-26")["episodes"].tolist() == [[1, 1, 0, 1, 0]]


def test_a_control_character_in_a_title_is_no_binary_data(tmp_path: Path) -> None:
    path = short(tmp_path, '"One \x1b[31mtwo","7/26/25"', '"Salt","7/25/25"')
    events = vs.read_netflix(path, date_order="m/d/y")
    assert events.report.kept == 2
    assert "\x1b" not in "".join(events.table["title"])


def test_stray_quotation_mark_spoils_no_line_but_its_own(tmp_path: Path) -> None:
    path = short(
        tmp_path, '"A","7/26/25"', '"B unclosed,"7/25/25"', '"C","7/24/25"', '"D ""quoted""","7/23/25"', '"E","7/22/25"'
    )
    events = vs.read_netflix(path)
    assert events.table["title"].to_list() == ["A", "C", 'D "quoted"', "E"]
    assert [(part.rows, part.lines) for part in events.report.left_out] == [(1, (3,))]


def test_two_stray_quotation_marks_swallow_no_rows_between_them(tmp_path: Path) -> None:
    path = short(
        tmp_path, '"A","7/26/25"', '"B,7/25/25', '"C","7/24/25"', '"D","7/23/25"', 'E","7/22/25"', '"F","7/21/25"'
    )
    events = vs.read_netflix(path)
    assert {"A", "C", "D", "F"} <= set(events.table["title"].to_list())
    assert events.report.rows == 6


def test_mostly_unreadable_dates_are_an_error(tmp_path: Path) -> None:
    path = dated(tmp_path, "7/26/25", "soon", "later", "never")
    with pytest.raises(ValueError, match=r"history.csv, line 3: the date cannot be read, and so in 3 of 4 rows; fetch"):
        vs.read_netflix(path)


def test_no_readable_date_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError,
        match=r"history.csv, line 2: the date must be day, month and year in figures, and neither this",
    ):
        vs.read_netflix(dated(tmp_path, "soon", "later"))


def test_unknown_and_future_dates_are_left_out(tmp_path: Path) -> None:
    events = vs.read_netflix(dated(tmp_path, "26/07/2999", "26/07/2025", "14/07/2025", "01/01/1970"))
    assert left_out(events) == {"of unknown date (1970 or before)": (1, (5,)), "in the future": (1, (2,))}


def test_bytes_that_are_no_utf8_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("Title,Date\nCafé,26/7/25\nThé,25/7/25\n".encode("latin-1"))
    events = vs.read_netflix(path)
    assert len(events) == 2
    assert "2 titles have characters that are no UTF-8 (line 2, 3)" in events.report.oddities


@given(
    titles=st.lists(st.text(alphabet='ab",;: \u00e9', max_size=12), min_size=1, max_size=12),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
@settings(max_examples=60)
def test_quoting_is_undone_the_same_way_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, titles: list[str], quoting: int
) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=quoting).writerows([["Title", "Date"], *([title, "7/26/25"] for title in titles)])
    path = tmp_path_factory.mktemp("quoting") / "history.csv"
    path.write_bytes(text.getvalue().encode())
    source = Source(path.name, path, b"", ("title", "date"))
    rows = source.scan("title", "date")
    assert rows["title"].to_list() == [title.strip() or None for title in titles]
    lines = source._scan(path, ["raw"], separator="\x01", quote_char=None)
    by_line = source._parsed_by_line(lines, ["title", "date", EXCESS], ("title", "date"))
    assert by_line["title"].str.strip_chars().replace("", None).to_list() == rows["title"].to_list()
    assert by_line[EXCESS].null_count() == len(titles)


# ---- the full export --------------------------------------------------------------------------------------------


def test_full_export_measures_everything_of_every_profile() -> None:
    panel = vs.read_netflix(FULL, tz="Europe/Berlin").daily(until="2024-07-04")
    assert panel.accounts.tolist() == ["Ada", "Ben"]
    assert [str(day) for day in panel.days] == ["2024-07-02", "2024-07-03", "2024-07-04"]
    # Berlin is two hours ahead: the evening of 1 July is 00:10 of the 2nd; the last play runs 23:30-00:30
    assert panel["episodes"][0].tolist() == [3, 0, 0]
    assert panel["minutes"][0].tolist() == [10 + 40 + 30 + 2.5, 30, 0]
    assert panel["night_minutes"][0].tolist() == [2.5, 30, 0]
    assert panel["top_show_episodes"][0].tolist() == [2, 0, 0]
    # Ben begins on the 3rd, with two devices at once from 10:00 to 10:15 UTC
    assert np.isnan(panel["episodes"][1, 0])
    assert panel["episodes"][1, 1:].tolist() == [2, 0]
    assert panel["minutes"][1, 1:].tolist() == [45, 0]


def test_start_time_is_utc_and_the_local_day_matters() -> None:
    berlin = vs.read_netflix(FULL, tz="Europe/Berlin").daily(until="2024-07-04")
    new_york = vs.read_netflix(FULL, tz="America/New_York").daily(until="2024-07-04")
    assert str(berlin.start) == "2024-07-02"
    assert str(new_york.start) == "2024-07-01"
    assert new_york["episodes"][0].tolist() == [1, 2, 0, 0]


def test_missing_time_zone_is_warned_of() -> None:
    with pytest.warns(UserWarning, match=r"ViewingActivity.csv has times in UTC and `tz` is not given"):
        events = vs.read_netflix(FULL)
    assert events.tz == events.report.tz == "UTC"


def test_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="`tz` must be a time zone such as 'Europe/Berlin', got 'Berlin'"):
        vs.read_netflix(FULL, tz="Berlin")
    with pytest.raises(ValueError, match=r"`tz` must be a time zone such as 'Europe/Berlin', got '\.\./etc'"):
        vs.read_netflix(SHORT, tz="../etc")


def test_full_report_counts_what_is_no_view() -> None:
    events = vs.read_netflix(FULL, tz="Europe/Berlin")
    assert left_out(events) == {
        "of unknown date (1970 or before)": (1, (9,)),
        "supplemental videos (trailers, recaps, hooks)": (2, (5, 13)),
        "exact duplicates": (1, (12,)),
        "under 2 minutes on their day": (1, (6,)),
    }
    assert (events.report.rows, events.report.kept) == (12, 7)


def test_the_report_reads_as_the_guide_shows_it() -> None:
    assert str(vs.read_netflix(FULL, tz="Europe/Berlin").report).splitlines() == [
        "ViewingActivity.csv: Netflix, full export",
        "  rows: 12 read, 7 kept",
        "  left out: 1 of unknown date (1970 or before) (line 9)",
        "  left out: 2 supplemental videos (trailers, recaps, hooks) (line 5, 13)",
        "  left out: 1 exact duplicates (line 12)",
        "  left out: 1 under 2 minutes on their day (line 6)",
        "  days: local days of Europe/Berlin",
    ]


def test_autoplayed_is_a_normal_play() -> None:
    titles = vs.read_netflix(FULL, tz="UTC").table["title"].to_list()
    assert "Harbour Lights: Season 1: Low Tide (Episode 2)" in titles


def test_min_minutes_moves_the_border_of_a_view() -> None:
    all_plays = vs.read_netflix(FULL, tz="Europe/Berlin", min_minutes=0)
    assert "The Quiet Orchard" in all_plays.table["title"].to_list()
    long_plays = vs.read_netflix(FULL, tz="Europe/Berlin", min_minutes=31)
    assert long_plays.daily(until="2024-07-04")["episodes"].tolist() == [[2, 0, 0]]  # Ben's two are 30 minutes each
    with pytest.raises(ValueError, match="`min_minutes` must be at least 0, got -1"):
        vs.read_netflix(FULL, tz="UTC", min_minutes=-1)


def test_pieces_of_a_title_count_together_towards_the_least_minutes(tmp_path: Path) -> None:
    rows = [play("Ada", "2024-07-02 20:10:00", "00:01:00", "A"), play("Ada", "2024-07-02 20:00:00", "00:01:00", "A")]
    apart = [play("Ada", "2024-07-02 20:10:00", "00:01:00", "A"), play("Ada", "2024-07-01 20:00:00", "00:02:00", "A")]
    panel = vs.read_netflix(short(tmp_path, *rows, header=HEADER), tz="UTC").daily(until="2024-07-02")
    assert (panel["episodes"].tolist(), panel["minutes"].tolist()) == ([[1]], [[2]])
    panel = vs.read_netflix(short(tmp_path, *apart, header=HEADER), tz="UTC").daily(until="2024-07-02")
    assert panel["episodes"].tolist() == [[1, 0]]


def test_pieces_are_put_together_by_local_day(tmp_path: Path) -> None:
    # in Berlin both pairs of pieces are ten minutes apart, around midnight UTC and around local midnight
    rows = [
        play("Ada", "2024-07-03 00:05:00", "00:01:00", "A"),
        play("Ada", "2024-07-02 23:55:00", "00:01:00", "A"),
        play("Ada", "2024-07-02 22:05:00", "00:01:00", "B"),
        play("Ada", "2024-07-02 21:55:00", "00:01:00", "B"),
    ]
    events = vs.read_netflix(short(tmp_path, *rows, header=HEADER), tz="Europe/Berlin")
    assert events.table["title"].to_list() == ["A", "A"]


def test_profiles_do_not_share_their_pieces(tmp_path: Path) -> None:
    rows = [play(who, "2024-07-02 20:00:00", "00:01:30", "A") for who in ("Ada", "Ben")]
    with pytest.raises(ValueError, match="no row is left to count as viewing: 2 under 2 minutes on their day"):
        vs.read_netflix(short(tmp_path, *rows, header=HEADER), tz="UTC")


def test_export_of_2025_has_another_order_of_columns_and_quotes_every_field() -> None:
    panel = vs.read_netflix(SAMPLES / "ViewingActivity_2025.csv", tz="Europe/Berlin").daily(until="2025-07-02")
    assert panel["minutes"].tolist() == [[20, 40]]


@pytest.mark.parametrize("second", ["7/14/2024 9:05", "7/14/2024 9:05:00"])
def test_spreadsheet_copy_of_the_full_export(tmp_path: Path, second: str) -> None:
    rows = [play("Ada", "7/26/2024 19:30", "0:40:00", "A"), play("Ada", second, "0:20:00", "B")]
    events = vs.read_netflix(
        short(tmp_path, *rows, play("Ben", "7/27/2024 8:00", "1:00:00", "C"), header=HEADER), tz="UTC"
    )
    assert [str(t) for t in events.table["start"]] == [
        "2024-07-26 19:30:00+00:00",
        "2024-07-14 09:05:00+00:00",
        "2024-07-27 08:00:00+00:00",
    ]
    assert events.report.date_order == "m/d/y"


def test_unreadable_rows_of_the_full_export_are_counted_by_reason(tmp_path: Path) -> None:
    good = [play("Ada", f"2024-07-0{day} 20:00:00", "00:30:00", "A") for day in range(9, 1, -1)]
    bad = [
        play("Ada", "2024-07-01 25:00:00", "00:30:00", "A"),
        play("Ada", "2024-07-01 20:00:00", "half an hour", "A"),
        play("", "2024-07-01 20:00:00", "00:30:00", "A"),
    ]
    events = vs.read_netflix(short(tmp_path, *good, *bad, header=HEADER), tz="UTC")
    assert left_out(events) == {
        "the start time cannot be read": (1, (10,)),
        "the duration cannot be read": (1, (11,)),
        "the profile has no name": (1, (12,)),
    }


def test_rows_never_become_python_objects(tmp_path: Path) -> None:
    n = 50_000  # rows, of six fields each: as Python strings, some 15 MB at the least
    clocks = [f"{i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d}" for i in range(n)]
    rows = [play("Ada", f"2024-07-02 {clock}", "00:30:00", f"A: {clock}") for clock in clocks]
    path = short(tmp_path, *rows, header=HEADER)
    del clocks, rows
    vs.read_netflix(path, tz="UTC")  # imports are not counted
    tracemalloc.start()
    try:
        events = vs.read_netflix(path, tz="UTC")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(events) == n
    assert peak < 2e6


def test_account_is_refused_where_profiles_are_accounts() -> None:
    with pytest.raises(ValueError, match="`account` must stay None for a full export"):
        vs.read_netflix(FULL, tz="UTC", account="me")


# ---- files that are something else ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (b"Title,Date\n", "there must be rows below the header, got none"),
        (
            b"\n<!DOCTYPE html><html><body>Sign in</body></html>",
            ", line 1: .*, got HTML; ask for the export as CSV, and for that of YouTube as JSON",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "got binary data"),
        (b"\x1f\x8b\x08\x08Title", "got a gzip archive; unpack it first"),
        ("Title,Date\nA,1/1/25\n".encode("utf-16"), "got UTF-16; save it as 'CSV UTF-8'"),
        (b"Harbour Lights: Low Tide,7/26/25\nA,7/1/25\n", "line 1: .*, got 2 columns under other names, or no header"),
        (b"Name,When\nA,1/1/25\n", "line 1: the file must be a Netflix export .*, got 2 columns under other names"),
    ],
)
def test_files_that_are_no_export_are_named_with_rule_and_remedy(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^wrong.csv.*{words}"):
        vs.read_netflix(path)


def test_missing_file_and_empty_folder_are_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere.csv must be a file, found nothing there; check its"):
        vs.read_netflix(tmp_path / "nowhere.csv")
    with pytest.raises(ValueError, match=r"there must be a Netflix export .*, found none in 0 files\."):
        vs.read_netflix(tmp_path)


def archive(folder: Path, **members: Path) -> Path:
    path = folder / "netflix-report.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("README.txt", "Your export")
        for name, member in members.items():
            file.write(member, name.replace("__", "/") + ".csv")
    return path


def test_zip_archive_with_one_export_is_read_in_place(tmp_path: Path) -> None:
    searches = short(tmp_path, "Ada,low tide,2025-07-01", header="Profile Name,Query Typed,Utc Timestamp")
    path = archive(tmp_path, CONTENT_INTERACTION__ViewingActivity=FULL, CONTENT_INTERACTION__SearchHistory=searches)
    events = vs.read(path, tz="Europe/Berlin")
    assert events.table.equals(vs.read_netflix(FULL, tz="Europe/Berlin").table)
    assert events.report.source == "netflix-report.zip/CONTENT_INTERACTION/ViewingActivity.csv"
    assert len(vs.read(archive(tmp_path, NetflixViewingHistory=SHORT))) == 8


def test_zip_archives_with_none_or_two_exports_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"netflix-report.zip: there must be an export of .*, found none in 1 file;"):
        vs.read(archive(tmp_path))
    path = archive(tmp_path, a__NetflixViewingHistory=SHORT, ViewingActivity=FULL)
    for read in (vs.read, vs.read_netflix):
        with pytest.raises(
            ValueError,
            match=r"found netflix-report.zip/ViewingActivity.csv and .*.zip/a/NetflixView.*; name one of them",
        ):
            read(path)
    assert len(vs.read(path / "a" / "NetflixViewingHistory.csv")) == 8
    with pytest.raises(
        FileNotFoundError, match=r"netflix-report.zip/b.csv must be a file in the archive, found nothing"
    ):
        vs.read(path / "b.csv")


def test_exports_of_several_kinds_in_one_place_are_named(tmp_path: Path) -> None:
    path = archive(tmp_path, NetflixViewingHistory=SHORT)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("music.json", '[{"endTime": "2025-07-26 12:00", "trackName": "A", "msPlayed": 60000}]')
    with pytest.raises(
        ValueError, match=r"found .*zip/(music.json|Netflix.*) and .*zip/(music.json|Netflix.*); name one"
    ):
        vs.read(path, tz="UTC")
    assert len(vs.read(path / "music.json", tz="UTC")) == len(vs.read_spotify(path, tz="UTC")) == 1


def test_a_folder_is_read_as_its_archive_would_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(archive(tmp_path, CONTENT_INTERACTION__ViewingActivity=FULL)) as file:
        file.extractall(tmp_path / "report")
    events = vs.read(tmp_path / "report", tz="Europe/Berlin")
    assert events.report.source == "report/CONTENT_INTERACTION/ViewingActivity.csv"
    assert len(events) == 7
    monkeypatch.chdir(tmp_path / "report")
    assert vs.read(".", tz="Europe/Berlin").report == events.report


def test_spreadsheet_workbooks_are_asked_for_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "history.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(ValueError, match=r"history.xlsx: .* got a spreadsheet workbook; save it as CSV"):
        vs.read(path)


def test_broken_zip_archive_is_said_to_be_broken(tmp_path: Path) -> None:
    path = archive(tmp_path, NetflixViewingHistory=SHORT)
    content = bytearray(path.read_bytes())
    place = content.find(b"Harbour")
    assert place > 0
    content[place : place + 7] = b"harbour"
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"the zip archive cannot be unpacked .*; fetch it again"):
        vs.read(path)


# ---- read -------------------------------------------------------------------------------------------------------


def test_read_recognises_each_kind_by_its_header(tmp_path: Path) -> None:
    assert vs.read(SHORT).report.kind == "Netflix, short export"
    assert vs.read(FULL, tz="UTC").report.kind == "Netflix, full export"
    table = short(tmp_path, "a,2025-07-26,A", header="account,date,title")
    assert vs.read(table).report.kind == "table of plays by day"


def test_read_names_what_it_can_read(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError,
        match=r"must be an export of Netflix, .* or a table with .* 'start' or 'date', got 2 columns under other",
    ):
        vs.read(short(tmp_path, "a,b", header="artist,track"))
