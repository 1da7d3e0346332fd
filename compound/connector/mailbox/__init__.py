"""Mailboxes: a source of items and a target that sends each reply once: files, mail accounts, help desks."""

from __future__ import annotations

from compound.connector.mailbox.mailbox import MailboxTransaction
from compound.connector.mailbox.service import Attachment, MailMessage, MailService, MailThread, ThreadChanged

__all__ = ["Attachment", "MailMessage", "MailService", "MailThread", "MailboxTransaction", "ThreadChanged"]
