"""Types of a review: the review, its draft and its decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from compound.connector.target import EffectCall
from compound.review.stored.call_json import call_to_json
from compound.review.stored.machine import Status
from compound.review.stored.offer import ANYTHING_USUAL, Offer

if TYPE_CHECKING:
    from pydantic import JsonValue

Action: TypeAlias = str
"""An action that the review offers (`approve`, `freeze`), or a move of the queue: `return`, `escalate`."""
OnExpire = Literal["escalate", "remind", "close"]
Clock = Callable[[], float]
"""Returns UTC seconds since 1970."""


def _nothing() -> Mapping[str, JsonValue]:
    return {}


def _no_effects() -> Mapping[str, tuple[EffectCall, ...]]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft: the text and the actions that a review shows.

    Attributes:
        text: Its text, for people and lists; empty if the draft has none.
        actions: Further actions of an approval. A reviewer may change their arguments, never their names.
        fields: Fields of the offer that have a value in the shown review; an edit changes these.
        effects: Action to all of its effects, in order.
        covers: Effect nodes whose effects are all listed in `effects`.
        given: Fields that a person changed in this draft; an approval includes them.
        amends: Node to the value that replaces its output in this draft.
    """

    text: str = ""
    actions: tuple[EffectCall, ...] = ()
    fields: Mapping[str, JsonValue] = field(default_factory=_nothing)
    effects: Mapping[str, tuple[EffectCall, ...]] = field(default_factory=_no_effects)
    covers: tuple[str, ...] = ()
    given: Mapping[str, JsonValue] = field(default_factory=_nothing)
    amends: Mapping[str, JsonValue] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Edited `text` and `actions`; None keeps the draft's value."""

    text: str | None = None
    actions: tuple[EffectCall, ...] | None = None

    def to_fields(self) -> dict[str, JsonValue]:
        """The edit as fields of a decision."""
        fields: dict[str, JsonValue] = {}
        if self.text is not None:
            fields["text"] = self.text
        if self.actions is not None:
            fields["actions"] = [call_to_json(one) for one in self.actions]
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The verdict of a node's `auto` rule on a draft, and why it did not decide automatically.

    Attributes:
        ready: Whether the rule and every check hold; False: the draft needs a look.
        audit: Whether it is in the random audit sample, which people decide despite a certificate; the decision is a
            label.
        action: The action that the rule would decide.
        score: Score of the rule; None if it has none.
        key: Hash of the rule's key (whose case it is); None if the rule has no key.
        covers: Digest of everything that produced the draft: graph, prompts, code, models, indexes, policy.
        certificate: Certificate that allows an automatic decision; empty if none does.
    """

    ready: bool
    audit: bool = False
    action: str = "approve"
    score: float | None = None
    key: str | None = None
    covers: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """A new review for a person to decide.

    Attributes:
        run_id: The waiting run.
        node: Its review node. (run_id, node, returns) identifies the review: opening it again finds it.
        returns: How often a person has returned it to the graph, from 0.
        thread_id: The graph engine's thread.
        queue: Name of the queue.
        item_id: Id of the source item.
        item: The fields shown of the source item.
        title: Title in lists.
        draft: The graph's draft.
        evidence: Snapshot of what the draft is based on: rows, passages, checks.
        reasons: Why a person must decide.
        refs: Row to its version at drafting; a changed row makes the review stale.
        risk: Reviews with a higher risk come first.
        second: Actions that need two different people.
        due_at: Deadline of the decision, UTC seconds.
        expire_at: When `on_expire` happens, UTC seconds; waiting never approves.
        on_expire: `escalate` to the next level, `remind`, or `close`.
        escalate_to: Queue of an escalation; None: the review's own queue.
        graph_name: Name of the graph.
        undo_s: Action to how long it can be undone before the run resumes, in seconds; an absent one resumes at once.
        decide: Offer: action to field to JSON Schema. Everything else is refused.
        held: State of a run that only its caller stores; None for stored runs.
    """

    run_id: str
    node: str
    returns: int = 0
    thread_id: str | None = None
    queue: str = "default"
    item_id: str | None = None
    item: Mapping[str, JsonValue] = field(default_factory=_nothing)
    title: str = ""
    draft: Draft = field(default_factory=Draft)
    evidence: Mapping[str, JsonValue] = field(default_factory=_nothing)
    reasons: tuple[str, ...] = ()
    refs: Mapping[str, int] = field(default_factory=dict[str, int])
    risk: int = 0
    second: tuple[str, ...] = ()
    due_at: float | None = None
    expire_at: float | None = None
    on_expire: OnExpire = "remind"
    escalate_to: str | None = None
    graph_name: str | None = None
    undo_s: Mapping[str, float] = field(default_factory=dict[str, float])
    decide: Offer = field(default_factory=lambda: ANYTHING_USUAL)
    held: Mapping[str, JsonValue] | None = None
    readiness: Readiness | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review in its current state; see `NewReview` for the fields that the graph sets.

    Attributes:
        version: Incremented with every change; a write must name the version it saw.
        level: Number of escalations before this review.
        draft: The newest draft of the graph, or of a first approver who waits for a second one.
        draft_sha256: Hash of the draft; an approval binds it.
        lease_user: Holder; the lease may have expired (`lease_until`).
        lease_token: Incremented with every new holder.
        first_approver: First of two approvers.
        stale_reason: What changed, as an error record; None unless stale.
        parent_id: The review that was escalated to this one.
        pruned_at: When its content was pruned, UTC seconds; None if it was not.
    """

    review_id: str
    run_id: str
    node: str
    returns: int
    level: int
    thread_id: str | None
    queue: str
    item_id: str | None
    status: Status
    version: int
    risk: int
    second: tuple[str, ...]
    item: Mapping[str, JsonValue]
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
    undo_s: Mapping[str, float] = field(default_factory=dict[str, float])
    decide: Offer = field(default_factory=lambda: ANYTHING_USUAL)
    held: Mapping[str, JsonValue] | None = None
    readiness: Readiness | None = None
    title: str = ""

    def is_held(self, now: float) -> bool:
        """Whether a lease is active."""
        return self.lease_user is not None and self.lease_until is not None and self.lease_until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Redraft:
    """The graph's new draft for a stale review, from current data; see `NewReview`.

    Two approvals stay required if they were before, and the longer undo time applies. `decide` None keeps the offer,
    `source` None the item's fields and title.
    """

    draft: Draft
    evidence: Mapping[str, JsonValue] = field(default_factory=_nothing)
    reasons: tuple[str, ...] = ()
    refs: Mapping[str, int] = field(default_factory=dict[str, int])
    risk: int | None = None
    second: tuple[str, ...] = ()
    undo_s: Mapping[str, float] = field(default_factory=dict[str, float])
    readiness: Readiness | None = None
    decide: Offer | None = None
    source: tuple[Mapping[str, JsonValue], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision; immutable.

    Attributes:
        version: Version of the review that the user saw.
        final: False for the first of two approvals and for an escalation: the run keeps waiting.
        actor: A user, or `policy:<hash>`.
        draft: The decided draft.
        body_sha256: Hash of the draft; every effect of this decision comes from exactly this draft.
        refs: Row versions that the effects require.
        is_edited: Whether the person changed the draft.
        fields: The declared fields of the action; the run can read them.
    """

    decision_id: str
    review_id: str
    version: int
    run_id: str
    node: str
    returns: int
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
        """Whether a person changed the graph's draft."""
        return self.action == "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftVersion:
    """A saved draft of a review; `author` is `graph`, a user, or `policy:<hash>`."""

    seq: int
    author: str
    draft: Draft
    sha256: str
    created_at: float


class VersionProbe(Protocol):
    """Reads the current version of what drafts are made from: orders, customers, messages of a conversation."""

    def current(self, refs: Mapping[str, int]) -> Mapping[str, int]:
        """The current version of each row; deleted rows are left out.

        Args:
            refs: Row to the version seen when the draft was made.
        """
        ...


@runtime_checkable
class TellingProbe(VersionProbe, Protocol):
    """A probe that says in words what happened to something that is not a row."""

    def told(self, ref: str, seen: int) -> str:
        """What happened to it since that version; empty for a row, of which the versions say enough."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Revalidated:
    """The result of revalidating a draft.

    Attributes:
        problems: Why it is not valid; empty if it is.
        refs: Current version of every row that the draft's actions touch.
    """

    problems: tuple[str, ...] = ()
    refs: Mapping[str, int] = field(default_factory=dict[str, int])


class Revalidate(Protocol):
    """Revalidates an edited draft like a draft of the graph: arguments and policy."""

    def __call__(self, review: Review, draft: Draft) -> Revalidated:
        """Dry-run the draft's actions; nothing is changed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeClaim:
    """A claim to resume a run, held by one process.

    Attributes:
        attempts: Number of claims, including this one.
    """

    review_id: str
    decision: Decision
    attempts: int
    owner: str
