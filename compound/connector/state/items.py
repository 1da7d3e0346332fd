"""The backlog item that a run answers: its id and a hash of its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compound.connector.state.digest import digest


@dataclass(frozen=True, slots=True)
class RunItem:
    """The backlog item that a run answers.

    Attributes:
        item_id: Id of the item.
        sha256: Hash of its content; see `content_sha256`.
    """

    item_id: str
    sha256: str


def content_sha256(fields: Mapping[str, object], context: Mapping[str, object] | None = None) -> str:
    """A hash of an item's content. Missing, null and empty fields are equal.

    Args:
        fields: Its fields.
        context: The context from its row, if the source has context columns.
    """
    said = {name: value for name, value in fields.items() if value not in (None, "")}
    return digest([said, dict(context)] if context else said)
