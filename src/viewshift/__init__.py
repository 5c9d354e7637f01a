"""Find marked shifts in a person's daily viewing, and say how often the finding will be wrong.

Public names load on first use, so that importing the package is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "AlarmRule": "rules",
    "Events": "daily",
    "Panel": "panel",
    "default_baseline": "saved",
    "default_rule": "saved",
    "load_monitor": "saved",
    "load_rule": "saved",
    "pseudonym": "readers",
    "read": "readers",
    "read_jellyfin": "readers",
    "read_lastfm": "readers",
    "read_letterboxd": "readers",
    "read_netflix": "readers",
    "read_prime_video": "readers",
    "read_spotify": "readers",
    "read_table": "readers",
    "read_tautulli": "readers",
    "read_trakt": "readers",
    "read_youtube": "readers",
}
_MODULES = ("baselines", "checkin", "cohorts", "detectors", "metrics", "plots", "scale", "simulate", "study")

__all__ = [*sorted((*_HOME, *_MODULES)), "__version__"]  # noqa: PLE0604

if TYPE_CHECKING:
    from viewshift import baselines as baselines
    from viewshift import checkin as checkin
    from viewshift import cohorts as cohorts
    from viewshift import detectors as detectors
    from viewshift import metrics as metrics
    from viewshift import plots as plots
    from viewshift import scale as scale
    from viewshift import simulate as simulate
    from viewshift import study as study
    from viewshift.daily import Events as Events
    from viewshift.panel import Panel as Panel
    from viewshift.readers import pseudonym as pseudonym
    from viewshift.readers import read as read
    from viewshift.readers import read_jellyfin as read_jellyfin
    from viewshift.readers import read_lastfm as read_lastfm
    from viewshift.readers import read_letterboxd as read_letterboxd
    from viewshift.readers import read_netflix as read_netflix
    from viewshift.readers import read_prime_video as read_prime_video
    from viewshift.readers import read_spotify as read_spotify
    from viewshift.readers import read_table as read_table
    from viewshift.readers import read_tautulli as read_tautulli
    from viewshift.readers import read_trakt as read_trakt
    from viewshift.readers import read_youtube as read_youtube
    from viewshift.rules import AlarmRule as AlarmRule
    from viewshift.saved import default_baseline as default_baseline
    from viewshift.saved import default_rule as default_rule
    from viewshift.saved import load_monitor as load_monitor
    from viewshift.saved import load_rule as load_rule


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"viewshift.{name}")
    if name in _HOME:
        return getattr(import_module(f"viewshift.{_HOME[name]}"), name)
    raise AttributeError(f"module 'viewshift' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
