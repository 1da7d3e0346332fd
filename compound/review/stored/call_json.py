"""An effect as the JSON record that plans, edits and stored drafts use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from compound.connector.target import EffectCall

if TYPE_CHECKING:
    from pydantic import JsonValue

_WHERE: Final = ("node", "target", "when")


def call_to_json(call: EffectCall) -> dict[str, JsonValue]:
    """The record `{name, arguments}`, with `node`, `target` and `when` if it has them, and its details."""
    where: dict[str, JsonValue] = {name: value for name in _WHERE if (value := cast("str", getattr(call, name)))}
    return {**call.details, **where, "name": call.name, "arguments": dict(call.arguments)}


def call_from_json(record: Mapping[str, JsonValue]) -> EffectCall:
    """The effect of a record `{name, arguments, ...}`; unknown fields are its details."""
    return EffectCall(
        name=str(record["name"]),
        arguments=cast("Mapping[str, JsonValue]", record.get("arguments") or {}),
        details={name: value for name, value in record.items() if name not in {"name", "arguments", *_WHERE}},
        **{name: str(record.get(name) or "") for name in _WHERE},
    )
