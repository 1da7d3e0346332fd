"""A mailbox: where items come from (JSONL, Delta, published tasks) and where replies go, each once."""

from __future__ import annotations

from compound.connector.mailbox._mailbox import MailboxTransaction

__all__ = ["MailboxTransaction"]
