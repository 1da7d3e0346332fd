"""State that every part of the queue shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from compound.connector.state import StateStore
from compound.review.decision.rehearsal import Rehearse
from compound.review.stored.types import Clock, Revalidate, Review, VersionProbe

LEASE_S = 120.0
"""Lease of a claim without a heartbeat, in seconds."""

MAX_RETURNS = 2
"""How often a review may be returned to the graph; then it must be escalated or rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """The queue's store, clock and ports."""

    store: StateStore
    clock: Clock
    probe: VersionProbe | None
    revalidate: Revalidate | None
    rehearse: Rehearse | None = None
    share_of: Callable[[str], float] | None = None

    def audit_share(self, review: Review) -> float:
        """Share of the decisions on reviews of this graph that are drawn for a blind second look."""
        return 0.0 if self.share_of is None or review.graph_name is None else self.share_of(review.graph_name)
