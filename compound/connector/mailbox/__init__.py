"""Mailboxes: a source of items (JSONL, Delta, published tasks) and a target that sends each reply once."""

from __future__ import annotations

from compound.connector.mailbox._item import Item, MailboxProblem
from compound.connector.mailbox._mailbox import Mailbox, MailboxPerformer, MailboxSetup, MailboxTransaction
from compound.connector.mailbox._replies import Sent
from compound.connector.mailbox._sources import Entry, read_items, task_item

__all__ = [
    "Entry",
    "Item",
    "Mailbox",
    "MailboxPerformer",
    "MailboxProblem",
    "MailboxSetup",
    "MailboxTransaction",
    "Sent",
    "read_items",
    "task_item",
]
