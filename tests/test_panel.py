"""The panel: valid by construction, cut without surprises, from and to frames of every kind."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from viewshift import Panel

DAYS = ["2025-06-02", "2025-06-03", "2025-06-05"]
LONG = {
    "account": ["b", "a", "b"],
    "day": DAYS,
    "episodes": [2, 0, 3],
    "minutes": [80.5, 0.0, 120.0],
    "note": ["x", "y", "z"],
}
EPISODES = [[np.nan, 0, np.nan, np.nan], [2, np.nan, np.nan, 3]]


def small(**options: Any) -> Panel:
    measures = {"episodes": [[1, 0, np.nan], [0, 2, 5]], "minutes": [[30, 0, np.nan], [0, 60, 150]]}
    return Panel(measures, accounts=["a", "b"], start="2025-06-02", **options)


# ---- valid by construction --------------------------------------------------------------------------------------


def test_nan_is_not_observed_and_zero_is_nothing_watched() -> None:
    panel = small()
    assert panel.observed.tolist() == [[True, True, False], [True, True, True]]
    assert (panel.n_accounts, panel.n_days, panel["episodes"].dtype) == (2, 3, np.float64)


def test_days_and_weekdays_are_those_of_the_calendar() -> None:
    panel = Panel({"episodes": np.zeros((1, 9))}, accounts=["a"], start="2024-02-27")
    assert panel.days.astype(str).tolist() == [str(day.date()) for day in pd.date_range("2024-02-27", periods=9)]
    assert panel.weekday.tolist() == pd.date_range("2024-02-27", periods=9).day_of_week.tolist()


def test_values_that_are_not_observed_become_nan() -> None:
    panel = Panel({"episodes": [[1, 7]]}, accounts=["a"], start="2025-06-02", observed=np.array([[True, False]]))
    np.testing.assert_array_equal(panel["episodes"], [[1, np.nan]])


def test_float32_stays_and_whole_numbers_become_float64() -> None:
    panel = Panel(
        {"minutes": np.ones((1, 2), np.float32), "episodes": np.ones((1, 2), np.int32)},
        accounts=["a"],
        start="2025-06-02",
    )
    assert (panel["minutes"].dtype, panel["episodes"].dtype) == (np.float32, np.float64)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"measures": {}}, "`measures` must name at least one measure"),
        ({"measures": {"episodes": [1.0, 2.0]}}, r"must have shape \(n_accounts, n_days\), got 1 dimensions"),
        ({"measures": {"e": [[1.0]], "m": [[1.0, 2.0]]}, "accounts": ["a"]}, r"'m' must have the shape \(1, 1\)"),
        (
            {"measures": {"episodes": [[1.0, -2.0]]}, "accounts": ["a"]},
            "got -2.0 for account 'a' on 2025-06-03",
        ),
        ({"measures": {"episodes": [[np.inf]]}, "accounts": ["a"]}, "must be finite .*, got inf"),
        (
            {"measures": {"e": [[1.0, np.nan]], "m": [[1.0, 2.0]]}, "accounts": ["a"]},
            "got 'm' without 'e' for account 'a' on 2025-06-03",
        ),
        ({"accounts": ["a"]}, "`accounts` must name each of the 2 rows, got 1 names"),
        ({"accounts": ["a", "a"]}, "`accounts` must not repeat a name, got 'a' more than once"),
        ({"start": "soon"}, "`start` must be a day such as '2025-07-31', got 'soon'"),
        ({"observed": np.ones((1, 1), bool)}, r"`observed` must have the measures' shape \(2, 2\), got \(1, 1\)"),
        ({"exposure": np.zeros((2, 2))}, "`exposure` must hold finite factors above 0"),
        ({"exposure": np.ones((2, 3))}, r"in the panel's shape \(2, 2\)"),
        ({"widening": np.full((2, 2), 0.9)}, "`widening` must hold finite factors of at least 1"),
    ],
)
def test_what_is_no_panel_is_refused(change: dict[str, Any], words: str) -> None:
    whole = {"measures": {"episodes": [[1.0, 0.0], [2.0, 3.0]]}, "accounts": ["a", "b"], "start": "2025-06-02"}
    options = {**whole, **change}
    with pytest.raises(ValueError, match=words):
        Panel(options.pop("measures"), **options)


def test_measures_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(TypeError, match="measure 'episodes' must be numeric, got dtype complex128"):
        Panel({"episodes": [[1j]]}, accounts=["a"], start="2025-01-01")
    with pytest.raises(TypeError, match="measure 'episodes' must be numeric"):
        Panel({"episodes": [["one", "two"]]}, accounts=["a"], start="2025-06-02")


def test_a_panel_cannot_be_changed() -> None:
    panel = small(exposure=np.ones((2, 3)), widening=np.ones((2, 3)))
    for array in (panel["episodes"], panel.observed, panel.accounts, panel.exposure, panel.widening):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = array[:1]
    with pytest.raises(AttributeError):
        panel.start = np.datetime64("2025-06-03")  # type: ignore[misc]
    with pytest.raises(TypeError):
        panel.measures["episodes"] = panel["minutes"]  # type: ignore[index]


@pytest.mark.parametrize("way", [lambda p: pickle.loads(pickle.dumps(p)), copy.deepcopy])
def test_a_panel_can_be_sent_to_another_process(way: Callable[[Panel], Panel]) -> None:
    panel = small(exposure=np.full((2, 3), 2.0), widening=np.full((2, 3), 3.0))
    again = way(panel)
    pd.testing.assert_frame_equal(again.to_frame(), panel.to_frame())
    np.testing.assert_array_equal(again.observed, panel.observed)
    np.testing.assert_array_equal(again.exposure, panel.exposure)  # type: ignore[arg-type]
    np.testing.assert_array_equal(again.widening, panel.widening)  # type: ignore[arg-type]


# ---- cuts -------------------------------------------------------------------------------------------------------


def test_take_and_select_keep_rows_whole() -> None:
    assert small().take(()).n_accounts == small().take([]).n_accounts == 0
    panel = small(exposure=[[1, 2, 3], [4, 5, 6]], widening=[[3, 2, 1], [6, 5, 4]])
    for part in (panel.take([1]), panel.take(slice(1, 2)), panel.take(np.array([False, True])), panel.select(["b"])):
        assert part.accounts.tolist() == ["b"]
        assert part["minutes"].tolist() == [[0, 60, 150]]
        assert part.exposure.tolist() == [[4, 5, 6]]  # type: ignore[union-attr]
        assert part.widening.tolist() == [[6, 5, 4]]  # type: ignore[union-attr]
    assert panel.select(["b", "a"]).accounts.tolist() == ["b", "a"]


def test_select_names_the_account_it_misses() -> None:
    with pytest.raises(ValueError, match="`accounts` names 'c', which the panel of 2 does not have"):
        small().select(["a", "c"])


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (None, None, ["2025-06-02", "2025-06-03", "2025-06-04"]),
        ("2025-06-03", None, ["2025-06-03", "2025-06-04"]),
        (None, "2025-06-02", ["2025-06-02"]),
        ("2025-05-01", "2025-07-01", ["2025-06-02", "2025-06-03", "2025-06-04"]),
        ("2025-07-01", None, []),
        (None, "2025-05-01", []),
        ("2025-06-04", "2025-06-02", []),
    ],
)
def test_between_includes_both_ends(since: str | None, until: str | None, days: list[str]) -> None:
    part = small().between(since, until)
    assert part.days.astype(str).tolist() == days
    assert part["episodes"].shape == (2, len(days))
    assert repr(part).startswith(f"Panel(2 accounts x {len(days)} days")


def test_with_measures_replaces_and_adds_under_the_same_mask() -> None:
    panel = small().with_measures({"minutes": np.full((2, 3), 7.0), "night_minutes": np.zeros((2, 3))})
    np.testing.assert_array_equal(panel["minutes"], [[7, 7, np.nan], [7, 7, 7]])
    assert list(panel.measures) == ["episodes", "minutes", "night_minutes"]


def test_a_measure_that_is_missing_names_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"no measure 'hours'; it has 'episodes', 'minutes'\."):
        small()["hours"]


# ---- frames -----------------------------------------------------------------------------------------------------


def pandas_dates(frame: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(frame).assign(day=pd.to_datetime(frame["day"]))


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pandas_dates,
        lambda d: pandas_dates(d).assign(day=lambda f: f["day"].dt.date),
        lambda d: pd.DataFrame(d).convert_dtypes(),
        lambda d: pd.DataFrame(d).astype({"account": "category"}),
        pl.DataFrame,
        lambda d: pl.DataFrame(d).with_columns(pl.col("day").str.to_date()),
        lambda d: pl.DataFrame(d).with_columns(pl.col("day").str.to_datetime()),
        pa.table,
        lambda d: pl.DataFrame(d).with_columns(pl.col("day").str.to_date()).to_arrow(),
    ],
    ids=["text", "timestamps", "dates", "nullable", "category", "pl-text", "pl-date", "pl-time", "pa-text", "pa-date"],
)
def test_long_frames_of_every_kind_give_the_same_panel(make: Callable[[dict[str, Any]], Any]) -> None:
    panel = Panel.from_frame(make(LONG))
    assert panel.accounts.tolist() == ["a", "b"]
    assert str(panel.start) == "2025-06-02"
    assert set(panel.measures) == {"episodes", "minutes"}
    np.testing.assert_array_equal(panel["episodes"], EPISODES)
    assert panel["minutes"][1, 3] == 120


def test_missing_numbers_of_every_kind_are_not_observed() -> None:
    days = DAYS[:2]
    frames = [
        pd.DataFrame({"day": days, "episodes": [3, np.nan]}),
        pd.DataFrame({"day": days, "episodes": pd.array([3, None], dtype="Int64")}),
        pl.DataFrame({"day": days, "episodes": [3, None]}),
        pa.table({"day": days, "episodes": [3, None]}),
    ]
    for frame in frames:
        panel = Panel.from_frame(frame, account=None)
        assert panel.accounts.tolist() == ["me"]
        np.testing.assert_array_equal(panel["episodes"], [[3, np.nan]])


def test_columns_can_be_named_and_chosen() -> None:
    frame = pd.DataFrame(LONG).rename(columns={"account": "who", "day": "date"})
    panel = Panel.from_frame(frame, account="who", day="date", measures=["minutes"])
    assert list(panel.measures) == ["minutes"]


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        lambda d: pd.DataFrame(d).rename(columns=lambda c: c if c == "account" else pd.Timestamp(c)),
        lambda d: pd.DataFrame(d).rename(columns=lambda c: c if c == "account" else pd.Timestamp(c).date()),
        pl.DataFrame,
        pa.table,
    ],
    ids=["pandas", "timestamps", "dates", "polars", "arrow"],
)
def test_wide_frames_take_days_in_any_order_and_with_gaps(make: Callable[[dict[str, Any]], Any]) -> None:
    frame = make({"account": ["x", "y"], "2025-06-05": [1, 2], "2025-06-02": [3, None]})
    panel = Panel.from_frame(frame, day=None, measures=["minutes"])
    assert panel.accounts.tolist() == ["x", "y"]
    np.testing.assert_array_equal(panel["minutes"], [[3, np.nan, np.nan, 1], [np.nan, np.nan, np.nan, 2]])


def test_frames_go_there_and_back() -> None:
    panel = small()
    frame = panel.to_frame({"score": np.arange(6.0).reshape(2, 3)})
    assert frame.columns.tolist() == ["account", "day", "episodes", "minutes", "score"]
    again = Panel.from_frame(frame, measures=["episodes", "minutes"])
    np.testing.assert_array_equal(again["minutes"], panel["minutes"])
    np.testing.assert_array_equal(again.observed, panel.observed)
    assert frame.query("account == 'b'")["score"].tolist() == [3, 4, 5]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"day": ["2025-06-02", "soon", "2025-06-05"]}, "column 'day' must hold days such as 2025-07-31, got 'soon'"),
        ({"day": ["05/06/2025"] * 3}, "column 'day' must hold days such as 2025-07-31"),
        ({"day": [20250602, 20250603, 20250605]}, "'day' must hold days such as 2025-07-31, got numbers"),
        ({"day": ["2025-06-02 10:00"] * 3}, "column 'day' must hold local days without time of day"),
        ({"day": pd.to_datetime(DAYS, utc=True)}, "column 'day' must hold local days"),
        ({"day": ["2025-06-02", None, "2025-06-05"]}, "'day' must name a day in every row, got none in row 1"),
        ({"account": ["a", None, "b"]}, "'account' must name an account in every row, got none in row 1"),
        ({"account": ["a"] * 3, "day": DAYS[:1] * 3}, "one row per day, got two for account 'a' on 2025-06-02"),
        ({"episodes": ["two"] * 3, "minutes": ["x"] * 3}, "must have a numeric column"),
    ],
)
def test_long_frames_that_cannot_be_read_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Panel.from_frame(pd.DataFrame({**LONG, **change}))


def test_instants_of_polars_and_arrow_are_no_local_days() -> None:
    frame = pl.DataFrame(LONG).with_columns(pl.col("day").str.to_datetime(time_zone="UTC"))
    for table in (frame, frame.to_arrow()):
        with pytest.raises(ValueError, match="column 'day' must hold local days without time of day"):
            Panel.from_frame(table)


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        ({"day": []}, {"account": None}, "the frame must have at least one row, got none"),
        (LONG, {"account": "who"}, "the frame must have a column 'who'; it has 'account', 'day'"),
        (LONG, {"measures": ["note"]}, "column 'note' must hold numbers"),
        ({"account": ["x"]}, {"day": None}, "a wide frame must have a column for each day, got none"),
        ({"account": ["x"], "total": [3]}, {"day": None}, "columns of a wide frame must hold days .*total"),
        ({"account": ["x"], "2025-06-02": ["?"]}, {"day": None}, "column '2025-06-02' must hold numbers"),
        ({"account": ["x"], "2025-06-02": [1], "2025-06-02T00:00": [2]}, {"day": None}, "got two for 2025-06-02"),
        ({"2025-06-02": [1]}, {"day": None, "account": None}, "`account` must name a column of a wide frame, got None"),
        ({"account": ["x", "x"], "2025-06-02": [1, 2]}, {"day": None}, "must not repeat a name, got 'x'"),
    ],
)
def test_frames_that_are_no_panel_are_refused(frame: dict[str, Any], options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Panel.from_frame(pd.DataFrame(frame), **options)
