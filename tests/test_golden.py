"""Golden values are what their making scripts still give: each ``golden/make_*.py`` is run again and compared.

A golden file holds numbers of somebody else's package. Beside ``NAME.json`` lies ``make_NAME.py`` (run again here) or
``make_NAME.R`` (not run: R is no part of the test environment). A Python script whose package does not fit beside the
others says why in a constant ``APART``, and is not run here either. What holds our detectors to the numbers are the
``test_reference_*.py``.
"""

import copy
import importlib.util
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).resolve().parent / "golden"
KEYS = {"package", "version", "source", "tolerance", "cases"}
LARGEST = 60_000
"""Bytes in a golden file."""


def deviations(made: Any, kept: Any, tolerance: dict[str, float], where: str = "") -> Iterator[str]:
    """Say where two documents differ: numbers by more than the tolerance, anything else at all."""
    if isinstance(kept, dict) and isinstance(made, dict):
        if made.keys() != kept.keys():
            yield f"{where}: keys {sorted(made)}, kept {sorted(kept)}"
        for key in made.keys() & kept.keys():
            yield from deviations(made[key], kept[key], tolerance, f"{where}/{key}")
    elif isinstance(kept, list) and isinstance(made, list):
        if len(made) != len(kept):
            yield f"{where}: {len(made)} long, kept {len(kept)}"
        for i, (new, old) in enumerate(zip(made, kept, strict=False)):
            yield from deviations(new, old, tolerance, f"{where}/{i}")
    elif isinstance(made, float | int) and isinstance(kept, float | int) and not isinstance(made, bool):
        if not math.isclose(made, kept, rel_tol=tolerance["rtol"], abs_tol=tolerance["atol"]):
            yield f"{where}: {made!r}, kept {kept!r}"
    elif made != kept:
        yield f"{where}: {made!r}, kept {kept!r}"


def parts(document: dict[str, Any]) -> dict[str, Any]:
    """Return what must stay when a package is renewed: everything but its version."""
    return {key: value for key, value in document.items() if key != "version"}


@pytest.mark.parametrize("script", sorted(GOLDEN.glob("make_*.py")), ids=lambda path: path.stem)
def test_golden_values_come_out_again(script):
    spec = importlib.util.spec_from_file_location(script.stem, script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kept = json.loads(script.with_name(f"{script.stem.removeprefix('make_')}.json").read_text())
    if hasattr(module, "APART"):
        pytest.skip(module.APART)
    made = json.loads(json.dumps(module.make(), allow_nan=False))
    assert list(deviations(parts(made), parts(kept), kept["tolerance"])) == []


def test_every_golden_file_says_where_it_comes_from():
    files = sorted(GOLDEN.glob("*.json"))
    scripts = {path.name for path in GOLDEN.glob("make_*")}
    made_by = {path.name: {f"make_{path.stem}.py", f"make_{path.stem}.R"} & scripts for path in files}
    assert [name for name, script in made_by.items() if len(script) != 1] == []
    assert scripts == set().union(*made_by.values()), "a making script without its file"
    for path in files:
        document = json.loads(path.read_text())
        assert document.keys() >= KEYS, path.name
        assert document["cases"], path.name
        assert document["tolerance"].keys() == {"rtol", "atol"}, path.name
        assert path.stat().st_size < LARGEST, path.name


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda case: case["values"].__setitem__(1, 2.0 + 1e-7), 1),
        (lambda case: case["values"].__setitem__(1, 2.0 + 1e-9), 0),
        (lambda case: case["values"].__setitem__(2, 0.0), 1),
        (lambda case: case["values"].pop(), 1),
        (lambda case: case.__setitem__("name", "another"), 1),
        (lambda case: case.__setitem__("declared", False), 1),
        (lambda case: case.pop("name"), 1),
    ],
    ids=["beyond", "within", "missing", "shorter", "text", "truth", "key"],
)
def test_a_changed_golden_value_is_found(change, found):
    kept = {"cases": [{"name": "one", "declared": True, "values": [1.0, 2.0, None]}]}
    made = copy.deepcopy(kept)
    change(made["cases"][0])
    assert len(list(deviations(made, kept, {"rtol": 1e-8, "atol": 1e-12}))) == found
