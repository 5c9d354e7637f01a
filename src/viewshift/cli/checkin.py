"""`viewshift checkin`: from alarms to drafts, or to letters on their way if that is asked for."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from viewshift import __version__
from viewshift._checks import check_choice
from viewshift.checkin import Drafts, Ledger, Letters, Limits, Server, drafts
from viewshift.checkin._smtp import SECURITY, Security
from viewshift.cli import INCOMPLETE
from viewshift.cli.terminal import answer, remind, say

PASSWORD = "VIEWSHIFT_SMTP_PASSWORD"
"""The environment variable that holds the password of the mail server."""


def checkin(
    alarms: Path,
    *,
    contacts: Path,
    out: Path,
    ledger: Path | None,
    letters: Letters,
    limits: Limits,
    again: Sequence[str],
    review_only: bool,
    json: bool,
    server: Server | None,
) -> None:
    """Write drafts and review list, or send the letters, and say how many; `INCOMPLETE` if some were not sent.

    Parameters
    ----------
    alarms, contacts
        Tables.
    out
        Folder.
    ledger
        File; default ledger.jsonl in the folder.
    letters, limits, again
        See `viewshift.checkin.drafts`.
    review_only
        Whether to write the review list and nothing else.
    json
        Whether to say it in JSON.
    server
        Where to send; None for drafts.
    """
    file = out / "ledger.jsonl" if ledger is None else ledger
    with Ledger(file) as book:
        remind(book.notes)
        made = drafts(alarms, contacts, ledger=book, letters=letters, limits=limits, again=again)
        if review_only:
            made.preview(out)
        elif server is None:
            made.save(out)
        else:
            made.send(server, out)
    drafted = not review_only and server is None
    if json:
        answer(_told(made, out, file, drafted=drafted))
    else:
        _summarise(made, out, drafted=drafted)
    if server is None and not review_only and letters.unsubscribe is None and made.messages:
        remind(["`unsubscribe` is not given: the drafts have no one-click way out, only a request to answer."])
    if server is not None and any(not state.startswith("sent") for state in made.outcomes.values()):
        raise typer.Exit(INCOMPLETE)


def server_at(place: str, security: str, user: str | None) -> Server:
    """Return the server to send by; its password comes from the environment or is asked for.

    Parameters
    ----------
    place
        HOST or HOST:PORT.
    security
        "starttls" or "tls".
    user
        Name at the server, if it wants one.
    """
    host, colon, port = place.rpartition(":") if ":" in place else (place, "", "")
    if colon and not (port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(
            f"`smtp` must be the name of a server, perhaps with a port as in mail.example.org:587, got {place!r}."
        )
    way: Security = "tls" if check_choice("security", security, tuple(SECURITY)) == "tls" else "starttls"
    password = None
    if user is not None:
        password = os.environ.get(PASSWORD)
        if not password and not sys.stdin.isatty():
            raise ValueError(f"`user` must come with a password in {PASSWORD}, since there is no terminal to ask at.")
        password = password or typer.prompt(f"Password of {user}", hide_input=True, err=True)
    return Server(host=host, port=int(port) if port else None, security=way, user=user, password=password)


def _told(made: Drafts, out: Path, ledger: Path, *, drafted: bool) -> dict[str, Any]:
    return {
        "viewshift": __version__,
        "write": len(made.messages),
        "left_out": len(made.review) - len(made.messages),
        "review": out / "review.csv",
        "drafts": out / "drafts" if drafted else None,
        "ledger": ledger,
        "outcomes": _outcomes(made),
    }


def _outcomes(made: Drafts) -> dict[str, int]:
    return dict(Counter(state.partition(" ")[0].rstrip(":") for state in made.outcomes.values()))


def _summarise(made: Drafts, out: Path, *, drafted: bool) -> None:
    n = len(made.messages)
    say(f"{n:,} to write to, {len(made.review) - n:,} left out: {out / 'review.html'} says who and why.")
    if drafted and n:
        say(f"The drafts are in {out / 'drafts'}; nothing was sent.")
    elif made.outcomes and not drafted:
        say(f"{', '.join(f'{number:,} {state}' for state, number in _outcomes(made).items())}.")
