"""Logs of plays summed over days without being held: the same as `read_table(...).daily(...)`, whatever the log."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import viewshift as vs
from viewshift import local_days
from viewshift.kernels.plays import BUCKETS, TIME_BITS, grow_table, number_keys, share_out, sum_days
from viewshift.kernels.plays_in_order import NEVER, add_plays, write_days
from viewshift.scale import daily, events
from viewshift.scale.events import _log, _numbering, _store

CHANGES = [
    ("Europe/Berlin", "2024-03-31"),  # forwards at night
    ("Europe/Berlin", "2024-10-27"),  # backwards at night
    ("America/Sao_Paulo", "2017-10-15"),  # no 00:00
    ("America/Sao_Paulo", "2018-02-18"),  # 23:00 twice
    ("America/Havana", "2023-11-05"),  # 00:00 twice
    ("Australia/Lord_Howe", "2024-04-07"),  # by half an hour
    ("Pacific/Apia", "2011-12-30"),  # no such day
    ("UTC", "1971-01-02"),  # the first days that count
]


def random_log(seed: int, tz: str, day: str, n: int = 400) -> pl.DataFrame:
    """Plays around a day, in any order: overlapping, over two midnights, of no or unknown length, twice; odd ones."""
    rng = np.random.default_rng(seed)
    noon = int(datetime.combine(date.fromisoformat(day), time(12), ZoneInfo(tz)).timestamp()) * 1000
    start = noon + rng.integers(-4 * 86_400_000, 4 * 86_400_000, n)
    start[rng.random(n) < 0.3] //= 3_600_000
    start[start < 10**9] *= 3_600_000  # on the hour: borders of days are hit
    start[rng.random(n) < 0.02] = -86_400_000  # before 1970
    seconds = rng.choice([0.0, 1, 60, 2700, 5400, 90_000, 180_000, 0.0004, 8 * 86_400, -5, np.nan], n)
    frame = pl.DataFrame(
        {
            "account": rng.integers(0, rng.choice([1, 3, 40]), n) - 1,
            "start": pl.Series(start).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"),
            "duration": pl.Series(seconds, nan_to_null=rng.random() < 0.5),
            "title": rng.choice(["1", " 1", "2", "3", ""], n),
            "show": rng.choice(["A", "B", "C ", " "], n),
        }
    )
    missing = {column: rng.random(n) < 0.02 for column in ("account", "start", "duration", "title", "show")}
    frame = frame.with_columns(
        pl.when(~pl.Series(where)).then(pl.col(column)).alias(column) for column, where in missing.items()
    )
    return pl.concat([frame, frame.sample(n // 10, seed=seed)])


def exactly(log: object, tz: str, **options: object) -> vs.Panel:
    """The panel by way of the table in memory."""
    return vs.read_table(log, tz=tz).daily(**options)


def assert_same(fast: vs.Panel, exact: vs.Panel) -> None:
    assert fast.accounts.tolist() == exact.accounts.tolist()
    assert (fast.start, fast.n_days) == (exact.start, exact.n_days)
    np.testing.assert_array_equal(fast.observed, exact.observed)
    assert list(fast.measures) == list(exact.measures)
    for name, values in fast.measures.items():
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, exact[name], rtol=1e-6, atol=1e-6, err_msg=name)


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches, the store in memory and the hash table be tiny."""
    monkeypatch.setattr(_log, "BATCH", 47)
    monkeypatch.setattr(_store, "HELD", 24 * 150)
    monkeypatch.setattr(_numbering, "SLOTS", 2)


@pytest.fixture
def only_as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no log be read a second time."""
    monkeypatch.delattr(events, "Collected")


def options_of(seed: int, day: str) -> dict[str, str]:
    """Plays go on after the last day, and do not; begin before the first, and do not."""
    last = date.fromisoformat(day) + timedelta(days=int(seed % 2) * 4)
    since = {"since": str(date.fromisoformat(day) - timedelta(days=2))} if seed == 2 else {}
    return {"until": str(last), "day_start": "04:00" if seed else "00:00", **since}


@pytest.mark.filterwarnings("ignore:polars frame. of:UserWarning")
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("keys", ["whole", "text"])
def test_daily_of_a_log_is_that_of_its_table(change, keys, in_pieces) -> None:
    tz, day = change
    for seed in range(3):
        log = random_log(seed, tz, day)
        if keys == "text":
            log = log.with_columns("viewer " + pl.col("account").cast(pl.String) + pl.lit(" "))
        options = options_of(seed, day)
        assert_same(daily(log.lazy(), tz=tz, **options), exactly(log, tz, **options))


@pytest.mark.filterwarnings("ignore:polars frame. of:UserWarning")
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("order", [["start"], ["account", "start"]], ids=["by time", "by account"])
def test_a_log_in_order_is_summed_as_it_is_read(change, order, in_pieces, only_as_read) -> None:
    tz, day = change
    for seed in range(3):
        log, options = random_log(seed, tz, day).sort(order), options_of(seed, day)
        if seed == 1:
            text = pl.col("account").cast(pl.String)
            log = log.with_columns(pl.when(pl.int_range(pl.len()) % 2 == 0).then(text).otherwise(text + " "))
        assert_same(daily(log.lazy(), tz=tz, **options), exactly(log, tz, **options))


def test_days_of_very_many_titles_or_plays_are_summed_all_the_same() -> None:
    start = pl.datetime_range(datetime(2025, 6, 1), datetime(2025, 6, 1, 23), "1s", eager=True)
    log = pl.DataFrame({"start": start})
    assert daily(log, tz="UTC", until="2025-06-01")["episodes"] == len(log) > 2**16
    titled = log[:2000].with_columns((pl.int_range(2000) % 300).cast(pl.String).alias("title"))
    assert daily(titled, tz="UTC", until="2025-06-01")["episodes"] == 300


def test_plays_are_in_the_future_from_the_day_after_tomorrow_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Noon(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2025, 6, 1, 12, tzinfo=UTC)

    monkeypatch.setattr(local_days, "datetime", Noon)
    last, first = datetime(2025, 6, 2, 23, 59, 59, 999_000, UTC), datetime(2025, 6, 3, tzinfo=UTC)
    log = pl.DataFrame({"account": "a", "start": [last, first]}, schema_overrides={"start": pl.Datetime("ms", "UTC")})
    read = vs.read_table(log, tz="UTC")
    assert [(part.reason, part.lines) for part in read.report.left_out] == [("in the future", (1,))]
    with pytest.warns(UserWarning, match=r"of 2 rows 1 were left out: 1 in the future \(row 1\)"):
        panel = daily(log, tz="UTC", until="2025-06-04")
    assert panel["episodes"].tolist() == [[1, 0, 0]]
    kept, left_out = vs.scale.Plays(tz="UTC", until="2025-06-04").usable(log.to_arrow())
    assert (kept["start"].to_pylist(), left_out) == ([last], {"in the future": 1})


LOG = pl.DataFrame(
    {
        "account": [12, 7, 12, 7, 12],
        "start": pl.Series(["01 21:40", "02 10:00", "01 20:00", "02 10:10", "03 10:00"])
        .str.replace("^", "2025-06-")
        .str.to_datetime("%Y-%m-%d %H:%M", time_unit="us", time_zone="UTC"),
        "duration": [3600, 1800, 60, 600, 0],
        "title": ["b", "a", "b", "a", "c"],
        "show": ["B", "A", "B", "A", "B"],
    }
)  # fmt: skip
BERLIN = {"tz": "Europe/Berlin", "until": "2025-06-03"}


def sources(folder: Path) -> Iterator[tuple[str, object]]:
    """The same log as everything that can be read."""
    LOG.write_parquet(folder / "log.parquet")
    yield "parquet", folder / "log.parquet"
    LOG.write_ipc(folder / "log.arrow")
    yield "arrow file", str(folder / "log.arrow")
    many = folder / "many"
    many.mkdir()
    LOG[:2].write_parquet(many / "1.parquet")
    LOG[2:].write_parquet(many / "2.parquet")
    yield "folder", many
    LOG.write_csv(folder / "log.csv")
    yield "csv", folder / "log.csv"
    head, *rows = LOG.write_csv(separator=";", datetime_format="%Y-%m-%d %H:%M:%S").splitlines()
    text = "\r\n".join(["\ufeff" + head.upper(), *(" ; ".join(row.split(";")) for row in rows), ";;;;", ""])
    (folder / "log.txt").write_text(text, encoding="utf-8")
    yield "semicolons, blanks, a blank line", folder / "log.txt"
    yield "polars", LOG
    yield "lazy", LOG.lazy()
    yield "arrow", LOG.to_arrow()
    yield "pandas", pd.DataFrame(LOG.to_dict(as_series=False))
    yield "stream", pa.RecordBatchReader.from_batches(LOG.to_arrow().schema, LOG.to_arrow().to_batches(2))
    yield "chunks", iter([LOG[:3], LOG[3:].to_arrow()])


def test_a_log_may_be_any_file_frame_or_stream(tmp_path: Path) -> None:
    expected = exactly(LOG, **BERLIN)
    np.testing.assert_array_equal(expected["minutes"], [[21, 40, 0], [np.nan, 30, 0]])
    for kind, source in sources(tmp_path):
        panel = daily(source, **BERLIN)
        assert panel.accounts.tolist() == ["12", "7"], kind
        assert_same(panel, expected)


@pytest.mark.parametrize(
    "account",
    [
        pl.Series([2**64 - 1, 5, 2**64 - 1, 5, 2**64 - 1], dtype=pl.UInt64),
        pl.Series([-3, 5, -3, 5, -3], dtype=pl.Int8),
        pl.Series([0.5, 1e20, 0.5, 1e20, 0.5]),
        pl.Series(["b ", "a", " b", "a", "b"], dtype=pl.Categorical),
        pl.Series(["\u00e9", "e\u0301", "\u00e9", "e\u0301", "\u00e9"]),
    ],
    ids=lambda s: str(s.dtype),
)
def test_accounts_go_by_the_names_they_have_in_a_table(account: pl.Series) -> None:
    log = LOG.with_columns(account.alias("who")).drop("account")
    exact = vs.read_table(log, tz="UTC", account="who").daily(until="2025-06-03")
    assert_same(daily(log, tz="UTC", account="who", until="2025-06-03"), exact)


def test_a_log_without_accounts_is_of_one() -> None:
    panel = daily(LOG.drop("account"), **BERLIN)
    assert panel.accounts.tolist() == ["me"]
    assert_same(panel, exactly(LOG.drop("account"), **BERLIN))


def test_names_lose_what_a_terminal_would_obey() -> None:
    log = LOG.with_columns("\x1b[2J" + pl.col("account").cast(pl.String))
    assert_same(daily(log, **BERLIN), exactly(log, **BERLIN))


def test_pseudonyms_are_those_of_a_table() -> None:
    key = "a key of 16 bytes or more"
    exact = vs.read_table(LOG, tz="UTC", pseudonymise=key).daily(until="2025-06-03")
    assert_same(daily(LOG, tz="UTC", until="2025-06-03", pseudonymise=key), exact)


@pytest.mark.parametrize("form", ["end", "duration of time", "clock"])
def test_lengths_may_come_in_every_form(form: str) -> None:
    length = pl.duration(seconds=pl.col("duration"))
    clock = pl.Series(["1:00:00", "1800", None, "0:10:00.5", "0"])
    log = {
        "end": LOG.select(pl.exclude("duration"), end=pl.col("start") + length),
        "duration of time": LOG.with_columns(duration=length),
        "clock": LOG.with_columns(duration=clock),
    }[form]
    assert_same(daily(log, **BERLIN), exactly(log, **BERLIN))


def test_measures_are_those_asked_for_and_possible() -> None:
    assert set(daily(LOG, **BERLIN, measures=["minutes"]).measures) == {"minutes"}
    assert set(daily(LOG.drop("show", "duration"), **BERLIN).measures) == {"episodes"}
    assert daily(LOG, **BERLIN, measures=["episodes"])["episodes"].tolist()[0] == [1, 0, 1]
    with pytest.raises(ValueError, match=r"`measures` must be one of 'episodes', .*, got 'hours'"):
        daily(LOG, **BERLIN, measures=["hours"])
    with pytest.raises(ValueError, match="`measures` must not name 'minutes', since polars frame has no durations or"):
        daily(LOG.drop("duration"), **BERLIN, measures=["minutes"])
    with pytest.raises(ValueError, match="`measures` must name at least one measure, got none"):
        daily(LOG, **BERLIN, measures=[])
    with pytest.raises(ValueError, match="`measures` must not name 'minutes', since polars frame has no durations or"):
        daily(LOG.with_columns(duration=pl.lit(None, pl.Int64)), **BERLIN, measures=["minutes"])
    with pytest.raises(ValueError, match="must not name 'top_show_episodes', since polars frame has no shows"):
        daily(LOG.drop("show"), **BERLIN, measures=["top_show_episodes"])


def test_a_folder_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`source` must hold Parquet files, found none in the folder test_"):
        daily(tmp_path, **BERLIN)


def test_the_span_is_that_of_a_table() -> None:
    options = {"since": "2025-05-30", "until": "2025-06-02"}
    assert_same(daily(LOG, tz="UTC", **options), exactly(LOG, "UTC", **options))
    with pytest.warns(UserWarning, match="`until` is not given, so the panel ends with the last play, on 2025-06-03"):
        assert daily(LOG, tz="UTC").n_days == 3
    with pytest.raises(ValueError, match=r"`until` must not lie before `since` or the first play \(2025-06-01\)"):
        daily(LOG, tz="UTC", until="2025-05-31")
    with pytest.raises(ValueError, match=r"`until` must not lie in the future, got 9999-12-31"):
        daily(LOG, tz="UTC", until="9999-12-31")


MORNING = "2025-06-01 10:00:00"
ODD = pl.DataFrame(
    {
        "account": ["a", "a", " ", None, "a", "a", "a", "a", "b"],
        "start": [MORNING] * 4 + ["soon", "1970-01-01 00:00:00", "2999-01-01 00:00:00"] + [MORNING] * 2,
        "duration": ["60", "8000000", "60", "60", "60", "60", "60", "long", "60"],
    }
)  # fmt: skip


def test_rows_left_out_are_told_and_are_those_of_a_table(in_pieces) -> None:
    log = pl.concat([ODD, *[ODD[[0]]] * 10])
    exact = vs.read_table(log, tz="UTC")
    with pytest.warns(UserWarning, match="polars frame: of 19 rows 7 were left out: ") as caught:
        panel = daily(log, tz="UTC", until="2025-06-01")
    assert_same(panel, exact.daily(until="2025-06-01"))
    for part in exact.report.left_out:
        assert f"{part.rows} {part.reason} (row {', '.join(map(str, part.lines))})" in str(caught[0].message)


def test_a_log_of_which_most_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="polars frame, row 0: the start cannot be read, and so in 3 of 4 rows; write"):
        daily(ODD[[4, 4, 4, 0]], tz="UTC")
    with pytest.raises(ValueError, match="polars frame: no row is left to count as viewing: 1 of unknown date"):
        daily(ODD[[5]], tz="UTC")
    with pytest.raises(ValueError, match="polars frame: there must be rows, got none"):
        daily(ODD[:0], tz="UTC")


def test_a_log_that_is_none_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing.parquet must be a file, found nothing there"):
        daily(tmp_path / "nothing.parquet", tz="UTC")
    (tmp_path / "junk.parquet").write_bytes(b"PAR1 and then something else, and no end")
    with pytest.raises(ValueError, match=r"junk.parquet: the log cannot be read"):
        daily(tmp_path / "junk.parquet", tz="UTC")
    (tmp_path / "junk.bin").write_bytes(b"\x00\x01\x02")
    with pytest.raises(ValueError, match=r"junk.bin: a log must be Parquet, Arrow or comma-separated text"):
        daily(tmp_path / "junk.bin", tz="UTC")
    with pytest.raises(ValueError, match="polars frame: there must be a column 'start', got 2 under other names"):
        daily(LOG.select("account", "title"), tz="UTC")
    with pytest.raises(ValueError, match="`account` must name a column of polars frame, got 'who'"):
        daily(LOG, tz="UTC", account="who")
    with pytest.raises(TypeError, match="`source` must be a path or a frame of pandas, polars or Arrow, got int"):
        daily(3, tz="UTC")
    with pytest.raises(ValueError, match="`source` must hold at least one frame"):
        daily(iter([]), tz="UTC")
    with pytest.raises(ValueError, match="`tz` must be a time zone"):
        daily(LOG, tz="Berlin")


def test_a_line_with_too_many_fields_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "start,duration\n2025-06-01 10:00:00,60\n2025-06-01 11:00:00,60,60\n2025-06-01 12:00:00,60\n"
    )
    with pytest.warns(
        UserWarning, match=r"1 the row has more fields than the header, or an open quotation mark \(line 3\)"
    ):
        assert daily(tmp_path / "log.csv", tz="UTC", until="2025-06-01")["minutes"] == 2


# ---- kernels ----------------------------------------------------------------------------------------------------


def test_keys_are_numbered_in_the_order_in_which_they_are_first_seen() -> None:
    rng = np.random.default_rng(0)
    keys = rng.integers(-40, 40, 500) * 2**32  # all in few slots
    known: dict[int, int] = {}
    expected = [known.setdefault(int(key), len(known)) for key in keys]
    table, numbers, seen, row = np.zeros((4, 2), np.int64), np.full(500, -1, np.int32), 0, 0
    firsts = []
    while row < len(keys):
        first_row = np.empty(500, np.int64)
        row, more = number_keys(keys, row, table, seen, numbers, first_row)
        firsts += first_row[: more - seen].tolist()
        seen = more
        larger = np.zeros((2 * len(table), 2), np.int64)
        grow_table(table, larger)
        table = larger
    assert numbers.tolist() == expected
    assert [int(keys[row]) for row in firsts] == list(known)


def test_plays_are_shared_out_in_their_order() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 3 * BUCKETS, 2000).astype(np.int32)
    start, length = rng.integers(0, 2**41, 2000), rng.integers(0, 2**29, 2000)
    item, show = rng.integers(0, 2**60, 2000), rng.integers(-1, 9, 2000).astype(np.int32)
    to = [np.empty(2000, kind) for kind in (np.int64, np.int32, np.int64, np.int32)]
    begin = share_out(numbers, start, length, item, show, *to)
    order = np.argsort(numbers % BUCKETS, kind="stable")
    assert (np.diff(begin) == np.bincount(numbers % BUCKETS, minlength=BUCKETS)).all()
    expected = (numbers.astype(np.int64) // BUCKETS * 2**TIME_BITS + start, length, item, show)
    for found, column in zip(to, expected, strict=True):
        np.testing.assert_array_equal(found, column[order])


def test_days_are_summed_as_by_a_walk_through_the_minutes() -> None:
    rng = np.random.default_rng(0)
    n, n_accounts, n_days = 300, 3, 6
    account, start = rng.integers(0, n_accounts, n), rng.integers(0, n_days * 1440, n)
    length, title = rng.choice([0, 1, 30, 1500], n), rng.integers(1, 4, n)
    watched, titles = np.zeros((n_accounts, n_days + 9)), np.zeros((n_accounts, n_days))
    for i in range(n_accounts):
        mine = account == i
        on = {t + k for t, m in zip(start[mine], length[mine], strict=True) for k in range(m)}
        np.add.at(watched[i], [t // 1440 for t in on], 1)
        for day in range(n_days):
            titles[i, day] = len(set(title[mine & (start // 1440 == day)]))
    packed = account.astype(np.int64) * 2**TIME_BITS + start * 60_000
    borders = np.arange(n_days + 9) * 86_400_000
    minutes, episodes = np.zeros((2, n_accounts, n_days), np.float32)
    no_show, unwanted, first = np.empty(0, np.int32), np.empty((0, 0), np.float32), np.empty(n_accounts, np.int64)
    sum_days(
        packed, (length * 60_000).astype(np.int32), title, no_show, n_accounts, borders, np.arange(n_days + 9),
        np.zeros(n_days + 9, bool), np.arange(n_accounts)[::-1].copy(), first, episodes, minutes,
        unwanted, unwanted,
    )  # fmt: skip
    np.testing.assert_array_equal(minutes[::-1], watched[:, :n_days])
    np.testing.assert_array_equal(episodes[::-1], titles)
    assert first.tolist() == [start[account == i].min() // 1440 for i in (2, 1, 0)]


def test_plays_in_order_are_added_as_by_a_walk_through_the_minutes() -> None:
    rng = np.random.default_rng(0)
    n, n_accounts, n_days = 300, 3, 6
    account, start = rng.integers(0, n_accounts, n).astype(np.int32), np.sort(rng.integers(0, n_days * 1440, n))
    length, title = rng.choice([0, 1, 30, 1500], n), rng.integers(0, 5, n)
    show = np.where(title > 3, -1, title % 2).astype(np.int32)
    watched, titles = np.zeros((n_accounts, n_days)), np.zeros((n_accounts, n_days))
    dark, top = np.zeros((n_accounts, n_days)), np.zeros((n_accounts, n_days))
    for i in range(n_accounts):
        on = {t + k for t, m in zip(start[account == i], length[account == i], strict=True) for k in range(m)}
        on = np.array([t for t in on if t < n_days * 1440])
        np.add.at(watched[i], on // 1440, 1)
        np.add.at(dark[i], on[on % 1440 < 360] // 1440, 1)
        for day in range(n_days):
            rows = np.flatnonzero((account == i) & (start // 1440 == day))
            distinct = {title[row] or -row - 1: show[row] for row in rows}
            titles[i, day] = len(distinct)
            shows = [one for one in distinct.values() if one >= 0]
            top[i, day] = max([*np.bincount(np.array(shows, int)), min(1, len(rows))])
    borders = np.arange(0, 1440 * (n_days + 9), 360) * 60_000
    state, seen = np.full((n_accounts, 2), NEVER), np.tile(np.array([0, 0, -1, 0], np.int32), (n_accounts, 1))
    counts, ms = np.zeros((2, n_days, n_accounts), np.uint16), np.zeros((2, n_days, n_accounts), np.int32)
    used, room = 0, (np.empty(n, np.int64), np.empty((n, 2), np.int32))
    for part in (slice(0, 100), slice(100, n)):
        used = add_plays(
            account[part], start[part] * 60_000, (length[part] * 60_000).astype(np.int32), title[part], show[part],
            borders, np.arange(len(borders)) // 4 + 100, 100, np.arange(len(borders)) % 4 == 0, state, seen, *room,
            used, counts[0], ms[0], ms[1], counts[1],
        )  # fmt: skip
    first = seen[:, 3].astype(np.int64) - 101
    for totals, unit, expected in (
        (counts[0], 1, titles),
        (ms[0], 60_000, watched),
        (ms[1], 60_000, dark),
        (counts[1], 1, top),
    ):
        found = np.empty((n_accounts, n_days), np.float32)
        write_days(totals, 0, n_accounts, 1, unit, first, np.arange(n_accounts)[::-1].copy(), found)
        np.testing.assert_array_equal(found[::-1, :-1], expected[:, 1:])
        assert (found[:, -1] == 0).all()  # beyond the totals
    assert used < n
    early = add_plays(
        account[:1], start[:1] * 60_000 - 1, length[:1].astype(np.int32), title[:1], show[:1], borders,
        np.arange(len(borders)) // 4 + 100, 100, np.arange(len(borders)) % 4 == 0, state, seen, *room, used, counts[0],
        ms[0], ms[1], counts[1],
    )  # fmt: skip
    assert early == -1
