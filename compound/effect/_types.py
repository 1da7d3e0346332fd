"""The nouns of the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


class EffectStatus(StrEnum):
    """Where an effect stands. Nothing leaves `sent`, `refused`, `cancelled`; only a person ends `unknown`."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEffect:
    """An effect that was decided: its name, the target it runs on, its JSON arguments."""

    effect: str
    target: str
    args: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectResult:
    """How an effect stands.

    Attributes:
        group_key: Effects of one group happen together, or none does.
        result: The effect's answer, once sent.
        error: Why it was refused or failed, or is unknown, as an error record.
        attempts: How often it was handed to its target.
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
