"""Effects that were done for a review, next to the proposed ones; kept for all of its versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from compound.errors import CompoundError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import EffectCall
    from compound.effect import Effect
    from compound.effect.outbox import Outbox
    from compound.effect.types import EffectResult
    from compound.review.queue.queue import ReviewQueue
    from compound.review.stored.types import Review

Canonical = Callable[[str, Mapping[str, "JsonValue"]], "JsonValue"]


def canonical_of(effects: Mapping[str, Effect]) -> Canonical:
    """Arguments normalized by the effect's own model: defaults filled in, `10` as `10.0`."""

    def canonical(name: str, args: Mapping[str, JsonValue]) -> JsonValue:
        effect = effects.get(name)
        if effect is not None:
            try:
                return cast("JsonValue", effect.parse(args).model_dump(mode="json"))
            except CompoundError:
                pass  # invalid arguments are compared as written
        return dict(args)

    return canonical


def effects_of(queue: ReviewQueue, outbox: Outbox, review: Review) -> list[EffectResult]:
    """Effects of all decisions about a review, its escalations and its earlier rounds."""
    decisions = set(queue.decision_ids(review.run_id, review.node))
    if not decisions:
        return []
    return [one for one in outbox.for_run(review.run_id) if one.decision_id in decisions]


def done_of(effects: Sequence[EffectResult]) -> list[EffectResult]:
    """Effects that were done."""
    return [one for one in effects if one.status.value == "sent"]


def rest_of(actions: Sequence[EffectCall], done: Sequence[EffectResult], canonical: Canonical) -> list[EffectCall]:
    """Actions that are still to be done. Each done action cancels one equal proposed action."""
    from compound.effect.done import identity

    left = Counter(identity(one.call, canonical) for one in done)
    rest: list[EffectCall] = []
    for action in actions:
        key = identity(action, canonical)
        if left[key]:
            left[key] -= 1
        else:
            rest.append(action)
    return rest


def effect_record(one: EffectResult) -> dict[str, JsonValue]:
    """An effect in the format of `review show`."""
    return {
        "name": one.call.name,
        "arguments": dict(one.call.arguments),
        "target": one.call.target,
        "node": one.call.node,
        "status": one.status.value,
        "result": one.result,
        "error": (one.error or {}).get("what"),
        "key": one.call.key,
        "decision_id": one.decision_id,
    }
