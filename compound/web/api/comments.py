"""Comments on reviews, and the audit events of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from compound.client.types import Comment
from compound.connector.state.tables import audit
from compound.web.api.calls import moment

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from compound.connector.state import StateStore
    from compound.review.desk.desk import Comment as Said
    from compound.review.queue.queue import ReviewQueue


def add_comment(queue: ReviewQueue, review_id: str, author: str, text: str) -> Comment:
    """Store a comment; the audit log has its hash."""
    return _comment(review_id, queue.desk.comment(review_id, author, text))


def comments_of(queue: ReviewQueue, review_id: str) -> list[Comment]:
    """The comments on a review, oldest first."""
    return [_comment(review_id, one) for one in queue.desk.comments(review_id)]


def audit_rows(store: StateStore, review_id: str) -> Sequence[Row[Any]]:
    """The audit events of a review, oldest first."""
    query = sa.select(audit).where(audit.c.subject == review_id).order_by(audit.c.seq)
    with store.read() as db:
        return db.execute(query).all()


def _comment(review_id: str, one: Said) -> Comment:
    return Comment(seq=one.seq, review_id=review_id, author=one.author, text=one.text, created_at=moment(one.at))
