"""Older names of `compound.connector.mailbox`, for projects that were written before it."""

from __future__ import annotations

from compound.connector.mailbox import Mailbox as Desk
from compound.connector.mailbox import MailboxTransaction as DeskTransaction

__all__ = ["Desk", "DeskTransaction"]
