"""Readers: exports of viewing history to events."""

from viewshift._files import existing_file
from viewshift.daily import Events
from viewshift.readers import netflix
from viewshift.readers._pseudonyms import Key, pseudonym
from viewshift.readers._source import Location, open_text
from viewshift.readers.netflix import read_netflix
from viewshift.readers.table import PLAIN_NAMES, read_table

__all__ = ["pseudonym", "read", "read_netflix", "read_table"]

_PLAIN = {name for names in PLAIN_NAMES.values() for name in names}


def read(
    path: Location, tz: str | None = None, *, episodes: str | None = None, pseudonymise: Key | None = None
) -> Events:
    """Read a viewing history of any kind that viewshift knows, recognised by what is in it.

    Parameters
    ----------
    path
        A Netflix export (CSV, or a zip archive that holds one), or a CSV or Parquet table with named columns.
    tz
        Time zone of the viewer, such as "Europe/Berlin"; needed for files whose times are in UTC.
    episodes
        Column of daily counts in a table, if it is not called "episodes".
    pseudonymise
        A secret key of at least 16 bytes: accounts then go by their `pseudonym` instead of their name.

    Returns
    -------
    Events whose `report` says what was left out and why.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is none of these, or cannot be read, or the key is short.

    See Also
    --------
    read_netflix : with the order of dates and the least minutes of a view.
    read_table : with names for the columns, and for frames.
    """
    if episodes is not None or existing_file("path", path).suffix.lower() in {".parquet", ".pq"}:
        return read_table(path, tz=tz, episodes=episodes, pseudonymise=pseudonymise)
    source = open_text(path)
    columns = set(source.columns)
    if netflix.is_full(source) or (netflix.is_short(source) and not columns & (_PLAIN - {"title", "date"})):
        return read_netflix(path, tz=tz, pseudonymise=pseudonymise)
    if columns & {"start", "date", "day"}:
        return read_table(path, tz=tz, pseudonymise=pseudonymise)
    raise ValueError(
        f"{source.name}: the file must be a Netflix export (NetflixViewingHistory.csv, ViewingActivity.csv, or a zip "
        "archive with one of them) or a table with a column 'start' or 'date', got the columns "
        f"{', '.join(map(repr, source.columns))[:120]}; `read_table` reads others if told the names of their columns."
    )
