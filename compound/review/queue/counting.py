"""How many reviews each view shows: the store is counted once for everybody, and the count is used for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from compound.connector.state import tables
from compound.review.decision.backend import Backend
from compound.review.decision.leases import DUE, IS_OPEN
from compound.review.stored.lists import ReviewFilter

_I = tables.review.c
SOON_S: Final = 3_600.0
"""Seconds before its time in which a review is due soon."""
MANY: Final = 2_000
"""Reviews from which a count is kept for a moment; below, it takes a few milliseconds and is made each time."""
KEPT_S: Final = 3e-5
"""For how long a count is kept, in seconds for each review: 3 s in a store with 100,000."""


@dataclass(frozen=True, slots=True)
class Group:
    """Reviews that are alike.

    Attributes:
        is_free: Whether they are without a lease.
    """

    status: str
    queue: str
    ready: bool | None
    is_escalated: bool
    n: int
    user: str | None = None
    is_free: bool = True


@dataclass(frozen=True, slots=True)
class Counted:
    """The reviews of a store at one moment.

    Attributes:
        every: All of them.
        held: The open ones that a person holds or held last, a group for each; they are in `every` too.
        soon: The open ones that are due soon.
    """

    every: Sequence[Group]
    held: Sequence[Group]
    soon: Sequence[Group]

    @property
    def queues(self) -> Sequence[str]:
        """Names of the queues that have reviews."""
        return sorted({one.queue for one in self.every})

    def number(self, where: ReviewFilter) -> int:
        """How many reviews a view finds.

        Args:
            where: Its status, queues, holder, readiness and escalation; any time of `due_before` means soon.
        """
        if where.user is not None:
            return _sum(self.held, where, user=where.user)
        found = _sum(self.every if where.due_before is None else self.soon, where)
        return found - _sum((one for one in self.held if not one.is_free), where) if where.is_free else found


def _sum(groups: Iterable[Group], where: ReviewFilter, user: str | None = None) -> int:
    statuses = {one.value for one in where.statuses}
    return sum(
        one.n
        for one in groups
        if one.status in statuses
        and (not where.queues or one.queue in where.queues)
        and (where.ready is None or one.ready is where.ready)
        and (one.is_escalated or not where.is_escalated)
        and user in (None, one.user)
    )


def count(backend: Backend, soon_s: float) -> Counted:
    """Count the reviews of the store."""
    now, kind = backend.clock(), (_I.status, _I.queue, _I.ready, _I.level)
    grouped = sa.select(*kind, sa.func.count()).group_by(*kind)
    # first those that are due, then their kinds: a database may read all in the order of kinds otherwise
    due = sa.select(*kind).where(IS_OPEN, now + soon_s > DUE).cte("due").prefix_with("MATERIALIZED")
    soon = sa.select(*due.c, sa.func.count()).group_by(*due.c)
    leases = sa.select(*kind, _I.lease_user, _I.lease_until).where(_I.lease_user.is_not(None))
    with backend.store.read() as db:
        return Counted(
            every=[_group(row, row[-1]) for row in db.execute(grouped)],
            held=[_group(row, 1, row.lease_user, row.lease_until <= now) for row in db.execute(leases)],
            soon=[_group(row, row[-1]) for row in db.execute(soon)],
        )


def _group(row: Sequence[Any], n: int, user: str | None = None, is_free: bool = True) -> Group:
    status, queue, ready, level = row[:4]
    return Group(status, queue, ready, level > 0, n, user, is_free)


class Counting:
    """Counts for many who ask at once.

    Args:
        backend: The queue's.
        soon_s: Seconds within which a review is due soon.
    """

    def __init__(self, backend: Backend, soon_s: float) -> None:
        self._backend = backend
        self._soon_s = soon_s
        self._lock = threading.Lock()
        self._last: tuple[Counted, float] | None = None

    def now(self) -> Counted:
        """The reviews as they are, or as they were a moment ago where counting takes long."""
        with self._lock:
            if self._last is not None and time.monotonic() < self._last[1]:
                return self._last[0]
            found = count(self._backend, self._soon_s)
            number = sum(one.n for one in found.every)
            self._last = (found, time.monotonic() + (number * KEPT_S if number >= MANY else 0.0))
            return found
