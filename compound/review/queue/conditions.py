"""Filters of lists as conditions of a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.connector.state.tables import review
from compound.review.decision.leases import DUE, IS_OPEN
from compound.review.stored.machine import UNDECIDED, Status

if TYPE_CHECKING:
    from compound.review.stored.lists import ReviewFilter

_I = review.c


def conditions(where: ReviewFilter, now: float) -> list[sa.ColumnElement[bool]]:
    """What a review must be for a filter to find it."""
    found: list[sa.ColumnElement[bool]] = [*_of_status(where, now)]
    same = {
        _I.queue: where.queue,
        _I.lease_user: where.user,
        _I.run_id: where.run_id,
        _I.item_id: where.item_id,
        _I.node: where.node,
        _I.graph_name: where.graph,
    }
    found += [column == value for column, value in same.items() if value is not None]
    if where.ready is not None:
        found.append(_I.ready.is_(where.ready))
    if where.queues:
        found.append(_I.queue.in_(where.queues))
    if where.review_ids:
        found.append(_I.review_id.in_(where.review_ids))
    if where.min_risk:
        found.append(_I.risk >= where.min_risk)
    if where.is_free:
        found.append(_I.lease_user.is_(None) | (_I.lease_until <= now))
    if where.is_escalated:
        found.append(_I.level > 0)
    if where.due_before is not None:
        found.append(where.due_before > DUE)
    if where.since is not None:
        found.append(_I.created_at > where.since)
    found += [_I.title.icontains(word, autoescape=True) for word in where.words.split()]
    return found + [_holds(word) for word in where.search.split()]


def _of_status(where: ReviewFilter, now: float) -> list[sa.ColumnElement[bool]]:
    if not where.statuses:
        return []
    wanted = frozenset(where.statuses)
    if len(wanted) == 1 and where.sort == "urgency" and Status.PENDING not in wanted:
        return [_I.status == next(iter(wanted)).value]
    # What is left out, not what is wanted: an order is then read from its index instead of sorted.
    within = UNDECIDED if wanted <= UNDECIDED else frozenset(Status)
    left_out = sorted(status.value for status in within - wanted)
    found = [IS_OPEN] if within is UNDECIDED else []
    lapsed = (_I.status == Status.IN_REVIEW.value) & (_I.lease_until <= now)
    if Status.PENDING in wanted and Status.IN_REVIEW not in wanted:
        return [*found, _I.status.not_in(left_out) | lapsed]
    return [*found, _I.status.not_in(left_out)] if left_out else found


def _holds(word: str) -> sa.ColumnElement[bool]:
    """Whether a word stands in what a list shows of a review."""
    reasons = sa.cast(_I.reasons, sa.Text)
    return (
        _I.title.icontains(word, autoescape=True)
        | _I.item_id.icontains(word, autoescape=True)
        | reasons.icontains(word, autoescape=True)
        | _I.review_id.startswith(word.lower(), autoescape=True)
    )
