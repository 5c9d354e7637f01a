"""Readers: exports of viewing history to events."""

from viewshift._files import existing_file
from viewshift.daily import Events
from viewshift.readers import jellyfin, netflix, tautulli
from viewshift.readers._pseudonyms import Key, pseudonym
from viewshift.readers._source import Location, open_text
from viewshift.readers._sqlite import is_sqlite, open_database
from viewshift.readers.jellyfin import read_jellyfin
from viewshift.readers.lastfm import is_lastfm, read_lastfm
from viewshift.readers.letterboxd import is_letterboxd, read_letterboxd
from viewshift.readers.netflix import read_netflix
from viewshift.readers.prime_video import is_prime_video, read_prime_video
from viewshift.readers.table import PLAIN_NAMES, read_table
from viewshift.readers.tautulli import read_tautulli

__all__ = [
    "pseudonym",
    "read",
    "read_jellyfin",
    "read_lastfm",
    "read_letterboxd",
    "read_netflix",
    "read_prime_video",
    "read_table",
    "read_tautulli",
]

_TEXTS = (
    (is_prime_video, read_prime_video),
    (is_letterboxd, read_letterboxd),
    (is_lastfm, read_lastfm),
    (jellyfin.is_backup, read_jellyfin),
)
"""How exports that are text are recognised, and who reads them."""

_DATABASES = ((tautulli.is_tautulli, read_tautulli), (jellyfin.is_database, read_jellyfin))
"""The same of databases, which are recognised by their tables."""

_PLAIN = {name for names in PLAIN_NAMES.values() for name in names}


def read(
    path: Location, tz: str | None = None, *, episodes: str | None = None, pseudonymise: Key | None = None
) -> Events:
    """Read a viewing history of any kind that viewshift knows, recognised by what is in it.

    Parameters
    ----------
    path
        An export of Netflix (CSV, or a zip archive that holds one), Prime Video, Letterboxd or Last.fm (CSV), the
        database of Tautulli or of Jellyfin's Playback Reporting (or its backup), or a CSV or Parquet table with named
        columns.
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
    file = existing_file("path", path)
    if episodes is not None or file.suffix.lower() in {".parquet", ".pq"}:
        return read_table(path, tz=tz, episodes=episodes, pseudonymise=pseudonymise)
    if is_sqlite(file):
        return _read_database(path, tz, pseudonymise)
    source = open_text(path)
    for is_its, reader in _TEXTS:
        if is_its(source):
            return reader(path, tz=tz, pseudonymise=pseudonymise)
    columns = set(source.columns)
    if netflix.is_full(source) or (netflix.is_short(source) and not columns & (_PLAIN - {"title", "date"})):
        return read_netflix(path, tz=tz, pseudonymise=pseudonymise)
    if columns & {"start", "date", "day"}:
        return read_table(path, tz=tz, pseudonymise=pseudonymise)
    raise ValueError(
        f"{source.name}: the file must be a Netflix export (NetflixViewingHistory.csv, ViewingActivity.csv, or a zip "
        "archive with one of them), one of Prime Video, Letterboxd, Last.fm, Tautulli or Jellyfin, or a table with a "
        "column 'start' or 'date', got the columns "
        f"{', '.join(map(repr, source.columns))[:120]}; `read_table` reads others if told the names of their columns."
    )


def _read_database(path: Location, tz: str | None, pseudonymise: Key | None) -> Events:
    with open_database(path) as database:
        tables, name = database.tables, database.name
    for is_its, reader in _DATABASES:
        if is_its(tables):
            return reader(path, tz=tz, pseudonymise=pseudonymise)
    raise ValueError(
        f"{name}: the database must be tautulli.db or playback_reporting.db, found none of their tables; of others, "
        "write the plays to a CSV table."
    )
