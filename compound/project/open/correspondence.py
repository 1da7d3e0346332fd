"""The conversations of a mail account or help desk in the state store: what arrived there, also without a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.connector.state.messages import Arrival, Messages, newer_in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from compound.connector.mailbox.service import MailMessage, MailThread
    from compound.connector.state import StateStore


class KnownConversations:
    """What the project knows of conversations. See `compound.connector.mailbox.remote.Correspondence`.

    Args:
        state: Opens the state store.
        now: UTC seconds.
    """

    def __init__(self, state: Callable[[], StateStore], now: Callable[[], float]) -> None:
        self._state = state
        self._now = now

    def note(self, mailbox: str, thread: MailThread) -> None:
        """Store new messages of the customer and answers of colleagues; our own answers are in the outbox."""
        arrivals = [
            Arrival(mailbox=mailbox, item_id=one.id, thread=thread.id, words=_words(one))
            for one in thread.messages
            if not one.effect_key
        ]
        Messages(self._state()).note(arrivals, now=self._now())

    def outdated(self, mailbox: str, run_id: str) -> str:
        """The messages that arrived since a run was drafted, in words."""
        messages = Messages(self._state())
        arrived = messages.of_run(run_id)
        if arrived is None or arrived.mailbox != mailbox:
            return ""
        if messages.count(mailbox, arrived.item_id) == arrived.seen:
            return ""
        return newer_in_words(arrived.item_id, arrived.seen, messages.of_item(mailbox, arrived.item_id))


def _words(message: MailMessage) -> dict[str, JsonValue]:
    named = ", ".join(f"{one['name']} ({one['type']}, {one['bytes']:,} bytes)" for one in message.attachments)
    words: dict[str, JsonValue] = {
        "subject": message.subject,
        "body": message.body,
        "html": message.html if not message.body else "",
        "email": message.email,
        "customer_id": message.customer_id,
        "received_at": message.at,
        "attached": named,
        "by": (message.author or "a colleague") if message.by == "us" else "",
    }
    return {name: value for name, value in words.items() if value}
