"""What a study was and what came of it: plan, versions and hashes of its tables, nothing that time changes."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from viewshift._files import write_whole
from viewshift._provenance import versions
from viewshift.study.failures import expression
from viewshift.study.setup import Plan


def described(plan: Plan) -> dict[str, Any]:
    """Return a plan in plain words and numbers.

    Parameters
    ----------
    plan
        The study.
    """
    of, people = plan.setup, plan.setup.people
    power = {} if plan.power is None else {"power": {key: list(names) for key, names in vars(plan.power).items()}}
    data = {} if people is None else {"data": people.described()}
    return {
        "title": plan.title,
        "seeds": list(plan.seeds),
        "rates": list(of.rates),
        "accounts": of.n_accounts,
        "days": of.n_days,
        "reference": of.n_reference,
        "population": of.population,
        "detectors": {name: expression(one)[0] for name, one in plan.detectors.items()},
        "scenarios": {
            label: {"scenario": one.name, "strength": one.strength, "unit": one.unit}
            for label, one in plan.scenarios.items()
        },
        **power,
        **data,
    }


def write_manifest(folder: Path, plan: Plan, tables: Sequence[str]) -> None:
    """Write manifest.json: the same bytes for the same study under the same versions.

    Parameters
    ----------
    folder
        Of the study.
    plan
        The study.
    tables
        Names of its files whose content depends on nothing else.
    """
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in tables}
    content = {"study": described(plan), "versions": dict(versions()), "sha256": hashes}
    write_whole(folder / "manifest.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")
