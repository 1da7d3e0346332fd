"""What was done for an item, beside what is proposed: done effects stay done for all of its versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from compound.errors import CompoundError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.effect import Effect
    from compound.effect._outbox import Outbox
    from compound.effect._types import EffectResult
    from compound.review import ProposedAction
    from compound.review.item.types import ReviewItem
    from compound.review.queue.queue import ReviewQueue

Canonical = Callable[[str, Mapping[str, "JsonValue"]], "JsonValue"]


def canonical_of(effects: Mapping[str, Effect]) -> Canonical:
    """Arguments in the one spelling that an effect's own model gives them: defaults filled in, `10` as `10.0`."""

    def canonical(name: str, args: Mapping[str, JsonValue]) -> JsonValue:
        effect = effects.get(name)
        if effect is not None:
            try:
                return cast("JsonValue", effect.parse(args).model_dump(mode="json"))
            except CompoundError:
                pass  # what does not fit is compared as it is written
        return dict(args)

    return canonical


def effects_of(queue: ReviewQueue, outbox: Outbox, item: ReviewItem) -> list[EffectResult]:
    """Every effect of every decision about an item, about what it was escalated from and to, and about its rounds."""
    decisions = set(queue.decision_ids(item.run_id, item.node))
    return [one for one in outbox.for_run(item.run_id) if one.decision_id in decisions]


def done_of(effects: Sequence[EffectResult]) -> list[EffectResult]:
    """Those that happened."""
    return [one for one in effects if one.status.value == "sent"]


def rest_of(
    actions: Sequence[ProposedAction], done: Sequence[EffectResult], canonical: Canonical
) -> list[ProposedAction]:
    """The actions that are still to be done. Of two equal ones that are proposed, one that was done takes out one."""
    from compound.effect._done import identity

    left = Counter(identity(one.effect, one.args, canonical) for one in done)
    rest: list[ProposedAction] = []
    for action in actions:
        key = identity(action.name, action.arguments, canonical)
        if left[key]:
            left[key] -= 1
        else:
            rest.append(action)
    return rest


def effect_record(one: EffectResult) -> dict[str, JsonValue]:
    """An effect as `review show` writes it."""
    error = one.error or {}
    return {
        "name": one.effect,
        "arguments": dict(one.args),
        "target": one.target,
        "node": one.node,
        "status": one.status.value,
        "result": one.result,
        "error": error.get("what"),
        "key": one.effect_key,
        "decision_id": one.decision_id,
    }
