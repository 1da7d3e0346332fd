"""Drafts that people decided, one by one: what was drafted, what was decided, by whom, and how fast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.desk_tables import review_canary, review_shown
from compound.review.feedback.reading import reading_seconds
from compound.review.stored.draft_json import draft_from_json
from compound.review.stored.machine import Status
from compound.review.stored.offer import APPROVE, WITHOUT_EFFECTS
from compound.review.stored.rows import decision_of

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy.engine import RowMapping

    from compound.connector.state import StateStore
    from compound.connector.target import EffectCall
    from compound.review.stored.types import Decision, Draft

_PAGE: Final = 200
_R, _D, _V, _C = tables.review.c, tables.decision.c, tables.draft_version.c, review_canary.c
_RUN = tables.run.c


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDraft:
    """A draft of a graph and the decision of a person about it.

    Attributes:
        decision: The decision; it was not undone.
        draft: The newest draft of the graph before it; of a canary, the planted one.
        item: The fields shown of the source item.
        evidence: What the draft was made from.
        input: The input of the run; None if it is not stored.
        context: The context of the run.
        reasons: Why a person had to decide.
        shown_at: When the draft was first shown to the person, UTC seconds; None if it never was.
        is_canary: Whether a fault was planted in the draft.
        is_emptied: Whether a retention policy removed the content.
        cluster: Whose case it is; None if that is not known.
    """

    decision: Decision
    draft: Draft
    queue: str
    graph: str
    title: str
    item: Mapping[str, JsonValue]
    evidence: Mapping[str, JsonValue]
    input: Mapping[str, JsonValue] | None
    context: Mapping[str, JsonValue]
    reasons: Sequence[str]
    shown_at: float | None
    is_canary: bool
    is_emptied: bool
    cluster: str | None

    @property
    def seconds(self) -> float | None:
        """From the first showing of the draft to the decision; None if it was never shown."""
        return None if self.shown_at is None else max(0.0, self.decision.decided_at - self.shown_at)

    @property
    def is_unedited(self) -> bool:
        """Whether the graph's draft was approved as it was."""
        return self.decision.action == APPROVE and not self.decision.draft.given

    @property
    def is_rubber_stamp(self) -> bool:
        """Whether the draft was approved unedited faster than a person can read it, or without being shown."""
        needed = reading_seconds(said(self.draft))
        return self.is_unedited and (self.seconds is None or self.seconds < needed)

    @property
    def final(self) -> Draft | None:
        """The draft that was carried out; None if nothing was."""
        return None if self.decision.action in WITHOUT_EFFECTS else self.decision.draft


def said(draft: Draft) -> str:
    """What a draft says, as words: its text and the arguments of its actions; without both, its fields."""
    values = [dict(one.arguments) for one in beside_text(draft)]
    words = [draft.text, *(word for one in values for word in _words(one))]
    return "\n".join(word for word in words if word) or "\n".join(_words(dict(draft.fields)))


def beside_text(draft: Draft) -> Sequence[EffectCall]:
    """The actions of a draft, without those that only send its text."""
    return [one for one in draft.actions if not draft.text or draft.text not in one.arguments.values()]


def _words(value: JsonValue) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (word for one in value.values() for word in _words(one))
    elif isinstance(value, list):
        yield from (word for one in value for word in _words(one))
    elif value is not None:
        yield str(value)


def judged_drafts(
    store: StateStore,
    *,
    since: float | None = None,
    queues: Sequence[str] = (),
    with_canaries: bool = False,
) -> Iterator[JudgedDraft]:
    """Decided drafts, oldest decision first; read in parts, so that any number of them takes little memory.

    Args:
        store: The state store.
        since: Only decisions at or after this time, UTC seconds.
        queues: Only reviews of these queues; empty: of all.
        with_canaries: Whether canaries are included.
    """
    after: tuple[float, str] | None = None
    while True:
        query = _query(since, queues, with_canaries=with_canaries)
        if after is not None:
            at, last = after
            query = query.where((_D.decided_at > at) | ((_D.decided_at == at) & (_D.decision_id > last)))
        with store.read() as db:
            rows = db.execute(query).mappings().all()
            drafts = _graph_drafts(db, rows)
        for row in rows:
            yield _judged(row, drafts.get(row["review_id"]))
        if len(rows) < _PAGE:
            return
        after = (rows[-1]["decided_at"], rows[-1]["decision_id"])


_OF_REVIEW: Final = ("queue", "graph_name", "title", "item", "evidence", "reasons", "pruned_at", "readiness")


def _query(since: float | None, queues: Sequence[str], *, with_canaries: bool) -> sa.Select[Any]:
    """The newest decision of each decided review: an undone one does not count."""
    later = tables.decision.alias("later")
    query = (
        sa.select(
            tables.decision,
            *(_R[name].label(f"review_{name}") for name in _OF_REVIEW),
            _RUN.input,
            _RUN.context,
            _C.review_id.label("canary"),
            _shown_at().label("shown_at"),
        )
        .join(tables.review, _R.review_id == _D.review_id)
        .outerjoin(review_canary, _C.review_id == _D.review_id)
        .outerjoin(tables.run, _RUN.run_id == sa.func.coalesce(_C.source_run_id, _D.run_id))
        .where(
            _D.final.is_(True),
            _R.status == Status.DECIDED.value,
            ~_D.actor.startswith("policy:", autoescape=True),
            ~sa.exists().where(later.c.review_id == _D.review_id, later.c.version > _D.version),
        )
        .order_by(_D.decided_at, _D.decision_id)
        .limit(_PAGE)
    )
    if since is not None:
        query = query.where(_D.decided_at >= since)
    if queues:
        query = query.where(_R.queue.in_(queues))
    return query if with_canaries else query.where(_C.review_id.is_(None))


def _shown_at() -> sa.ScalarSelect[Any]:
    """When the newest draft that the person saw before the decision was first shown to the person."""
    shown = review_shown.c
    seen = sa.select(sa.func.max(shown.shown_at)).where(
        shown.review_id == _D.review_id, shown.person == _D.actor, shown.shown_at <= _D.decided_at
    )
    return seen.scalar_subquery()


def _graph_drafts(db: sa.Connection, rows: Sequence[RowMapping]) -> dict[str, Mapping[str, Any]]:
    """Review to the newest draft that its graph made."""
    ids = [row["review_id"] for row in rows]
    query = sa.select(_V.review_id, _V.draft).where(_V.review_id.in_(ids), _V.author == "graph").order_by(_V.seq)
    return {row.review_id: row.draft for row in db.execute(query)}


def _judged(row: RowMapping, draft: Mapping[str, Any] | None) -> JudgedDraft:
    decision = decision_of({name: row[name] for name in _D.keys()})  # type: ignore[arg-type] # noqa: SIM118
    item = row["review_item"] or {}
    key = (row["review_readiness"] or {}).get("key")
    return JudgedDraft(
        decision=decision,
        draft=draft_from_json(draft or {}),
        queue=row["review_queue"],
        graph=row["review_graph_name"] or "",
        title=row["review_title"] or "",
        item=item,
        evidence=row["review_evidence"] or {},
        input=row["input"],
        context=row["context"] or {},
        reasons=tuple(row["review_reasons"] or ()),
        shown_at=row["shown_at"],
        is_canary=row["canary"] is not None,
        is_emptied=row["review_pruned_at"] is not None,
        cluster=key or item.get("customer_id") or item.get("email") or None,
    )
