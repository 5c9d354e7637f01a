"""Ways in which a file goes wrong, from a flipped byte to another value in a cell; all from one seeded generator."""

import contextlib
import csv
import io
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

from databases import plex_play

Mutation = Callable[[Random, bytes], bytes]

ODD_BYTES = [
    b"\0", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"', b"\n", b"\r", b"\\", b"\x1a", b"PK\x03\x04",
]  # fmt: skip
ODD_TEXTS = [
    "", " ", "0", "-1", "1e308", "1e999", "-1e999", "nan", "inf", "9" * 400, str(2**63), str(-(2**63)), "1.5", "0x10",
    "½", "١٢", "0000-00-00", "9999-12-31", "2024-02-30", "2024-13-01", "32/13/24", "2/29/23", "1970-01-01",
    "1969-12-31 23:59:59", "9999-12-31T23:59:59.999Z", "2024-06-20T25:61:61Z", "-0001-01-01T00:00:00Z",
    "2024-06-20T17:30:00+99:99", "99:99:99", "999999:00:00", "=cmd()", "@x", "'; DROP TABLE users; --", '"', '""', '"a',
    'a"b', "a\nb", "a\r\nb", "\u200b", "\ufeff", "\ud7ff\ue000", "e\u0301" * 50, "x" * 100_000, ",", ";", "\t", "NULL",
    "None", "true", "<html>", "[", "{}", "*", "^.*$", "#line", "#excess",
]  # fmt: skip
ODD_VALUES = [None, True, 0, -1, 1.5, 1e308, 10**30, 2**63, "", [], {}, [[]], {"a": 1}, *ODD_TEXTS]

Rows = list[list[str]]


# ---- bytes ------------------------------------------------------------------------------------------------------


def flip(rng: Random, content: bytes) -> bytes:
    """Flip some bits."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8, 64]) if changed else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncate(rng: Random, content: bytes) -> bytes:
    """Cut off the end."""
    return content[: rng.randrange(len(content) + 1)]


def cut_out(rng: Random, content: bytes) -> bytes:
    """Leave out a piece."""
    at = rng.randrange(len(content) + 1)
    return content[:at] + content[at + rng.choice([1, 2, 16, 512, 4096]) :]


def insert(rng: Random, content: bytes) -> bytes:
    """Put in what should not be there."""
    at = rng.randrange(len(content) + 1)
    piece = rng.choice([*ODD_BYTES, rng.randbytes(8), rng.choice(ODD_BYTES) * 1000])
    return content[:at] + piece + content[at:]


def repeat(rng: Random, content: bytes) -> bytes:
    """Say a piece twice, or all of it."""
    at, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return rng.choice([content + content, content[:end] + content[at:end] + content[end:]])


def exchange(rng: Random, content: bytes) -> bytes:
    """Let two pieces change places."""
    a, b, c = sorted(rng.randrange(len(content) + 1) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def encode_otherwise(rng: Random, content: bytes) -> bytes:
    """Save the text in another encoding."""
    text = content.decode(errors="replace")
    others = ["utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7", "utf-8-sig"]
    return text.encode(rng.choice(others), "replace")


BYTES: list[Mutation] = [flip, truncate, cut_out, insert, repeat, exchange]


# ---- tables -----------------------------------------------------------------------------------------------------


def table(rng: Random, content: bytes) -> bytes:
    """Change rows, columns, cells or the way in which they are written."""
    text = content.decode(errors="replace")
    rows: Rows = []
    mark = max(",;\t", key=text[:200].count)
    with contextlib.suppress(csv.Error):  # which leaves the rows before it
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    for _ in range(rng.choice([1, 1, 2, 5]) if rows else 0):
        rng.choice(TABLES)(rng, rows)
    written = io.StringIO()
    how = {
        "delimiter": rng.choice([mark, mark, mark, *",;\t|"]),
        "quoting": rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": rng.choice(["\n", "\n", "\r\n", "\n\n", "\r"]),
    }
    csv.writer(written, **how).writerows(rows)
    return written.getvalue().encode(errors="replace")


def _cells(rng: Random, rows: Rows) -> None:
    for _ in range(rng.choice([1, 3, 30])):
        row = rng.choice(rows)
        if row:
            row[rng.randrange(len(row))] = rng.choice(ODD_TEXTS)


def _column(rng: Random, rows: Rows) -> None:
    width = max(map(len, rows), default=0)
    at, value, first = rng.randrange(width or 1), rng.choice(ODD_TEXTS), rng.randrange(2)
    for row in rows[first:]:
        row[at : at + 1] = rng.choice([[value], [], [value, value]])


def _swap(rng: Random, rows: Rows) -> None:
    a, b = rng.randrange(9), rng.randrange(9)
    for row in rows[rng.randrange(2) : rng.choice([1, 2, len(rows)])]:
        if max(a, b) < len(row):
            row[a], row[b] = row[b], row[a]


def _header(rng: Random, rows: Rows) -> None:
    head = rows[0]
    others = [[], [head, head], [head + head], [[name.upper() for name in head]], [[f" {name} " for name in head]]]
    rows[:1] = rng.choice(others)
    rows.insert(rng.randrange(len(rows) + 1), list(head))


def _order(rng: Random, rows: Rows) -> None:
    rng.shuffle(rows) if rng.random() < 0.5 else rows.reverse()


def _again(rng: Random, rows: Rows) -> None:
    rows.extend(list(row) for row in rows[rng.randrange(len(rows) or 1) :])


TABLES = [*[_cells] * 3, _column, _swap, _header, _order, _again]


# ---- JSON -------------------------------------------------------------------------------------------------------


def objects(rng: Random, content: bytes) -> bytes:
    """Change values of any kind anywhere in the tree."""
    tree = json.loads(content)
    for _ in range(rng.choice([1, 3, 30])):
        node, key = _place(rng, tree)
        if key is None:
            continue
        kind = rng.randrange(4)
        if kind == 0:
            del node[key]
        elif kind == 1 and isinstance(node, dict):
            node[rng.choice(["", "time", "title", "\ud800", "a" * 1000])] = node[key]
        else:
            node[key] = rng.choice(ODD_VALUES)
    return json.dumps(tree, indent=rng.choice([None, 1]), ensure_ascii=rng.random() < 0.5).encode(errors="replace")


def _place(rng: Random, tree: Any) -> tuple[Any, Any]:
    node, key = tree, None
    inner = tree
    while isinstance(inner, list | dict) and inner and (key is None or rng.random() < 0.7):
        node, key = inner, rng.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        inner = node[key]
    return node, key


def nest(rng: Random, content: bytes) -> bytes:
    """Put in something nested deeply, or a number without end."""
    at = content.find(b":", rng.randrange(len(content) or 1)) + 1
    deep = [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 100_000, b"[" * 500 + b"]" * 500, b"NaN", b"-Infinity", b"1e999"]
    return content[:at] + rng.choice(deep) + content[at:]


def rows_as_lines(rng: Random, content: bytes) -> bytes:
    """Write the objects without their list, or within another object."""
    tree = json.loads(content)
    lines = b"\n".join(json.dumps(entry).encode(errors="replace") for entry in tree)
    joined = [b'{"rows":' + content + b"}", b"[" + content + b"]", content + b"\n" + content]
    return rng.choice([lines, *joined, b"[]", b"null"])


# ---- archives ---------------------------------------------------------------------------------------------------

NAMES = [
    "../../x.csv", "/etc/x.csv", "C:\\x.csv", "a" * 300 + ".csv", "x\0.csv", "ViewingActivity.csv/", "\u202e.csv",
    "__MACOSX/._x.csv",
]  # fmt: skip


def archive(rng: Random, content: bytes) -> bytes:
    """Change members of an archive: names, contents, number; pack it once more."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        members = [(info.filename, old.read(info)) for info in old.infolist()]
    for _ in range(rng.choice([1, 2])):
        at = rng.randrange(len(members))
        name, inside = members[at]
        members[at] = (rng.choice([name, name, *NAMES]), rng.choice([*BYTES, table, empty])(rng, inside))
        members += [members[at]] * rng.randrange(2)
    with zipfile.ZipFile(out, "w", rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2])) as new:
        for name, inside in members:
            new.writestr(zipfile.ZipInfo(name), inside)
        if rng.random() < 0.2:
            new.writestr(zipfile.ZipInfo("inner.zip"), content)
    return out.getvalue()


def pack(rng: Random, content: bytes) -> bytes:
    """Put the file into an archive under some name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = [*NAMES, "export/data.csv", "export/watch-history.json", "diary.csv"]
        new.writestr(zipfile.ZipInfo(rng.choice(names)), content)
    return out.getvalue()


def empty(rng: Random, content: bytes) -> bytes:
    """Leave nothing, or as good as nothing."""
    return rng.choice([b"", b"\n", b"\xef\xbb\xbf", content[:1], b"\0" * len(content)])


# ---- databases --------------------------------------------------------------------------------------------------

COLUMNS = [
    *plex_play(1), "DateCreated", "UserId", "ItemType", "ItemName", "PlayDuration", "friendly_name", "username",
]  # fmt: skip
SERVERS = ["session_history", "session_history_metadata", "users", "PlaybackActivity"]


def database(rng: Random, content: bytes) -> bytes:
    """Change cells, columns and tables by SQL."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.db")
        with open(path, "wb") as file:
            file.write(content)
        connection = sqlite3.connect(path, isolation_level=None)
        for _ in range(rng.choice([1, 3, 30])):
            name, column = rng.choice(SERVERS), rng.choice(COLUMNS)
            value = rng.choice([*ODD_TEXTS, None, -1, 0, 1e308, 2**62, 5, b"\xff\0", bytes(100_000)])
            order = rng.choice([
                f"UPDATE {name} SET {column} = ? WHERE abs(random()) % 3 = 0",
                f"UPDATE {name} SET {column} = ?",
                f"UPDATE {name} SET {column} = CAST(x'41ff42' AS TEXT) WHERE ? IS NOT 1",
                f"ALTER TABLE {name} DROP COLUMN {column}",
                f"ALTER TABLE {name} RENAME COLUMN {column} TO other",
                f"DELETE FROM {name} WHERE abs(random()) % 3 = 0",
                f"INSERT INTO {name} SELECT * FROM {name}",
                f"DROP TABLE {name}",
                f"CREATE VIEW {name} AS SELECT 1 AS id",
                f"PRAGMA user_version = {rng.randrange(9)}",
            ])  # fmt: skip
            with contextlib.suppress(sqlite3.Error, OverflowError, UnicodeError):
                connection.execute(order, (value,) if "?" in order else ())
        connection.close()
        with open(path, "rb") as file:
            return file.read()


MUTATIONS: dict[str, list[Mutation]] = {
    "csv": [*BYTES, empty, encode_otherwise, pack, *[table] * 8],
    "tsv": [*BYTES, empty, encode_otherwise, pack, *[table] * 8],
    "json": [*BYTES, empty, encode_otherwise, pack, *[objects] * 6, nest, rows_as_lines],
    "zip": [*BYTES, empty, *[archive] * 6],
    "db": [*BYTES, empty, pack, *[database] * 6],
    "parquet": [*BYTES, empty],
}
"""What may happen to a file, by its ending; what bears most is there several times."""


def mutated(rng: Random, ending: str, content: bytes) -> bytes:
    """Return a file after one to three mishaps, now and then after none."""
    for _ in range(rng.choice([0, 1, 1, 1, 1, 2, 3])):
        with contextlib.suppress(Exception):  # what went wrong before may be past changing in this way
            content = rng.choice(MUTATIONS[ending])(rng, content)
    return content
