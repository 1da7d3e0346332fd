"""Mailboxes: a source of items (JSONL, Delta, published tasks) and a target that sends each reply once."""

from __future__ import annotations

from compound.connector.mailbox.mailbox import MailboxTransaction

__all__ = ["MailboxTransaction"]
