"""What the API answers, typed: the server builds its answers from these models, and the client reads them."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Record = dict[str, Any]
T = TypeVar("T")


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True, extra="ignore")


class ReviewRow(_Answer):
    """A review in a list.

    Attributes:
        status: `pending`, `in_review`, `awaiting_second`, `decided`, `stale`, `snoozed`, `expired`, `withdrawn`.
        version: Goes up with every change; a decision names the version that its maker read.
        ready: Whether the graph's `auto` rule holds for the draft; None without a rule.
        created_at: ISO 8601, UTC, like all times.
    """

    review_id: str
    version: int
    status: str
    queue: str
    item_id: str = ""
    subject: str = ""
    graph: str = ""
    node: str = ""
    run_id: str = ""
    risk: int = 0
    level: int = 0
    ready: bool | None = None
    reasons: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    held_by: str = ""
    held_until: str | None = None
    created_at: str
    due_at: str | None = None
    expire_at: str | None = None
    snooze_until: str | None = None
    first_approver: str = ""


class Review(_Answer):
    """A review with what a person needs to decide it; its evidence is a call of its own.

    Attributes:
        item: The source item, as the graph's `item` declares it.
        draft: The text that an approval sends.
        actions: Further actions of an approval.
        offers: Possible decisions: action to field to type.
        fields: Fields that have a value already; an edit changes these.
        effects: Action to what it does, in order: `{node, name, target, arguments}`.
        pending: The first of two approvals that waits for a second person; None if there is none.
        undo_until: Until when the last decision can be undone; None if it cannot.
        outcomes: Effects of its decisions with their status.
        assigned_to: Who should decide it; empty: anybody.
        comments: What people said about it: `{author, at, text}`.
    """

    review_id: str
    version: int
    status: str
    queue: str
    run_id: str
    graph: str = ""
    node: str = ""
    returns: int = 0
    level: int = 0
    risk: int = 0
    name: str = ""
    title: str = ""
    item: Record = Field(default_factory=dict)
    conversation: tuple[Record, ...] = ()
    draft: str = ""
    actions: tuple[Record, ...] = ()
    reasons: tuple[str, ...] = ()
    offers: dict[str, dict[str, str]] = Field(default_factory=dict)
    fields: Record = Field(default_factory=dict)
    effects: dict[str, tuple[Record, ...]] = Field(default_factory=dict)
    done: tuple[Record, ...] = ()
    outcomes: tuple[Record, ...] = ()
    decisions: tuple[Record, ...] = ()
    drafts: tuple[Record, ...] = ()
    pending: Record | None = None
    ended: Record | None = None
    stale: str = ""
    ready: bool | None = None
    second: tuple[str, ...] = ()
    first_approver: str = ""
    held_by: str = ""
    held_until: str | None = None
    assigned_to: str = ""
    comments: tuple[Record, ...] = ()
    created_at: str
    due_at: str | None = None
    expire_at: str | None = None
    snooze_until: str | None = None
    undo_until: str | None = None
    undo_s: dict[str, float] = Field(default_factory=dict)
    pruned_at: str | None = None


class Evidence(_Answer):
    """What a draft was made from.

    Attributes:
        evidence: Name of the graph to its value: passages, rows, results of checks.
        refs: Row to its version when the draft was made.
        left_out: Names whose values would make the answer larger than 2 MB; ask for each by `name`.
    """

    review_id: str
    version: int
    evidence: Record
    refs: dict[str, int]
    left_out: tuple[str, ...] = ()


class Outcome(_Answer):
    """What a decision has led to until now.

    Attributes:
        settled: Whether nothing more happens because of it. False: it is on its way; ask for the decision again, or
            let `wait` of a client do so.
        run_status: Status of the run: `done`, `waiting_review`, or why it still waits.
        ok: Whether nothing went wrong until now.
        effects: Name, status and error of each effect.
        is_back: Whether an effect was refused and the review is open again; `problem` says why.
        undo_until: Until when the decision can be undone; no effect runs before.
        canary: What was planted, if the review was a canary: `{operator, before, after, caught, source_id}`.
    """

    review_id: str
    decision_id: str
    action: str
    actor: str
    run_status: str
    ok: bool
    settled: bool = True
    effects: tuple[Record, ...] = ()
    is_back: bool = False
    problem: str = ""
    undo_until: str | None = None
    canary: Record | None = None


class CatchRate(_Answer):
    """How many planted faults a reviewer caught.

    Attributes:
        reviewer: A person; empty for all together.
        n: Decided canaries; escalated ones do not count.
        rate: Share of caught ones, with its 95 % interval from `low` to `high`; None without a decided canary.
        by_operator: Kind of fault to caught ones and all.
    """

    reviewer: str
    n: int
    caught: int
    rate: float | None
    low: float | None
    high: float | None
    method: str
    by_operator: dict[str, tuple[int, int]]


class Canaries(_Answer):
    """Catch rates of reviewers.

    Attributes:
        all: Of all together; None for callers who see only themselves.
        waiting: Canaries that nobody has decided; None for callers who see only themselves.
        escalated: Canaries that were escalated: neither caught nor missed.
        decided: Each decided canary, the newest first: what was planted, who decided what, and whether it was caught.
    """

    all: CatchRate | None
    reviewers: tuple[CatchRate, ...]
    waiting: int | None = None
    escalated: int = 0
    decided: tuple[Record, ...] = ()


class SavedDraft(_Answer):
    """What a person wrote about a review and has not decided; the page shows the same text.

    Attributes:
        version: Goes up with each save; 0 before the first. The next save names it.
        draft_seq: Number of the graph's draft that the person began from.
        is_older: Whether the review shows a newer draft than that.
        fields: Fields of an edit that differ from the draft.
        note: The note to the edit.
        invalid: Field to what is wrong with it: a half-typed number, for example.
        saved_at: Time of the last save; None before the first.
    """

    review_id: str
    version: int
    draft_seq: int
    is_older: bool = False
    fields: Record = Field(default_factory=dict)
    note: str = ""
    invalid: dict[str, str] = Field(default_factory=dict)
    saved_at: str | None = None


class Preview(_Answer):
    """What a decision would do now; nothing is stored or sent.

    Attributes:
        effects: Name, target, arguments, amount, changed rows and messages of each effect, and why it would be refused.
        text: The text that it sends; empty if it sends none.
        redrafted: The text that the graph drafts for the change, which a person reads first; None if it keeps the text.
        problem: Why the decision is not possible; empty if it is.
        undo_s: Seconds in which it could be undone.
        unchecked: Key to the words of each statement without evidence: a decision names the keys that a person checked.
    """

    review_id: str
    version: int
    action: str
    effects: tuple[Record, ...] = ()
    text: str = ""
    redrafted: str | None = None
    problem: str = ""
    undo_s: float = 0.0
    unchecked: dict[str, str] = Field(default_factory=dict)


class Comment(_Answer):
    """What somebody said about a review."""

    seq: int
    review_id: str
    author: str
    text: str
    created_at: str


class AuditEvent(_Answer):
    """A row of the audit log: ids, hashes and small facts, never texts."""

    seq: int
    event: str
    actor: str
    at: str
    details: Record


class AuditReport(_Answer):
    """The result of verifying the audit log.

    Attributes:
        head: Hash of the last valid row; kept elsewhere, it proves later that no rows were removed.
        broken_at: Number of the first invalid row; None if all are valid.
    """

    ok: bool
    rows: int
    head: str
    broken_at: int | None = None
    problem: str = ""


class Run(_Answer):
    """A run of a graph.

    Attributes:
        status: `done`, `waiting_review`, `running`, `failed`, `cancelled`, `stopped`.
        output: The graph's output; None until it is done.
        review_ids: Reviews that wait for a person.
        error: Code, text and fix of a failed run; None for others.
    """

    run_id: str
    graph: str
    status: str
    output: Record | None = None
    review_ids: tuple[str, ...] = ()
    error: Record | None = None


class GraphInfo(_Answer):
    """A graph that can be called.

    Attributes:
        needs_context: Names of `context` that a run needs.
        has_reviews: Whether a run may wait for a person.
        has_effects: Whether a run may change the outside world.
        input_schema: JSON Schema of `input`; None in lists.
        output_schema: JSON Schema of the output; None in lists.
    """

    name: str
    description: str = ""
    needs_context: tuple[str, ...] = ()
    has_reviews: bool = False
    has_effects: bool = False
    input_schema: Record | None = None
    output_schema: Record | None = None


class Page(BaseModel, Generic[T]):
    """A part of a list.

    Attributes:
        items: The entries, in the order of the list.
        next: Cursor of the next part; None at the end.
    """

    model_config = ConfigDict(frozen=True)

    items: tuple[T, ...]
    next: str | None = None


class Problem(BaseModel):
    """Why a call failed, RFC 9457.

    Attributes:
        code: Stable name of the error: `review.claimed`; docs/errors explains each.
        detail: What was found.
        fix: What to do; empty if only a retry helps.
        errors: For a request that does not have its form: where, and what is wrong.
        current: For a conflict about a review: the review as it is now.
        draft: For a conflict about what a person wrote: what is stored.
    """

    model_config = ConfigDict(extra="ignore")

    type: str = "about:blank"
    title: str = ""
    status: int
    code: str = ""
    detail: str = ""
    fix: str = ""
    instance: str = ""
    request_id: str = ""
    errors: list[Record] | None = None
    current: Review | None = None
    draft: SavedDraft | None = None


class BulkItem(BaseModel):
    """What became of one of several decisions; `status` is that of the single call.

    Attributes:
        outcome: If it succeeded.
        problem: If it did not.
    """

    model_config = ConfigDict(frozen=True)

    review_id: str
    status: int
    outcome: Outcome | None = None
    problem: Problem | None = None
