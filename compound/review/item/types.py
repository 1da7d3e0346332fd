"""The nouns of a review: an item that waits, the draft it shows, the decision that ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from compound.review.item.machine import Status
from compound.review.item.offer import ANYTHING_USUAL, Offer

if TYPE_CHECKING:
    from pydantic import JsonValue

Action: TypeAlias = str
"""An action that the item's review offers (`approve`, `freeze`), or a move of the queue: `return`, `escalate`."""
OnExpire = Literal["escalate", "remind", "close"]
Clock = Callable[[], float]
"""Gives UTC seconds since 1970."""


def _nothing() -> Mapping[str, JsonValue]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedAction:
    """One action that a draft proposes.

    Attributes:
        name: Name of an effect. A reviewer may change the arguments, never the name.
        arguments: JSON arguments.
        details: What else the planner said about it (confidence, evidence); carried along.
    """

    name: str
    arguments: Mapping[str, JsonValue]
    details: Mapping[str, JsonValue] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEffect:
    """One effect that a decision leads to, as it is shown before and done after.

    Attributes:
        node: The effect node that does it.
        effect: Name of the effect.
        target: What it changes: `shop`, `desk`.
        arguments: JSON arguments; `<name>` stands for a field that the decider has yet to give.
        when: A condition that only shows after the decision; empty for an effect that surely follows.
    """

    node: str
    effect: str
    target: str
    arguments: Mapping[str, JsonValue]
    when: str = ""


def _no_effects() -> Mapping[str, tuple[ShownEffect, ...]]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What would be sent and done.

    Attributes:
        text: The letter of it, for lists and for people; empty where nothing is written to anybody.
        actions: The other things that an approval does.
        fields: Fields of the offer that have a value as the item is shown; an edit changes these.
        effects: Action to everything that deciding so does, in order.
        covers: Effect nodes that `effects` speaks of: whatever they do is in there.
        given: Fields that a person changed in this draft; an approval carries them.
        amends: Node to the value that it has in this draft in place of the one that it gave.
    """

    text: str = ""
    actions: tuple[ProposedAction, ...] = ()
    fields: Mapping[str, JsonValue] = field(default_factory=_nothing)
    effects: Mapping[str, tuple[ShownEffect, ...]] = field(default_factory=_no_effects)
    covers: tuple[str, ...] = ()
    given: Mapping[str, JsonValue] = field(default_factory=_nothing)
    amends: Mapping[str, JsonValue] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The fields `text` and `actions`, as a reviewer changed them; None keeps the draft's own."""

    text: str | None = None
    actions: tuple[ProposedAction, ...] | None = None

    def to_fields(self) -> dict[str, JsonValue]:
        """As fields of a decision."""
        fields: dict[str, JsonValue] = {}
        if self.text is not None:
            fields["text"] = self.text
        if self.actions is not None:
            fields["actions"] = [
                {**one.details, "name": one.name, "arguments": dict(one.arguments)} for one in self.actions
            ]
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What a node's `auto` rule said of a draft, and why it did not decide by itself.

    Attributes:
        ready: The rule holds: every check holds. False: a person should look.
        audit: One of the random share that goes to people whatever a certificate says; its decision is a label.
        action: What the rule would decide.
        score: Of the rule; None when it has none.
        key: Hash of whose case it is; None when the rule does not say.
        covers: Digest of everything that made the draft: graph, prompts, code, models, indexes, policy.
        certificate: Under which it may be decided with no person; empty when under none.
    """

    ready: bool
    audit: bool = False
    action: str = "approve"
    score: float | None = None
    key: str | None = None
    covers: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """What a graph asks a person to decide.

    Attributes:
        run_id: The run that waits.
        node: Its review node. An item is named by (run_id, node, round): opening it again finds it.
        round: How often a person returned it to the graph before, from 0.
        thread_id: The graph engine's thread.
        queue: Who should see it.
        ticket_id: The ticket's own id.
        ticket: What is shown of the ticket.
        title: What lists show of it.
        draft: What the graph proposes.
        evidence: What the draft rests on: rows, passages, checks. A snapshot, not a link.
        reasons: Why a person is asked.
        refs: Row to its version as seen when the draft was made; a change of one makes the item stale.
        risk: Higher is shown first.
        second: Two different people must approve.
        due_at: When it should be decided, UTC seconds.
        expire_at: When `on_expire` happens; nothing is ever approved by waiting.
        on_expire: `escalate` to the next level, `remind`, or `close`.
        escalate_to: The queue that an escalation goes to; the item's own when None.
        graph_name: The graph that asks.
        undo_s: How long its decision can be taken back before the run goes on, in seconds.
        decide: What the review offers: action to fields to JSON Schema. Everything else is refused.
        held: What the run knows so far, where only its caller keeps that; None otherwise.
    """

    run_id: str
    node: str
    round: int = 0
    thread_id: str | None = None
    queue: str = "default"
    ticket_id: str | None = None
    ticket: Mapping[str, JsonValue] = field(default_factory=_nothing)
    title: str = ""
    draft: Draft = field(default_factory=Draft)
    evidence: Mapping[str, JsonValue] = field(default_factory=_nothing)
    reasons: tuple[str, ...] = ()
    refs: Mapping[str, int] = field(default_factory=dict[str, int])
    risk: int = 0
    second: bool = False
    due_at: float | None = None
    expire_at: float | None = None
    on_expire: OnExpire = "remind"
    escalate_to: str | None = None
    graph_name: str | None = None
    undo_s: float = 0.0
    decide: Offer = field(default_factory=lambda: ANYTHING_USUAL)
    held: Mapping[str, JsonValue] | None = None
    readiness: Readiness | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """An item in its present state; see `NewItem` for what the graph gave.

    Attributes:
        version: Grows with every change; a write must name the version it saw.
        level: Escalations before this item; 0 for the graph's own.
        draft: The newest draft of the graph, or the text of the person whose approval waits for a second one.
        draft_sha256: Of the draft; what is approved is what was shown.
        lease_user: Who holds it; the lease may have lapsed (`lease_until`).
        lease_token: Grows with every new holder.
        first_approver: Who approved first, where two must.
        stale_reason: What changed, as an error record; None unless stale.
        parent_id: The item that was escalated to this one.
        pruned_at: When its words were removed, UTC seconds; None while they are there.
    """

    item_id: str
    run_id: str
    node: str
    round: int
    level: int
    thread_id: str | None
    queue: str
    ticket_id: str | None
    status: Status
    version: int
    risk: int
    second: bool
    ticket: Mapping[str, JsonValue]
    draft: Draft
    draft_seq: int
    draft_sha256: str
    evidence: Mapping[str, JsonValue]
    evidence_sha256: str
    reasons: tuple[str, ...]
    refs: Mapping[str, int]
    lease_user: str | None
    lease_until: float | None
    lease_token: int
    first_approver: str | None
    stale_reason: Mapping[str, JsonValue] | None
    parent_id: str | None
    on_expire: OnExpire
    due_at: float | None
    expire_at: float | None
    snooze_until: float | None
    created_at: float
    updated_at: float
    pruned_at: float | None = None
    escalate_to: str | None = None
    graph_name: str | None = None
    undo_s: float = 0.0
    decide: Offer = field(default_factory=lambda: ANYTHING_USUAL)
    held: Mapping[str, JsonValue] | None = None
    readiness: Readiness | None = None
    title: str = ""

    def is_held(self, now: float) -> bool:
        """Whether somebody's lease still runs."""
        return self.lease_user is not None and self.lease_until is not None and self.lease_until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Redraft:
    """What the graph proposes for a stale item, made from the facts as they are now; see `NewItem`.

    Two people stay asked where they were asked before, and the longer time to take it back counts. `decide` None keeps
    the offer.
    """

    draft: Draft
    evidence: Mapping[str, JsonValue] = field(default_factory=_nothing)
    reasons: tuple[str, ...] = ()
    refs: Mapping[str, int] = field(default_factory=dict[str, int])
    risk: int | None = None
    second: bool = False
    undo_s: float = 0.0
    readiness: Readiness | None = None
    decide: Offer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, never changed.

    Attributes:
        version: The item's version that the decider saw.
        final: False for a first approval of two and for an escalation: the run waits on.
        actor: A user, or `policy:<hash>`.
        draft: What is to be sent and done.
        body_sha256: Of the draft; every effect of this decision comes from exactly this body.
        refs: Row versions the effects must still meet.
        is_edited: The person changed the draft.
        fields: What the run sees of it beside the action: the fields that the action declares.
    """

    decision_id: str
    item_id: str
    version: int
    run_id: str
    node: str
    round: int
    action: Action
    final: bool
    actor: str
    draft: Draft
    body_sha256: str
    refs: Mapping[str, int]
    reason: str | None
    note: str
    decided_at: float
    fields: Mapping[str, JsonValue] = field(default_factory=_nothing)

    @property
    def is_edited(self) -> bool:
        """Whether a person changed what the graph proposed."""
        return self.action == "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftVersion:
    """One saved draft of an item; `author` is `graph`, a user, or `policy:<hash>`."""

    seq: int
    author: str
    draft: Draft
    sha256: str
    created_at: float


class ContextProbe(Protocol):
    """Knows the present version of what drafts are made from (orders, customers, the messages of a conversation)."""

    def current(self, refs: Mapping[str, int]) -> Mapping[str, int]:
        """The present version of each of these rows; a row that is gone is left out.

        Args:
            refs: Row to the version seen when the draft was made.
        """
        ...


@runtime_checkable
class TellingProbe(ContextProbe, Protocol):
    """A probe that says in words what happened to something that is no row."""

    def told(self, ref: str, seen: int) -> str:
        """What happened to it since that version; empty for a row, of which the versions say enough."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Revalidated:
    """What a second check of a draft found.

    Attributes:
        problems: Why it may not be done; empty when it may.
        refs: Version of every row that the draft's actions touch, as just read.
    """

    problems: tuple[str, ...] = ()
    refs: Mapping[str, int] = field(default_factory=dict[str, int])


class Revalidate(Protocol):
    """Checks a draft that a person changed as the graph's own was checked: arguments and policy."""

    def __call__(self, item: ReviewItem, draft: Draft) -> Revalidated:
        """Dry-run the draft's actions; nothing is changed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeClaim:
    """The right to resume a run, held by one process.

    Attributes:
        attempts: Claims so far, this one included.
    """

    item_id: str
    decision: Decision
    attempts: int
    owner: str
