"""Which item of a backlog a run answers: its id, and a hash of what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compound.connector.state._digest import digest


@dataclass(frozen=True, slots=True)
class RunItem:
    """Which item of a backlog a run answers.

    Attributes:
        item_id: The item's own id.
        sha256: Of what it says; see `content_sha256`.
    """

    item_id: str
    sha256: str


def content_sha256(ticket: Mapping[str, object], context: Mapping[str, object] | None = None) -> str:
    """A hash of what a ticket says. A field that is left out, null or empty says nothing.

    Args:
        ticket: Its fields.
        context: What its row says of the graph's context, where the source has it row by row.
    """
    said = {name: value for name, value in ticket.items() if value not in (None, "")}
    return digest([said, dict(context)] if context else said)
