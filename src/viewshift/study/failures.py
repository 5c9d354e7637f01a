"""A script for each failure, so that it can be had again outside the study."""

import inspect
import re
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

from viewshift._files import write_whole
from viewshift.detectors import Detector
from viewshift.simulate import SCENARIOS
from viewshift.study.setup import Setup, reference_seed

STEPS = {
    "fit": """\
reference = vs.simulate.viewers({n_reference}, {n_days}, seed={reference_seed}, population={population!r})
rule = vs.AlarmRule(detector).fit(reference)
""",
    "threshold": """\
for rate in {rates!r}:
    print(rate, rule.at(rate).threshold_)
""",
    "inject": """\
viewers = vs.simulate.viewers({n_accounts}, {n_days}, seed={seed}, population={population!r})
panel, truth = vs.simulate.SCENARIOS[{scenario!r}].inject(viewers, seed={seed})
""",
    "score": """\
rule.surprise(viewers)
rule.surprise(panel)
""",
}
"""What the study did, step by step; a failed step is shown with all before it."""

ON_PEOPLE = {
    "fit": """\
people = read_people({folder!r}, episodes={episodes!r}, times={times})
reference = vs.simulate.viewers({n_reference}, {n_days}, seed={reference_seed}, population={population!r})
reference = vs.Panel({{"episodes": reference["episodes"]}}, accounts=reference.accounts, start=reference.start)
if people.by_folds:
    rule = FoldedRule.fit(detector, people.panel, people.household, people.times)
else:
    rule = vs.AlarmRule(detector).fit(reference)
""",
    "inject": """\
people = read_people({folder!r}, episodes={episodes!r}, times={times})
viewers = people.viewers()
panel, twin, truth = inject_each(vs.simulate.SCENARIOS[{scenario!r}], viewers, {seed})
""",
}
"""The steps that differ on real people."""

PEOPLE_IMPORTS = """\
from viewshift.study.folded import FoldedRule
from viewshift.study.overlay import inject_each
from viewshift.study.people import read_people
"""


def one_sentence(error: BaseException) -> str:
    """Say what went wrong in one line.

    Parameters
    ----------
    error
        What was raised.
    """
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def expression(value: Any) -> tuple[str, set[type]]:
    """Return Python text that builds a parameter, and the classes of detectors and baselines it names.

    Parameters
    ----------
    value
        A detector or baseline (with others as parameters, perhaps), a tuple or a plain value.
    """
    if isinstance(value, tuple):
        inside = [expression(one) for one in value]
        return f"({''.join(f'{text}, ' for text, _ in inside).strip()})", set().union(*(inner for _, inner in inside))
    if not isinstance(value, BaseEstimator):
        return repr(value), set()
    classes, parts = {type(value)}, []
    for name, parameter in value.get_params(deep=False).items():
        text, inner = expression(parameter)
        parts.append(f"{name}={text}")
        classes |= inner
    return f"{type(value).__name__}({', '.join(parts)})", classes


def _imports(classes: set[type]) -> str:
    lines = []
    for one in sorted(classes, key=lambda c: c.__qualname__):
        module = one.__module__
        if not module.startswith("viewshift."):
            source = Path(inspect.getfile(one)).resolve()
            module = source.stem
            lines.append(f"sys.path.insert(0, {str(source.parent)!r})")
        lines.append(f"from {module} import {one.__qualname__}")
    return "\n".join(lines)


def leave_script(folder: Path, key: tuple[str, str, int], detector: Detector | None, setup: Setup, step: str) -> Path:
    """Write a script that does again what failed, up to the step at which it failed.

    Parameters
    ----------
    folder
        Where to write it.
    key
        Detector, scenario and seed, as the study names them.
    detector
        As the study was given it; None if none was in play.
    setup
        Sizes of the study.
    step
        "fit", "threshold", "inject" or "score".

    Returns
    -------
    Path of the script.
    """
    name, scenario, seed = key
    text, classes = expression(detector)
    steps = ("inject",) if step == "inject" else tuple(STEPS)[: tuple(STEPS).index(step) + 1]
    known = {**vars(setup), "seed": seed, "reference_seed": reference_seed(seed), "scenario": scenario}
    known |= {} if setup.people is None else vars(setup.people)
    texts = STEPS if setup.people is None else STEPS | ON_PEOPLE
    body = "\n".join(texts[one].format(**known) for one in steps)
    if setup.people is not None:
        body = PEOPLE_IMPORTS + body
    note = "" if scenario in SCENARIOS else "# the study was given this scenario under a name of its own: put it here\n"
    script = (
        f'"""Repeats the failure of {name} on {scenario}, seed {seed}, at the step {step!r}."""\n\n'
        f"import sys\n\nimport viewshift as vs\n\n{_imports(classes)}\n\ndetector = {text}\n{note}{body}"
    )
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", f"{name}-{scenario}-seed{seed}").strip("-")
    path = folder / f"{plain}.py"
    write_whole(path, script)
    return path
