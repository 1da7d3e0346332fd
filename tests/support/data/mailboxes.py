"""Mailboxes of tests: opened, and read item by item."""

from __future__ import annotations

from compound.connector.mailbox._item import Item, MailboxProblem
from compound.connector.mailbox._mailbox import Mailbox
from compound.connector.mailbox._replies import Sent
from compound.connector.mailbox._sources import read_items

__all__ = ["Item", "Mailbox", "MailboxProblem", "Sent", "read_items"]
