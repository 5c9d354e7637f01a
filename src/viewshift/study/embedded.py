"""The results table inside the page, packed."""

import base64
import gzip
from typing import NamedTuple

import pandas as pd

from viewshift.study.files import as_csv

ROOM = 3_000_000
"""Characters that the packed table may take."""


class Embedded(NamedTuple):
    """A packed CSV file.

    Parameters
    ----------
    base64
        The file, gzipped.
    n_rows
        Lines in it.
    whole
        False if the rows of single seeds were left out for their size.
    """

    base64: str
    n_rows: int
    whole: bool


def embedded_results(table: pd.DataFrame, room: int = ROOM) -> Embedded:
    """Pack the results table, in full or, if that takes too much room, its rows over all seeds.

    Parameters
    ----------
    table
        Results.
    room
        Characters that it may take.
    """
    packed = _packed(table)
    if len(packed) <= room:
        return Embedded(packed, len(table), whole=True)
    pooled = table[table["seed"].isna()]
    return Embedded(_packed(pooled), len(pooled), whole=False)


def _packed(table: pd.DataFrame) -> str:
    return base64.b64encode(gzip.compress(as_csv(table).encode(), mtime=0)).decode()
