"""Reviews: a queue of drafts that wait for a person, and the decisions about them.

The queue, not the graph, owns the decision. All changes are compare-and-swap in the state store; the
transitions are one table (`TRANSITIONS`). Effects are not here: a decided run is resumed once and hands them
to the outbox.
"""

from __future__ import annotations

from compound.review.decision.backend import LEASE_S, MAX_RETURNS, need_person
from compound.review.decision.decide import need_same_names
from compound.review.decision.heartbeat import kept_alive
from compound.review.decision.rehearsal import Rehearse, Rehearsed
from compound.review.decision.resume import RESUME_LEASE_S
from compound.review.item.draft_json import draft_from_json, draft_to_json, effect_to_json
from compound.review.item.lists import ItemEvent, ItemFilter, ItemSummary, Sweep
from compound.review.item.machine import TRANSITIONS, UNDECIDED, Event, Status
from compound.review.item.offer import EDIT, WITHOUT_EFFECTS, Offer, read_fields, shown_offer
from compound.review.item.types import (
    Action,
    ContextProbe,
    Decision,
    Draft,
    DraftVersion,
    Edit,
    NewItem,
    ProposedAction,
    Readiness,
    Redraft,
    ResumeClaim,
    Revalidate,
    Revalidated,
    ReviewItem,
    ShownEffect,
)
from compound.review.queue.certificate import AuditedDecision, Certificate, Certificates, Standing
from compound.review.queue.queue import ReviewQueue

__all__ = [
    "EDIT",
    "LEASE_S",
    "MAX_RETURNS",
    "RESUME_LEASE_S",
    "TRANSITIONS",
    "UNDECIDED",
    "WITHOUT_EFFECTS",
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
    "ItemEvent",
    "ItemFilter",
    "ItemSummary",
    "NewItem",
    "Offer",
    "ProposedAction",
    "Readiness",
    "Redraft",
    "Rehearse",
    "Rehearsed",
    "ResumeClaim",
    "Revalidate",
    "Revalidated",
    "ReviewItem",
    "ReviewQueue",
    "ShownEffect",
    "Standing",
    "Status",
    "Sweep",
    "draft_from_json",
    "draft_to_json",
    "effect_to_json",
    "kept_alive",
    "need_person",
    "need_same_names",
    "read_fields",
    "shown_offer",
]
