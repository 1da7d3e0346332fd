"""Trouble that is not the ticket's: what is tried again, what stops the batch, and when a service counts as down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from compound.batch._types import ItemStatus, LedgerItem, Outcome, ServiceDown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from compound.errors import CompoundError

TRANSIENT: Final = (
    {f"records.{end}" for end in ("locked", "unreachable")}
    | {f"mcp.{end}" for end in ("unreachable", "timeout")}
    | {f"model.{end}" for end in ("overloaded", "server", "timeout", "connection", "rate-limit", "broken-stream")}
    | {"graph.run-busy"}
)
"""Over by itself, as a rule: a ticket is tried again before it is a dead letter."""
_SERVICE: Final = TRANSIENT | {f"model.{end}" for end in ("auth", "no-key", "spend-limit", "not-found")}
_SERVICES: Final = ("records.", "mailbox.")
_NOT_DOWN: Final = frozenset({"graph.run-busy"})
_NO_ROOM: Final = frozenset({"disk-full", "disk", "read-only", "cannot-write", "no-room"})
"""Last parts of codes that say: nothing can be written down here."""


def is_transient(outcome: Outcome) -> bool:
    """Whether another try may help."""
    return outcome.status is ItemStatus.DEAD and code_of(outcome.error) in TRANSIENT


def is_of_service(error: Mapping[str, JsonValue] | None) -> bool:
    """Whether a provider, a records store or a mailbox failed, and not the item."""
    code = code_of(error)
    return (code in _SERVICE or code.startswith(_SERVICES)) and code not in _NOT_DOWN


def code_of(error: Mapping[str, JsonValue] | None) -> str:
    """The code of an error record; empty without one."""
    return str((error or {}).get("code") or "")


def is_out_of_room(error: CompoundError) -> bool:
    """Whether a disk is full, or may not be written: then no ticket fares better than this one."""
    return error.code.rpartition(".")[2] in _NO_ROOM or "No space left on device" in error.what


@dataclass(slots=True)
class Failures:
    """Counts tickets in a row that a service has failed.

    Args:
        limit: That many in a row stop the batch; 0 for never.
    """

    limit: int
    down: ServiceDown | None = None
    row: list[LedgerItem] = field(default_factory=list[LedgerItem])
    """Tickets that failed by it since the last one that did well; they are run again by the same command."""

    def note(self, item: LedgerItem, outcome: Outcome) -> bool:
        """Count a ticket; true when it is the one that stops the batch. A ticket's own failure says nothing."""
        if outcome.status is ItemStatus.DEAD:
            if not is_of_service(outcome.error):
                return False
            self.row.append(item)
            if self.limit and len(self.row) >= self.limit and self.down is None:
                error = outcome.error or {}
                self.down = ServiceDown(code=code_of(error), what=str(error.get("what") or ""), failures=len(self.row))
                return True
        elif self.down is None:
            self.row.clear()
        return False
