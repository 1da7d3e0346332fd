"""An item's view with the effects of its decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from compound.project._done import canonical_of, done_of, effect_record, rest_of
from compound.project._ports import action_record
from compound.review import UNDECIDED

if TYPE_CHECKING:
    from compound.effect import Effect, EffectResult
    from compound.project._review_views import ItemView
    from compound.review import ReviewItem


def with_effects(
    view: ItemView, item: ReviewItem, effects: Sequence[EffectResult], declared: Mapping[str, Effect]
) -> ItemView:
    """The view with what was done; while the item is open its proposed actions are only those that are not."""
    done = done_of(effects)
    shown = replace(
        view,
        done=tuple(effect_record(one) for one in done),
        effects=tuple(effect_record(one) for one in effects),
    )
    if item.status not in UNDECIDED:
        return shown
    names = {one.effect for one in done}
    rest = rest_of(item.draft.actions, done, canonical_of(declared))
    marked = ({"done_before": True} if action.name in names else {} for action in rest)
    actions = tuple({**action_record(action), **mark} for action, mark in zip(rest, marked, strict=True))
    return replace(shown, actions=actions)
