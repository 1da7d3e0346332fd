"""Who may claim, decide and answer: people, never programs."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from compound.connector.state.people_tables import account
from compound.errors import ConflictError

_MACHINES = ("policy:", "agent:", "graph")


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
