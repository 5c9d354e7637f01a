"""Files are there whole or not at all, on the disk before they have their name, and nothing is left lying about."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from viewshift._files import write_files, write_whole


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "state.vs"
    path.write_bytes(b"old")
    return path


def names(target):
    return sorted(path.name for path in target.parent.iterdir())


@pytest.mark.parametrize("step", ["write", "flush", "rename"])
def test_a_full_disk_leaves_the_old_file(target, monkeypatch, step):
    def full(*_):
        raise OSError(errno.ENOSPC, "no space left on device")

    def write(path):
        path.write_bytes(b"half of the n")
        if step == "write":
            full()

    if step == "flush":
        monkeypatch.setattr("os.fsync", full)
    if step == "rename":
        monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="no space left") as refused:
        write_files((target, write))
    assert refused.value.filename == str(target)
    assert target.read_bytes() == b"old"
    assert names(target) == ["state.vs"]


def test_the_content_is_on_the_disk_before_it_has_its_name(target, monkeypatch):
    steps, fsync, replace = [], os.fsync, type(target).replace
    monkeypatch.setattr("os.fsync", lambda descriptor: (steps.append("flush"), fsync(descriptor)))
    monkeypatch.setattr("pathlib.Path.replace", lambda *paths: (steps.append("rename"), replace(*paths)))
    write_whole(target, "new")
    assert target.read_bytes() == b"new"
    assert steps[:2] == ["flush", "rename"]
    assert steps[2:] == (["flush"] if os.name == "posix" else [])


@pytest.mark.skipif(os.name != "posix", reason="only there can a process be asked for without ending it")
def test_the_next_save_removes_what_the_dead_left_of_the_same_file(target):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in (f".state.vs.{dead.pid}.partial.vs", f".other.vs.{dead.pid}.partial.vs", ".state.vs.1.partial.vs"):
        target.with_name(name).write_bytes(b"half")
    write_whole(target, "new")
    assert names(target) == sorted([f".other.vs.{dead.pid}.partial.vs", ".state.vs.1.partial.vs", "state.vs"])


def test_a_folder_that_refuses_is_told_by_the_path_that_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError) as refused:
        write_files((Path("nowhere/alarms.csv"), lambda path: path.write_bytes(b"new")))
    assert refused.value.filename == "nowhere/alarms.csv"
    assert "partial" not in str(refused.value)
