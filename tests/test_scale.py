"""A rule over Parquet larger than memory: the alarms of the whole panel, whatever the order, the parts or the kills."""

import json
import os
import warnings
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

import large_tables
import viewshift as vs
from large_tables import arrow, code_of, days, in_order, plays, shuffled, write
from refusing import Dying
from viewshift.scale import Days, Plays, common_cause, judge, out_of_core, shuffle, task
from viewshift.scale.work import Work


@cache
def rule(name="default"):
    """Rules that alarm often, so that few accounts raise alarms enough."""
    if name == "default":
        return vs.default_rule(6.0)
    detectors = {"causal": vs.detectors.ZScore(), "offline": vs.detectors.Pelt()}
    rate = 0.9 if name == "offline" else 6.0
    return vs.AlarmRule(detectors[name], per_account_year=rate, n_folds=2).fit(vs.simulate.viewers(40, 200, seed=9))


@cache
def whole(numbers=False):
    return vs.Panel.from_frame(days(numbers=numbers))


@cache
def expected(name="default", numbers=False):
    return rule(name).alarms(whole(numbers))


def layout():
    return Days(since=whole().days[0], until=whole().days[-1])


def read(out, kind="alarms"):
    return pa.dataset.dataset(out / kind).to_table()


def contents(out):
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


# One batch.


@pytest.mark.parametrize("name", ["default", "causal", "offline"])
@pytest.mark.parametrize("cells", [1 << 22, 1_000])
def test_a_batch_is_judged_as_the_panel_of_its_rows(name, cells, monkeypatch):
    monkeypatch.setattr("viewshift.scale.partition.CELLS", cells)
    found = judge(rule(name), arrow(shuffled(days())), surprise=True, on_day=True)
    assert len(expected(name)) > 5
    pd.testing.assert_frame_equal(found.alarms.to_pandas(), expected(name))
    frame = whole().to_frame({"surprise": rule(name).surprise(whole())})[["account", "day", "surprise"]].dropna()
    pd.testing.assert_frame_equal(
        found.surprise.to_pandas()[["account", "day", "surprise"]], frame.reset_index(drop=True)
    )
    last = rule(name).discoveries(whole()).drop(columns="discovered")
    pd.testing.assert_frame_equal(found.on_day.to_pandas(), last)
    assert found.n_accounts == large_tables.N_ACCOUNTS


def test_some_accounts_alone_are_judged_as_in_company():
    parts = []
    for _, part in days().groupby(days()["account"].str[-1]):
        batch = arrow(part).combine_chunks().to_batches()[0]
        parts.append(judge(rule(), batch, layout()).alarms)
    pd.testing.assert_frame_equal(in_order(pa.concat_tables(parts)), in_order(expected()))


def test_accounts_that_are_numbers_go_by_their_text():
    found = judge(rule(), arrow(days(numbers=True)))
    pd.testing.assert_frame_equal(found.alarms.to_pandas(), expected(numbers=True))


def test_a_batch_without_rows_raises_no_alarm_and_has_all_columns():
    found = judge(rule(), arrow(days()).slice(0, 0), layout(), surprise=True, on_day=True)
    assert [len(table) for table in found[:3]] == [0, 0, 0]
    pd.testing.assert_series_equal(found.alarms.to_pandas().dtypes, expected().dtypes)


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64(), pa.timestamp("us"), pa.string(), pa.large_string()])
def test_days_may_be_dates_timestamps_or_text(kind):
    table = arrow(days().assign(day=days()["day"].dt.date))
    table = table.set_column(1, "day", table["day"].cast(pa.string() if "string" in str(kind) else kind).cast(kind))
    pd.testing.assert_frame_equal(judge(rule("causal"), table).alarms.to_pandas(), expected("causal"))


def test_decimals_and_dictionaries_are_taken_as_numbers_and_text():
    table = arrow(days()[["account", "day", "episodes"]])
    table = table.set_column(0, "account", table["account"].dictionary_encode())
    table = table.set_column(2, "episodes", table["episodes"].cast(pa.decimal128(12, 2)))
    found = judge(rule("causal"), table.slice(0, 900))
    panel = vs.Panel.from_frame(days()[["account", "day", "episodes"]][:900])
    pd.testing.assert_frame_equal(found.alarms.to_pandas(), rule("causal").alarms(panel))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_plays_are_summed_as_read_table_sums_them(zone):
    table = plays()
    with warnings.catch_warnings(action="ignore"):
        panel = vs.read_table(table, tz=zone).daily(until="2025-05-10", day_start="04:00")
    want = vs.scale.Plays(tz=zone, since=panel.start, until="2025-05-10", day_start="04:00")
    per_account = [want.panel(want.usable(arrow(part))[0]) for _, part in table.groupby("account")]
    for name in panel.measures:
        np.testing.assert_array_equal(np.vstack([one[name] for one in per_account]), panel[name], err_msg=name)
    found = judge(rule(), arrow(table), want)
    pd.testing.assert_frame_equal(found.alarms.to_pandas(), rule().alarms(panel))
    assert found.left_out == {
        "without a start": 1,
        "of unknown date (1970 or before)": 1,
        "in the future": 1,
        "lasting longer than a week": 1,
    }


# Files.


def test_two_calls_for_one_place_do_not_meet(tmp_path):
    source, out = sorted_file(tmp_path), tmp_path / "out"
    with Work(out, "another").alone(), pytest.raises(ValueError, match=r"another is writing .*out now"):
        vs.scale.alarms(rule("causal"), source, out, workers=1)
    vs.scale.alarms(rule("causal"), source, out, workers=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["days.parquet", "out"]


def sorted_file(folder):
    return write(folder / "days.parquet", days())


def two_sorted_files(folder):
    for k, part in enumerate((days()[:2_000], days()[2_000:])):
        write(folder / "d" / f"part-{k}.parquet", part)
    return folder / "d"


def unsorted_file(folder):
    return write(folder / "days.parquet", shuffled(days()))


def by_day(folder):
    for day, part in days().groupby("day"):
        write(folder / "d" / f"day={day.date()}" / "part.parquet", part.drop(columns="day"))
    write(folder / "d" / "_temporary" / "part.parquet", days()[:1])
    (folder / "d" / "_SUCCESS").touch()
    return folder / "d"


def by_account(folder):
    for account, part in days().groupby("account"):
        write(folder / "d" / f"account={account}" / "part.parquet", part.drop(columns="account"))
    return folder / "d"


def of_several_types(folder):
    a, b = (arrow(shuffled(days())[k::2]) for k in range(2))
    a = a.set_column(0, "account", a["account"].dictionary_encode())
    a = a.set_column(2, "episodes", a["episodes"].cast(pa.int16()))
    b = b.set_column(0, "account", b["account"].cast(pa.large_string()))
    for k, table in enumerate((a, b)):
        (folder / "d").mkdir(exist_ok=True)
        pq.write_table(table, folder / "d" / f"{k}.parquet", row_group_size=10**6)
    return folder / "d"


SOURCES = [sorted_file, two_sorted_files, unsorted_file, by_day, by_account, of_several_types]


@pytest.mark.parametrize("make", SOURCES)
def test_parquet_in_any_order_gives_the_alarms_of_the_panel(make, tmp_path):
    out = vs.scale.alarms(
        rule("causal"), make(tmp_path), tmp_path / "out", surprise=True, fdr=0.8, workers=1, at_once=1_000
    )
    assert len(list((out / "alarms").iterdir())) > 3
    pd.testing.assert_frame_equal(in_order(read(out)), in_order(expected("causal")))
    frame = whole().to_frame({"surprise": rule("causal").surprise(whole())})[["account", "day", "surprise"]].dropna()
    found = in_order(read(out, "surprise"), ("account", "day"))
    pd.testing.assert_frame_equal(found[["account", "day", "surprise"]], frame.reset_index(drop=True))
    named = in_order(read(out, "discoveries"), ("account",))
    assert named["discovered"].any()
    assert named["in_alarm"].any()
    pd.testing.assert_frame_equal(named, rule("causal").discoveries(whole(), fdr=0.8))
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["accounts"], manifest["rows"]) == (large_tables.N_ACCOUNTS, len(days()))
    assert manifest["alarms"] == len(expected("causal"))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_sorted_files_are_not_written_again(tmp_path, monkeypatch):
    monkeypatch.setattr("viewshift.scale.out_of_core.share_out", None)
    for k, make in enumerate((sorted_file, two_sorted_files, by_account)):
        path = make(tmp_path / str(k))
        vs.scale.alarms(rule("causal"), path, tmp_path / f"out{k}", workers=1, at_once=1_000)


def counting(function, place, seen):
    def counted(*args, **options):
        seen.append(len(args[place]))
        return function(*args, **options)

    return counted


@pytest.mark.parametrize(("make", "most"), [(sorted_file, 1_000), (unsorted_file, 1_200), (of_several_types, 1_200)])
def test_no_more_rows_are_held_than_asked_for(make, most, tmp_path, monkeypatch):
    seen = []
    for module, name, place in ((task, "judge", 1), (shuffle, "bucket_of", 0)):
        monkeypatch.setattr(module, name, counting(getattr(module, name), place, seen))
    vs.scale.alarms(rule("causal"), make(tmp_path), tmp_path / "out", workers=1, at_once=1_000)
    assert sum(seen) >= len(days())
    assert max(seen) <= most  # an account has a hundred rows, so that a bucket may have some more


def test_workers_give_the_same_bytes_as_one(tmp_path):
    path = unsorted_file(tmp_path)
    outs = [
        vs.scale.alarms(rule("causal"), path, tmp_path / f"out{n}", fdr=0.8, workers=n, at_once=2_000) for n in (1, 2)
    ]
    assert contents(outs[0]) == contents(outs[1])


def test_plays_in_parquet_are_summed_and_judged(tmp_path):
    path = write(tmp_path / "plays.parquet", plays(), rows=200)
    want = Plays(tz="Europe/Berlin", until="2025-05-10")
    with warnings.catch_warnings(action="ignore"):
        panel = vs.read_table(plays(), tz="Europe/Berlin").daily(until="2025-05-10")
    out = vs.scale.alarms(rule(), path, tmp_path / "out", layout=want, workers=1, at_once=300)
    pd.testing.assert_frame_equal(in_order(read(out)), in_order(rule().alarms(panel)))
    assert sum(json.loads((out / "manifest.json").read_text())["left_out"].values()) == 4


# Interruptions.


class InterruptionError(Exception):
    pass


def interrupted_after(monkeypatch, n_parts):
    """Let the part after so many fail; return the numbers of all that are judged."""
    judged, judge_part = [], out_of_core.judge_part

    def judge_some(task, part):
        if len(judged) == n_parts:
            raise InterruptionError
        judged.append(part)
        judge_part(task, part)

    monkeypatch.setattr(out_of_core, "judge_part", judge_some)
    return judged


def test_it_goes_on_where_it_ended_and_does_nothing_when_it_is_done(tmp_path, monkeypatch):
    path = unsorted_file(tmp_path)
    args = {"workers": 1, "at_once": 1_000, "surprise": True, "fdr": 0.8}
    once = vs.scale.alarms(rule("causal"), path, tmp_path / "once", **args)
    with monkeypatch.context() as patch:
        first = interrupted_after(patch, 3)
        with pytest.raises(InterruptionError):
            vs.scale.alarms(rule("causal"), path, tmp_path / "out", **args)
    assert not (tmp_path / "out").exists()
    (tmp_path / ".out.partial" / "surprise" / "part-00001.parquet").unlink()  # killed between two files of a part
    with monkeypatch.context() as patch:
        second = interrupted_after(patch, 99)
        patch.setattr("viewshift.scale.out_of_core.share_out", None)
        out = vs.scale.alarms(rule("causal"), path, tmp_path / "out", **args)
    assert first == [0, 1, 2]
    assert second[:2] == [1, 3]
    assert contents(out) == contents(once)
    with monkeypatch.context() as patch:
        third = interrupted_after(patch, 0)
        assert vs.scale.alarms(rule("causal"), path, tmp_path / "out", **args) == out
    assert third == []


@pytest.mark.parametrize("change", ["dial", "input", "option", "version"])
def test_what_another_call_has_left_is_not_gone_on_with(change, tmp_path, monkeypatch):
    path = unsorted_file(tmp_path)
    args = {"workers": 1, "at_once": 1_000}
    with monkeypatch.context() as patch:
        interrupted_after(patch, 3)
        with pytest.raises(InterruptionError):
            vs.scale.alarms(rule("causal"), path, tmp_path / "out", **args)
    judge_with = rule("causal")
    if change == "dial":
        judge_with = judge_with.at(1.0)
    elif change == "input":
        write(path, shuffled(days())[:-1])
    elif change == "option":
        args["surprise"] = True
    else:
        monkeypatch.setattr("viewshift._provenance.versions", lambda: {"numpy": "1.0"})
    judged = interrupted_after(monkeypatch, 99)
    vs.scale.alarms(judge_with, path, tmp_path / "out", **args)
    assert judged[:3] == [0, 1, 2]


def test_a_worker_that_dies_is_told_of_and_what_is_done_is_kept(tmp_path):
    dying = vs.AlarmRule(Dying())
    fitted = rule("causal")
    dying.detector_, dying.calibration_, dying.curve_, dying.size_ = Dying(), fitted.calibration_, fitted.curve_, 1.0
    dying.detector_.fitted_ = 1
    with pytest.raises(ChildProcessError, match=r"a worker ended before it was done .*call it again"):
        vs.scale.alarms(dying, sorted_file(tmp_path), tmp_path / "out", workers=2, at_once=2_000)
    assert not (tmp_path / "out").exists()


def test_something_else_in_the_place_of_the_result_is_left_alone(tmp_path):
    path = sorted_file(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear")
    with pytest.raises(FileExistsError, match="`out` must be the name of a new folder"):
        vs.scale.alarms(rule("causal"), path, tmp_path / "out")
    assert (tmp_path / "out" / "letter.txt").read_text() == "dear"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["days.parquet", "out"]


# Common causes.


@cache
def shock():
    return vs.baselines.DayFactor().fit(vs.simulate.viewers(200, 120, seed=8))


@cache
def doubled():
    """Days of two countries, in one of which everybody watched three times as much on one day."""
    frame = vs.simulate.viewers(160, 120, seed=6).to_frame()
    frame["country"] = np.where(frame["account"].str[-1] < "5", "NO", "SE")
    day = frame["day"] == frame["day"].max() - pd.Timedelta(days=20)
    frame.loc[day & (frame["country"] == "NO"), "episodes"] *= 3
    return frame


def test_day_factors_are_estimated_first_and_ride_in_the_panels(tmp_path):
    panel = vs.Panel.from_frame(doubled())
    country = doubled().groupby("account")["country"].first().to_numpy()
    factors = shock().estimate(panel, country)
    assert (factors.factor[0] > 1.5).sum() == 1
    want = in_order(rule("causal").alarms(factors.apply(panel)))
    assert not want.equals(in_order(rule("causal").alarms(panel)))
    path = write(tmp_path / "days.parquet", shuffled(doubled()), rows=3_000)
    args = {"strata": "country", "workers": 1, "at_once": 6_000}
    out = vs.scale.alarms(rule("causal"), path, tmp_path / "out", factors=shock(), **args)
    pd.testing.assert_frame_equal(in_order(read(out)), want)
    kept = pq.read_table(out / "factors.parquet").to_pandas()
    np.testing.assert_array_equal(kept["factor"].to_numpy().reshape(2, -1), factors.factor)
    assert kept["stratum"].unique().tolist() == ["NO", "SE"]
    again = vs.scale.alarms(rule("causal"), path, tmp_path / "known", factors=factors, **args)
    pd.testing.assert_frame_equal(in_order(read(again)), want)


def test_of_many_accounts_those_with_the_smallest_hashes_give_the_factors(tmp_path, monkeypatch):
    """Whatever the order of rows and parts, the same accounts are drawn, and as many of each stratum as may be."""
    monkeypatch.setattr(common_cause, "ACCOUNTS", 30)
    drawn = []
    monkeypatch.setattr(type(shock()), "estimate", lambda self, panel, strata: drawn.append((panel, strata)) or 1 / 0)
    for k, frame in enumerate((doubled(), shuffled(doubled()))):
        path = write(tmp_path / f"{k}.parquet", frame, rows=2_000)
        with pytest.raises(ZeroDivisionError):
            vs.scale.alarms(
                rule("causal"), path, tmp_path / "out", factors=shock(), strata="country", workers=1, at_once=4_000
            )
    (one, strata), (other, same) = drawn
    assert one.accounts.tolist() == other.accounts.tolist()
    assert strata == same
    assert {name: strata.count(name) for name in set(strata)} == {"NO": 30, "SE": 30}
    np.testing.assert_array_equal(one["episodes"], vs.Panel.from_frame(doubled()).select(one.accounts)["episodes"])


# Refusals.


def replaced(column, values):
    return arrow(days()[:50].assign(**{column: values}))


def late(day, kind):
    """One row is of another day than it should be."""
    of_rows = [str(one.date()) for one in days()["day"][:49]]
    table = arrow(days()[:50])
    return table.set_column(1, "day", pa.array([*of_rows, day]).cast(kind))


def with_strata(values):
    return arrow(days().assign(c=values))


OF_C = {"factors": "shock", "strata": "c"}
N_ROWS = len(days())

BAD = [
    (lambda: arrow(days()).drop_columns("account"), {}, "the table must have a column 'account'; it has 'day'"),
    (lambda: arrow(plays()), {}, "'start'; if its rows are plays, give `layout=vs.scale.Plays"),
    (lambda: replaced("account", 1.5), {}, "'account' must hold names of accounts, text or whole numbers, got double"),
    (lambda: replaced("account", [None, *days()["account"][1:50]]), {}, "must name an account in every row"),
    (lambda: replaced("day", 20250101), {}, "'day' must hold days such as 2025-07-31, got int64"),
    (lambda: replaced("day", "31.12.2025"), {}, "'day' must hold days such as 2025-07-31"),
    (lambda: replaced("day", pd.Timestamp("2025-01-01", tz="UTC")), {}, "must hold local days, got instants"),
    (lambda: replaced("day", pd.Timestamp("2025-01-01")), {}, "got two for account 'v0000000' on 2025-01-01"),
    (lambda: replaced("episodes", -1.0), {}, "'episodes' must be finite and at least 0 .* on 2023-01-30"),
    (
        lambda: late("2140-01-01", pa.date32()),
        {},
        "'day' must not hold days in the future, got 2140-01-01; mend it, or give .* `until=",
    ),
    (lambda: late("2140-01-01", pa.string()), {}, "'day' must not hold days in the future, got 2140-01-01"),
    (
        lambda: arrow(days()),
        {"layout": Days(since="2030-01-01", until="2030-02-01")},
        "its days are 2023-01-03 to 2023-06-10",
    ),
    (lambda: arrow(days()), {"layout": Days(since="2030-01-01")}, "`since` and `until`, 2030-01-01 and 20"),
    (lambda: arrow(days()), {"layout": Days(until="2022-12-31")}, "`since` and `until`, 2023-01-03 and 2022-12-31"),
    (lambda: arrow(days()[["account", "day"]]), {}, "must have a numeric column"),
    (
        lambda: arrow(days().drop(columns="episodes")),
        {},
        "needs the measure 'episodes', got 'minut",
    ),
    (
        lambda: arrow(days().astype({"episodes": str})),
        {},
        "needs the measure 'episodes', got 'minut",
    ),
    (lambda: arrow(days()), {"strata": "c"}, "`strata` must be left out where there are no `factors`"),
    (lambda: arrow(days()), OF_C, "`strata` must name a column of the table, got 'c'"),
    (lambda: with_strata(np.arange(N_ROWS).astype(str)), OF_C, "must have one stratum for account 'v0000000'"),
    (lambda: with_strata([None, *"b" * (N_ROWS - 1)]), OF_C, "a stratum in every row, got none for account 'v0000000'"),
]


@pytest.mark.parametrize(("make", "options", "message"), BAD)
def test_what_cannot_be_judged_is_refused_in_a_sentence(make, options, message, tmp_path):
    pq.write_table(make(), tmp_path / "days.parquet")
    options = {name: shock() if value == "shock" else value for name, value in options.items()}
    with pytest.raises(ValueError, match=message) as refusal:
        vs.scale.alarms(rule("causal"), tmp_path / "days.parquet", tmp_path / "out", workers=1, **options)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_paths_without_parquet_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="found nothing at"):
        vs.scale.alarms(rule("causal"), tmp_path / "no", tmp_path / "out")
    with pytest.raises(ValueError, match=r"must hold files that end with \.parquet, found none"):
        vs.scale.alarms(rule("causal"), tmp_path, tmp_path / "out")
    (tmp_path / "a.parquet").write_bytes(os.urandom(1_000))
    with pytest.raises(ValueError, match="cannot be read as Parquet"):
        vs.scale.alarms(rule("causal"), tmp_path, tmp_path / "out")
    write(tmp_path / "a.parquet", days()[:0])
    with pytest.raises(ValueError, match="must hold at least one row, got none"):
        vs.scale.alarms(rule("causal"), tmp_path, tmp_path / "out")
    write(tmp_path / "a.parquet", days())
    write(tmp_path / "b.parquet", days(numbers=True))
    with pytest.raises(ValueError, match=r"'account' must be of one type in all files, got int64 in .*b\.parquet and"):
        vs.scale.alarms(rule("causal"), tmp_path, tmp_path / "out")


def test_a_rule_that_is_not_fitted_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(TypeError, match="`rule` must be an AlarmRule"):
        judge("rule", arrow(days()))
    with pytest.raises(TypeError, match="`rows` must be an Arrow table or record batch, got DataFrame of pandas"):
        judge(rule("causal"), days())
    with pytest.raises(TypeError, match="`rows` must be an Arrow table or record batch, got DataFrame of polars"):
        judge(rule("causal"), pl.DataFrame(days()))
    with pytest.raises(TypeError, match=r"`layout` must be `vs.scale.Days` or `vs.scale.Plays`, got str"):
        vs.scale.alarms(rule("causal"), sorted_file(tmp_path), tmp_path / "out", layout="days")
    with pytest.raises(TypeError, match="`path` must be the path of a Parquet file or of a folder of such, got DataFr"):
        vs.scale.alarms(rule("causal"), days(), tmp_path / "out")
    with pytest.raises(TypeError, match="`measures` must be several names, got 'episodes'"):
        Days(measures="episodes")
    with pytest.raises(ValueError, match="not fitted"):
        vs.scale.alarms(vs.AlarmRule(vs.detectors.ZScore()), sorted_file(tmp_path), tmp_path / "out")
    with pytest.raises(ValueError, match="`until` must not lie before `since`"):
        Days(since="2025-02-01", until="2025-01-01")
    with pytest.raises(ValueError, match="`tz` must be a time zone"):
        Plays(tz="Europe/Atlantis", until="2025-01-01")


def test_the_code_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(code_of("scale"), found)
    assert len(found["alarms"]) > 20
