"""Reviews: a queue of drafts that wait for a person, and the decisions about them.

The queue, not the graph, owns the decision. All changes are compare-and-swap in the state store; the
transitions are one table (`TRANSITIONS`). Effects are not here: a decided run is resumed once and hands them
to the outbox.
"""

from __future__ import annotations

from compound.review._certificate import AuditedDecision, Certificate, Certificates, Standing
from compound.review._desk import LEASE_S, MAX_RETURNS
from compound.review._machine import TRANSITIONS, UNDECIDED, Event, Status
from compound.review._queue import ReviewQueue
from compound.review._rows import draft_from_json, draft_to_json
from compound.review._types import (
    Action,
    ContextProbe,
    Decision,
    Draft,
    DraftVersion,
    Edit,
    ItemFilter,
    ItemSummary,
    NewItem,
    ProposedAction,
    Readiness,
    Redraft,
    ResumeClaim,
    Revalidate,
    Revalidated,
    ReviewItem,
    Sweep,
)

__all__ = [
    "LEASE_S",
    "MAX_RETURNS",
    "TRANSITIONS",
    "UNDECIDED",
    "Action",
    "AuditedDecision",
    "Certificate",
    "Certificates",
    "ContextProbe",
    "Decision",
    "Draft",
    "DraftVersion",
    "Edit",
    "Event",
    "ItemFilter",
    "ItemSummary",
    "NewItem",
    "ProposedAction",
    "Readiness",
    "Redraft",
    "ResumeClaim",
    "Revalidate",
    "Revalidated",
    "ReviewItem",
    "ReviewQueue",
    "Standing",
    "Status",
    "Sweep",
    "draft_from_json",
    "draft_to_json",
]
