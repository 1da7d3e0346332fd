"""Reviews: a queue of drafts that wait for a person, and the decisions about them.

The queue, not the graph, owns the decision. All changes are compare-and-swap in the state store; the
transitions are one table (`TRANSITIONS`). Effects are not here: a decided run is resumed once and hands them
to the outbox.
"""

from __future__ import annotations

from compound.review._certificate import AuditedDecision, Certificate, Certificates, Standing
from compound.review._decide import need_same_names
from compound.review._desk import LEASE_S, MAX_RETURNS, need_person
from compound.review._draft_json import draft_from_json, draft_to_json, effect_to_json
from compound.review._heartbeat import kept_alive
from compound.review._lists import ItemEvent, ItemFilter, ItemSummary, Sweep
from compound.review._machine import TRANSITIONS, UNDECIDED, Event, Status
from compound.review._offer import EDIT, WITHOUT_EFFECTS, Offer, read_fields, shown_offer
from compound.review._queue import ReviewQueue
from compound.review._rehearsal import Rehearse, Rehearsed
from compound.review._resume import RESUME_LEASE_S
from compound.review._types import (
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
