"""Deprecated names of `compound.connector.mailbox`; import from there."""

from __future__ import annotations

from compound.connector.mailbox import MailboxTransaction as DeskTransaction
from compound.connector.mailbox.mailbox import Mailbox as Desk

__all__ = ["Desk", "DeskTransaction"]
