"""From alarms to drafts in a folder, or letters on their way; and to the ledger in both cases."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from viewshift._checks import check_choice
from viewshift._files import write_files
from viewshift.checkin._choice import AGAIN, Case, Limits, choose, on_the_hour
from viewshift.checkin._contacts import read_contacts
from viewshift.checkin._ledger import Ledger
from viewshift.checkin._letters import Letters
from viewshift.checkin._review import COLUMNS, review_files, review_rows
from viewshift.checkin._rows import Table
from viewshift.checkin._shifts import read_alarms
from viewshift.checkin._smtp import Outcome, Server, UnreachableError


def drafts(
    alarms: Table,
    contacts: Table,
    *,
    ledger: Ledger,
    letters: Letters | None = None,
    limits: Limits | None = None,
    again: Sequence[str] = (),
    now: datetime | None = None,
) -> "Drafts":
    """Decide who is written to about which alarm, and make the letters; nothing is written or sent yet.

    Parameters
    ----------
    alarms
        A .csv, .json or .parquet as `viewshift detect --out` writes it, or the frame of `AlarmRule.alarms`.
    contacts
        Who may be written to: see `read_contacts`.
    ledger
        Who was written to before; opened by a ``with`` statement.
    letters
        How letters are made; default the shipped templates, without sender.
    limits
        How much is too much.
    again
        "drafted", "unknown" or "refused": write once more where a letter of this outcome is in the ledger.
    now
        The time, with a time zone; default that of the clock.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import datetime, UTC
    >>> import pandas as pd
    >>> import viewshift as vs
    >>> alarms = pd.DataFrame([dict(
    ...     account=name, onset="2025-05-12", detected="2025-05-12", status="open", kind="surge", surprise=4.0,
    ...     usual=0.8, observed=27.0, ratio=20.0) for name in ("ada", "ben")])
    >>> contacts = pd.DataFrame([dict(account="ada", address="ada@example.org", tz="UTC", opted_in="2025-01-31")])
    >>> noon = datetime(2025, 5, 15, 12, tzinfo=UTC)
    >>> with tempfile.TemporaryDirectory() as folder, vs.checkin.Ledger(f"{folder}/ledger.jsonl") as ledger:
    ...     made = vs.checkin.drafts(alarms, contacts, ledger=ledger, now=noon)
    ...     made.save(folder)
    >>> print(*made.review["decision"], made.review["reason"][1], sep=", ")
    write, left out, not among the contacts
    """
    for state in again:
        check_choice("again", state, AGAIN)
    now = datetime.now(UTC) if now is None else now
    if now.tzinfo is None:
        raise ValueError(f"`now` must have a time zone, got {now}.")
    letters, limits = letters or Letters(), limits or Limits()
    cases = choose(read_alarms(alarms), read_contacts(contacts), ledger, limits, now, again)
    return Drafts(cases, letters, ledger, limits, now)


class Drafts:
    """What `drafts` decided, and the letters; made by it.

    Parameters
    ----------
    cases
        One for each alarm.
    letters
        How letters are made.
    ledger
        Opened.
    limits
        How much is too much.
    now
        When.
    """

    def __init__(self, cases: Sequence[Case], letters: Letters, ledger: Ledger, limits: Limits, now: datetime) -> None:
        self._cases, self._letters, self._ledger, self._limits, self._now = cases, letters, ledger, limits, now
        self._begun = time.monotonic()
        self._to_write = {case.name: case for case in cases if not case.left_out}
        self.outcomes: dict[str, str] = {}
        """What became of the letters, by name of the alarm."""
        self.messages: dict[str, EmailMessage] = {
            name: letters.letter(case.shift, case.contact, name=name, token=ledger.token_of(case.shift.account), at=now)
            for name, case in self._to_write.items()
            if case.contact is not None
        }
        """The letters, by name of the alarm."""

    def __repr__(self) -> str:
        return f"Drafts({len(self.messages)} to write, {len(self._cases) - len(self.messages)} left out)"

    @property
    def review(self) -> pd.DataFrame:
        """One row for each alarm: the decision, why, and of those who are written to address and outcome."""
        return pd.DataFrame(self._rows(), columns=list(COLUMNS))

    def preview(self, folder: str | PathLike[str]) -> None:
        """Write review.csv and review.html, and nothing else.

        Parameters
        ----------
        folder
            It is made if need be.
        """
        Path(folder).mkdir(parents=True, exist_ok=True)
        write_files(*self._reviews(Path(folder)))

    def save(self, folder: str | PathLike[str]) -> None:
        """Write the letters as .eml files and the review list, all or nothing, and note in the ledger what was drafted.

        A run that is cut off before the ledger is written finds the same files to write.

        Parameters
        ----------
        folder
            It is made if need be: review.csv, review.html, and drafts/ with files that are named like the alarms.
        """
        place = Path(folder)
        (place / "drafts").mkdir(parents=True, exist_ok=True)
        files = [
            (place / "drafts" / f"{name}.eml", partial(_write, _as_draft(message)))
            for name, message in self.messages.items()
        ]
        self.outcomes = dict.fromkeys(self.messages, "drafted")
        write_files(*files, *self._reviews(place))
        for name in self.messages:
            self._ledger.record("drafted", name, self._whose(name), self._now, **self._why(name))

    def send(self, server: Server, folder: str | PathLike[str]) -> None:
        """Send each letter, exactly one for each alarm, and write the review list.

        The ledger holds the intent before the text of a letter goes on its way, and the outcome before the next letter
        is begun. Where the connection breaks in between, or the process is killed, the outcome is unknown: such a
        letter is not sent again unless asked for by ``again=["unknown"]``.

        Parameters
        ----------
        server
            Which.
        folder
            Where review.csv and review.html go.

        Raises
        ------
        ValueError
            If the letters have no sender or no way out, or the server is not fit or cannot be reached; what was sent by
            then stands in `outcomes` and in the ledger.
        """
        if self._letters.sender is None:
            raise ValueError("`sender` must be given to send letters, got none.")
        if self._letters.unsubscribe is None:
            raise ValueError("`unsubscribe` must be given to send letters: nobody is written to without a way out.")
        self.preview(folder)

        def intend(name: str) -> None:
            self._ledger.record("intent", name, self._whose(name), self._time(), **self._why(name))

        try:
            for name, outcome in server.deliver(self._due(), intend):
                self._note(name, outcome)
        except UnreachableError as error:
            sent = sum(state.startswith("sent") for state in self.outcomes.values())
            of = f"{sent} of {len(self.messages)} letters were sent"
            raise ValueError(f"{error} {of}; run again for the others.") from None
        finally:
            self.preview(folder)

    def _note(self, name: str, outcome: Outcome) -> None:
        self.outcomes[name] = f"{outcome.state} ({outcome.code})" if outcome.code else outcome.state
        self._ledger.record(outcome.state, name, self._whose(name), self._time(), code=outcome.code)

    def _due(self) -> Iterator[tuple[str, EmailMessage]]:
        """Yield the letters, but none to those for whom a quiet hour has begun in the meantime."""
        for name, message in self.messages.items():
            if on_the_hour(self._to_write[name].contact, self._limits, self._time()):
                self.outcomes[name] = "waits: a quiet hour has begun"
            else:
                yield name, message

    def _time(self) -> datetime:
        return self._now + timedelta(seconds=time.monotonic() - self._begun)

    def _whose(self, name: str) -> str:
        return self._to_write[name].shift.account

    def _why(self, name: str) -> dict[str, Any]:
        shift = self._to_write[name].shift
        alarm = {
            "detected": str(shift.detected),
            "onset": str(shift.onset),
            "kind": shift.kind,
            "surprise": shift.surprise,
            "usual": shift.usual,
            "observed": shift.observed,
        }
        return {"alarm": alarm, "token": self._ledger.token_of(shift.account)}

    def _rows(self) -> list[dict[str, Any]]:
        return review_rows(self._cases, self._ledger, self._letters, self.outcomes)

    def _reviews(self, folder: Path) -> Any:
        return review_files(self._rows(), folder, self._letters.measure, self._ledger.notes)


def _as_draft(message: EmailMessage) -> bytes:
    """Return a letter as a file that mail programs open for sending."""
    return b"X-Unsent: 1\r\n" + message.as_bytes()


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)
