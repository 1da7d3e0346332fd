"""Mailboxes of tests: opened, and read item by item."""

from __future__ import annotations

from compound.connector.mailbox.item import Item, MailboxProblem
from compound.connector.mailbox.mailbox import Mailbox
from compound.connector.mailbox.replies import Sent
from compound.connector.mailbox.sources import read_items

__all__ = ["Item", "Mailbox", "MailboxProblem", "Sent", "read_items"]
