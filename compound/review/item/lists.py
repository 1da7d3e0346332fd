"""What lists of items are asked for, and what they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.review.item.machine import Status

if TYPE_CHECKING:
    from compound.review.item.types import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSummary:
    """A row of the list: an item without its evidence.

    Attributes:
        subject: Of the ticket, or how its body begins.
        ready: The node's `auto` rule holds; None when it has none.
    """

    item_id: str
    run_id: str
    node: str
    queue: str
    ticket_id: str | None
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
    second: bool = False
    first_approver: str | None = None
    ready: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items to list; an empty field does not filter.

    Attributes:
        statuses: `pending` includes items whose lease has lapsed.
        user: Items this user holds.
        ready: Only items whose `auto` rule holds, or (False) does not.
        limit: Rows at most.
        offset: Rows to leave out first.
    """

    statuses: tuple[Status, ...] = ()
    queue: str | None = None
    user: str | None = None
    run_id: str | None = None
    ticket_id: str | None = None
    ready: bool | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEvent:
    """Something that happened to an item, as the audit log has it.

    Attributes:
        event: `review.opened`, `review.undone`, `review.withdrawn`, ...
        actor: A user, `policy:<hash>`, or a part of the program: `clock`, `outbox`.
        at: UTC seconds.
        details: Ids and small facts: `decision_id`, `reason`.
    """

    event: str
    actor: str
    at: float
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What the clock did: items whose lease lapsed, that woke, expired, were escalated or reminded of."""

    lapsed: tuple[str, ...] = ()
    woken: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    escalated: tuple[str, ...] = ()
    reminded: tuple[str, ...] = ()
