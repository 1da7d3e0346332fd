"""A mailbox: where items come from (JSONL, Delta, published tasks) and where replies go, each once."""

from __future__ import annotations

from compound.connector.mailbox._item import LINKS, Item, MailboxProblem
from compound.connector.mailbox._mailbox import Mailbox, MailboxPerformer, MailboxSetup, MailboxTransaction
from compound.connector.mailbox._replies import Sent
from compound.connector.mailbox._sources import Entry, read_items, task_item

__all__ = [
    "LINKS",
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
