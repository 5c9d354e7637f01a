"""A study over processes and over interruptions: same bytes, a dead process is a failed row, nothing is done twice."""

import gzip
import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import viewshift as vs
from refusing import Dying, Refusing
from viewshift._processes import leaving_ctrl_c_to_this
from viewshift.study.setup import Setup
from viewshift.study.source import Source
from viewshift.study.store import Store
from viewshift.study.trial import Job, run_unit

SMALL = {"n_accounts": 12, "n_days": 420, "n_reference": 30, "rates": (4.0, 2.0)}
SETUP = Setup(population="sessions", **SMALL)
SCENARIOS = {name: vs.simulate.SCENARIOS[name] for name in ("story", "clean")}
DETECTORS = {"ZScore": vs.detectors.ZScore(), "Random": vs.detectors.Random()}


def files(folder):
    return {path.name: path.read_bytes() for path in (folder / "units").glob("[!.]*.unit")}


def conduct(out, detectors=DETECTORS, scenarios=SCENARIOS, seeds=(1, 2), **more):
    return vs.study.run(detectors, scenarios, seeds, out=out, progress=False, **{**SMALL, **more})


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    out = tmp_path_factory.mktemp("alone")
    conduct(out)
    return out


def test_two_processes_give_the_rows_of_one_and_one_that_dies_is_a_failed_row(alone, tmp_path):
    table = conduct(tmp_path, {**DETECTORS, "Dying": Dying()}, seeds=[1], workers=2)
    dead = table[table["detector"] == "Dying"]
    assert set(dead["status"]) == {"failed"}
    assert dead.loc[dead["seed"] == 1, "error"].str.contains("process that worked on it ended before it was done").all()
    mine, expected = (pd.read_csv(out / "results.csv", dtype=str).query("seed == '1'") for out in (tmp_path, alone))
    mine = mine[mine["detector"] != "Dying"]
    pd.testing.assert_frame_equal(mine.reset_index(drop=True), expected.reset_index(drop=True))
    assert files(tmp_path).keys() < files(alone).keys()  # what died is not kept: more memory may be had next time
    assert (tmp_path / "failures" / "Dying-story-seed1.py").exists()


SCRIPT = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_workers import conduct
from viewshift.study.store import Store
keep = Store.keep


def keep_one_and_die(self, job, unit):
    keep(self, job, unit)
    os.kill(os.getpid(), signal.SIGKILL)


Store.keep = keep_one_and_die
conduct(Path({out!r}), workers=2)
"""


def members(group):
    """Return the processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, of = stat.read_text().rpartition(")")[2].split()[:3]
            if int(of) == group and state != "Z":
                found.append(int(stat.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux which processes live")
def test_a_study_killed_midway_goes_on_to_the_same_bytes(alone, tmp_path, monkeypatch):
    script = SCRIPT.format(tests=str(Path(__file__).parent), out=str(tmp_path))
    study = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    assert study.wait(timeout=600) == -signal.SIGKILL
    until = time.monotonic() + 120
    while (left := members(study.pid)) and time.monotonic() < until:
        time.sleep(0.2)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, "workers outlived their study"
    before = files(tmp_path)
    assert len(before) == 1
    assert not (tmp_path / "results.csv").exists()
    fits = []
    monkeypatch.setattr(vs.AlarmRule, "fit", _counting(vs.AlarmRule.fit, fits))
    conduct(tmp_path)
    assert len(fits) == 4 - len(before)
    assert (tmp_path / "results.csv").read_bytes() == (alone / "results.csv").read_bytes()
    assert before.items() <= files(tmp_path).items()


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="masks of POSIX")
def test_processes_are_begun_deaf_to_ctrl_c_which_waits_so_long():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        with leaving_ctrl_c_to_this():
            child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
            for pid in (child.pid, os.getpid()):
                os.kill(pid, signal.SIGINT)
            assert heard == []
        assert heard == [1]
    finally:
        signal.signal(signal.SIGINT, before)
    child.communicate(b"\n")
    assert child.returncode == 0


def _counting(fit, fits):
    def counted(self, panel, groups=None):
        fits.append(self.detector)
        return fit(self, panel, groups)

    return counted


@pytest.mark.parametrize(
    ("change", "n_fits"),
    [
        ({}, 0),
        ({"fresh": True}, 2),
        ({"detectors": {**DETECTORS, "ZScore": vs.detectors.ZScore(window=28)}}, 1),
        ({"detectors": {**DETECTORS, "Random": vs.detectors.ZScore()}}, 1),
        ({"scenarios": {**SCENARIOS, "story": replace(SCENARIOS["story"], strength=20)}}, 2),
        ({"seeds": [3]}, 2),
        ({"n_reference": 31}, 2),
        ({"rates": (4.0,)}, 2),
    ],
)
def test_what_a_unit_depends_on_makes_it_anew_and_nothing_else(alone, tmp_path, change, n_fits, monkeypatch):
    (tmp_path / "units").symlink_to(alone / "units")
    monkeypatch.setattr(Store, "keep", lambda self, job, unit: None)
    fits = []
    monkeypatch.setattr(vs.AlarmRule, "fit", _counting(vs.AlarmRule.fit, fits))
    conduct(tmp_path, **{"seeds": [1], **change})
    assert len(fits) == n_fits


def test_other_versions_and_other_code_are_other_units(tmp_path, monkeypatch):
    store, job = Store(tmp_path, SETUP, SCENARIOS), Job("ZScore", DETECTORS["ZScore"], 1)
    paths = {store._path(job)}
    monkeypatch.setattr("viewshift._provenance.versions", lambda: {"numpy": "1.0"})
    paths.add(store._path(job))
    monkeypatch.setattr("viewshift._provenance._own_code", lambda: "another")
    paths.add(store._path(job))
    assert len(paths - {None}) == 3


def test_the_code_of_a_detector_of_ones_own_counts(tmp_path, monkeypatch):
    store, job = Store(tmp_path, SETUP, SCENARIOS), Job("own", Refusing(), 1)
    before = store._path(job)
    changed = tmp_path / "refusing.py"
    changed.write_bytes(Path(sys.modules["refusing"].__file__).read_bytes() + b"\n")
    monkeypatch.setattr("inspect.getfile", lambda thing: str(changed))
    assert store._path(job) not in (before, None)


def test_what_cannot_be_told_apart_is_not_kept(tmp_path):
    unknown = {"odd": replace(SCENARIOS["story"], event=lambda row, days, rng, strength: None)}
    conduct(tmp_path, {"Constant": vs.detectors.Constant()}, unknown, [1], rates=(4.0,))
    assert not (tmp_path / "units").exists()


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:60] + b"!" + data[61:], lambda _: b""])
def test_a_damaged_unit_is_made_again(tmp_path, damage):
    store, job = Store(tmp_path, SETUP, SCENARIOS), Job("Constant", vs.detectors.Constant(), 1)
    store.keep(job, run_unit(job, Source(SETUP, SCENARIOS)))
    assert store.get(job).trials["story"].tallies.keys() <= {4.0, 2.0}
    path = store._path(job)
    path.write_bytes(damage(path.read_bytes()))
    assert store.get(job) is None


class Trap:
    def __reduce__(self):
        return os.mkdir, ("trapped",)


def test_a_unit_from_somebody_else_runs_no_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store, job = Store(tmp_path, SETUP, SCENARIOS), Job("Constant", vs.detectors.Constant(), 1)
    store._path(job).write_bytes(gzip.compress(pickle.dumps(Trap())))
    assert store.get(job) is None
    assert not (tmp_path / "trapped").exists()


def test_a_worker_that_begins_when_its_parent_is_gone_already_ends():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    code = f"import time; from viewshift._processes import begin_worker; begin_worker({gone.pid}); time.sleep(60)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
