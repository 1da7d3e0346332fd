"""Items of a mailbox as messages of conversations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from compound.errors import DataError
from compound.project.decision.arrivals import arrival_of, links_of

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.batch.types import LedgerItem
    from compound.project.decision.conversations import Conversations
    from compound.project.open.resources import Resources
    from compound.project.running.items import RowItems
    from compound.spec import GraphSpec


def mailbox_name(source: str, path: Path, resources: Resources) -> str:
    """The mailbox whose conversations the items of a source belong to; empty if unknown.

    Args:
        source: The source of a batch: the name of a mailbox, or a path.
        path: The path.
        resources: The opened project.
    """
    names = list(resources.mailboxes)
    if source in names:
        return source
    at = [name for name, where in resources.settings.profile.mailboxes.items() if where.resolve() == path]
    found = at or names
    return found[0] if len(found) == 1 else ""


def item_input(spec: GraphSpec, item: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A graph's input of one item; see `Project.item_input`.

    Raises:
        DataError: ``project.bad-input``: the graph does not declare which input is the item.
    """
    from compound.project.running.items import RowItems

    rows = RowItems(spec, {})
    if rows.roles.input is None:
        what = f"{spec.name} does not declare which input is the item: it has no `item: {{input: ...}}`"
        raise DataError("project.bad-input", what, fix="pass NAME=VALUE, or declare `item` in the graph file")
    return rows.roles.given(apart(item, rows)[0], {})[0]


def apart(fields: Mapping[str, JsonValue], rows: RowItems) -> tuple[dict[str, JsonValue], dict[str, str]]:
    """Separate an item's fields for the graph from its conversation fields.

    `thread` and `in_reply_to` reach a graph only if it declares them.
    """
    from compound.connector.mailbox.item import LINKS

    own = {name: one for name, one in fields.items() if name not in LINKS or name in rows.fields or rows.is_open}
    return own, links_of(fields)


class Threads:
    """Finds which items of a backlog belong to one conversation, in the backlog's order.

    Args:
        conversations: Conversations of the project, with the earlier messages.
    """

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._known: dict[tuple[str, str], str] = {}

    def of(self, item: LedgerItem) -> tuple[str, ...]:
        """The conversation of an item; empty for an item without a mailbox."""
        if not item.message:
            return ()
        arrival = arrival_of(item.item_id, item.fields or {}, item.message)
        answered = self._known.get((arrival.mailbox, arrival.in_reply_to)) if not arrival.thread else None
        thread = answered or self._conversations.thread_of(arrival)
        self._known[arrival.mailbox, arrival.item_id] = thread
        return (f"conversation {arrival.mailbox}/{thread}",)
