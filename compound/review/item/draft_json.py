"""A draft as the JSON record that is stored, hashed and bound by a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from compound.review.item.types import Draft, ProposedAction, ShownEffect

if TYPE_CHECKING:
    from pydantic import JsonValue

    Json = dict[str, JsonValue]


def draft_to_json(draft: Draft) -> dict[str, JsonValue]:
    """The draft as a JSON record; its hash is what a decision binds."""
    record: dict[str, JsonValue] = {
        "text": draft.text,
        "actions": [
            {**action.details, "name": action.name, "arguments": dict(action.arguments)} for action in draft.actions
        ],
    }
    effects: Json = {action: [effect_to_json(one) for one in does] for action, does in draft.effects.items()}
    more: Json = {
        "fields": dict(draft.fields),
        "effects": effects,
        "covers": list(draft.covers),
        "given": dict(draft.given),
        "amends": dict(draft.amends),
    }
    return {**record, **{name: value for name, value in more.items() if value}}


def effect_to_json(one: ShownEffect) -> dict[str, JsonValue]:
    """An effect as a JSON record `{node, effect, target, arguments}`, with `when` if a condition is still open."""
    record: Json = {"node": one.node, "effect": one.effect, "target": one.target, "arguments": dict(one.arguments)}
    return {**record, "when": one.when} if one.when else record


def draft_from_json(record: Mapping[str, JsonValue]) -> Draft:
    """The draft of a JSON record `{text, actions: [{name, arguments, ...}], ...}`."""
    actions = cast("list[Json]", record.get("actions") or [])
    effects = cast("dict[str, list[Json]]", record.get("effects") or {})
    return Draft(
        text=str(record.get("text") or ""),
        actions=tuple(
            ProposedAction(
                name=str(action["name"]),
                arguments=cast("Json", action.get("arguments") or {}),
                details={key: value for key, value in action.items() if key not in {"name", "arguments"}},
            )
            for action in actions
        ),
        fields=cast("Json", record.get("fields") or {}),
        effects={action: tuple(_effect(one) for one in does) for action, does in effects.items()},
        covers=tuple(cast("list[str]", record.get("covers") or [])),
        given=cast("Json", record.get("given") or {}),
        amends=cast("Json", record.get("amends") or {}),
    )


def _effect(record: Mapping[str, JsonValue]) -> ShownEffect:
    return ShownEffect(
        node=str(record["node"]),
        effect=str(record["effect"]),
        target=str(record["target"]),
        arguments=cast("Json", record["arguments"]),
        when=str(record.get("when") or ""),
    )
