"""Which ticket a run answers: its id, and a hash of what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from compound.connector.state._digest import digest


def ticket_of(given: Mapping[str, object]) -> tuple[str, str] | None:
    """Id and content hash of the ticket in a run's input; None where the input has no ticket with an id."""
    ticket = given.get("ticket")
    if not isinstance(ticket, Mapping):
        return None
    fields = cast("Mapping[str, object]", ticket)
    ticket_id = fields.get("id")
    return (ticket_id, content_sha256(fields)) if isinstance(ticket_id, str) and ticket_id else None


def content_sha256(ticket: Mapping[str, object], context: Mapping[str, object] | None = None) -> str:
    """A hash of what a ticket says. A field that is left out, null or empty says nothing.

    Args:
        ticket: Its fields.
        context: What its row says of the graph's context, where the source has it row by row.
    """
    said = {name: value for name, value in ticket.items() if value not in (None, "")}
    return digest([said, dict(context)] if context else said)
