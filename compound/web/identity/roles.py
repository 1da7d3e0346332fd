"""Roles and what each may do; one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """Something that a page or a call needs."""

    READ = "read"
    """See reviews."""
    DECIDE = "decide"
    """Claim, edit, decide, snooze, comment."""
    DECIDE_SECOND = "decide_second"
    """Decide escalated items and give the second approval."""
    AUDIT = "audit"
    """See samples for quality, canaries, the audit log and figures of others."""
    BATCHES = "batches"
    """Pause, resume, retry and cancel batches."""
    RUNS = "runs"
    """See runs and graphs, replay them, start runs."""
    CREATE = "create"
    """Open reviews and start runs through the API."""
    ADMIN = "admin"
    """Manage people, tokens and automation."""


_REVIEWER: Final = frozenset({Right.READ, Right.DECIDE})
_SEES: Final = frozenset({Right.READ})

ROLES: Final[Mapping[str, frozenset[Right]]] = {
    "viewer": _SEES,
    "reviewer": _REVIEWER,
    "senior": _REVIEWER | {Right.DECIDE_SECOND},
    "qa": _SEES | {Right.AUDIT},
    "operator": _SEES | {Right.BATCHES},
    "developer": _SEES | {Right.RUNS, Right.CREATE},
    "admin": frozenset(Right),
    "agent": frozenset({Right.CREATE}),
}
"""Role to its rights. An agent can never decide, whatever other roles it has."""


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    """The rights of somebody with these roles; an agent has none but its own."""
    named = set(roles)
    if "agent" in named:
        return ROLES["agent"]
    return frozenset[Right]().union(*(ROLES.get(one, frozenset()) for one in named))
