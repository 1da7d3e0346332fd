"""What is stored of a decision for quality, in its transaction: its figures, and whether it is in the sample."""

from __future__ import annotations

import hashlib
import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, cast

import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.digest import digest
from compound.language.decisions import APPROVE, EDIT, REJECT
from compound.review.stored.draft_json import draft_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

    from compound.review.stored.types import Decision, Review

_FIGURE, _SAMPLE, _AUDIT, _DRAFT = tables.decision_figure, tables.qa_sample, tables.audit, tables.draft_version
_STANDS_BY: Final[Mapping[str, bool]] = {APPROVE: True, EDIT: True, REJECT: False}
"""Decisions that say whether the draft should happen. Others, as actions of the graph's own, say something else."""
_EXACT: Final = 2_000
"""Words up to which two texts are compared exactly; longer ones without their most frequent words."""
_CLAIMS: Final = ["review." + how for how in ("claimed", "taken-over")]


def in_share(what: str, share: float) -> bool:
    """Whether something is in a random share: decided by the hash of its name, so the answer is always the same."""
    hashed = hashlib.sha256(what.encode()).digest()
    return int.from_bytes(hashed[:8], "big") / 2**64 < share


def note_decision(db: Connection, decision: Decision, review: Review, *, share: float, certificate: str = "") -> None:
    """Store the figures of a final decision, and put it into the blind sample if it is drawn.

    Args:
        db: The transaction that stores the decision.
        decision: The decision.
        review: The review before it.
        share: Share of the decisions that is drawn: `audit_share` of the policy.
        certificate: The certificate of an automatic decision.
    """
    if not decision.final:
        return
    is_automatic = decision.actor.startswith("policy:")
    looked_at, held_at = (None, None) if is_automatic else _claims(db, decision)
    row = {
        "decision_id": decision.decision_id,
        "review_id": decision.review_id,
        "queue": review.queue,
        "actor": decision.actor,
        "is_automatic": is_automatic,
        "action": decision.action,
        "reason": _declared_reason(decision, review),
        "opened_at": review.created_at,
        "due_at": review.due_at,
        "looked_at": looked_at,
        "held_at": held_at,
        "decided_at": decision.decided_at,
        "changed_words": None if is_automatic else _changed(db, decision),
    }
    db.execute(sa.insert(_FIGURE), row)
    if decision.action in _STANDS_BY and in_share(f"compound.qa\0{decision.decision_id}", share):
        _draw(db, decision, review, certificate)


def end_decision(db: Connection, decision_id: str, how: str) -> None:
    """Note that a decision does not stand: `undone`, `recalled`, `refused`."""
    db.execute(sa.update(_FIGURE).where(_FIGURE.c.decision_id == decision_id).values(ended=how))


def _draw(db: Connection, decision: Decision, review: Review, certificate: str) -> None:
    said = review.readiness
    # Elements of one map depend on each other, as the labels of a certificate do.
    key = (said and said.key) or (review.run_id if "[" in review.node else None)
    row = {
        "sample_id": digest(["qa", decision.decision_id])[:24],
        "decision_id": decision.decision_id,
        "review_id": review.review_id,
        "queue": review.queue,
        "certificate_id": certificate or None,
        "case_key": key,
        "stands_by": _STANDS_BY[decision.action],
        "decided_at": decision.decided_at,
    }
    db.execute(sa.insert(_SAMPLE), row)


def _claims(db: Connection, decision: Decision) -> tuple[float | None, float | None]:
    """When somebody first claimed the review, and when the person who decided it began to hold it."""
    query = (
        sa.select(_AUDIT.c.at, _AUDIT.c.actor, _AUDIT.c.details)
        .where(_AUDIT.c.subject == decision.review_id, _AUDIT.c.event.in_(_CLAIMS))
        .order_by(_AUDIT.c.seq)
    )
    looked_at = held_at = None
    for at, actor, details in db.execute(query):
        looked_at = at if looked_at is None else looked_at
        if actor == decision.actor and (held_at is None or details.get("from") != actor):
            held_at = at
    return looked_at, held_at


def _declared_reason(decision: Decision, review: Review) -> str | None:
    """The reason if it is one of a declared list; a reason in words may say something about a person."""
    part = cast("Mapping[str, object]", review.decide.get(decision.action, {}).get("reason", {}))
    given, known = decision.fields.get("reason"), part.get("enum")
    return given if isinstance(given, str) and isinstance(known, list) and given in known else None


def _changed(db: Connection, decision: Decision) -> float | None:
    """Share of the words that differ between the graph's newest draft and what a person let happen."""
    if decision.action not in (APPROVE, EDIT):
        return None
    own = (_DRAFT.c.review_id == decision.review_id) & (_DRAFT.c.author == "graph")
    row = db.execute(sa.select(_DRAFT.c.draft).where(own).order_by(_DRAFT.c.seq.desc()).limit(1)).scalar_one_or_none()
    if row is None:
        return None
    before, now = draft_from_json(row), decision.draft
    if not before.text and not now.text:
        return 0.0 if decision.action == APPROVE else None
    return changed_words(before.text, now.text)


def changed_words(before: str, after: str) -> float:
    """Share of the words of two texts that are not common to both: 0 for the same words, 1 if no word is the same."""
    first, second = re.findall(r"\S+", before), re.findall(r"\S+", after)
    if first == second:
        return 0.0
    is_long = len(first) + len(second) > 2 * _EXACT
    return 1 - SequenceMatcher(None, first, second, autojunk=is_long).ratio()
