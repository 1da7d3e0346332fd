"""The text that an effect sends to somebody, from its declared arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from compound.language.marks import RECIPIENT, meaning_of

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.effect import Effect


def recipients_of(effect: Effect | None) -> frozenset[str]:
    """Arguments with the recipient, as the effect declares them; empty if it has no recipient."""
    if effect is None:
        return frozenset()
    declared = cast("Mapping[str, Mapping[str, JsonValue]]", effect.schema.get("properties") or {})
    return frozenset(name for name, schema in declared.items() if meaning_of(schema) == RECIPIENT.meaning)


def letter_of(effect: Effect | None, arguments: Mapping[str, JsonValue]) -> str:
    """The text of the message: its longest text. Empty for an effect without a recipient."""
    recipients = recipients_of(effect)
    texts = [value for name, value in arguments.items() if isinstance(value, str) and name not in recipients]
    return max(texts, key=len, default="") if recipients else ""
