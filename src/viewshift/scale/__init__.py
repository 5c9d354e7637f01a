"""The same rule over accounts that are too many for memory, for one machine, or for both.

Public names load on first use; all but `daily` need pyarrow (``pip install viewshift[scale]``).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {
    "Days": "days",
    "Found": "partition",
    "Plays": "plays",
    "alarms": "out_of_core",
    "daily": "events",
    "judge": "partition",
}

__all__ = sorted(_HOME)  # noqa: PLE0605

if TYPE_CHECKING:
    from viewshift.scale.days import Days as Days
    from viewshift.scale.events import daily as daily
    from viewshift.scale.out_of_core import alarms as alarms
    from viewshift.scale.partition import Found as Found
    from viewshift.scale.partition import judge as judge
    from viewshift.scale.plays import Plays as Plays


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"viewshift.scale.{_HOME[name]}"), name)
    raise AttributeError(f"module 'viewshift.scale' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
