"""Tables with named columns, from files and frames."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import viewshift as vs

PLAYS = {
    "account": ["ada", "ben", "ada"],
    "start": ["2025-06-01 20:00:00", "2025-06-02 20:00:00", "2025-06-03 23:45:00"],
    "seconds": [1800.0, 3600.0, 1800.0],
    "title": ["A: 1", "B: 1", "A: 2"],
    "show": ["A", "B", "A"],
    "kind": ["episode", "film", "episode"],
}
MINUTES = [[30, 0, 15, 15], [np.nan, 60, 0, 0]]


def csv(folder: Path, text: str) -> Path:
    path = folder / "plays.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def counts(folder: Path) -> Path:
    return csv(folder, "date,episodes,max_same_show\n2024-01-29,1,1\n2024-01-30,0,0\n2024-02-01,12,7\n")


def as_pandas(timestamps: bool, zone: str | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(PLAYS)
    if timestamps:
        frame["start"] = pd.to_datetime(frame["start"])
        if zone:
            frame["start"] = frame["start"].dt.tz_localize("UTC").dt.tz_convert(zone)
    return frame


@pytest.mark.parametrize(
    "source",
    [
        pl.DataFrame(PLAYS),
        pl.DataFrame(PLAYS).lazy(),
        pl.DataFrame(PLAYS).with_columns(pl.col("start").str.to_datetime()),
        pa.table(PLAYS),
        as_pandas(timestamps=False),
        as_pandas(timestamps=True),
        as_pandas(timestamps=True, zone="Asia/Tokyo"),
        as_pandas(timestamps=False).convert_dtypes(),
        as_pandas(timestamps=False).astype({"account": "category"}),
    ],
    ids=[
        "polars",
        "lazy",
        "polars-time",
        "arrow",
        "pandas",
        "pandas-time",
        "pandas-zone",
        "pandas-nullable",
        "category",
    ],
)
def test_frames_of_every_kind_give_the_same_panel(source: object) -> None:
    events = vs.read_table(source, tz="UTC")
    panel = events.daily(until="2025-06-04")
    assert panel.accounts.tolist() == ["ada", "ben"]
    np.testing.assert_array_equal(panel["minutes"], MINUTES)
    assert events.table["kind"].to_list() == PLAYS["kind"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_files_give_the_same_panel_as_frames(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"plays.{kind}"
    getattr(pl.DataFrame(PLAYS), f"write_{kind}")(path)
    for events in (vs.read_table(path, tz="UTC"), vs.read(path, tz="UTC")):
        np.testing.assert_array_equal(events.daily(until="2025-06-04")["minutes"], MINUTES)


def test_columns_are_found_by_their_plain_names_in_any_case_or_named(tmp_path: Path) -> None:
    found = csv(tmp_path, "Account,START,Duration\nada,2025-06-01 20:00:00,1800\n")
    assert vs.read_table(found, tz="UTC").daily(until="2025-06-01")["minutes"].tolist() == [[30]]
    named = csv(tmp_path, "who,when,secs,what\nada,2025-06-01 20:00:00,1800,A: 1\n")
    events = vs.read_table(named, account="who", start="when", duration="secs", title="what", tz="UTC")
    assert events.table.select("account", "seconds", "title").rows() == [("ada", 1800.0, "A: 1")]


def test_a_table_without_accounts_is_of_me(tmp_path: Path) -> None:
    panel = vs.read_table(csv(tmp_path, "day\n2025-06-01\n2025-06-03\n")).daily(until="2025-06-03")
    assert panel.accounts.tolist() == ["me"]
    assert panel["episodes"].tolist() == [[1, 0, 1]]  # a log: the day between was observed


@pytest.mark.parametrize(
    "start",
    [
        "2025-06-01 20:00",
        "2025-06-01T20:00:00",
        "2025-06-01T20:00:00Z",
        "2025-06-01T20:00:00.000Z",
        "2025-06-01 20:00:00 UTC",
        "2025-06-01T22:00:00+02:00",
        "2025-06-01T16:00:00-0400",
        "2025-06-02T01:30:00+05:30",
    ],
)
def test_times_are_utc_unless_they_carry_an_offset(start: str) -> None:
    events = vs.read_table({"polars": pl.DataFrame({"start": [start]})}["polars"], tz="UTC")
    assert [str(instant) for instant in events.table["start"]] == ["2025-06-01 20:00:00+00:00"]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("duration", ["0:42:10"]),
        ("duration", ["2530"]),
        ("duration", [2530]),
        ("duration", pl.Series([2530.0], dtype=pl.Float32)),
        ("duration", pl.Series([2_530_000]).cast(pl.Duration("ms"))),
        ("end", ["2025-06-01 20:42:10"]),
        ("end", ["2025-06-01T22:42:10+02:00"]),
    ],
)
def test_lengths_come_as_seconds_clock_text_durations_or_ends(column: str, values: object) -> None:
    frame = pl.DataFrame({"start": ["2025-06-01 20:00:00"], column: values})
    assert vs.read_table(frame, tz="UTC").table["seconds"].to_list() == [2530.0]


def test_duration_goes_before_end() -> None:
    frame = pl.DataFrame({"start": ["2025-06-01 20:00"], "end": ["2025-06-01 23:00"], "duration": [600]})
    assert vs.read_table(frame, tz="UTC").table["seconds"].to_list() == [600.0]


def test_times_without_time_zone_are_warned_of() -> None:
    with pytest.warns(UserWarning, match="polars frame has times and `tz` is not given, so days are days of UTC"):
        vs.read_table(pl.DataFrame(PLAYS))


# ---- daily counts -----------------------------------------------------------------------------------------------


def test_daily_counts_stand_for_so_many_plays_and_days_without_row_are_not_observed(tmp_path: Path) -> None:
    events = vs.read(counts(tmp_path))
    panel = events.daily()  # no warning: rows say which days were observed
    np.testing.assert_array_equal(panel["episodes"], [[1, 0, np.nan, 12]])
    assert panel.observed.tolist() == [[True, True, False, True]]
    assert events.report.kind == "table of daily counts"
    assert "columns not used: max_same_show" in str(events.report)
    assert repr(events) == "Events(3 daily counts of 1 account, 2024-01-29 to 2024-02-01; from plays.csv)"


def test_silence_after_daily_counts_is_not_observed(tmp_path: Path) -> None:
    panel = vs.read_table(counts(tmp_path)).daily(until="2024-02-03")
    assert panel.observed.tolist() == [[True, True, False, True, False, False]]


def test_a_column_of_counts_of_another_name_and_several_accounts() -> None:
    frame = pl.DataFrame({"account": ["b", "a"], "date": ["2024-01-02", "2024-01-01"], "plays30s": [4, 0]})
    panel = vs.read_table(frame, episodes="plays30s").daily()
    np.testing.assert_array_equal(panel["episodes"], [[0, np.nan], [np.nan, 4]])


UNNAMED = "date,plays30s,minutes\n2019-12-06,7,17.7\n2019-12-07,0,0.0\n2019-12-08,,\n2019-12-09,3,8.5\n"


def test_daily_counts_under_an_unknown_name_are_refused_and_read_when_named(tmp_path: Path) -> None:
    path = csv(tmp_path, UNNAMED)
    with pytest.raises(ValueError, match=r"numbers 'plays30s', 'minutes'; pass `episodes='plays30s'`, or leave"):
        vs.read(path)
    with pytest.raises(ValueError, match=r"`episodes` must name the column of daily counts"):
        vs.read_table(pd.read_csv(path).drop(columns="plays30s"))
    panel = vs.read(path, episodes="plays30s").daily()
    np.testing.assert_array_equal(panel["episodes"], [[7, 0, np.nan, 3]])


@pytest.mark.parametrize(
    "columns",
    [
        {"date": ["2025-06-01", "2025-06-02"], "title": ["A: 1", "A: 2"], "season": [1, 1]},
        {"date": ["2025-06-01", "2025-06-02"], "show": ["A", "B"], "season": [1, 1]},
        {"date": ["2025-06-01", "2025-06-01"], "season": [1, 1]},
        {"date": ["2025-06-01", "2025-06-02"], "device": ["TV", "phone"]},
        {"date": ["2025-06-01", "2025-06-02"], "balance": [-1, 1]},
        {"date": ["2025-06-01", "2025-06-02"], "live": [True, False]},
        {"date": ["2025-06-01", "2025-06-02"], "added": pl.Series(["2025-06-01"] * 2).str.to_date()},
    ],
    ids=",".join,
)
def test_a_log_of_plays_stays_a_log(columns: dict[str, list[object]]) -> None:
    events = vs.read_table(pl.DataFrame(columns))
    assert events.report.kind == "table of plays by day"
    assert events.daily(until="2025-06-02")["episodes"].sum() == 2


def test_each_account_has_days_of_its_own() -> None:
    frame = pl.DataFrame({"account": ["a", "b"], "date": ["2025-06-01"] * 2, "plays": [3, 9]})
    with pytest.raises(ValueError, match="pass `episodes='plays'`"):
        vs.read_table(frame)


def test_counts_that_are_no_counts_are_left_out_and_shown(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "date,episodes\n2024-01-01,3\n2024-01-02,-1\n2024-01-03,\n2024-01-04,5\n2024-01-05,0\n2024-01-06,1e9\n",
    )
    events = vs.read_table(path)
    assert {part.reason: part.lines for part in events.report.left_out} == {
        "without a count": (4,),
        "the count cannot be read": (3, 7),
    }
    np.testing.assert_array_equal(events.daily()["episodes"], [[3, np.nan, np.nan, 5, 0]])


def test_daily_counts_need_a_column_of_days() -> None:
    with pytest.raises(
        ValueError, match="a table of daily counts must have a column of days; call it 'date', or name it by"
    ):
        vs.read_table(pl.DataFrame(PLAYS).with_columns(n=1), episodes="n", tz="UTC")


# ---- what cannot be read ----------------------------------------------------------------------------------------


def test_a_missing_column_names_the_ones_there_are(tmp_path: Path) -> None:
    path = csv(tmp_path, "who,when\nada,2025-06-01\n")
    with pytest.raises(ValueError, match=r"`account` must name a column of .*, got 'owner'; it has 'who', 'when'\."):
        vs.read_table(path, account="owner", date="when")
    with pytest.raises(
        ValueError, match=r"a column 'start' or 'date', got 2 under other names; call one of them so, or"
    ):
        vs.read_table(path)


def test_a_column_of_objects_is_refused() -> None:
    objects = pl.Series("start", [object(), object()], dtype=pl.Object)
    with pytest.raises(
        ValueError, match="frame: the column 'start' must hold text, numbers or times, got Python objects"
    ):
        vs.read_table(pl.DataFrame({"start": objects}), tz="UTC")
    days = pl.DataFrame({"date": ["2025-06-01", "2025-06-02"], "title": ["a", "b"], "odd": objects})
    assert vs.read_table(days).report.kept == 2


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(TypeError, match="`source` must be a path or a frame of pandas, polars or Arrow, got list"):
        vs.read_table([1, 2])


@pytest.mark.parametrize("start", [[20.5], [None], ["yesterday"]])
def test_starts_that_are_no_times_are_refused(start: list[object]) -> None:
    with pytest.raises(ValueError, match=r"polars frame, row 0: the start cannot be read, .* write it as 2025"):
        vs.read_table(pl.DataFrame({"start": start}), tz="UTC")


def test_timestamps_are_no_local_days_unless_at_midnight() -> None:
    midnight = pd.DataFrame({"date": pd.to_datetime(["2025-06-01", "2025-06-02"])})
    assert vs.read_table(midnight).daily(until="2025-06-02")["episodes"].tolist() == [[1, 1]]
    with pytest.raises(ValueError, match="row 0: the date cannot be read"):
        vs.read_table(pd.DataFrame({"date": pd.to_datetime(["2025-06-01 10:00"])}))


def test_rows_that_cannot_be_read_are_counted_by_reason(tmp_path: Path) -> None:
    good = [f"ada,2025-06-{day:02d} 20:00,0:30:00" for day in range(1, 9)]
    bad = [
        "ada,2025-06-31 20:00,0:30:00",
        ",2025-06-09 20:00,0:30:00",
        "ada,2025-06-09 20:00,long",
        "ada,2025-06-09 20:00,-5",
        "ada,1970-01-01 00:00,0:30:00",
        "ada,2999-01-01 00:00,0:30:00",
        "ada,2025-06-09 20:00,0:30:00,more",
        "ada,2025-06-09 20:00,200:00:00",
    ]
    events = vs.read_table(csv(tmp_path, "\n".join(["account,start,duration", *good, *bad])), tz="UTC")
    assert {part.reason: part.lines for part in events.report.left_out} == {
        "the row has more fields than the header, or an open quotation mark": (16,),
        "the account has no name": (11,),
        "the start cannot be read": (10,),
        "of unknown date (1970 or before)": (14,),
        "in the future": (15,),
        "the play ends before it starts": (13,),
        "the duration cannot be read": (12,),
        "lasting longer than a week": (17,),
    }
    assert events.report.kept == 8


def test_columns_may_have_any_name_and_blank_titles_are_no_title() -> None:
    frame = pl.DataFrame({"line": ["x"] * 3, "excess": [1, 2, 3], "date": ["2025-06-01"] * 3, "title": ["", " ", "A"]})
    events = vs.read_table(frame)
    assert events.table["title"].to_list() == [None, None, "A"]
    assert events.daily(until="2025-06-01")["episodes"].tolist() == [[3]]
    assert events.report.not_used == ("line", "excess")
    assert events.report.oddities == ()


def test_mixed_values_in_a_pandas_column_are_read_where_they_can_be() -> None:
    frame = pd.DataFrame({"date": ["2025-06-01", 7.5, "2025-06-02"]})
    assert vs.read_table(frame).report.left_out[0].lines == (1,)


def test_plays_longer_than_a_day_and_without_length_are_odd(tmp_path: Path) -> None:
    path = csv(tmp_path, "start,duration\n2025-06-01 20:00,90000\n2025-06-02 20:00,\n")
    assert vs.read_table(path, tz="UTC").report.oddities == (
        "1 plays have no length and add no minutes (line 3)",
        "1 plays last longer than a day (line 2)",
    )


def test_an_unknown_time_zone_is_refused_even_where_it_is_not_needed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`tz` must be a time zone such as 'Europe/Berlin', got 'Mars'"):
        vs.read_table(counts(tmp_path), tz="Mars")


def test_broken_parquet_is_said_to_be_broken(tmp_path: Path) -> None:
    path = tmp_path / "plays.parquet"
    path.write_bytes(b"PAR1 but no more")
    with pytest.raises(ValueError, match=r"plays.parquet: the Parquet file cannot be read"):
        vs.read(path)
    with pytest.raises(FileNotFoundError, match="must be a file, found nothing there"):
        vs.read(tmp_path / "nowhere.parquet")


def test_reading_pandas_needs_no_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in PLAYS.items()})
    np.testing.assert_array_equal(vs.read_table(frame, tz="UTC").daily(until="2025-06-04")["minutes"], MINUTES)
