"""A draft as the JSON record that is stored, hashed and bound by a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from compound.review.stored.call_json import call_from_json, call_to_json
from compound.review.stored.types import Draft

if TYPE_CHECKING:
    from pydantic import JsonValue

    Json = dict[str, JsonValue]


def draft_to_json(draft: Draft) -> dict[str, JsonValue]:
    """The draft as a JSON record; its hash is what a decision binds."""
    record: dict[str, JsonValue] = {"text": draft.text, "actions": [call_to_json(call) for call in draft.actions]}
    effects: Json = {action: [call_to_json(call) for call in calls] for action, calls in draft.effects.items()}
    more: Json = {
        "fields": dict(draft.fields),
        "effects": effects,
        "covers": list(draft.covers),
        "given": dict(draft.given),
        "amends": dict(draft.amends),
    }
    return {**record, **{name: value for name, value in more.items() if value}}


def draft_from_json(record: Mapping[str, JsonValue]) -> Draft:
    """The draft of a JSON record `{text, actions: [{name, arguments, ...}], ...}`."""
    actions = cast("list[Json]", record.get("actions") or [])
    effects = cast("dict[str, list[Json]]", record.get("effects") or {})
    return Draft(
        text=str(record.get("text") or ""),
        actions=tuple(map(call_from_json, actions)),
        fields=cast("Json", record.get("fields") or {}),
        effects={action: tuple(map(call_from_json, calls)) for action, calls in effects.items()},
        covers=tuple(cast("list[str]", record.get("covers") or [])),
        given=cast("Json", record.get("given") or {}),
        amends=cast("Json", record.get("amends") or {}),
    )
