"""The item of a new run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """The item of a new run: a message of a conversation, if the project has its mailbox.

    Attributes:
        item_id: Its id, from the graph's `item`.
        item: Its fields.
        message: `mailbox`, `thread`, `in_reply_to` as the caller names them; empty: as the item says.
    """

    run_id: str
    item_id: str
    item: Mapping[str, JsonValue]
    message: Mapping[str, str] = field(default_factory=dict[str, str])
