"""What the tests of check-ins share: alarms, contacts and a fixed noon."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd

import viewshift as vs

NOON = datetime(2025, 5, 15, 12, tzinfo=UTC)
LINK = "https://example.org/stop?who={token}&why=click"
SENDER = "The team <team@example.org>"


LETTERS = vs.checkin.Letters(sender=SENDER, unsubscribe=LINK)


def alarm(account, *, days_ago=3, **cells):
    """An open alarm, three days old, of 0.8 to 27 episodes a day."""
    detected = date(2025, 5, 15) - timedelta(days=days_ago)
    return {
        "account": account, "onset": detected - timedelta(days=1), "detected": detected, "end": None,
        "status": "open", "kind": "surge", "surprise": 4.0, "usual": 0.83, "observed": 26.9, "ratio": 20.0,
    } | cells  # fmt: skip


def contact(account, **cells):
    """Somebody who opted in, and lives in UTC."""
    return {"account": account, "address": f"{account}@example.org", "tz": "UTC", "opted_in": "2025-01-31"} | cells


def table(rows):
    return pd.DataFrame(rows)


def made(ledger, alarms, contacts, *, now=NOON, again=(), letters=None, **limits):
    """The drafts of some alarms and contacts."""
    return vs.checkin.drafts(
        table(alarms),
        table(contacts),
        ledger=ledger,
        letters=letters or LETTERS,
        limits=vs.checkin.Limits(**limits),
        again=again,
        now=now,
    )
