"""What a decision is checked against: the shop's present rows, and a rehearsal of edited actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compound.errors import CompoundError
from compound.project._done import canonical_of, done_of, rest_of
from compound.review import Draft, Revalidated, ReviewItem

if TYPE_CHECKING:
    from compound.project._open import Resources
    from compound.review import Revalidate


class ShopProbe:
    """The present versions of the rows that a draft was made from."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def current(self, refs: Mapping[str, int]) -> Mapping[str, int]:
        """The present version of each row; a row that is gone is left out."""
        return self._resources.shop.versions(refs)


class _Rehearsed(Exception):
    """Ends a rehearsal; nothing of it stays."""


def recheck(resources: Resources) -> Revalidate:
    """Rehearse the actions of a draft that are not done yet, in a transaction that is always taken back."""
    from compound.effect import Outbox

    def rehearse(item: ReviewItem, draft: Draft) -> Revalidated:
        effects, problems = resources.parts.effects, list[str]()
        done = done_of(Outbox(resources.state).for_run(item.run_id))
        try:
            with resources.shop.transaction(item.refs) as tx:
                for action in rest_of(draft.actions, done, canonical_of(effects)):
                    effect = effects.get(action.name)
                    if effect is None:
                        problems.append(f"no effect is called {action.name!r}")
                    elif effect.target == "shop":
                        effect.perform(tx, action.arguments)
                    else:
                        effect.parse(action.arguments)
                raise _Rehearsed  # noqa: TRY301 -- leaving the block by it is what takes the changes back
        except _Rehearsed:
            pass
        except CompoundError as error:
            problems.append(error.what)
        return Revalidated(problems=tuple(problems), refs=dict(item.refs))

    return rehearse
