"""Indexes of reviews: lists in their orders, counts and what is due are read without the reviews themselves."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, Table, text

OPEN: Final = "status NOT IN ('decided', 'expired', 'withdrawn')"
"""The condition of a partial index over open reviews. A query must hold it in the same words, without parameters."""

DUE: Final = "coalesce(due_at, 1e300)"
"""When a review is due; without a time it comes last. Orders say it in the same words."""


def index_reviews(review: Table) -> None:
    """Give the table of reviews its indexes."""
    c = review.c
    is_open, is_held, sleeps = text(OPEN), text("lease_user IS NOT NULL"), text("snooze_until IS NOT NULL")
    urgency = (text(DUE), c.risk.desc(), c.created_at, c.review_id)
    shown = (c.queue, c.lease_user, c.lease_until, c.ready, c.level)
    Index("ix_review_urgent", *urgency, c.status, *shown, sqlite_where=is_open, postgresql_where=is_open)
    Index("ix_review_listed", c.status, *urgency, *shown)
    Index("ix_review_newest", c.created_at, c.review_id, c.status, c.queue)
    Index("ix_review_counted", c.status, c.queue, c.ready, c.level)
    Index("ix_review_held", c.lease_user, c.lease_until, sqlite_where=is_held, postgresql_where=is_held)
    Index("ix_review_snoozed", c.snooze_until, sqlite_where=sleeps, postgresql_where=sleeps)
