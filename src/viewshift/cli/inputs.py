"""What the commands read: an export as a panel, with what the reader had to say."""

import warnings
from pathlib import Path
from typing import Any, NamedTuple

from viewshift._files import existing_file
from viewshift.panel import Panel
from viewshift.readers import read, read_netflix
from viewshift.readers._pseudonyms import LEAST
from viewshift.reading import ReadingReport


class DaysRead(NamedTuple):
    """The days of an export, the reading report, and warnings in words."""

    panel: Panel
    report: ReadingReport
    warnings: list[str]


def read_key(path: Path | None) -> bytes | None:
    """Return the key by which accounts get their pseudonyms; in a file, since arguments are seen by other users."""
    if path is None:
        return None
    key = existing_file("pseudonymise", path).read_bytes().strip()
    if len(key) < LEAST:
        raise ValueError(
            f"`pseudonymise` must name a file that holds a key of at least {LEAST} bytes, got one of {len(key)} in "
            f"{path}; make one by: openssl rand -hex {LEAST} > {path.name}"
        )
    return key


def read_days(
    file: Path,
    *,
    tz: str | None,
    until: str | None,
    date_order: str | None,
    episodes: str | None,
    key: bytes | None = None,
) -> DaysRead:
    """Read an export and sum it over days; only a Netflix export has a `date_order`, only a table `episodes`."""
    if date_order is not None and episodes is not None:
        raise ValueError(
            f"`date_order` must be left away for a table of daily counts, got {date_order!r} with "
            f"`episodes={episodes!r}`; write its days as 2025-07-31."
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        events = (
            read(file, tz=tz, episodes=episodes, pseudonymise=key)
            if date_order is None
            else read_netflix(file, tz=tz, date_order=date_order, pseudonymise=key)
        )
        panel = events.daily(until=until)
    said = [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
    return DaysRead(panel, events.report, said)


def what_was_read(report: ReadingReport, panel: Panel) -> dict[str, Any]:
    """Return what a JSON answer says about the file that was read."""
    return {
        "file": report.source,
        "rows": report.rows,
        "kept": report.kept,
        "left_out": {part.reason: part.rows for part in report.left_out},
        "date_order": report.date_order,
        "tz": report.tz,
        "since": str(panel.days[0]),
        "until": str(panel.days[-1]),
    }
