"""Comments on reviews, and the audit events of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import sqlalchemy as sa

from compound.client.types import Comment
from compound.connector.state.audit import append_audit
from compound.connector.state.digest import digest
from compound.connector.state.serving.tables import review_comment
from compound.connector.state.tables import audit
from compound.web.api.calls import moment

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from compound.connector.state import StateStore


def add_comment(store: StateStore, review_id: str, author: str, text: str, *, now: float) -> Comment:
    """Store a comment; the audit log has its hash."""
    values = {"comment_id": uuid4().hex, "review_id": review_id, "author": author, "text": text, "created_at": now}
    with store.write() as db:
        db.execute(sa.insert(review_comment), values)
        details = {"comment_id": values["comment_id"], "text": digest(text)}
        append_audit(db, "review.commented", at=now, actor=author, subject=review_id, details=details)
    return _comment(values)


def comments_of(store: StateStore, review_id: str) -> list[Comment]:
    """The comments on an item, oldest first."""
    query = sa.select(review_comment).where(review_comment.c.review_id == review_id)
    with store.read() as db:
        rows = db.execute(query.order_by(review_comment.c.created_at, review_comment.c.comment_id)).mappings()
        return [_comment(dict(row)) for row in rows]


def audit_rows(store: StateStore, review_id: str) -> Sequence[Row[Any]]:
    """The audit events of an item, oldest first."""
    query = sa.select(audit).where(audit.c.subject == review_id).order_by(audit.c.seq)
    with store.read() as db:
        return db.execute(query).all()


def _comment(row: dict[str, Any]) -> Comment:
    return Comment.model_validate({**row, "created_at": moment(row["created_at"])})
