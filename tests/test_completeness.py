"""Nothing public is left out: a detector has its case, file, page and claims, a kernel its test, a name its home."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import UnionType
from typing import Literal, Union, get_args, get_origin

import pytest

import viewshift as vs
from cases import ALL_FOUR, CASES
from viewshift._typing import Direction
from viewshift.detectors import Claims, Constant, Detector, Random

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "viewshift"
PARTS = ("baselines", "checkin", "cohorts", "detectors", "metrics", "plots", "readers", "scale", "simulate", "study")
DETECTORS = [
    cls
    for cls in (getattr(vs.detectors, name) for name in vs.detectors.__all__)
    if issubclass(cls, Detector) and "claims" in vars(cls)
]
WEAKER_CLAIMS = {
    "Bocpd": Claims(causal=True, per_account=True, monotone=False, streaming=True),
    "Capa": Claims(causal=False, per_account=True, monotone=False, streaming=False),
    "GeneralizedEsd": Claims(causal=False, per_account=True, monotone=True, streaming=False),
    "IsolationForest": Claims(causal=True, per_account=True, monotone=False, streaming=True),
    "Pelt": Claims(causal=False, per_account=True, monotone=False, streaming=False),
    "SeasonalHybridEsd": Claims(causal=False, per_account=True, monotone=False, streaming=False),
}
"""Who promises less than all four; a new line here takes a page in docs/decisions."""

TESTED_BY_ITS_CALLER = {
    "affiliations": "`affiliation` passes it on, and test_reference_metrics.py holds that to its authors' code",
    "coverings": "`covering` passes it on, and test_reference_metrics.py holds that to sets of days",
    "pairs_within": "`margin_f1` passes it on, and test_reference_metrics.py holds that to the largest matching",
    "range_rewards": "`range_recall` passes it on, and test_reference_metrics.py holds that to prts",
    "runs_above": "`find_intervals` passes it on, and test_alarms.py holds that to its twin",
    "scan_surges": "`SurgeScan` passes it on, and test_reference_surges.py holds what it gives to its twin",
    "volumes_under_pr": "`vus_pr` passes it on, and test_reference_metrics.py holds that to its authors' code",
    "simulate_sessions": "a random mechanism, held to the margins of real viewing by test_simulate.py",
    "simulate_chains": "a random mechanism, held to the margins of real viewing by test_simulate.py",
}


def snake(name: str) -> str:
    return re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower()


def imports(paths: list[Path], package: str) -> Iterator[tuple[Path, str, str]]:
    """File, module and name of everything imported by ``from package... import name``."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package):
                yield from ((path, node.module or "", alias.name) for alias in node.names)


def test_all_concrete_detectors_are_public() -> None:
    files = {path.stem for path in SOURCE.joinpath("detectors").glob("[a-z]*.py")}
    assert files == {snake(cls.__name__) for cls in DETECTORS}


@pytest.mark.parametrize("cls", DETECTORS)
def test_detector_lives_in_the_file_of_its_name(cls: type) -> None:
    assert cls.__module__ == f"viewshift.detectors.{snake(cls.__name__)}"


@pytest.mark.parametrize("cls", DETECTORS)
def test_detector_has_a_case(cls: type) -> None:
    assert cls in {type(case.detector) for case in CASES}


@pytest.mark.parametrize("cls", DETECTORS)
def test_every_option_of_a_detector_has_a_case(cls: type) -> None:
    variants = [case.detector for case in CASES if type(case.detector) is cls]
    for field in fields(cls):
        tried = {getattr(detector, field.name) for detector in variants}
        missing = [option for option in _options(field.type) if not any(_is(value, option) for value in tried)]
        assert not missing, f"no case for every `{field.name}`"


def _options(kind: object) -> tuple[object, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return tuple(option for part in get_args(kind) for option in (_options(part) or (part,)))
    return ()


def _is(value: object, option: object) -> bool:
    return isinstance(value, option) if isinstance(option, type) else value == option


def test_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("cls", DETECTORS)
def test_detector_has_a_page(cls: type) -> None:
    page = ROOT / "docs" / "detectors" / f"{snake(cls.__name__)}.md"
    assert page.is_file(), f"{page} is missing"
    assert cls.__name__ in page.read_text()


@pytest.mark.parametrize("cls", [cls for cls in DETECTORS if cls not in (Constant, Random)])
def test_page_of_a_detector_shows_its_picture(cls: type) -> None:
    picture = f"_static/detectors/{snake(cls.__name__)}.png"
    assert (ROOT / "docs" / picture).is_file(), f"`docs/make_pictures.py {cls.__name__}` draws it"
    page = (ROOT / "docs" / "detectors" / f"{snake(cls.__name__)}.md").read_text()
    assert re.search(rf"^!\[.+\]\(\.\./{picture}\)$", page, flags=re.MULTILINE)


@pytest.mark.parametrize("cls", DETECTORS)
def test_detector_is_among_those_to_choose_from(cls: type) -> None:
    page = (ROOT / "docs" / "detectors" / "choosing.md").read_text()
    assert f"[{cls.__name__}]({snake(cls.__name__)}.md)" in page


@pytest.mark.parametrize("cls", DETECTORS)
def test_detector_tells_its_direction(cls: type) -> None:
    """What does not is taken to look both ways, when alarms are explained and in a bank."""
    assert getattr(cls(), "direction", None) in get_args(Direction) or cls.__name__ in ("Constant", "Random")


@pytest.mark.parametrize("cls", DETECTORS)
def test_detector_claims_what_was_decided(cls: type) -> None:
    assert cls().claims == WEAKER_CLAIMS.get(cls.__name__, ALL_FOUR)


@pytest.mark.parametrize("cls", DETECTORS)
def test_detector_is_final(cls: type) -> None:
    assert [other for other in DETECTORS if other is not cls and issubclass(other, cls)] == []


def test_no_detector_imports_another() -> None:
    modules = {cls.__module__ for cls in DETECTORS}
    files = [Path(sys.modules[module].__file__ or "") for module in modules]
    assert [found for found in imports(files, "viewshift.detectors") if found[1] in modules] == []


def test_kernels_that_others_call_are_tested() -> None:
    callers = [path for path in SOURCE.rglob("*.py") if "kernels" not in path.parts]
    called = {name for _, _, name in imports(callers, "viewshift.kernels") if name.islower()}
    tested = {name for _, _, name in imports(list(ROOT.joinpath("tests").glob("test_*.py")), "viewshift.kernels")}
    assert called - tested - set(TESTED_BY_ITS_CALLER) == set()
    assert set(TESTED_BY_ITS_CALLER) <= called, "an exemption is no longer needed"


@pytest.mark.parametrize("name", vs.__all__)
def test_public_name_exists(name: str) -> None:
    assert getattr(vs, name) is not None


def test_import_loads_nothing_heavy() -> None:
    heavy = {"matplotlib", "numba", "numpy", "pandas", "polars", "pyarrow", "scipy", "sklearn", "statsmodels"}
    code = "import sys, viewshift; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert heavy.isdisjoint(loaded)


@pytest.mark.parametrize("module", ["viewshift", *(f"viewshift.{name}" for name in PARTS)])
def test_everything_public_is_on_the_reference_page(module):
    page = (ROOT / "docs" / "reference" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   (?:\w+\.)*(\w+)$", page, flags=re.MULTILINE))
    public = set(importlib.import_module(module).__all__) - {*PARTS, "__version__"}
    assert public <= listed, sorted(public - listed)
