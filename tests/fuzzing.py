"""Fuzzing of the readers: whatever a file holds, a valid `Events` or one sentence comes out; never silence, or a hang.

``python tests/fuzzing.py --seconds 600 --out build/fuzz`` works through all formats, in processes of their own that
are ended if a file takes too long. A file follows from its format and a number, so that ``--only youtube --first 1234
--cases 1`` makes the same one again. What fails is left in the folder: the file, and beside it what happened.
"""

import argparse
import faulthandler
import math
import os
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl

import viewshift as vs
from exports import MARK, SAMPLES
from mutations import mutated
from viewshift.daily import SCHEMA

READERS = {
    "netflix_short": vs.read_netflix,
    "netflix_full": vs.read_netflix,
    "netflix_archive": vs.read_netflix,
    "plays_table": vs.read_table,
    "counts_table": vs.read_table,
    "parquet_table": vs.read_table,
    "prime_video": vs.read_prime_video,
    "prime_video_old": vs.read_prime_video,
    "tautulli": vs.read_tautulli,
    "jellyfin": vs.read_jellyfin,
    "jellyfin_backup": vs.read_jellyfin,
    "letterboxd": vs.read_letterboxd,
    "lastfm": vs.read_lastfm,
    "lastfm_stats": vs.read_lastfm,
    "lastfm_bare": vs.read_lastfm,
}

PATIENCE = float(os.environ.get("VIEWSHIFT_FUZZ_PATIENCE", "30"))
"""Seconds that one file may take; the first of a format four times as long, since kernels may be compiled for it."""

MOST_FAULTS = 5
"""Faults after which a format is given up."""


class FaultError(Exception):
    """What a reader must not do."""


def judge(path: Path, read: object) -> None:
    """Read a file, and raise what the reader should not have raised or returned."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        try:
            events = read(path, tz="Europe/Berlin")  # type: ignore[operator]
        except (ValueError, FileNotFoundError) as error:
            check_sentence(error, path)
            return
        check_events(events)


def check_sentence(error: Exception, path: Path) -> None:
    """Raise unless the message is one line that names the file and nothing that is in it."""
    message = str(error)
    content = path.read_bytes() if path.is_file() else b""
    first_line = (content[: 1 << 16].decode(errors="replace").lower().splitlines() or [""])[0]
    # names of columns may be repeated, but not the values of a file without them: those of samples have digits
    may_tell = MARK.lower() in first_line and not any(map(str.isdigit, first_line))
    if type(error) not in (ValueError, FileNotFoundError):
        raise FaultError(f"{type(error).__name__} instead of a ValueError") from error
    for rule, holds in {
        "one line": len(message.splitlines()) == 1,
        "the file's name": path.name in message,
        "no title or account": may_tell or MARK.lower() not in message.lower(),
        "no end of its own": len(message) < 600,
    }.items():
        if not holds:
            raise FaultError(f"a message must have {rule}, got {message[:1000]!r}") from error


def check_events(events: vs.Events) -> None:
    """Raise unless events are as `daily` takes them for granted, and no row is missing without a word."""
    table, report = events.table, events.report
    rules = {
        "schema": dict(table.schema) == SCHEMA,
        "accounts": table["account"].null_count() == 0,
        "some rows": len(table) > 0,
        "kept": report.kept == len(table),
        "no silent loss": report.rows == report.kept + sum(part.rows for part in report.left_out),
        "start or date": table.select(pl.col("start").is_null() != pl.col("date").is_null()).to_series().all(),
        "days that have been": _are_past(table),
        "lengths": table.select((pl.col("seconds").is_between(0, 7 * 86_400)).fill_null(value=True).all()).item(),
        "counts": table.select(
            (pl.col("plays").is_finite() & (pl.col("plays") >= 0)).fill_null(value=True).all()
        ).item(),
        "no title in the report": MARK.lower() not in str(replace(report, not_used=())).lower(),
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        raise FaultError(f"events without {', '.join(broken)}: {report}")
    panel = events.daily()
    if not all(math.isfinite(float(values[panel.observed].sum())) for values in panel.measures.values()):
        raise FaultError("measures that are not finite")
    repr(events)


def _are_past(table: pl.DataFrame) -> bool:
    day = table.select(pl.coalesce(pl.col("start").dt.date(), "date").alias("day"))["day"]
    last = datetime.now(UTC).date() + timedelta(days=2)
    return bool((day >= datetime(1971, 1, 1).date()).all() and (day <= last).all())


def work_through(name: str, seconds: float, first: int, cases: int | None, out: Path) -> int:
    """Try one format on files 0, 1, 2, ... until time is up; return how many faults there were."""
    ending, sample = SAMPLES[name]
    content, ends = sample(), time.monotonic() + seconds
    faults, number = 0, first
    while time.monotonic() < ends and faults < MOST_FAULTS and (cases is None or number < first + cases):
        rng = Random(f"{name} {number}")
        path = out / f"{name}-{number}.{ending}"
        path.write_bytes(mutated(rng, ending, content))
        read = rng.choice([vs.read, READERS.get(name, vs.read)])
        faulthandler.dump_traceback_later(PATIENCE * (4 if number == first else 1), exit=True)
        try:
            judge(path, read)
            path.unlink()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            faults += 1
            told = "".join(traceback.format_exception(error))
            path.with_suffix(".txt").write_text(f"{read.__name__}({path.name!r})\n{told}", encoding="utf-8")
            print(f"{path}: {read.__name__}: {type(error).__name__}: {str(error)[:300]}", flush=True)
        finally:
            faulthandler.cancel_dump_traceback_later()
        number += 1
    print(f"{name}: {number - first:,} files, {faults} faults", flush=True)
    return faults


def in_child(names: Sequence[str], seconds: float, first: int, cases: int | None, out: Path) -> str | None:
    """Share out seconds among formats in a process of its own; return what it printed if anything went wrong."""
    order = [sys.executable, __file__, "--child", "--only", *names, "--seconds", str(seconds), "--out", str(out)]
    order += ["--first", str(first), *(["--cases", str(cases)] if cases is not None else [])]
    done = subprocess.run(order, capture_output=True, text=True, check=False)
    print(done.stdout, end="", flush=True)
    return None if done.returncode == 0 else done.stdout + done.stderr


def main() -> int:
    """Share out the seconds among the formats: a child does its own, else there is a child for each four of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--only", choices=SAMPLES, nargs="+", default=list(SAMPLES))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--cases", type=int)
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    share, rest = given.seconds / len(given.only), (given.first, given.cases, given.out)
    if given.child:
        return int(sum(work_through(name, share, *rest) for name in given.only) > 0)
    wrong = [in_child(names, share * len(names), *rest) for names in grouped(given.only)]
    for text in filter(None, wrong):
        print(text, file=sys.stderr)
    return int(any(wrong))


def grouped(names: Sequence[str]) -> list[Sequence[str]]:
    """Return names by fours, which share the seconds that a process takes to begin."""
    return [names[at : at + 4] for at in range(0, len(names), 4)]


if __name__ == "__main__":
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    sys.exit(main())
