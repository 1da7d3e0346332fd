"""Types of the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


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
class NewEffect:
    """A decided effect: its name, target and JSON arguments."""

    effect: str
    target: str
    args: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectResult:
    """An effect's status and result.

    Attributes:
        group_key: Key of its group; a group is atomic.
        result: The effect's result; None until sent.
        error: Why it was refused or failed, or is unknown, as an error record.
        attempts: Number of deliveries.
        node: The effect node of its run.
        sent_at: When it happened, UTC seconds.
    """

    effect_key: str
    group_key: str
    decision_id: str
    effect: str
    target: str
    status: EffectStatus
    args: Mapping[str, JsonValue]
    result: JsonValue
    error: Mapping[str, JsonValue] | None
    attempts: int
    run_id: str = ""
    node: str = ""
    sent_at: float | None = None
