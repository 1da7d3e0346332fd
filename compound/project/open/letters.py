"""The text that an effect sends to somebody, from its declared arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compound.language.marks import RECIPIENT, meaning_of
from compound.language.schema import SchemaPart

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.effect import Effect


def recipients_of(effect: Effect | None) -> frozenset[str]:
    """Arguments with the recipient, as the effect declares them; empty if it has no recipient."""
    if effect is None:
        return frozenset()
    declared = SchemaPart.of(effect.schema).properties
    return frozenset(name for name, part in declared.items() if meaning_of(part.body) == RECIPIENT.meaning)


def letter_of(effect: Effect | None, arguments: Mapping[str, JsonValue]) -> str:
    """The text of the message: its longest text. Empty for an effect without a recipient."""
    recipients = recipients_of(effect)
    texts = [value for name, value in arguments.items() if isinstance(value, str) and name not in recipients]
    return max(texts, key=len, default="") if recipients else ""
