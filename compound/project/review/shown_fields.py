"""Fields of a shown review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFields:
    """A review with everything needed for a decision.

    Attributes:
        item: The source item, as declared by the graph's `item`; empty without a declaration.
        title: Title in lists.
        draft: The text that an approval sends; empty if it sends none.
        actions: Further actions of an approval.
        offers: Possible decisions: action to field to type.
        fields: Fields with a value in the shown review; an edit changes these.
        effects: Action to its effects, in order: `{node, effect, target, arguments}`.
        drafts: Every draft, oldest first: `{seq, author, text, actions, at}`.
        refs: Row to its version at drafting.
        pruned_at: When its content was pruned, ISO 8601; None if it was not.
        done: Effects already done for this review: `{name, arguments, status, result, ...}`; `actions` and `effects`
            are the others, with `done_before` if the same effect was done with other arguments.
        graph: Name of the graph; `node` is its review.
        returns: Number of earlier returns of a draft.
        on_expire: What happens at `expire_at`.
        second: Actions that need two different people; `first_approver` was the first.
        undo_s: Action to how long it can be undone, in seconds: the longest of the effects that it starts.
        undo_until: Until when its decision can be undone, ISO 8601; None if its run may resume.
        resuming: Why its last decision is not carried out yet: `{"attempts", "error"}`; None if it is, or waits.
        outcomes: Effects of its decisions with their status, oldest first.
        decisions: Its decisions, oldest first; `undone` says who undid one and when, `refused` why one of its effects
            was refused.
        pending: The first approver's decision that needs a second one: `{action, actor, at, version, fields, agree}`,
            where `agree` is the command; None if there is none.
        ended: Why it was closed without a decision: `{status, by, at, why}`; None if it was not.
        ready: Whether the graph's `auto` rule holds for the draft; None if it has none.
        audit: Whether it is in the random audit sample, which people decide despite a certificate.
        name: Label of the source item.
        conversation: Other messages of its conversation and what was decided and done about them, oldest first: `{who,
            item_id, at, subject, text, action, decided_by, reason, effects}`, where `who` is `customer` or `us`.
        assigned_to: The person who should decide it; empty: anybody.
        comments: What people said about it, oldest first: `{author, at, text}`.
        canary: What was planted in a decided canary, `{operator, before, after, caught, source_id}`; None for any other
            review, and before the decision.
    """

    review_id: str
    version: int
    status: str
    queue: str
    run_id: str
    item: Mapping[str, JsonValue]
    draft: str
    actions: tuple[Mapping[str, JsonValue], ...]
    reasons: tuple[str, ...]
    evidence: Mapping[str, JsonValue]
    refs: Mapping[str, int]
    created_at: str
    held_by: str
    held_until: str | None
    offers: Mapping[str, Mapping[str, str]]
    fields: Mapping[str, JsonValue]
    effects: Mapping[str, tuple[Mapping[str, JsonValue], ...]]
    decisions: tuple[Mapping[str, JsonValue], ...] = ()
    drafts: tuple[Mapping[str, JsonValue], ...] = ()
    stale: str = ""
    pruned_at: str | None = None
    graph: str = ""
    node: str = ""
    returns: int = 0
    level: int = 0
    risk: int = 0
    due_at: str | None = None
    expire_at: str | None = None
    on_expire: str = ""
    escalate_to: str = ""
    snooze_until: str | None = None
    second: tuple[str, ...] = ()
    first_approver: str = ""
    undo_s: Mapping[str, float] = field(default_factory=dict[str, float])
    undo_until: str | None = None
    resuming: Mapping[str, JsonValue] | None = None
    done: tuple[Mapping[str, JsonValue], ...] = ()
    outcomes: tuple[Mapping[str, JsonValue], ...] = ()
    pending: Mapping[str, JsonValue] | None = None
    ended: Mapping[str, JsonValue] | None = None
    ready: bool | None = None
    audit: bool = False
    name: str = ""
    title: str = ""
    conversation: tuple[Mapping[str, JsonValue], ...] = ()
    assigned_to: str = ""
    comments: tuple[Mapping[str, JsonValue], ...] = ()
    canary: Mapping[str, JsonValue] | None = None
