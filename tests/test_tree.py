"""The house rules that a machine can hold: short modules, no drawers, nothing of one particular machine."""

import subprocess
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(ROOT.joinpath("src").rglob("*.py"))
MACHINE_PATHS = ["/" + path for path in ("work/", "root/", "home/", "tmp/bash", "opt/pypi")]


def texts() -> Iterator[tuple[Path, str]]:
    """Every tracked text file of the project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (raw := path.read_bytes()):
            yield path.relative_to(ROOT), raw.decode()


def test_no_module_is_longer_than_300_lines() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > 300} == {}


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [path for path in MODULES if path.stem.strip("_") in drawers or path.parent.name in drawers] == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="asks git which files belong to the project")
def test_no_file_names_a_place_on_one_machine() -> None:
    found = [f"{path}: {word}" for path, text in texts() for word in MACHINE_PATHS if word in text]
    assert found == []


def test_every_constraint_is_an_exact_version_from_the_ordinary_index() -> None:
    lines = ROOT.joinpath("constraints.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#") and (line.count("==") != 1 or "@" in line)] == []


def test_every_dependency_has_a_version_that_continuous_integration_uses() -> None:
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]
    named = list(chain(project["dependencies"], *project["optional-dependencies"].values()))
    pinned = {_plain(line.split("==")[0]) for line in ROOT.joinpath("constraints.txt").read_text().splitlines()}
    assert [name for name in named if _plain(name.split(">=")[0].split("[")[0]) not in pinned] == []


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")
