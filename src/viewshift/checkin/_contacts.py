"""Who may be written to: address, language, country, time zone and consent; what cannot be read is no consent."""

import re
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from viewshift.checkin._rows import Row, Table, as_day, read_rows

COLUMNS = ("account", "address", "opted_in")

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST_NAME = 80


class Consent(NamedTuple):
    """Whether somebody asked to be written to, since when if known, and else why not."""

    given: bool
    since: date | None = None
    why_not: str = ""


class Contact(NamedTuple):
    """A row of the contacts."""

    account: str
    address: str | None
    name: str | None
    language: str
    country: str
    tz: str | None
    consent: Consent


def read_contacts(table: Table) -> dict[str, Contact]:
    """Read contacts; nothing in a row is an error, but what cannot be read is not used, and no consent is assumed.

    Parameters
    ----------
    table
        A .csv, .json or .parquet, or a frame, with columns account, address and opted_in, and perhaps name, language
        (such as de), country (such as AT) and tz (such as Europe/Vienna). `opted_in` is the day on which the person
        asked for such letters, or yes; everything else is no, and so is an account that has several rows.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no such table, or lacks one of the three columns.

    Examples
    --------
    >>> import pandas as pd
    >>> contacts = read_contacts(pd.DataFrame(dict(
    ...     account=["ada", "ben"], address=["ada@example.org", "ben@example.org"], opted_in=["2025-01-31", "maybe"])))
    >>> print(contacts["ada"].consent.given, contacts["ben"].consent.why_not)
    True consent cannot be read
    """
    contacts: dict[str, Contact] = {}
    for _, row in read_rows("contacts", table, COLUMNS):
        contact = _contact(row)
        if contact.account in contacts:
            contact = contact._replace(consent=Consent(False, why_not="in the contacts more than once"))
        contacts[contact.account] = contact
    return contacts


def usable_address(text: str) -> str | None:
    """Return a mail address, or None if it is none or has characters that not every server takes.

    Parameters
    ----------
    text
        What should be one.
    """
    return text if _ADDRESS.fullmatch(text) and len(text) <= 254 and ".." not in text else None


def usable_tz(text: Any) -> str | None:
    """Return the name of a time zone, or None if it is none.

    Parameters
    ----------
    text
        What should be one.
    """
    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError, TypeError, AttributeError):
        return None


def _contact(row: Row) -> Contact:
    return Contact(
        account=_text(row, "account"),
        address=usable_address(_text(row, "address")),
        name=_name(_text(row, "name")),
        language=_text(row, "language").lower(),
        country=_text(row, "country").upper(),
        tz=usable_tz(_text(row, "tz")),
        consent=_consent(row["opted_in"]),
    )


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _name(text: str) -> str | None:
    """Return a name, or None if it holds what no name holds."""
    return text if text and text.isprintable() and len(text) <= _LONGEST_NAME else None


def _consent(value: Any) -> Consent:
    if value is None:
        return Consent(False, why_not="no consent on file")
    if value is True:
        return Consent(True)
    text = value.lower() if isinstance(value, str) else ""
    if text in ("yes", "true"):
        return Consent(True)
    if value is False or text in ("no", "false"):
        return Consent(False, why_not="did not opt in")
    day = as_day(value)
    return Consent(False, why_not="consent cannot be read") if day is None else Consent(True, day)
