"""State that every part of the queue shares, and the check of users."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from compound.connector.state import StateStore
from compound.connector.state.people_tables import account
from compound.errors import ConflictError
from compound.review.decision.rehearsal import Rehearse
from compound.review.stored.types import Clock, Revalidate, VersionProbe

LEASE_S = 120.0
"""Lease of a claim without a heartbeat, in seconds."""

MAX_RETURNS = 2
"""How often a review may be returned to the graph; then it must be escalated or rejected."""

_MACHINES = ("policy:", "agent:", "graph")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """The queue's store, clock and ports."""

    store: StateStore
    clock: Clock
    probe: VersionProbe | None
    revalidate: Revalidate | None
    rehearse: Rehearse | None = None


def need_person(user: str) -> None:
    """Raise if the name is not a person's.

    Raises:
        ConflictError: `review.actor`.
    """
    if not user.strip() or user.startswith(_MACHINES):
        raise ConflictError(
            "review.actor", f"{user!r} cannot claim or decide: only a person can", fix="give a user's name"
        )


def need_no_agent(db: Connection, user: str) -> None:
    """Raise if the name is the account of an agent: a program that may open reviews, and never decides them.

    Raises:
        ConflictError: `review.actor`.
    """
    roles = db.execute(sa.select(account.c.roles).where(account.c.name == user)).scalar_one_or_none()
    if roles is not None and "agent" in roles:
        what = f"{user} is the account of an agent, which never claims or decides"
        raise ConflictError("review.actor", what, fix="let a person decide")
