"""Types of the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import EffectCall


class EffectStatus(StrEnum):
    """Status of an effect. `sent`, `refused` and `cancelled` are final; only a person resolves `unknown`."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectResult:
    """How an effect of the outbox went so far.

    Attributes:
        call: The effect, with its target, node and key.
        group_key: Key of its group; a group is atomic.
        result: The effect's result; None until sent.
        error: Why it was refused or failed, or is unknown, as an error record.
        attempts: Number of deliveries.
        sent_at: When it happened, UTC seconds.
    """

    call: EffectCall
    status: EffectStatus
    decision_id: str = ""
    run_id: str = ""
    group_key: str = ""
    result: JsonValue = None
    error: Mapping[str, JsonValue] | None = None
    attempts: int = 0
    sent_at: float | None = None

    def of_error(self, field: str) -> str:
        """A field of its error: `code`, `what` or `fix`; empty if there is none."""
        return str((self.error or {}).get(field) or "")
