"""What an item shows of the effects of its decisions: the text of a message, and every other action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from compound.project.open.letters import letter_of, recipients_of
from compound.review import ProposedAction
from compound.review.item.types import Draft, ShownEffect

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.effect import Effect
    from compound.graph.engine.rehearsing import Rehearsal
    from compound.graph.port.services import EffectCall, ReviewRequest

    Effects = Mapping[str, Effect]


def draft_of(request: ReviewRequest, effects: Effects) -> Draft:
    """The draft of a new item: the effects of an approval, or of the first action that has effects."""
    does = {action: shown_effects(calls, effects) for action, calls in request.effects.items()}
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
    does = shown_effects(made.effects, effects)
    shown = {name: shown_effects(calls, effects) for name, calls in made.request.effects.items()} | {action: does}
    return Draft(
        text=_letter(does, effects) or _first_text(made.fields),
        actions=_actions(does, effects, made.fields),
        fields=made.fields,
        effects={name: calls for name, calls in shown.items() if calls},
        covers=made.request.covers,
        given={**before.given, **made.changed},
        amends=made.amends,
    )


def shown_effects(calls: Sequence[EffectCall], effects: Effects) -> tuple[ShownEffect, ...]:
    """Planned effects with their changes."""
    return tuple(
        ShownEffect(
            node=one.node,
            effect=one.name,
            target=effects[one.name].target if one.name in effects else "",
            arguments=one.args,
            when=one.when,
        )
        for one in calls
    )


def _letter(does: Sequence[ShownEffect], effects: Effects) -> str:
    """Texts of the effects that write to a recipient."""
    return "\n\n".join(text for one in does if (text := letter_of(effects.get(one.effect), one.arguments)))


def _actions(
    does: Sequence[ShownEffect], effects: Effects, fields: Mapping[str, JsonValue]
) -> tuple[ProposedAction, ...]:
    proposals = [
        cast("Mapping[str, JsonValue]", one)
        for value in fields.values()
        for one in (value if isinstance(value, list) else ())
        if isinstance(one, dict) and {"name", "arguments"} <= one.keys()
    ]
    return tuple(
        ProposedAction(name=one.effect, arguments=one.arguments, details=_details(one, proposals))
        for one in does
        if not recipients_of(effects.get(one.effect))
    )


def _details(one: ShownEffect, proposals: Sequence[Mapping[str, JsonValue]]) -> Mapping[str, JsonValue]:
    """An effect's note from the planner, its changes, and the node that calls it."""
    said = next((p for p in proposals if (p["name"], p["arguments"]) == (one.effect, one.arguments)), {})
    own = {name: value for name, value in said.items() if name not in {"name", "arguments"}}
    return {**own, "node": one.node, "target": one.target, **({"when": one.when} if one.when else {})}


def _first_text(fields: Mapping[str, JsonValue]) -> str:
    return next((value for value in fields.values() if isinstance(value, str)), "")
