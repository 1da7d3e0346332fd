"""Checks a decision against the present rows and conversations, and rehearses its effects on their targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from compound.connector.state.messages import conversation_of_ref, newer_in_words
from compound.connector.target import RehearsingTarget
from compound.errors import CompoundError, ConnectorError
from compound.project.decision.done import canonical_of, done_of, rest_of
from compound.project.open.conversation import rows_only
from compound.review.stored.elements import lead_of
from compound.review.stored.types import Draft, Revalidated, Review

if TYPE_CHECKING:
    from compound.connector.mailbox.remote import RemoteMailbox
    from compound.connector.state.messages import Messages
    from compound.connector.target import EffectCall
    from compound.project.open.resources import Resources
    from compound.review.stored.types import Revalidate


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
        conversations = {ref: named for ref in refs if (named := conversation_of_ref(ref))}
        for mailbox, item_id in conversations.values():
            self._read_again(mailbox, item_id)
        return found | {ref: self._messages.count(*named) for ref, named in conversations.items()}

    def _read_again(self, mailbox: str, item_id: str) -> None:
        """Store what arrived at a mail account or help desk.

        One that is down does not stop a decision: the conversation is read again before anything is sent.
        """
        if mailbox in self._resources.settings.profile.mail_services:
            with suppress(ConnectorError):
                cast("RemoteMailbox", self._resources.mailboxes[mailbox]).refresh(item_id)

    def told(self, ref: str, seen: int) -> str:
        """The messages that arrived since then; empty for a row."""
        named = conversation_of_ref(ref)
        return "" if named is None else newer_in_words(named[1], seen, self._messages.of_item(*named))

    @property
    def _messages(self) -> Messages:
        from compound.connector.state.messages import Messages

        return Messages(self._resources.state)


def recheck(resources: Resources) -> Revalidate:
    """Rehearse the actions of a draft that are not done yet on their targets; every change is rolled back."""

    def rehearse(review: Review, draft: Draft) -> Revalidated:
        calls = not_done(resources, review, draft.actions)
        return Revalidated(problems=problems_of(resources, calls, review.refs), refs=dict(review.refs))

    return rehearse


def not_done(resources: Resources, review: Review, calls: Sequence[EffectCall]) -> list[EffectCall]:
    """The effects that were not done for the review yet: done effects are not rehearsed."""
    from compound.effect.outbox import Outbox

    of_run = Outbox(resources.state).for_run(review.run_id)
    done = done_of([one for one in of_run if lead_of(one.call.node) == lead_of(review.node)])
    return rest_of(calls, done, canonical_of(resources.parts.effects))


def problems_of(resources: Resources, calls: Sequence[EffectCall], refs: Mapping[str, int] | None) -> tuple[str, ...]:
    """Why effects cannot be performed; empty if they can.

    Args:
        resources: The project.
        calls: The effects, in order.
        refs: Row versions to rehearse against; None only checks the arguments against the signatures.
    """
    effects, problems = resources.parts.effects, list[str]()
    by_target: dict[str, list[EffectCall]] = {}
    for call in calls:
        effect = effects.get(call.name)
        if effect is None:
            problems.append(f"no effect is named {call.name!r}")
            continue
        by_target.setdefault(effect.target, []).append(call)
        try:
            effect.parse(call.arguments)
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
