"""Blind samples of decisions: another person says whether what was decided should happen, and nothing is sent."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from compound.connector.state import StateStore, tables
from compound.connector.state.audit import append_audit
from compound.errors import ConflictError, DataError, choices
from compound.language.decisions import APPROVE
from compound.review.quality.monitor import watch
from compound.review.stored.draft_json import draft_from_json
from compound.review.stored.people import need_no_agent, need_person

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

    from compound.connector.target import EffectCall
    from compound.review.stored.types import Clock, Draft

REASONS: Final = (
    *("wrong_fact", "unsupported", "outdated_source", "wrong_data", "policy", "tone", "language", "incomplete"),
    *("wrong_intent", "privacy", "injection", "duplicate", "other"),
)
"""Why a sampled draft is wrong."""
_SAMPLE, _FIGURE, _REVIEW, _DECISION = tables.qa_sample, tables.decision_figure, tables.review, tables.decision
_OWN = tables.decision.alias("own")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindSample:
    """A sampled draft, without its decision, who made it, or whether a rule did.

    Attributes:
        review_id: The review, for its source and evidence; a page does not show it.
        draft: What was decided on: as it was sent, or as it was refused.
        effects: What happens if the draft does.
    """

    sample_id: str
    review_id: str
    queue: str
    title: str
    draft: Draft
    effects: tuple[EffectCall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAnswer:
    """What an answer led to: whether the certificate of the decision was withdrawn because of it."""

    is_alarm: bool


class BlindSamples:
    """The blind samples of a state store, as one person may see them.

    A person who decided anything about a review never sees a sample of it: the database leaves it out.

    Args:
        store: The state store.
        person: Who looks.
        teams: Queues that the person sees; empty for all.
        clock: UTC seconds; for tests.
    """

    def __init__(self, store: StateStore, person: str, *, teams: Sequence[str] = (), clock: Clock = time.time) -> None:
        self._store = store
        self._person = person
        self._teams = tuple(teams)
        self._clock = clock

    def count(self) -> int:
        """How many samples wait for an answer."""
        query = sa.select(sa.func.count()).select_from(_joined()).where(*self._open())
        with self._store.read() as db:
            return db.execute(query).scalar_one()

    def list(self, *, limit: int = 50) -> Sequence[BlindSample]:
        """Samples that wait for an answer, the oldest decision first: answers count in this order."""
        query = _select().where(*self._open()).order_by(_SAMPLE.c.decided_at, _SAMPLE.c.decision_id).limit(limit)
        with self._store.read() as db:
            return [_sample_of(row) for row in db.execute(query)]

    def find(self, named: str) -> BlindSample:
        """A sample that waits for an answer, by its id or by the id of its source item.

        Raises:
            DataError: `quality.unknown-sample`: it does not exist for this person, or is answered; or several samples
                are of this item.
        """
        is_named = sa.or_(_SAMPLE.c.sample_id == named, _REVIEW.c.item_id == named)
        with self._store.read() as db:
            rows = db.execute(_select().where(is_named, *self._open()).limit(2)).all()
        if len(rows) != 1:
            raise _unknown(named, several=bool(rows))
        return _sample_of(rows[0])

    def answer(self, sample_id: str, *, is_right: bool, reason: str = "", note: str = "") -> SampleAnswer:
        """Say whether the sampled draft should happen as it is. Nothing is sent, and the decision stays as it is.

        The answer, and the withdrawal of a certificate that it may lead to, are one transaction.

        Raises:
            DataError: `quality.reason`: a wrong draft needs one of `REASONS`, and `other` a note;
                `quality.unknown-sample`.
            ConflictError: `quality.answered`: another person was first; `review.actor`: only a person can answer.
        """
        need_person(self._person)
        _require_reason(is_right, reason, note)
        now = self._clock()
        said = {"answered_by": self._person, "answered_at": now, "is_right": is_right}
        told = {"reason": None if is_right else reason, "note": note.strip() or None}
        with self._store.write() as db:
            need_no_agent(db, self._person)
            open_ones = sa.select(_SAMPLE.c.sample_id).select_from(_joined()).where(*self._open())
            mine = (_SAMPLE.c.sample_id == sample_id) & _SAMPLE.c.answered_at.is_(None)
            change = sa.update(_SAMPLE).where(mine, _SAMPLE.c.sample_id.in_(open_ones)).values(said | told)
            if db.execute(change).rowcount != 1:
                raise self._refused(db, sample_id)
            row = db.execute(sa.select(_SAMPLE).where(_SAMPLE.c.sample_id == sample_id)).one()
            details = {"decision_id": row.decision_id, "is_right": is_right, "reason": told["reason"]}
            append_audit(db, "quality.answered", at=now, actor=self._person, subject=sample_id, details=details)
            is_alarm = row.certificate_id is not None and watch(db, row.certificate_id, at=now)
        return SampleAnswer(is_alarm=is_alarm)

    def _refused(self, db: Connection, sample_id: str) -> DataError | ConflictError:
        query = _select().where(_SAMPLE.c.sample_id == sample_id, *self._seen())
        row = db.execute(query).first()
        if row is None or row.answered_by is None:
            return _unknown(sample_id)
        return ConflictError("quality.answered", f"{row.answered_by} already answered sample {sample_id}")

    def _seen(self) -> Sequence[sa.ColumnElement[bool]]:
        """The person decided nothing about the review, and sees its queue."""
        decided = sa.select(sa.literal(1)).where(
            _OWN.c.run_id == _REVIEW.c.run_id, _OWN.c.node == _REVIEW.c.node, _OWN.c.actor == self._person
        )
        return [~decided.exists(), *([_SAMPLE.c.queue.in_(self._teams)] if self._teams else [])]

    def _open(self) -> Sequence[sa.ColumnElement[bool]]:
        stands = (_SAMPLE.c.answered_at.is_(None), _FIGURE.c.ended.is_(None), _REVIEW.c.pruned_at.is_(None))
        return [*stands, *self._seen()]


def _joined() -> sa.Join:
    return _SAMPLE.join(_FIGURE, _FIGURE.c.decision_id == _SAMPLE.c.decision_id).join(
        _REVIEW, _REVIEW.c.review_id == _SAMPLE.c.review_id
    )


def _select() -> sa.Select[Any]:
    columns = (_SAMPLE, _REVIEW.c.title, _REVIEW.c.item_id, _DECISION.c.draft, _DECISION.c.action)
    return sa.select(*columns).select_from(_joined().join(_DECISION, _DECISION.c.decision_id == _SAMPLE.c.decision_id))


def _sample_of(row: Row[Any]) -> BlindSample:
    draft = draft_from_json(row.draft)
    # The effects of a refused draft are those that it would have had.
    effects = draft.effects.get(row.action if row.stands_by else APPROVE) or draft.effects.get(APPROVE, ())
    return BlindSample(
        sample_id=row.sample_id,
        review_id=row.review_id,
        queue=row.queue,
        title=row.title or row.item_id or "",
        draft=draft,
        effects=tuple(effects),
    )


def _require_reason(is_right: bool, reason: str, note: str) -> None:
    if is_right:
        return
    if reason not in REASONS:
        what = f"{reason!r} is not a reason" if reason else "a wrong draft needs a reason"
        raise DataError("quality.reason", what, fix=choices(REASONS, reason))
    if reason == "other" and not note.strip():
        raise DataError("quality.reason", "the reason `other` needs a note", fix="say in a note what is wrong")


def _unknown(sample_id: str, *, several: bool = False) -> DataError:
    what = f"sample {sample_id!r} does not exist, or does not wait for you"
    if several:
        what = f"several samples are of the item {sample_id!r}"
    return DataError("quality.unknown-sample", what, fix="compound review samples lists those that wait for you")
