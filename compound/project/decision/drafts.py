"""What a review shows of the effects of its decisions: the text of a message, and every other action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from compound.project.open.letters import letter_of, recipients_of
from compound.review.stored.call_json import call_from_json
from compound.review.stored.types import Draft

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import EffectCall
    from compound.effect import Effect
    from compound.graph.engine.rehearsing import Rehearsal
    from compound.graph.port.services import ReviewRequest

    Effects = Mapping[str, Effect]


def draft_of(request: ReviewRequest, effects: Effects) -> Draft:
    """The draft of a new review: the effects of an approval, or of the first action that has effects."""
    does = {action: with_targets(calls, effects) for action, calls in request.effects.items()}
    main = does.get("approve") or next((calls for calls in does.values() if calls), ())
    return Draft(
        text=_letter(main, effects) or _first_text(request.fields),
        actions=_actions(main, effects, request.fields),
        fields=request.fields,
        effects={action: calls for action, calls in does.items() if calls},
        covers=request.covers,
    )


def decided_draft(before: Draft, action: str, made: Rehearsal, effects: Effects) -> Draft:
    """The draft that a decision makes: its effects, and the values that it changes."""
    does = with_targets(made.effects, effects)
    shown = {name: with_targets(calls, effects) for name, calls in made.request.effects.items()} | {action: does}
    return Draft(
        text=_letter(does, effects) or _first_text(made.fields),
        actions=_actions(does, effects, made.fields),
        fields=made.fields,
        effects={name: calls for name, calls in shown.items() if calls},
        covers=made.request.covers,
        given={**before.given, **made.changed},
        amends=made.amends,
    )


def with_targets(calls: Sequence[EffectCall], effects: Effects) -> tuple[EffectCall, ...]:
    """The effects with the targets that the project declares; an unknown effect has none."""
    return tuple(replace(one, target=effects[one.name].target if one.name in effects else "") for one in calls)


def _letter(does: Sequence[EffectCall], effects: Effects) -> str:
    """Texts of the effects that write to a recipient."""
    return "\n\n".join(text for one in does if (text := letter_of(effects.get(one.name), one.arguments)))


def _actions(does: Sequence[EffectCall], effects: Effects, fields: Mapping[str, JsonValue]) -> tuple[EffectCall, ...]:
    proposals = [
        cast("Mapping[str, JsonValue]", one)
        for value in fields.values()
        for one in (value if isinstance(value, list) else ())
        if isinstance(one, dict) and {"name", "arguments"} <= one.keys()
    ]
    return tuple(
        replace(one, details=_details(one, proposals)) for one in does if not recipients_of(effects.get(one.name))
    )


def _details(one: EffectCall, proposals: Sequence[Mapping[str, JsonValue]]) -> Mapping[str, JsonValue]:
    """What the planner noted about an effect."""
    said = next((p for p in proposals if (p["name"], p["arguments"]) == (one.name, one.arguments)), {})
    return call_from_json(said).details if said else {}


def _first_text(fields: Mapping[str, JsonValue]) -> str:
    return next((value for value in fields.values() if isinstance(value, str)), "")
