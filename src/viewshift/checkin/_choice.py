"""Who is written to about which alarm, and why everybody else is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from viewshift._checks import check_whole
from viewshift.checkin._contacts import Contact
from viewshift.checkin._ledger import Ledger
from viewshift.checkin._shifts import Shift
from viewshift.local_days import check_time_of_day

AGAIN = ("drafted", "unknown", "refused")
"""States of a letter in which it is written once more only if that is asked for."""

_STATES = {
    "drafted": "a draft was written",
    "sent": "a letter was sent",
    "unknown": "a letter may have been sent, its outcome is unknown",
    "refused": "the server refused the letter for good",
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is too much.

    Parameters
    ----------
    cool_down
        Days after a letter in which the account gets no other.
    daily_cap
        Letters in 24 hours, all accounts together; the most surprising alarms come first.
    max_age
        Days since an alarm was detected, after which it is too old to write about.
    quiet_hours
        From when to when nobody is written to, in the person's own time zone; from = to stands for never.
    """

    cool_down: int = 90
    daily_cap: int = 50
    max_age: int = 14
    quiet_hours: str = "21:00-09:00"

    def __post_init__(self) -> None:
        check_whole("cool_down", self.cool_down, least=0)
        check_whole("daily_cap", self.daily_cap, least=0)
        check_whole("max_age", self.max_age, least=0)
        self.quiet_from_to()

    def quiet_from_to(self) -> tuple[time, time]:
        """Return the times of day at which quiet begins and ends."""
        begin, _, end = self.quiet_hours.partition("-") if isinstance(self.quiet_hours, str) else ("", "", "")
        try:
            return check_time_of_day("quiet_hours", begin), check_time_of_day("quiet_hours", end)
        except ValueError:
            raise ValueError(
                f"`quiet_hours` must be two times of day such as '21:00-09:00', got {self.quiet_hours!r}."
            ) from None

    def is_quiet(self, clock: time) -> bool:
        """Return whether a time of day lies in the quiet hours.

        Parameters
        ----------
        clock
            The local time.
        """
        begin, end = self.quiet_from_to()
        return begin <= clock < end if begin <= end else clock >= begin or clock < end


class Case(NamedTuple):
    """An alarm, its name, whose it is, and why nobody is written to about it; empty if somebody is."""

    shift: Shift
    name: str
    contact: Contact | None
    left_out: str


def choose(
    shifts: Sequence[Shift],
    contacts: Mapping[str, Contact],
    ledger: Ledger,
    limits: Limits,
    now: datetime,
    again: Sequence[str] = (),
) -> list[Case]:
    """Return a case for each alarm, those to write about first, and in each part the most surprising first.

    Parameters
    ----------
    shifts
        The alarms.
    contacts
        By account.
    ledger
        Who was written to before.
    limits
        How much is too much.
    now
        With a time zone.
    again
        States of `AGAIN` in which a letter is written once more.
    """
    cap = limits.daily_cap - ledger.contacts_since(now - timedelta(days=1))
    written: set[str] = set()
    address_of = {account: (one.address or "").lower() for account, one in contacts.items()}
    reached = {address_of.get(account, ""): account for account in ledger.accounts_since(now - timedelta(days=1))}
    cases = []
    for shift in sorted(shifts, key=lambda shift: (-shift.surprise, shift.account, shift.detected)):
        name, contact = ledger.name_of(shift.account, shift.detected), contacts.get(shift.account)
        reason = (
            _on_the_alarm(shift, limits, now)
            or _on_consent(shift, contact, now)
            or _on_the_past(shift, name, ledger, limits, now, again)
            or on_the_hour(contact, limits, now)
        )
        if not reason and shift.account in written:
            reason = "another alarm of the account is written about"
        if not reason and reached.get(address_of[shift.account], shift.account) != shift.account:
            reason = "another account of the same address was written to within a day"
        if not reason and len(written) >= cap:
            reason = f"the daily cap of {limits.daily_cap} letters is reached"
        if not reason:
            written.add(shift.account)
            reached[address_of[shift.account]] = shift.account
        cases.append(Case(shift, name, contact, reason))
    return sorted(cases, key=lambda case: bool(case.left_out))


def _on_the_alarm(shift: Shift, limits: Limits, now: datetime) -> str:
    today = now.date()
    if shift.status != "open":
        return "has become usual" if shift.status == "lasting" else f"over since {shift.end or 'some time'}"
    if shift.detected > today + timedelta(days=1):  # somewhere it is tomorrow already
        return f"detected on {shift.detected}, a day to come"
    if (today - shift.detected).days > limits.max_age:
        return f"detected on {shift.detected}, more than {limits.max_age} days ago"
    if shift.usual is None:
        return "nothing is known of the time before"
    return "" if shift.is_clear else "it is not clear which way viewing changed"


def _on_consent(shift: Shift, contact: Contact | None, now: datetime) -> str:
    if contact is None:
        return "not among the contacts"
    if not contact.consent.given:
        return contact.consent.why_not
    since = contact.consent.since
    if since is not None and since > now.date():
        return f"opted in on {since}, a day to come"
    if since is not None and since > shift.detected:
        return f"opted in on {since}, after the alarm"
    return "" if contact.address else "the address cannot be used"


def _on_the_past(shift: Shift, name: str, ledger: Ledger, limits: Limits, now: datetime, again: Sequence[str]) -> str:
    rest = timedelta(days=limits.cool_down)
    if forgotten := ledger.forgotten(shift.account):
        if forgotten.keep_out:
            return "asked not to be written to"
        if shift.detected <= forgotten.at.date() or now - forgotten.at < rest:
            return f"forgotten on {forgotten.at.date()}"
    entry = ledger.entry(name)
    if entry is not None and entry.state in _STATES and entry.state not in again:
        return f"{_STATES[entry.state]} on {entry.at.date()}"
    last = ledger.last_contact(shift.account, besides=name)
    if last is not None and now - last < rest:
        return f"written to on {last.date()}, less than {limits.cool_down} days ago"
    return ""


def on_the_hour(contact: Contact | None, limits: Limits, now: datetime) -> str:
    """Return why somebody cannot be written to at this time of day; empty if they can.

    Parameters
    ----------
    contact
        Who.
    limits
        When it is quiet.
    now
        With a time zone.
    """
    if contact is None or contact.tz is None:
        return "the time zone is not known"
    clock = now.astimezone(ZoneInfo(contact.tz)).time()
    return f"it is {clock:%H:%M} there, a quiet hour; another run may write" if limits.is_quiet(clock) else ""
