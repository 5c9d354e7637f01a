"""Readers: exports of viewing history to events."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from viewshift.daily import Events
from viewshift.readers import jellyfin, tautulli
from viewshift.readers._finding import find_sources, which, why_none
from viewshift.readers._pseudonyms import Key, pseudonym
from viewshift.readers._source import SQLITE, Location, Source
from viewshift.readers._sqlite import open_database
from viewshift.readers.jellyfin import read_jellyfin
from viewshift.readers.lastfm import is_lastfm, read_lastfm
from viewshift.readers.letterboxd import is_letterboxd, read_letterboxd
from viewshift.readers.netflix import is_netflix, read_netflix
from viewshift.readers.prime_video import is_prime_video, read_prime_video
from viewshift.readers.spotify import is_spotify, read_spotify
from viewshift.readers.table import is_table, read_table
from viewshift.readers.tautulli import read_tautulli
from viewshift.readers.trakt import is_trakt, read_trakt
from viewshift.readers.youtube import is_youtube, read_youtube

__all__ = [
    "pseudonym",
    "read",
    "read_jellyfin",
    "read_lastfm",
    "read_letterboxd",
    "read_netflix",
    "read_prime_video",
    "read_spotify",
    "read_table",
    "read_tautulli",
    "read_trakt",
    "read_youtube",
]

_Reader: TypeAlias = Callable[..., Events]

_EXPORTS: tuple[tuple[Callable[[Source], bool], _Reader], ...] = (
    (is_prime_video, read_prime_video),
    (is_letterboxd, read_letterboxd),
    (is_lastfm, read_lastfm),
    (jellyfin.is_backup, read_jellyfin),
    (is_netflix, read_netflix),
    (is_youtube, read_youtube),
    (is_spotify, read_spotify),
    (is_trakt, read_trakt),
)
"""How each export is recognised, in this order, and who reads it. A table is what none of them is."""

_DATABASES = ((tautulli.is_tautulli, read_tautulli), (jellyfin.is_database, read_jellyfin))
"""The same of databases, which are recognised by their tables."""

_WANTED = (
    "an export of Netflix, Prime Video, YouTube, Spotify, Letterboxd, Last.fm, Trakt, Tautulli or Jellyfin, or a table "
    "with a column 'start' or 'date'"
)


def read(
    path: Location, tz: str | None = None, *, episodes: str | None = None, pseudonymise: Key | None = None
) -> Events:
    """Read a viewing history of any kind that viewshift knows, recognised by what is in it.

    Parameters
    ----------
    path
        An export of Netflix, Prime Video, YouTube, Spotify, Letterboxd, Last.fm or Trakt: a file, or the zip archive or
        folder it came in; the database of Tautulli or of Jellyfin's Playback Reporting (or its backup); or a CSV or
        Parquet table with named columns. "report.zip/folder/file.csv" names one file in an archive.
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
        If the file is none of these, there are exports of several kinds, it cannot be read, or the key is short.

    See Also
    --------
    read_netflix : with the order of dates and the least minutes of a view.
    read_youtube : with the music in place of the videos.
    read_spotify : with the least seconds of a play.
    read_trakt : which leaves out what was marked in bulk.
    read_table : with names for the columns, and for frames.
    """
    if episodes is not None:
        return read_table(path, tz=tz, episodes=episodes, pseudonymise=pseudonymise)
    sources = find_sources(path)
    options: dict[str, Any] = {"tz": tz, "pseudonymise": pseudonymise}
    found = {reader: source for source in reversed(sources) if (reader := _reader_of(source))}
    if len(found) > 1:
        raise ValueError(which(list(found.values())))
    for reader in found:
        return reader(path, **options)
    if any(map(is_table, sources)):
        return read_table(path, **options)
    advice = (
        "; in a table of your own, call the column of times 'start', or that of days 'date'."
        if sources and sources[0].columns
        else "."
    )
    raise ValueError(why_none(path, sources, _WANTED).removesuffix(".") + advice)


def _reader_of(source: Source) -> _Reader | None:
    """Return who reads a file, or None if it is no export."""
    if source.kind == SQLITE and isinstance(source.content, Path):
        with open_database(source.content) as database:
            return next((reader for is_its, reader in _DATABASES if is_its(database.tables)), None)
    return next((reader for is_its, reader in _EXPORTS if is_its(source)), None)
