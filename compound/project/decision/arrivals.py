"""Items of runs as messages of conversations: every way to start a run registers its item here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from compound.connector.state.messages import Arrival
from compound.errors import ProjectError, choices

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.port.services import Incoming
    from compound.project.decision.conversations import Conversations
    from compound.project.open.resources import Resources

_TEXTS: Final = ("body", "html")
_WORDS: Final = ("subject", "body", "html", "email", "customer_id", "received_at")


def arrive(resources: Resources, conversations: Conversations, incoming: Incoming) -> None:
    """Register the item of a new run, if it is a message of a mailbox."""
    message = incoming.message or message_of(resources, incoming.item)
    if message.get("mailbox"):
        conversations.begin(incoming.run_id, arrival_of(incoming.item_id, incoming.item, message))


def message_of(resources: Resources, item: Mapping[str, JsonValue]) -> dict[str, str]:
    """`mailbox`, `thread` and `in_reply_to` of an item whose caller names none.

    Empty if the item has no text, or the project not exactly one mailbox.
    """
    return item_message(resources, item, None) if any(item.get(name) for name in _TEXTS) else {}


def item_message(resources: Resources, item: Mapping[str, JsonValue], mailbox: str | None) -> dict[str, str]:
    """`mailbox`, `thread` and `in_reply_to` of one item; see `Project.item_message`.

    Raises:
        ProjectError: `project.unknown-mailbox`.
    """
    names = list(resources.mailboxes)
    if mailbox is not None and mailbox not in names:
        raise ProjectError("project.unknown-mailbox", f"no mailbox {mailbox!r}", fix=choices(names, mailbox))
    name = mailbox or (names[0] if len(names) == 1 else "")
    return {"mailbox": name, **links_of(item)} if name else {}


def links_of(item: Mapping[str, JsonValue]) -> dict[str, str]:
    """`thread` and `in_reply_to` of an item, if it has them."""
    from compound.connector.mailbox.item import LINKS

    return {name: str(one) for name in LINKS if (one := item.get(name)) not in (None, "")}


def arrival_of(item_id: str, item: Mapping[str, JsonValue], message: Mapping[str, str]) -> Arrival:
    """An item as an incoming message.

    Args:
        item_id: Id of the item.
        item: Its fields.
        message: `mailbox`, `thread`, `in_reply_to`.
    """
    return Arrival(
        mailbox=message["mailbox"],
        item_id=item_id,
        thread=message.get("thread", ""),
        in_reply_to=message.get("in_reply_to", ""),
        words={name: item[name] for name in _WORDS if item.get(name) not in (None, "")},
    )
