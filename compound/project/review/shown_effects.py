"""A review's view with the effects of its decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from compound.project.decision.done import Canonical, canonical_of, done_of, effect_record, rest_of
from compound.review.stored.call_json import call_from_json, call_to_json
from compound.review.stored.machine import UNDECIDED

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import EffectCall
    from compound.effect import Effect
    from compound.effect.types import EffectResult
    from compound.project.review.shown import ReviewView
    from compound.review.stored.types import Review

    Record = Mapping[str, JsonValue]


def with_effects(
    view: ReviewView, review: Review, effects: Sequence[EffectResult], declared: Mapping[str, Effect]
) -> ReviewView:
    """Add the effects that were done; an open review proposes only the others."""
    done = done_of(effects)
    shown = replace(
        view,
        done=tuple(effect_record(one) for one in done),
        outcomes=tuple(effect_record(one) for one in effects),
        decisions=tuple({**one, "refused": _refused(str(one["decision_id"]), effects)} for one in view.decisions),
    )
    if review.status not in UNDECIDED:
        return shown
    canonical = canonical_of(declared)
    names = {one.call.name for one in done}
    return replace(
        shown,
        actions=tuple(
            _marked(call_to_json(one), one.name in names) for one in rest_of(review.draft.actions, done, canonical)
        ),
        effects={action: _rest(does, done, canonical) for action, does in view.effects.items()},
    )


def _refused(decision_id: str, effects: Sequence[EffectResult]) -> JsonValue:
    """Why an effect of a decision was refused; None if none was."""
    for one in effects:
        if one.decision_id == decision_id and one.status.value == "refused":
            return f"{one.call.name} was refused: {one.of_error('what') or 'no reason given'}"
    return None


def _rest(does: Sequence[Record], done: Sequence[EffectResult], canonical: Canonical) -> tuple[Record, ...]:
    names = {one.call.name for one in done}
    left = left_of([call_from_json(one) for one in does], done, canonical)
    return tuple(_marked(call_to_json(one), one.name in names) for one in left)


def left_of(calls: Sequence[EffectCall], done: Sequence[EffectResult], canonical: Canonical) -> list[EffectCall]:
    """The effects that are left: each done effect cancels one that is the same, of the same node."""
    from compound.effect.done import identity

    left = Counter((one.call.node, identity(one.call, canonical)) for one in done)
    names = {one.call.name for one in done}
    rest: list[EffectCall] = []
    for call in calls:
        key = (call.node, identity(call, canonical))
        if left[key]:
            left[key] -= 1
        else:
            details = {**call.details, "done_before": True} if call.name in names else call.details
            rest.append(replace(call, details=details))
    return rest


def _marked(one: Record, is_again: bool) -> Record:
    return {**one, "done_before": True} if is_again else one
