"""Docstrings and signatures name the same parameters, in the same order."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import viewshift

PUBLIC_MODULES = (
    "viewshift",
    *(
        f"viewshift.{name}"
        for name in ("baselines", "checkin", "detectors", "metrics", "plots", "readers", "scale", "simulate", "study")
    ),
)


def own_modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(viewshift.__path__, "viewshift."):
        yield import_module(found.name)


def own_callables(module: Any) -> Iterator[tuple[str, Any]]:
    """Functions, classes and methods that the module itself defines."""
    for name, thing in vars(module).items():
        if getattr(thing, "__module__", None) != module.__name__ or not callable(thing) or name.startswith("__"):
            continue
        yield f"{module.__name__}.{name}", thing
        if inspect.isclass(thing):
            for method, member in vars(thing).items():
                function = getattr(member, "__func__", member)
                if inspect.isfunction(function) and not method.startswith("__"):
                    yield f"{module.__name__}.{name}.{method}", function


def public_objects() -> set[int]:
    """What `__all__` of the public packages names, and the public methods of those classes."""
    found = set()
    for module in map(import_module, PUBLIC_MODULES):
        for thing in (getattr(module, name) for name in module.__all__):
            found.add(id(thing))
            if inspect.isclass(thing):
                members = (member for name, member in vars(thing).items() if not name.startswith("_"))
                found |= {id(getattr(member, "__func__", member)) for member in members}
    return found


def complaints(path: str, *, public: bool) -> list[str]:
    """Return what disagrees; whoever writes a Parameters section, or is public, must name every parameter."""
    doc = inspect.getdoc(_resolve(path)) or ""
    complete = public or bool(NumpyDocString(doc)["Parameters"])
    codes = ("PR01", "PR02", "PR03") if complete else ("PR02",)
    return [f"{path}: {code} {text}" for code, text in validate(path)["errors"] if code in codes]


def _resolve(path: str) -> Any:
    parts = path.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            thing = getattr(thing, part)
        return thing
    raise ModuleNotFoundError(path)


@pytest.mark.filterwarnings("ignore::UserWarning:numpydoc")
def test_docstrings_name_the_parameters_of_their_signatures() -> None:
    public = public_objects()
    wrong = [
        text
        for module in own_modules()
        for path, thing in own_callables(module)
        for text in complaints(path, public=id(thing) in public)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("window : int\n    Days.", "PR01"),
        ("window : int\n    Days.\nguard : int\n    Days.\nbias : int\n    No.", "PR02"),
    ],
)
def test_a_docstring_that_drifted_is_noticed(text: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def drifted(window: int, guard: int) -> int:
        return window + guard

    drifted.__doc__ = f"Add.\n\nParameters\n----------\n{text}\n"
    drifted.__module__, drifted.__qualname__ = "viewshift.panel", "drifted"
    monkeypatch.setattr("viewshift.panel.drifted", drifted, raising=False)
    assert code in complaints("viewshift.panel.drifted", public=False)[0]
