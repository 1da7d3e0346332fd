"""What every part of the queue needs, and who may act."""

from __future__ import annotations

from dataclasses import dataclass

from compound.connector.state import StateStore
from compound.errors import ConflictError
from compound.review.decision.rehearsal import Rehearse
from compound.review.item.types import Clock, ContextProbe, Revalidate

LEASE_S = 120.0
"""How long a claim lasts without a sign of life."""

MAX_RETURNS = 2
"""How often a person may return a draft to the graph; then somebody senior has to look."""

_MACHINES = ("policy:", "agent:", "graph")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The queue's store, clock and ports."""

    store: StateStore
    clock: Clock
    probe: ContextProbe | None
    revalidate: Revalidate | None
    rehearse: Rehearse | None = None


def need_person(user: str) -> None:
    """Refuse names that are no person's.

    Raises:
        ConflictError: `review.actor`.
    """
    if not user.strip() or user.startswith(_MACHINES):
        raise ConflictError(
            "review.actor", f"{user!r} may not claim or decide: only a person may", fix="give a user's name"
        )
