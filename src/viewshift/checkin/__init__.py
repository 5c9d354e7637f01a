"""Check-ins: from alarms to letters that people may send to those who asked for them, and to nobody else."""

from viewshift.checkin._choice import Limits
from viewshift.checkin._contacts import read_contacts
from viewshift.checkin._drafts import Drafts, drafts
from viewshift.checkin._ledger import Ledger
from viewshift.checkin._letters import Letters
from viewshift.checkin._shifts import read_alarms
from viewshift.checkin._smtp import Server

__all__ = ["Drafts", "Ledger", "Letters", "Limits", "Server", "drafts", "read_alarms", "read_contacts"]
