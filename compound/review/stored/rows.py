"""Reviews, drafts and decisions as rows; `move` makes every status change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from compound.connector.state import tables
from compound.connector.state.audit import append_audit
from compound.connector.state.digest import digest
from compound.errors import ConflictError, DataError
from compound.review.stored.draft_json import draft_from_json, draft_to_json
from compound.review.stored.machine import Event, Status, after
from compound.review.stored.offer import ANYTHING_USUAL
from compound.review.stored.types import Decision, Draft, NewReview, Readiness, Review
from compound.trace.payload import digest as payload_digest

_REVIEW, _DRAFT, _DECISION = tables.review, tables.draft_version, tables.decision


_GIVEN = (
    *("run_id", "node", "returns", "thread_id", "queue", "item_id", "item", "title", "evidence"),
    *("refs", "risk", "second", "due_at", "expire_at", "on_expire", "escalate_to", "graph_name", "undo_s"),
    *("decide", "held"),
)
"""Columns that keep the graph's values."""

# Statements are built once: building one takes several times longer than SQLite needs to run it.
_FIND = (
    sa.select(_REVIEW, _DRAFT.c.draft, _DRAFT.c.sha256)
    .join(_DRAFT, (_DRAFT.c.review_id == _REVIEW.c.review_id) & (_DRAFT.c.seq == _REVIEW.c.draft_seq))
    .where(_REVIEW.c.review_id == sa.bindparam("of_item"))
)
_CHANGE = sa.update(_REVIEW).where(
    _REVIEW.c.review_id == sa.bindparam("of_item"), _REVIEW.c.version == sa.bindparam("seen_version")
)


def review_id_of(run_id: str, node: str, returns: int, level: int) -> str:
    """The id of a review, derived from its run, node, returns and level: opening it twice finds the same review."""
    return digest([run_id, node, returns, level])[:24]


def find(db: Connection, review_id: str) -> Review | None:
    """The review with its current draft."""
    row = db.execute(_FIND, {"of_item": review_id}).mappings().first()
    return review_of(row) if row else None


def load(db: Connection, review_id: str) -> Review:
    """The review.

    Raises:
        DataError: `review.unknown`.
    """
    if review := find(db, review_id):
        return review
    raise DataError("review.unknown", f"review {review_id!r} does not exist", fix="compound review list shows them")


def review_of(row: RowMapping) -> Review:
    """The review of a joined row."""
    values = dict[str, Any](row)
    draft, sha256 = values.pop("draft"), values.pop("sha256")
    del values["ready"]
    values |= {
        "readiness": readiness_from(values["readiness"]),
        "status": Status(values["status"]),
        "second": tuple(values["second"]),
        "reasons": tuple(values["reasons"]),
        "draft": draft_from_json(draft),
        "draft_sha256": sha256,
        "title": values["title"] or "",
        "decide": ANYTHING_USUAL if values["decide"] is None else values["decide"],
    }
    return Review(**values)


def insert_review(
    db: Connection, new: NewReview, *, now: float, parent: Review | None = None, is_told: bool = True
) -> Review:
    """Write a new review with its first draft; `is_told`: webhooks are told of it."""
    level = parent.level + 1 if parent else 0
    review_id = review_id_of(new.run_id, new.node, new.returns, level)
    given: dict[str, Any] = {name: getattr(new, name) for name in _GIVEN}
    own: dict[str, Any] = {
        "review_id": review_id,
        "level": level,
        "version": 1,
        "draft_seq": 1,
        "evidence_sha256": payload_digest(new.evidence),
        "lease_token": 0,
        "parent_id": parent.review_id if parent else None,
        "created_at": now,
        "updated_at": now,
    }
    rule = readiness_columns(new.readiness)
    written = {"reasons": list(new.reasons), "second": list(new.second), "undo_s": dict(new.undo_s)}
    db.execute(sa.insert(_REVIEW), {**given, **own, **rule, "status": Status.PENDING.value, **written})
    draft_sha256 = insert_draft(db, review_id, 1, "graph", new.draft, now=now)
    record(
        db,
        "review.opened",
        review_id,
        now=now,
        actor="graph",
        details={"run_id": new.run_id, "node": new.node, "evidence_sha256": own["evidence_sha256"], "level": level},
        is_told=is_told,
    )
    return Review(
        **given,
        **own,
        **dict.fromkeys(("lease_user", "lease_until", "first_approver", "stale_reason", "snooze_until")),
        status=Status.PENDING,
        reasons=tuple(new.reasons),
        draft=new.draft,
        draft_sha256=draft_sha256,
        readiness=new.readiness,
    )


def readiness_columns(readiness: Readiness | None) -> dict[str, Any]:
    """The columns of a review's readiness."""
    if readiness is None:
        return {"ready": None, "readiness": None}
    return {"ready": readiness.ready, "readiness": asdict(readiness)}


def readiness_from(record: Mapping[str, Any] | None) -> Readiness | None:
    """The readiness of a row."""
    return None if record is None else Readiness(**record)


def insert_draft(db: Connection, review_id: str, seq: int, author: str, draft: Draft, *, now: float) -> str:
    """Write a draft version; returns its hash."""
    body = draft_to_json(draft)
    sha256 = digest(body)
    values = {"review_id": review_id, "seq": seq, "author": author, "draft": body, "sha256": sha256, "created_at": now}
    db.execute(sa.insert(_DRAFT), values)
    return sha256


def next_draft_seq(db: Connection, review_id: str) -> int:
    """The number of the next draft version."""
    newest = db.execute(sa.select(sa.func.max(_DRAFT.c.seq)).where(_DRAFT.c.review_id == review_id)).scalar_one()
    return int(newest) + 1


def next_status(review: Review, event: Event) -> Status:
    """The status after the event.

    Raises:
        ConflictError: `review.transition`.
    """
    status = after(review.status, event)
    if status is None:
        raise ConflictError(
            "review.transition", f"cannot {event.value} review {review.review_id}: it is {review.status.value}"
        )
    return status


def move(db: Connection, review: Review, event: Event, /, *, now: float, **values: object) -> Review:
    """Apply an event to the version that was seen; every status change goes through here.

    Raises:
        ConflictError: `review.transition`; `review.decided` or `review.version` if another user was first.
    """
    compare_and_set(db, review, now=now, status=next_status(review, event).value, **values)
    return load(db, review.review_id)


def compare_and_set(db: Connection, review: Review, /, *, now: float, **values: object) -> None:
    """Change the review if its version is still the one that was seen.

    Raises:
        ConflictError: `review.decided`, `review.version`.
    """
    seen = {"of_item": review.review_id, "seen_version": review.version}
    changed = db.execute(_CHANGE, {**seen, "version": review.version + 1, "updated_at": now, **values})
    if changed.rowcount != 1:
        raise lost(db, load(db, review.review_id), version=review.version)


def lost(db: Connection, review: Review, *, version: int) -> ConflictError:
    """The error that says who was first, what they did, and when."""
    if review.status is Status.DECIDED and (decision := last_decision(db, review.review_id)):
        return ConflictError(
            "review.decided",
            f"review {review.review_id} is decided: {decision.actor} chose {decision.action!r} "
            f"at {moment(decision.decided_at)}",
            fix="compound review show prints the decision",
        )
    last = db.execute(
        sa.select(tables.audit.c.actor, tables.audit.c.event, tables.audit.c.at)
        .where(tables.audit.c.subject == review.review_id)
        .order_by(tables.audit.c.seq.desc())
        .limit(1)
    ).first()
    who = f": {last.event} by {last.actor} at {moment(last.at)}" if last else ""
    return ConflictError(
        "review.version",
        f"review {review.review_id} is {review.status.value} at version {review.version}, not {version}{who}",
        fix="read it again, then decide the version that is shown",
    )


def last_decision(db: Connection, review_id: str) -> Decision | None:
    """The newest decision of a review."""
    row = (
        db.execute(
            sa.select(_DECISION).where(_DECISION.c.review_id == review_id).order_by(_DECISION.c.version.desc()).limit(1)
        )
        .mappings()
        .first()
    )
    return decision_of(row) if row else None


def decision_of(row: RowMapping) -> Decision:
    """The decision of a row."""
    values = dict[str, Any](row)
    del values["seen"]
    values |= {"draft": draft_from_json(values["draft"]), "final": bool(values["final"])}
    if values["fields"] is None:
        values["fields"] = _fields_before(values["action"], values["draft"], values["reason"])
    return Decision(**values)


def _fields_before(action: str, draft: Draft, reason: str | None) -> dict[str, Any]:
    """Fields of a decision that an older version stored, or whose content was pruned."""
    body = draft_to_json(draft) if action in ("approve", "edit") else {}
    fields = {name: body[name] for name in ("text", "actions") if body.get(name)}
    return {**fields, **({"reason": reason} if reason else {})}


def record(  # noqa: PLR0913 - the columns of an audit row
    db: Connection,
    event: str,
    review_id: str,
    *,
    now: float,
    actor: str,
    details: Mapping[str, object],
    is_told: bool = True,
) -> None:
    """Append an event to the audit log; `is_told`: webhooks are told of it."""
    append_audit(db, event, at=now, actor=actor, subject=review_id, details=details, is_told=is_told)


def moment(at: float) -> str:
    """A UTC time for people."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
