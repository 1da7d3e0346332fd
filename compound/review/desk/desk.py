"""Comments on reviews, who should decide them, and what people typed and have not decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.connector.state.desk_tables import review_assignment, review_comment, review_pen
from compound.errors import ConflictError, DataError
from compound.review.decision.backend import Backend
from compound.review.stored.people import need_person
from compound.review.stored.rows import load, record

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy.engine import Connection

_PEN, _COMMENT, _ASSIGNED = review_pen.c, review_comment.c, review_assignment.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment of a person on a review; customers never see it. `at` is UTC seconds."""

    seq: int
    author: str
    text: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who should decide a review, and who said so. `at` is UTC seconds."""

    assignee: str
    by: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """What a person typed about a review and has not decided.

    Attributes:
        version: Grows with each save.
        draft_seq: Number of the draft that the person began from.
        content: Fields of the form, as typed.
        at: Time of the last save, UTC seconds.
    """

    version: int
    draft_seq: int
    content: Mapping[str, JsonValue]
    at: float


class ReviewDesk:
    """What people add to reviews beside decisions.

    Args:
        backend: The queue's store and clock.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def comment(self, review_id: str, user: str, text: str) -> Comment:
        """Add a comment.

        Raises:
            DataError: `review.no-text`: it is empty.
            ConflictError: `review.actor`.
        """
        need_person(user)
        if not text.strip():
            raise DataError("review.no-text", "the comment has no text", fix="write a comment")
        now = self._backend.clock()
        with self._backend.store.write() as db:
            load(db, review_id)
            newest = db.execute(sa.select(sa.func.max(_COMMENT.seq)).where(_COMMENT.review_id == review_id))
            made = Comment(seq=(newest.scalar_one() or 0) + 1, author=user, text=text.strip(), at=now)
            row = {"review_id": review_id, "seq": made.seq, "author": user, "text": made.text, "created_at": now}
            db.execute(sa.insert(review_comment).values(row))
            record(db, "review.commented", review_id, now=now, actor=user, details={"seq": made.seq})
        return made

    def comments(self, review_id: str) -> Sequence[Comment]:
        """The comments on a review, oldest first; removed ones are left out."""
        query = sa.select(review_comment).where(_COMMENT.review_id == review_id, _COMMENT.text != "")
        with self._backend.store.read() as db:
            rows = db.execute(query.order_by(_COMMENT.seq)).all()
        return [Comment(seq=row.seq, author=row.author, text=row.text, at=row.created_at) for row in rows]

    def assign(self, review_id: str, user: str, assignee: str) -> None:
        """Say who should decide a review; empty: anybody. `claim_next` of others then leaves it out.

        Raises:
            ConflictError: `review.actor`: only people can be assigned, and only people assign.
        """
        need_person(user)
        if assignee:
            need_person(assignee)
        now = self._backend.clock()
        with self._backend.store.write() as db:
            load(db, review_id)
            db.execute(sa.delete(review_assignment).where(_ASSIGNED.review_id == review_id))
            if assignee:
                row = {"review_id": review_id, "assignee": assignee, "assigned_by": user, "created_at": now}
                db.execute(sa.insert(review_assignment).values(row))
            record(db, "review.assigned", review_id, now=now, actor=user, details={"to": assignee})

    def assignment(self, review_id: str) -> Assignment | None:
        """Who should decide a review; None if anybody may."""
        with self._backend.store.read() as db:
            row = db.execute(sa.select(review_assignment).where(_ASSIGNED.review_id == review_id)).first()
        return None if row is None else Assignment(assignee=row.assignee, by=row.assigned_by, at=row.created_at)

    def pen(self, review_id: str, user: str) -> Pen | None:
        """What a person typed about a review and has not decided; None if nothing."""
        with self._backend.store.read() as db:
            return _pen(db, review_id, user)

    def write(
        self, review_id: str, user: str, content: Mapping[str, JsonValue], *, version: int, draft_seq: int
    ) -> Pen:
        """Save what a person typed; nobody else's text is touched, and no lease is needed.

        Args:
            review_id: The review.
            user: The person.
            content: Fields of the form, as typed.
            version: The version that the person saw; 0 for the first save.
            draft_seq: Number of the draft that the person began from; only the first save stores it.

        Raises:
            ConflictError: `review.pen`: the same person saved another text in another window.
        """
        need_person(user)
        now = self._backend.clock()
        with self._backend.store.write() as db:
            load(db, review_id)
            known = _pen(db, review_id, user)
            if (known.version if known else 0) != version:
                what = f"{user} saved another text of this review in another window"
                raise ConflictError("review.pen", what, fix="reload the page; both texts are kept")
            made = Pen(
                version=version + 1, draft_seq=known.draft_seq if known else draft_seq, content=dict(content), at=now
            )
            _store(db, review_id, user, made)
        return made

    def drop(self, review_id: str, user: str) -> None:
        """Discard what a person typed."""
        with self._backend.store.write() as db:
            db.execute(sa.delete(review_pen).where(_PEN.review_id == review_id, _PEN.author == user))

    def rebase(self, review_id: str, user: str, draft_seq: int) -> None:
        """Note that the person has seen a newer draft and keeps the own text."""
        with self._backend.store.write() as db:
            mine = sa.update(review_pen).where(_PEN.review_id == review_id, _PEN.author == user)
            db.execute(mine.values(draft_seq=draft_seq))

    def confirm(self, review_id: str, user: str, claims: Sequence[str]) -> None:
        """Record in the audit log that a person checked claims for which the evidence has nothing.

        Args:
            review_id: The review.
            user: The person.
            claims: Hashes of the sentences.
        """
        need_person(user)
        now = self._backend.clock()
        with self._backend.store.write() as db:
            record(db, "review.checked", review_id, now=now, actor=user, details={"claims": list(claims)})


def _pen(db: Connection, review_id: str, user: str) -> Pen | None:
    row = db.execute(sa.select(review_pen).where(_PEN.review_id == review_id, _PEN.author == user)).first()
    if row is None:
        return None
    return Pen(version=row.version, draft_seq=row.draft_seq, content=row.content, at=row.updated_at)


def _store(db: Connection, review_id: str, user: str, pen: Pen) -> None:
    values = {"version": pen.version, "draft_seq": pen.draft_seq, "content": dict(pen.content), "updated_at": pen.at}
    if pen.version == 1:
        db.execute(sa.insert(review_pen).values({"review_id": review_id, "author": user, **values}))
    else:
        db.execute(sa.update(review_pen).where(_PEN.review_id == review_id, _PEN.author == user).values(values))
