"""Readers against files that went wrong: a minute of it here, as long as you like by `make fuzz`."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random

import polars as pl
import pytest

import fuzzing
import viewshift as vs
from exports import MARK, ROWS, SAMPLES
from mutations import ODD_TEXTS, mutated

SECONDS = float(os.environ.get("VIEWSHIFT_FUZZ_SECONDS", "60" if os.environ.get("CI") else "6"))
FOUND = Path(__file__).resolve().parent.parent / "build" / "fuzz"
TEXTS = sorted(name for name, (ending, _) in SAMPLES.items() if ending in {"csv", "tsv"})


@pytest.mark.parametrize("names", fuzzing.grouped(list(SAMPLES)), ids=" ".join)
def test_whatever_a_file_holds_events_or_one_sentence_come_out(names: list[str]) -> None:
    FOUND.mkdir(parents=True, exist_ok=True)
    wrong = fuzzing.in_child(names, SECONDS * len(names) / len(SAMPLES), 0, None, FOUND)
    assert wrong is None, f"the files are in {FOUND}; tests/fuzzing.py makes them again:\n{wrong}"


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_read_whole(tmp_path: Path, name: str) -> None:
    ending, sample = SAMPLES[name]
    path = tmp_path / f"{name}.{ending}"
    path.write_bytes(sample())
    events = vs.read(path, tz="Europe/Berlin")
    assert events.report.rows == events.report.kept == ROWS
    fuzzing.judge(path, vs.read)


@pytest.mark.parametrize("name", TEXTS)
def test_a_line_that_went_wrong_takes_no_other_with_it(tmp_path: Path, name: str) -> None:
    ending, sample = SAMPLES[name]
    path, kept = tmp_path / f"{name}.{ending}", []
    for seed in range(20):
        rng, lines = Random(f"{name} {seed}"), sample().split(b"\n")
        at = rng.randrange(2, ROWS)
        damaged = lines[at].replace(lines[at][:4], rng.choice(ODD_TEXTS).encode(errors="replace"))
        damaged = damaged.replace(b"\n", b" ").replace(b"\r", b" ")
        lines[at] = bytes(byte ^ (1 << rng.randrange(8) if rng.random() < 0.05 else 0) for byte in damaged).replace(
            b"\n", b" "
        )
        path.write_bytes(b"\n".join(lines))
        try:
            report = vs.read(path, tz="Europe/Berlin").report
        except ValueError:
            continue
        kept.append(report.kept)
        assert report.rows == ROWS
    assert len(kept) > 10
    assert min(kept) >= ROWS - 1


def test_files_follow_from_their_format_and_number() -> None:
    twice = [[mutated(Random(f"youtube {k}"), "json", SAMPLES["youtube"][1]()) for k in range(50)] for _ in range(2)]
    assert twice[0] == twice[1]
    assert len(set(twice[0])) > 30


def test_damaged_archives_are_not_quoted(tmp_path: Path) -> None:
    path, whole = tmp_path / "report.zip", SAMPLES["netflix_archive"][1]()
    path.write_bytes(whole.replace(b"CONTENT_INTERACTION/View", b"CONTENT_INTERACTION/" + MARK.encode(), 1))
    with pytest.raises(ValueError, match=r"^report.zip: the zip archive cannot be unpacked \(it is damaged\)"):
        vs.read(path)


def test_panics_of_a_library_are_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panicking(path: Path, **options: object) -> pl.LazyFrame:
        raise pl.exceptions.PanicException("assertion failed: offset + length <= self.length")

    path = tmp_path / "plays.parquet"
    path.write_bytes(SAMPLES["parquet_table"][1]())
    monkeypatch.setattr(pl, "scan_parquet", panicking)
    with pytest.raises(ValueError, match=r"^plays.parquet: the Parquet file cannot be read"):
        vs.read(path)


# ---- what the judge would not let pass --------------------------------------------------------------------------


def table(**changed: object) -> vs.Events:
    frame = pl.DataFrame({"account": "a", "start": ["2025-06-01 20:00:00"] * 3, "seconds": 60.0, "title": "A"})
    events = vs.read_table(frame, tz="UTC")
    for name, value in changed.items():
        object.__setattr__(events if name != "rows" else events.report, name, value)
    return events


def raising(error: Exception) -> Callable[..., vs.Events]:
    def read(path: Path, tz: str) -> vs.Events:
        raise error

    return read


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (raising(UnicodeDecodeError("utf-8", b"x.csv", 0, 1, "x.csv")), "UnicodeDecodeError instead of a ValueError"),
        (raising(ValueError("it went wrong")), "must have the file's name"),
        (raising(ValueError("x.csv:\nit went wrong")), "must have one line"),
        (raising(ValueError(f"x.csv: got {MARK}")), "must have no title or account"),
        (raising(ValueError(f"x.csv: {'x' * 600}")), "must have no end of its own"),
        (lambda path, tz: table(rows=4), "events without no silent loss"),
        (lambda path, tz: table(table=table().table.head(2)), "events without kept"),
        (lambda path, tz: table(table=table().table.with_columns(account=pl.lit(None, pl.String))), "without accounts"),
        (lambda path, tz: table(table=table().table.with_columns(seconds=pl.lit(-1.0))), "without lengths"),
        (lambda path, tz: table(table=table().table.with_columns(seconds=pl.lit(float("nan")))), "without lengths"),
        (lambda path, tz: table(table=table().table.with_columns(pl.col("start").dt.offset_by("-99y"))), "have been"),
        (lambda path, tz: table(table=table().table.with_columns(pl.col("start").dt.offset_by("99y"))), "have been"),
        (lambda path, tz: table(table=table().table.with_columns(kind=pl.lit(1))), "events without schema"),
        (lambda path, tz: table(table=table().table.with_columns(plays=pl.lit(float("inf")))), "events without counts"),
        (lambda path, tz: table(table=table().table.with_columns(date=pl.lit("2025-06-01").str.to_date())), "or date"),
    ],
)
def test_the_judge_finds_what_readers_must_not_do(tmp_path: Path, read: object, words: str) -> None:
    with pytest.raises(fuzzing.FaultError, match=words):
        fuzzing.judge(tmp_path / "x.csv", read)


def test_other_errors_and_warnings_pass_the_judge_as_they_are(tmp_path: Path) -> None:
    def warned(path: Path, tz: str) -> vs.Events:
        warnings.warn("a division by 0", RuntimeWarning, stacklevel=2)
        return table()

    with pytest.raises(KeyError):
        fuzzing.judge(tmp_path / "x.csv", raising(KeyError("start")))
    with pytest.raises(RuntimeWarning):
        fuzzing.judge(tmp_path / "x.csv", warned)


def test_faults_are_counted_and_leave_the_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fuzzing.READERS, "lastfm", raising(KeyError("start")))
    monkeypatch.setattr(vs, "read", raising(KeyError("start")))
    assert fuzzing.work_through("lastfm", 60, 0, 3, tmp_path) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"lastfm-{k}.{e}" for k in range(3) for e in ("csv", "txt")
    ]
    assert "KeyError: 'start'" in (tmp_path / "lastfm-0.txt").read_text()


def test_a_file_that_takes_too_long_ends_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "sitecustomize.py"
    slow.write_text(
        "import time, viewshift\nviewshift.read = viewshift.read_lastfm = lambda path, tz: time.sleep(60)\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("VIEWSHIFT_FUZZ_PATIENCE", "1")
    (tmp_path / "out").mkdir()
    told = fuzzing.in_child(["lastfm"], 30, 0, 1, tmp_path / "out")
    assert told is not None
    assert "Timeout" in told
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["lastfm-0.csv"]
