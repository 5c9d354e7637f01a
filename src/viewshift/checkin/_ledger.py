"""The ledger: who was written to, when, why and with what outcome; one line each, on the disk before going on."""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from filelock import FileLock, Timeout

from viewshift._files import write_whole

FORMAT = 1
CONTACTED = ("drafted", "sent", "unknown")
"""States of an alarm after which its account counts as written to."""


EVENTS = (*CONTACTED, "intent", "refused", "failed", "forgotten")


class Entry(NamedTuple):
    """What is known of the letter about one alarm: its account, its last state, and since when."""

    account: str
    state: str
    at: datetime


class Forgotten(NamedTuple):
    """What is kept of a forgotten account: when, and whether it is to be left alone for good."""

    at: datetime
    keep_out: bool


class Ledger:
    """An append-only file of JSON lines: who was written to, when, why, and what became of it.

    Used in a ``with`` statement: inside, no other process can open it. A line that was cut off by a crash is taken away
    and told in `notes`; nothing depended on it, since every line is on the disk before what it speaks of goes on. The
    first line holds a secret key, with which alarms and accounts get the names under which messages travel.

    Parameters
    ----------
    path
        File; it is made when the first line is written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.jsonl") as ledger:
    ...     print(ledger.last_contact("ada"))
    None
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.notes: list[str] = []
        self._lock = FileLock(self.path.with_name(f"{self.path.name}.lock"))
        self._lines: list[dict[str, Any]] = []
        self._key = ""

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ValueError(f"{self.path} is in use by another run; wait until that has ended.") from None
        try:
            self._load()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def name_of(self, account: str, detected: date) -> str:
        """Return the name of an alarm: 32 letters that are the same whenever this ledger is asked.

        Parameters
        ----------
        account, detected
            The alarm's.
        """
        return self._keyed("alarm", account, detected.isoformat())

    def token_of(self, account: str) -> str:
        """Return the name of an account in the link by which its owner ends the letters: 32 letters.

        Parameters
        ----------
        account
            Its name.
        """
        return self._keyed("out", account)

    def entry(self, name: str) -> Entry | None:
        """Return what became of the letter about an alarm, None if there is none.

        Parameters
        ----------
        name
            From `name_of`.
        """
        return self._entries().get(name)

    def last_contact(self, account: str, *, besides: str = "") -> datetime | None:
        """Return when an account was last written to; letters whose outcome is unknown count, failed ones do not.

        Parameters
        ----------
        account
            Its name.
        besides
            Name of an alarm that does not count.
        """
        found = ((name, entry) for name, entry in self._entries().items() if entry.account == account)
        return max((entry.at for name, entry in found if entry.state in CONTACTED and name != besides), default=None)

    def contacts_since(self, time: datetime) -> int:
        """Return how many accounts were written to since a time.

        Parameters
        ----------
        time
            With a time zone.
        """
        return sum(entry.state in CONTACTED and entry.at >= time for entry in self._entries().values())

    def accounts_since(self, time: datetime) -> set[str]:
        """Return the accounts that were written to since a time.

        Parameters
        ----------
        time
            With a time zone.
        """
        return {one.account for one in self._entries().values() if one.state in CONTACTED and one.at >= time}

    def forgotten(self, account: str) -> Forgotten | None:
        """Return when an account was last forgotten, and whether it is to be kept out; None if it never was.

        Parameters
        ----------
        account
            Its name.
        """
        who = self._keyed("forgotten", account)
        found = [Forgotten(_time(line), line["keep_out"]) for line in self._lines if line.get("who") == who]
        return Forgotten(max(one.at for one in found), any(one.keep_out for one in found)) if found else None

    def record(self, event: str, name: str, account: str, at: datetime, **details: Any) -> None:
        """Append a line, and return when it is on the disk.

        Parameters
        ----------
        event
            One of `EVENTS`: "drafted"; or "intent", and then "sent", "refused", "failed" or "unknown".
        name
            Name of the alarm.
        account
            Whose.
        at
            When, with a time zone.
        **details
            What JSON can hold.
        """
        if not self._lock.is_locked:
            raise ValueError("`ledger` must be opened by a `with` statement before it is written to.")
        line = {"event": event, "id": name, "account": account, "at": _stamp(at), **details}
        if not self.path.exists():
            write_whole(self.path, self._text([]))
            self.path.chmod(0o600)
        with self.path.open("ab") as stream:
            stream.write(_encoded(line))
            stream.flush()
            os.fsync(stream.fileno())
        self._lines.append(line)
        self._known = None

    def without(self, account: str, at: datetime, *, keep_out: bool = False) -> tuple[str, int]:
        """Return the text of the ledger without an account, and how many lines that takes away.

        If any, or to keep the account out, one line takes their place: a keyed hash of the account and the time.

        Parameters
        ----------
        account
            Its name.
        at
            When it is forgotten, with a time zone.
        keep_out
            Whether it is to be left alone for good.
        """
        names = {name for name, entry in self._entries().items() if entry.account == account}
        kept = [line for line in self._lines if line.get("id") not in names]
        taken = len(self._lines) - len(kept)
        if taken or keep_out:
            who = self._keyed("forgotten", account)
            kept.append({"event": "forgotten", "who": who, "at": _stamp(at), "keep_out": keep_out})
        return self._text(kept), taken

    def names(self, account: str) -> set[str]:
        """Return the names of the alarms about which an account was written to, or was to be.

        Parameters
        ----------
        account
            Its name.
        """
        return {name for name, entry in self._entries().items() if entry.account == account}

    def _entries(self) -> Mapping[str, Entry]:
        if self._known is None:
            known: dict[str, Entry] = {}
            for line in self._lines:
                if line["event"] == "forgotten":
                    continue
                state = "unknown" if line["event"] == "intent" else line["event"]
                known[line["id"]] = Entry(line["account"], state, _time(line))
            self._known = known
        return self._known

    _known: dict[str, Entry] | None = None

    def _load(self) -> None:
        self._lines, self._key, self._known, self.notes = [], secrets.token_hex(32), None, []
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            self.notes.append(f"The last line of {self.path} was cut off by a crash, and is taken away.")
            os.truncate(self.path, whole)
        lines, self._key = content[:whole].splitlines(), ""
        try:
            head = json.loads(lines[0])
            self._key, version = head["key"], head["ledger"]
            for line in lines[1:]:
                self._lines.append(_checked(json.loads(line)))
        except (IndexError, KeyError, TypeError, ValueError):
            number = len(self._lines) + 1 + bool(self._key)
            what = "must be that of a ledger of check-ins, but is damaged or something else; nothing was sent"
            raise ValueError(f"{self.path}: line {number} {what}.") from None
        if version != FORMAT:
            raise ValueError(f"{self.path} has ledger format {version}, but this version reads format {FORMAT}.")

    def _text(self, lines: list[dict[str, Any]]) -> str:
        return b"".join(map(_encoded, [{"ledger": FORMAT, "key": self._key}, *lines])).decode()

    def _keyed(self, *parts: str) -> str:
        return hmac.new(bytes.fromhex(self._key), json.dumps(parts).encode(), hashlib.sha256).hexdigest()[:32]


def _encoded(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _time(line: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(line["at"])


def _checked(line: dict[str, Any]) -> dict[str, Any]:
    _time(line)
    needed = ("who", "keep_out") if line["event"] == "forgotten" else ("id", "account")
    if line["event"] not in EVENTS or not all(name in line for name in needed):
        raise ValueError(line["event"])
    return line
