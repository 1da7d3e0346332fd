"""Failures that the item did not cause: which are retried, which stop the batch, and when a service is down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from compound.batch.types import ItemStatus, LedgerItem, Outcome, ServiceDown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from compound.errors import CompoundError

TRANSIENT: Final = (
    {f"records.{end}" for end in ("locked", "unreachable")}
    | {f"mailbox.{end}" for end in ("unreachable", "busy")}
    | {f"mcp.{end}" for end in ("unreachable", "timeout")}
    | {f"model.{end}" for end in ("overloaded", "server", "timeout", "connection", "rate-limit", "broken-stream")}
    | {"graph.run-busy"}
)
"""Transient failures: an item is retried before it becomes a dead letter."""
_SERVICE: Final = TRANSIENT | {f"model.{end}" for end in ("auth", "no-key", "spend-limit", "not-found")}
_SERVICES: Final = ("records.", "mailbox.")
_NOT_DOWN: Final = frozenset({"graph.run-busy"})
_NO_ROOM: Final = frozenset({"disk-full", "disk", "read-only", "cannot-write", "no-room"})
"""Last parts of codes that mean that nothing can be written."""


def is_transient(outcome: Outcome) -> bool:
    """Whether a retry may help."""
    return outcome.status is ItemStatus.DEAD and code_of(outcome.error) in TRANSIENT


def is_of_service(error: Mapping[str, JsonValue] | None) -> bool:
    """Whether a provider, record store or mailbox failed, not the item."""
    code = code_of(error)
    return (code in _SERVICE or code.startswith(_SERVICES)) and code not in _NOT_DOWN


def code_of(error: Mapping[str, JsonValue] | None) -> str:
    """The code of an error record; empty without one."""
    return str((error or {}).get("code") or "")


def is_out_of_room(error: CompoundError) -> bool:
    """Whether a disk is full or read-only, so that every item would fail."""
    return error.code.rpartition(".")[2] in _NO_ROOM or "No space left on device" in error.what


@dataclass(slots=True)
class Failures:
    """Counts consecutive items that failed because of a service.

    Args:
        limit: Number of consecutive failures that stops the batch; 0: never.
    """

    limit: int
    down: ServiceDown | None = None
    row: list[LedgerItem] = field(default_factory=list[LedgerItem])
    """Items that failed since the last success; the same command runs them again."""

    def note(self, item: LedgerItem, outcome: Outcome) -> bool:
        """Count an item; returns True if the batch must stop. Failures caused by the item are ignored."""
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
