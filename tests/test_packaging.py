"""What a wheel of the project holds."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import viewshift

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_holds_every_module_the_type_marker_and_the_data(wheel: zipfile.ZipFile) -> None:
    ours = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.joinpath("viewshift").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".nbi", ".nbc", ".pyc")
    }
    assert ours <= set(wheel.namelist())
    assert "viewshift/py.typed" in ours


def test_wheel_holds_nothing_but_the_package(wheel: zipfile.ZipFile) -> None:
    strangers = [name for name in wheel.namelist() if not re.match(r"viewshift(-[\d.]+\.dist-info)?/", name)]
    compiled = [name for name in wheel.namelist() if name.endswith((".nbi", ".nbc", ".pyc"))]
    assert strangers + compiled == []


def test_wheel_stays_small(wheel: zipfile.ZipFile) -> None:
    assert sum(entry.compress_size for entry in wheel.infolist()) < 2_000_000


def test_wheel_carries_the_version_of_the_module(wheel: zipfile.ZipFile) -> None:
    folder = f"viewshift-{viewshift.__version__}.dist-info"
    assert f"\nVersion: {viewshift.__version__}\n" in wheel.read(f"{folder}/METADATA").decode()
    assert f"{folder}/licenses/LICENSE" in wheel.namelist()


def test_version_is_written_in_one_place() -> None:
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]
    assert "version" not in project
    cited = re.search(r"^version: (.+)$", ROOT.joinpath("CITATION.cff").read_text(), re.MULTILINE)
    assert cited is not None
    assert cited[1] == viewshift.__version__


def test_command_line_entry_point_exists() -> None:
    (command,) = entry_points(group="console_scripts", name="viewshift")
    assert callable(command.load())


def test_importing_the_package_loads_no_heavy_one() -> None:
    heavy = {"numba", "pandas", "polars", "sklearn", "statsmodels", "matplotlib", "scipy"}
    command = "import viewshift, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", command], check=True, capture_output=True, text=True).stdout
    assert heavy & set(loaded.split()) == set()
