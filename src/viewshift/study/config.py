"""A study written down: a TOML file of detectors, scenarios, seeds and sizes, each mistake in it told in a sentence."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from viewshift import baselines, detectors, simulate
from viewshift.baselines import Baseline
from viewshift.detectors import Detector
from viewshift.saved import default_rule
from viewshift.study.people import People, read_people
from viewshift.study.setup import Curves, Plan, check_plan

KEYS = {
    "title": str,
    "seeds": tuple[int, ...],
    "rates": tuple[float, ...],
    "accounts": int,
    "days": int,
    "reference": int,
    "population": str,
    "default_rule": bool,
    "peers": Literal["all"] | tuple[str, ...],
    "detectors": dict,
    "scenarios": dict,
    "power": dict,
    "data": dict,
}
"""What a study may hold, and of what kind each is."""

SHIPPED = "SurgeScan, QuietScan"
"""What the detector of the shipped rule is called."""

DATA = {"folder": str, "episodes": str | tuple[str, ...], "times": int}
"""Keys of real people."""

POWER = {"detectors": tuple[str, ...], "scenarios": tuple[str, ...]}
"""Keys of power curves."""

SIZES = {"accounts": "n_accounts", "days": "n_days", "reference": "n_reference", "population": "population"}
"""Keys of the file and fields of `Setup`."""

_LEARNERS: dict[str, Any] = {
    name: one
    for home in (detectors, baselines)
    for name, one in vars(home).items()
    if name in home.__all__ and issubclass(one, (Detector, Baseline)) and is_dataclass(one)
}
"""Classes that a file may name."""


def read_plan(path: str | Path, plan: Plan) -> Plan:
    """Return a plan with what a TOML file says of it.

    Parameters
    ----------
    path
        The file.
    plan
        What holds where the file says nothing.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no TOML, or a key, name or value in it is unknown or of the wrong kind.
    """
    path = Path(path)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} must be TOML, but is not: {error}.") from None
    try:
        told = _with(plan, given, path.parent)
        check_plan(told)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {_in_keys(str(error))}") from None
    return told


def _in_keys(sentence: str) -> str:
    """Return a sentence about parameters as one about keys of the file."""
    keys = {field: key for key, field in SIZES.items()}
    return re.sub(r"`([\w.]+)`", lambda found: f"'{keys.get(found[1], found[1])}'", sentence)


class _UnfitError(ValueError):
    """A sentence about a key, without the name of the file."""


def _with(plan: Plan, given: Mapping[str, Any], folder: Path) -> Plan:
    known = _checked(given, KEYS, ())
    sizes = {field: known[key] for key, field in SIZES.items() if key in known}
    if "rates" in known:
        sizes["rates"] = known["rates"]
    chosen: dict[str, Any] = {key: known[key] for key in ("title", "seeds") if key in known}
    if {"detectors", "default_rule", "peers"} & known.keys():
        chosen["detectors"] = _detectors(known)
    if "scenarios" in known:
        chosen["scenarios"] = {label: _scenario(label, one) for label, one in known["scenarios"].items()}
    if "power" in known:
        chosen["power"] = _curves(known["power"])
    elif {"detectors", "scenarios"} & chosen.keys():
        chosen["power"] = None
    if "data" in known:
        sizes |= with_people(_people(known["data"], folder))
        chosen.setdefault("seeds", plan.seeds[:1])
    return replace(plan, setup=replace(plan.setup, **sizes), **chosen)


def with_people(people: People) -> dict[str, Any]:
    """Return the fields of `Setup` that real people take.

    Parameters
    ----------
    people
        Who is judged.
    """
    return {"people": people, "n_accounts": len(people.rows)}


def _curves(given: Mapping[str, Any]) -> Curves:
    known = _checked(given, POWER, ("power",))
    for key in POWER:
        if not known.get(key):
            raise _UnfitError(f"'power.{key}' must name at least one of the study's {key}, got none.")
    return Curves(**known)


def _people(given: Mapping[str, Any], folder: Path) -> People:
    known = _checked(given, DATA, ("data",))
    if "folder" not in known:
        raise _UnfitError("'data.folder' must name a folder of daily counts, got none.")
    if known.get("times", 1) < 1:
        raise _UnfitError(f"'data.times' must be at least 1, got {known['times']}.")
    episodes = known.get("episodes", ())
    names = (episodes,) if isinstance(episodes, str) else episodes
    return read_people(folder / known["folder"], episodes=names, times=known.get("times"))


def _checked(given: Mapping[str, Any], kinds: Mapping[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of known keys as their kinds have them."""
    for key, value in given.items():
        if key not in kinds:
            raise _UnfitError(f"{_key(*place, key)} is no key known here, got {value!r}; {_advice(key, kinds)}")
    return {key: _as(value, kinds[key], (*place, key)) for key, value in given.items()}


def _detectors(known: Mapping[str, Any]) -> dict[str, Detector]:
    """Return the detectors by label: the shipped rule's, those of the file, and peers."""
    groups: list[tuple[str, Mapping[str, Detector]]] = []
    if known.get("default_rule"):
        groups.append(("default_rule", {SHIPPED: default_rule().detector}))
    own = {label: _made(one, ("detectors", label), Detector) for label, one in known.get("detectors", {}).items()}
    groups.append(("detectors", own))
    if known.get("peers"):
        groups.append(("peers", _peers(known["peers"])))
    found: dict[str, Detector] = {}
    for key, part in groups:
        for label in part:
            if label in found:
                raise _UnfitError(f"{_key(key)} must not name {label!r} a second time; call one of the two otherwise.")
        found |= part
    return found


def _peers(names: Any) -> dict[str, Detector]:
    try:
        peers: dict[str, Detector] = dict(import_module("viewshift.study.peers").all_peers())
    except ImportError as error:
        raise _UnfitError(
            f"'peers' needs packages that are not installed ({error}); pip install 'viewshift[peers]'."
        ) from None
    if names == "all":
        return peers
    for name in names:
        if name not in peers:
            raise _UnfitError(f"'peers' must hold names of peers, got {name!r}; {_advice(name, peers)}")
    return {name: peers[name] for name in names}


def _scenario(label: str, given: Any) -> simulate.Scenario:
    place = ("scenarios", label)
    known = _checked(_as(given, dict, place), {"scenario": str, "strength": float}, place)
    name = known.get("scenario", label)
    if name not in simulate.SCENARIOS:
        advice = _advice(name, simulate.SCENARIOS)
        raise _UnfitError(f"{_key(*place)} must be a scenario, or name one by 'scenario', got {name!r}; {advice}")
    scenario = simulate.SCENARIOS[name]
    strength = known.get("strength", scenario.strength)
    if not 0 < strength <= getattr(scenario, "most", float("inf")):
        most = getattr(scenario, "most", float("inf"))
        rule = "above 0" if most == float("inf") else f"above 0 and at most {most:g}"
        raise _UnfitError(f"{_key(*place, 'strength')} must be {rule} {scenario.unit}, got {strength}.")
    return replace(scenario, strength=strength)


def _made(given: Any, place: tuple[str, ...], kind: type) -> Any:
    """Return the detector or baseline that a table describes by its class and parameters."""
    given = dict(_as(given, dict, place))
    of_kind = {name: one for name, one in _LEARNERS.items() if issubclass(one, kind)}
    name = given.pop("class", place[-1])
    if name not in of_kind:
        what = "baseline" if kind is Baseline else "detector"
        raise _UnfitError(
            f"{_key(*place)} must be a {what}, or name one by 'class', got {name!r}; {_advice(name, of_kind)}"
        )
    learner = of_kind[name]
    return learner(**_checked(given, {field.name: field.type for field in fields(learner)}, place))


def _as(value: Any, kind: Any, place: tuple[str, ...]) -> Any:
    """Return a value of the file as a parameter has it: tuples for lists, detectors and baselines for tables."""
    if get_origin(kind) in (Union, UnionType):
        options = [option for option in get_args(kind) if option is not NoneType]
        if len(options) == 1:
            return _as(value, options[0], place)
        for option in options:
            with suppress(_UnfitError):
                return _as(value, option, place)
    elif get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_as(one, get_args(kind)[0], (*place, str(k + 1))) for k, one in enumerate(value))
    elif isinstance(kind, type) and issubclass(kind, (Detector, Baseline)) and isinstance(value, dict):
        return _made(value, place, kind)
    elif _fits(value, kind):
        return float(value) if kind is float else value
    raise _UnfitError(f"{_key(*place)} must be {_in_words(kind)}, got {value!r}.")


def _fits(value: Any, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    kinds: dict[Any, Any] = {float: (int, float), int: int, str: str, dict: dict, bool: bool}
    return kind in kinds and isinstance(value, kinds[kind]) and (kind is bool or not isinstance(value, bool))


def _in_words(kind: Any) -> str:
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_in_words(one) for one in get_args(kind) if one is not NoneType)
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    if get_origin(kind) is tuple:
        return f"a list, each entry {_in_words(get_args(kind)[0])}"
    words = {int: "a whole number", float: "a number", str: "text", bool: "true or false", dict: "a table"}
    return words.get(kind, f"a table that names a {kind.__name__} by 'class'")


def _key(*place: str) -> str:
    """Return a dotted key as TOML writes it."""
    plain = (part if part.replace("_", "").replace("-", "").isalnum() else f'"{part}"' for part in place)
    return f"'{'.'.join(plain)}'"


def _advice(name: Any, choices: Iterable[str]) -> str:
    near = get_close_matches(str(name), choices, n=1)
    return f"did you mean {near[0]!r}?" if near else f"choose among {', '.join(map(repr, choices))}."
