"""Deprecated names of `compound.connector.mailbox`; import from there."""

from __future__ import annotations

from compound.connector.mailbox import Mailbox as Desk
from compound.connector.mailbox import MailboxTransaction as DeskTransaction

__all__ = ["Desk", "DeskTransaction"]
