"""Older names of `compound.connector.mailbox`, for projects that were written before it."""

from __future__ import annotations

from compound.connector.mailbox import MailboxTransaction as DeskTransaction
from compound.connector.mailbox._mailbox import Mailbox as Desk

__all__ = ["Desk", "DeskTransaction"]
