"""Filters of lists as conditions of a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.connector.state.tables import review
from compound.review.stored.machine import Status

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
        found.append(_I.due_at < where.due_before)
    if where.since is not None:
        found.append(_I.created_at > where.since)
    found += [_I.title.icontains(word, autoescape=True) for word in where.words.split()]
    return found + [_holds(word) for word in where.search.split()]


def _of_status(where: ReviewFilter, now: float) -> list[sa.ColumnElement[bool]]:
    if not where.statuses:
        return []
    by_status = _I.status.in_([status.value for status in where.statuses])
    if Status.PENDING in where.statuses:
        by_status = by_status | ((_I.status == Status.IN_REVIEW.value) & (_I.lease_until <= now))
    return [by_status]


def _holds(word: str) -> sa.ColumnElement[bool]:
    """Whether a word stands in what a list shows of a review."""
    reasons = sa.cast(_I.reasons, sa.Text)
    return (
        _I.title.icontains(word, autoescape=True)
        | _I.item_id.icontains(word, autoescape=True)
        | reasons.icontains(word, autoescape=True)
        | _I.review_id.startswith(word.lower(), autoescape=True)
    )
