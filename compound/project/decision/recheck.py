"""Checks a decision against the present rows and conversations, and rehearses its effects on their targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from compound.connector.target import RehearsingTarget
from compound.errors import CompoundError
from compound.language.elements import lead_of
from compound.project.decision.done import canonical_of, done_of, rest_of
from compound.project.open.conversation import conversation_of_ref, rows_only
from compound.project.view.times import moment
from compound.review import ProposedAction
from compound.review.item.types import Draft, Revalidated, ReviewItem

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.state.messages import Messages
    from compound.project.open.resources import Resources
    from compound.review.item.types import Revalidate

    Call = tuple[str, Mapping[str, JsonValue]]


class ProjectProbe:
    """The present versions of the sources of drafts: rows of record stores, and conversations."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def current(self, refs: Mapping[str, int]) -> Mapping[str, int]:
        """The present version of each; deleted rows are omitted. A conversation's version is its message count."""
        rows = self._resources.target_files.rows
        found: dict[str, int] = {}
        asked = rows_only(refs)
        for store, names in rows.items():
            own = [ref for ref in asked if ref not in found and names.own(ref) is not None]
            found |= self._resources.records[store].versions(own) if own else {}
        return found | {ref: self._messages.count(*named) for ref in refs if (named := conversation_of_ref(ref))}

    def told(self, ref: str, seen: int) -> str:
        """The messages that arrived since then; empty for a row."""
        named = conversation_of_ref(ref)
        if named is None:
            return ""
        newer = [one for one in self._messages.of_item(*named) if one.place > seen and one.item_id != named[1]]
        ids = ", ".join(f"{one.item_id} ({moment(one.arrived_at)})" for one in newer)
        many = "new messages" if len(newer) > 1 else "a new message"
        return f"{many} of the customer in the conversation of {named[1]}: {ids}"

    @property
    def _messages(self) -> Messages:
        from compound.connector.state.messages import Messages

        return Messages(self._resources.state)


def recheck(resources: Resources) -> Revalidate:
    """Rehearse the actions of a draft that are not done yet on their targets; every change is rolled back."""

    def rehearse(item: ReviewItem, draft: Draft) -> Revalidated:
        calls = not_done(resources, item, [(action.name, action.arguments) for action in draft.actions])
        return Revalidated(problems=problems_of(resources, calls, item.refs), refs=dict(item.refs))

    return rehearse


def not_done(resources: Resources, item: ReviewItem, calls: Sequence[Call]) -> list[Call]:
    """The effects that were not done for the item yet: done effects are not rehearsed."""
    from compound.effect.outbox import Outbox

    of_run = Outbox(resources.state).for_run(item.run_id)
    done = done_of([one for one in of_run if lead_of(one.node) == lead_of(item.node)])
    actions = [ProposedAction(name=name, arguments=arguments) for name, arguments in calls]
    return [(one.name, one.arguments) for one in rest_of(actions, done, canonical_of(resources.parts.effects))]


def problems_of(resources: Resources, calls: Sequence[Call], refs: Mapping[str, int] | None) -> tuple[str, ...]:
    """Why effects cannot be performed; empty if they can.

    Args:
        resources: The project.
        calls: Effects and arguments, in order.
        refs: Row versions to rehearse against; None only checks the arguments against the signatures.
    """
    effects, problems = resources.parts.effects, list[str]()
    by_target: dict[str, list[Call]] = {}
    for name, arguments in calls:
        effect = effects.get(name)
        if effect is None:
            problems.append(f"no effect is named {name!r}")
            continue
        by_target.setdefault(effect.target, []).append((name, arguments))
        try:
            effect.parse(arguments)
        except CompoundError as error:
            problems.append(error.what)
    if problems or refs is None:
        return tuple(problems)
    for name, group in by_target.items():
        target = resources.targets.get(name)
        if isinstance(target, RehearsingTarget):
            try:
                target.rehearse(group, rows_only(refs))
            except CompoundError as error:
                problems.append(error.what)
    return tuple(problems)
