"""An item as it is shown: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFields:
    """An item with what a decision needs.

    Attributes:
        ticket: The item of the backlog, as the graph's `item` says; empty where it says nothing.
        title: What lists show of it.
        draft: The letter that an approval sends; empty where it sends none.
        actions: What else an approval does.
        offers: What can be decided: action to its fields and their types.
        fields: Fields that have a value as the item is shown; an edit changes these.
        effects: Action to everything that deciding so does, in order: `{node, effect, target, arguments}`.
        drafts: Every draft, oldest first: `{seq, author, text, actions, at}`.
        refs: Row to the version that the draft was made from.
        pruned_at: When its words were removed, ISO 8601; None while they are there.
        done: What was done for this item, whatever is decided now: `{name, arguments, status, result, ...}`; `actions`
            and `effects` are the rest, with `done_before` where the same effect was done with other arguments.
        graph: The graph that asks, and `node` its review.
        round: How often a person returned a draft before.
        on_expire: What happens at `expire_at`.
        second: Two different people must approve it; `first_approver` did.
        undo_until: Until when its decision can be taken back, ISO 8601; None when its run may go on.
        outcomes: Everything that decisions about it led to, with its status, oldest first.
        decisions: What was decided, oldest first; `undone` says who took it back and when, `refused` why an effect of
            it was refused.
        pending: What a first person decided and a second one has to agree to: `{action, actor, at, version, fields,
            agree}`, `agree` being the command; None when nothing of that kind waits.
        ended: Why it ended without a decision: `{status, by, at, why}`; None when it did not.
        ready: The graph's `auto` rule holds for the draft; None when it has none.
        audit: It is of the random share that goes to people whatever a certificate says.
        name: What names the item of the backlog.
        conversation: The other messages of its conversation and what was decided and done about them, the oldest
            first: `{who, item_id, at, subject, text, action, decided_by, reason, effects}`, `who` being `customer` or
            `us`; what was decided about this item is in `decisions`.
    """

    item_id: str
    version: int
    status: str
    queue: str
    run_id: str
    ticket: Mapping[str, JsonValue]
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
    round: int = 0
    level: int = 0
    risk: int = 0
    due_at: str | None = None
    expire_at: str | None = None
    on_expire: str = ""
    escalate_to: str = ""
    snooze_until: str | None = None
    second: bool = False
    first_approver: str = ""
    undo_s: float = 0.0
    undo_until: str | None = None
    done: tuple[Mapping[str, JsonValue], ...] = ()
    outcomes: tuple[Mapping[str, JsonValue], ...] = ()
    pending: Mapping[str, JsonValue] | None = None
    ended: Mapping[str, JsonValue] | None = None
    ready: bool | None = None
    audit: bool = False
    name: str = ""
    title: str = ""
    conversation: tuple[Mapping[str, JsonValue], ...] = ()
