"""Filters and rows of review lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from compound.review.stored.machine import Status

if TYPE_CHECKING:
    from compound.review.stored.types import Draft


READY, LOOK, AUTOMATIC = "ready", "needs a look", "automatic"
"""Readiness under `auto` rules: the drafts wait and their rule holds, they wait and it does not hold, or no person
decided them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSummary:
    """A row of a list: a review without its evidence.

    Attributes:
        subject: Title of the source item, or the beginning of its text.
        ready: Whether the node's `auto` rule holds; None if it has none.
    """

    review_id: str
    run_id: str
    node: str
    queue: str
    item_id: str | None
    status: Status
    version: int
    level: int
    risk: int
    reasons: tuple[str, ...]
    draft: Draft
    lease_user: str | None
    lease_until: float | None
    due_at: float | None
    created_at: float
    subject: str
    graph_name: str | None = None
    expire_at: float | None = None
    snooze_until: float | None = None
    second: tuple[str, ...] = ()
    first_approver: str | None = None
    ready: bool | None = None
    pruned_at: float | None = None


Sort = Literal["urgency", "newest", "oldest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """The last row of a part of a list, behind which the next part begins."""

    due_at: float | None
    risk: int
    created_at: float
    review_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFilter:
    """Which reviews to list; an empty field does not filter.

    Attributes:
        statuses: `pending` includes reviews whose lease has expired.
        user: Only reviews that this user holds.
        ready: Only reviews whose `auto` rule holds (True) or does not hold (False).
        queues: Only reviews of these queues.
        words: Only reviews whose title has these words.
        search: Only reviews of which each of these words stands in the title, the id of the source item, the reasons,
            or begins the id of the review.
        node: Only reviews of this node.
        graph: Only reviews of this graph.
        min_risk: Only reviews of this risk or a higher one.
        is_free: Whether only reviews without a holder are wanted.
        is_escalated: Only reviews that were escalated.
        due_before: Only reviews due before this time, UTC seconds.
        review_ids: Only these reviews.
        since: Only reviews opened after this time, UTC seconds.
        sort: By urgency (due first, then by risk, then oldest first), or by age.
        after: Internal: only reviews behind this one in the order of `sort`.
        limit: Maximum number of rows.
        offset: Number of rows to skip.
    """

    statuses: tuple[Status, ...] = ()
    queue: str | None = None
    user: str | None = None
    run_id: str | None = None
    item_id: str | None = None
    ready: bool | None = None
    queues: tuple[str, ...] = ()
    words: str = ""
    search: str = ""
    node: str | None = None
    graph: str | None = None
    min_risk: int = 0
    is_free: bool = False
    is_escalated: bool = False
    due_before: float | None = None
    review_ids: tuple[str, ...] = ()
    since: float | None = None
    sort: Sort = "urgency"
    after: After | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent:
    """An event of a review, from the audit log.

    Attributes:
        event: `review.opened`, `review.undone`, `review.withdrawn`, ...
        actor: A user, `policy:<hash>`, `clock` or `outbox`.
        at: UTC seconds.
        details: Ids and small facts: `decision_id`, `reason`.
    """

    event: str
    actor: str
    at: float
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The result of a sweep: reviews with expired leases, woken, expired, escalated and reminded reviews."""

    lapsed: tuple[str, ...] = ()
    woken: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    escalated: tuple[str, ...] = ()
    reminded: tuple[str, ...] = ()
