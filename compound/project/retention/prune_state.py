"""Finds runs that are over in the state store, and removes their content from its rows.

Whether a run is over is checked in the transaction that removes: a run that was just resumed is not touched.
Ids, times, statuses, deciders, hashes of decisions and costs are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import sqlalchemy as sa

from compound.batch import ItemStatus
from compound.batch.types import SETTLED
from compound.connector.state import tables
from compound.connector.state.serving.tables import api_request
from compound.effect.types import EffectStatus
from compound.project.retention.messages import emptying
from compound.review import Status
from compound.review.stored.machine import UNDECIDED

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from compound.connector.state import StateStore
    from compound.project.retention.mention import Mention

CHUNK: Final = 200
"""Runs per transaction: others can write in between."""
_OVER: Final = ("done", "failed", "cancelled")
_NOBODY_DECIDES: Final = (Status.EXPIRED.value, Status.WITHDRAWN.value)
_UNDELIVERED: Final = tuple(
    one.value
    for one in (EffectStatus.SCHEDULED, EffectStatus.SENDING, EffectStatus.FAILED, EffectStatus.UNKNOWN)
)  # fmt: skip

_RUN, _ITEM, _OUTBOX, _CALL = tables.run, tables.review, tables.outbox, tables.call
_BATCH, _DECISION, _RESUME = tables.batch_item, tables.decision, tables.resume


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run in the state store.

    Attributes:
        is_emptied: Whether its content was removed, with no activity since.
        has_calls: Whether the journal still has its calls.
    """

    run_id: str
    graph_name: str
    graph_hash: str
    is_emptied: bool
    has_calls: bool


def stored_runs(db: Connection, *, before: float) -> list[StoredRun]:
    """Runs that may have content left to remove; runs with activity after `before` are left out."""
    is_emptied = _RUN.c.pruned_at.is_not(None) & (_RUN.c.pruned_at >= _RUN.c.updated_at)
    has_calls = sa.exists().where(_CALL.c.run_id == _RUN.c.run_id)
    query = sa.select(
        _RUN.c.run_id, _RUN.c.graph_name, _RUN.c.graph_hash, is_emptied.label("is_emptied"), has_calls.label("calls")
    ).where(_RUN.c.updated_at < before, ~is_emptied | has_calls)
    return [
        StoredRun(
            run_id=row.run_id,
            graph_name=row.graph_name,
            graph_hash=row.graph_hash,
            is_emptied=bool(row.is_emptied),
            has_calls=bool(row.calls),
        )
        for row in db.execute(query)
    ]


def known_runs(db: Connection, run_ids: Collection[str]) -> set[str]:
    """Those of the runs that are in the table of runs."""
    return _found(db, run_ids, lambda part: sa.select(_RUN.c.run_id).where(_RUN.c.run_id.in_(part)))


def open_runs(db: Connection, run_ids: Collection[str]) -> set[str]:
    """Those of the runs that are not over: running, waiting for a decision or a resume, or with a pending effect."""
    item_of = _ITEM.alias("item_of")
    may_be_decided = sa.exists().where(item_of.c.run_id == _RUN.c.run_id, item_of.c.status.not_in(_NOBODY_DECIDES))
    has_item = sa.exists().where(item_of.c.run_id == _RUN.c.run_id)
    waits = (_RUN.c.status == "waiting_review") & (may_be_decided | ~has_item)
    is_done = sa.exists().where(_RUN.c.run_id == _RESUME.c.run_id, _RUN.c.status == "done")
    settled = [status.value for status in SETTLED]
    undecided = [status.value for status in UNDECIDED]
    resumes = sa.select(_RESUME.c.run_id).join(_ITEM, _ITEM.c.review_id == _RESUME.c.review_id)
    return _found(
        db,
        run_ids,
        lambda part: sa.union(
            sa.select(_RUN.c.run_id).where(
                _RUN.c.run_id.in_(part), _RUN.c.status.not_in((*_OVER, "waiting_review")) | waits
            ),
            sa.select(_ITEM.c.run_id).where(_ITEM.c.run_id.in_(part), _ITEM.c.status.in_(undecided)),
            resumes.where(
                _RESUME.c.run_id.in_(part),
                _RESUME.c.status.in_(("pending", "running")),
                _ITEM.c.status == Status.DECIDED.value,
                ~is_done,
            ),
            sa.select(_OUTBOX.c.run_id).where(_OUTBOX.c.run_id.in_(part), _OUTBOX.c.status.in_(_UNDELIVERED)),
            sa.select(_BATCH.c.run_id).where(_BATCH.c.run_id.in_(part), _BATCH.c.status.not_in(settled)),
        ),
    )


def undecided_reviews(db: Connection, run_ids: Collection[str]) -> dict[str, list[str]]:
    """Run to its undecided reviews."""
    undecided = [status.value for status in UNDECIDED]
    found: dict[str, list[str]] = {}
    for part in _parts(run_ids):
        query = sa.select(_ITEM.c.run_id, _ITEM.c.review_id)
        for run_id, review_id in db.execute(query.where(_ITEM.c.run_id.in_(part), _ITEM.c.status.in_(undecided))):
            found.setdefault(run_id, []).append(review_id)
    return found


def forget_items(store: StateStore, mention: Mention) -> int:
    """Remove batch items that name a person and never had a run; returns the count."""
    with store.write() as db:
        if store.dialect == "sqlite":
            db.exec_driver_sql("PRAGMA secure_delete = ON")
        rows = db.execute(sa.select(_BATCH.c.job_id, _BATCH.c.seq, sa.cast(_BATCH.c.input, sa.Text), _BATCH.c.error))
        named = [row for row in rows if mention.in_text(f"{row[2] or ''} {row.error or ''}")]
        for row in named:
            kept = {name: row.error[name] for name in ("code", "node") if name in row.error} if row.error else None
            this = (_BATCH.c.job_id == row.job_id, _BATCH.c.seq == row.seq)
            db.execute(sa.update(_BATCH).where(*this).values(input=None, message=None, error=kept))
    return len(named)


def last_heard(db: Connection, run_ids: Collection[str]) -> dict[str, float]:
    """The time of the last activity of each run: of itself, its reviews or its effects."""
    found: dict[str, float] = {}
    for table, at in ((_RUN, "updated_at"), (_ITEM, "updated_at"), (_OUTBOX, "updated_at"), (_DECISION, "decided_at")):
        for part in _parts(run_ids):
            query = sa.select(table.c.run_id, sa.func.max(table.c[at])).where(table.c.run_id.in_(part))
            for run_id, newest in db.execute(query.group_by(table.c.run_id)):
                found[run_id] = max(found.get(run_id, 0.0), float(newest))
    return found


def empty_runs(
    store: StateStore, run_ids: Sequence[str], *, before: float, now: float, on_each: Callable[[Collection[str]], None]
) -> Counter[str]:
    """Remove the content of the rows of runs; runs that are not over, or younger, are skipped.

    Args:
        store: The state store.
        run_ids: At most `CHUNK`.
        before: UTC seconds; runs with later activity are skipped.
        now: UTC seconds, the removal time that is stored.
        on_each: Called with the runs before the commit.

    Returns:
        Rows by kind: `runs`, `calls`, `reviews`, `drafts`, `decisions`, `effects`, `scores`, `suite_cases`,
            `items`, `messages`.
    """
    with store.write() as db:
        if store.dialect == "sqlite":
            # removed content is also overwritten in the file
            db.exec_driver_sql("PRAGMA secure_delete = ON")
        ids = _closed(db, run_ids, before)
        if not ids:
            return Counter()
        on_each(ids)
        _keep_codes(db, ids)
        _forget_people(db, ids)
        return Counter({kind: db.execute(statement).rowcount for kind, statement in _emptying(ids, now).items()})


def drop_calls(store: StateStore, run_ids: Sequence[str], *, before: float) -> tuple[list[str], int]:
    """Delete the journalled calls of runs that are over; returns those runs and the number of calls."""
    with store.write() as db:
        ids = _closed(db, run_ids, before)
        return ids, db.execute(sa.delete(_CALL).where(_CALL.c.run_id.in_(ids))).rowcount if ids else 0


def empty_items(store: StateStore, graphs: Sequence[str], *, before: float) -> int:
    """Delete dead-letter items that never ran; returns the count."""
    job = tables.batch_job
    jobs = sa.select(job.c.job_id).where(job.c.graph_name.in_(graphs), job.c.updated_at < before)
    has_run = sa.exists().where(_RUN.c.run_id == _BATCH.c.run_id)
    statement = (
        sa.update(_BATCH)
        .where(
            _BATCH.c.job_id.in_(jobs), _BATCH.c.status == ItemStatus.DEAD.value, _BATCH.c.input.is_not(None), ~has_run
        )
        .values(input=None, message=None)
    )
    with store.write() as db:
        return db.execute(statement).rowcount


def empty_suite_cases(store: StateStore, graphs: Sequence[str], *, before: float) -> int:
    """Remove what cases of suites quote, of runs that ended before a time; returns the count."""
    case = tables.suite_case
    old = (case.c.graph_name.in_(graphs), case.c.finished_at < before, case.c.expected.is_not(None))
    with store.write() as db:
        values = {"why": None, "expected": None, "got": None, "error": None, "tags": {}}
        return db.execute(sa.update(case).where(*old).values(**values)).rowcount


def _closed(db: Connection, run_ids: Sequence[str], before: float) -> list[str]:
    db.execute(sa.select(_RUN.c.run_id).where(_RUN.c.run_id.in_(run_ids)).with_for_update()).all()
    busy, heard = open_runs(db, run_ids), last_heard(db, run_ids)
    return [run_id for run_id in run_ids if run_id not in busy and heard.get(run_id, 0.0) < before]


def _emptying(ids: Collection[str], now: float) -> Mapping[str, sa.Update]:
    copies = sa.select(tables.review_canary.c.review_id).where(tables.review_canary.c.source_run_id.in_(ids))
    of_runs = _ITEM.c.run_id.in_(ids) | _ITEM.c.review_id.in_(copies)
    items = sa.select(_ITEM.c.review_id).where(of_runs).scalar_subquery()
    draft, canary = tables.draft_version, tables.review_canary

    def of(table: sa.Table, **values: Any) -> sa.Update:  # noqa: ANN401 - columns of the table
        return sa.update(table).where(table.c.run_id.in_(ids)).values(**values)

    return {
        "runs": of(_RUN, input=None, context=None, output=None, pruned_at=now),
        "calls": of(_CALL, response=None).where(_CALL.c.response.is_not(None)),
        "reviews": sa.update(_ITEM)
        .where(of_runs)
        .values(item={}, title="", evidence={}, reasons=[], refs={}, held=None, pruned_at=now),
        "drafts": sa.update(draft).where(draft.c.review_id.in_(items)).values(draft={}),
        "decisions": sa.update(_DECISION)
        .where(_DECISION.c.review_id.in_(items))
        .values(draft={}, refs={}, note=None, fields=None),
        "canaries": sa.update(canary).where(canary.c.review_id.in_(items)).values(planted=None),
        "effects": of(_OUTBOX, args={}, expected_versions={}, result=None),
        "scores": of(tables.score, explanation=None, details=None),
        "suite_cases": of(tables.suite_case, why=None, expected=None, got=None, error=None, tags={}),
        "items": of(_BATCH, input=None, message=None).where(_BATCH.c.input.is_not(None)),
        "messages": emptying(ids, now),
    }


def _forget_people(db: Connection, ids: Collection[str]) -> None:
    """Remove what people wrote about the reviews of the runs, and answers that are kept for requests sent again."""
    reviews = sa.select(_ITEM.c.review_id).where(_ITEM.c.run_id.in_(ids)).scalar_subquery()
    comment, pen = tables.review_comment, tables.review_pen
    db.execute(sa.update(comment).where(comment.c.review_id.in_(reviews)).values(text=""))
    db.execute(sa.delete(pen).where(pen.c.review_id.in_(reviews)))
    sample = tables.qa_sample
    db.execute(sa.update(sample).where(sample.c.review_id.in_(reviews)).values(note=None))
    db.execute(sa.delete(api_request).where(api_request.c.status.is_not(None)))


_TOLD: Final = (
    *((_RUN, "error"), (_CALL, "error"), (_ITEM, "stale_reason"), (_RESUME, "error"), (_OUTBOX, "error")),
    (_BATCH, "error"),
)
"""Error records: their text may quote the input."""


def _keep_codes(db: Connection, ids: Collection[str]) -> None:
    """Reduce every error record of the runs to its code and its node."""
    for table, column in _TOLD:
        key = list(table.primary_key.columns)
        rows = db.execute(
            sa.select(*key, table.c[column]).where(table.c.run_id.in_(ids), table.c[column].is_not(None))
        ).all()
        for *identity, record in rows:
            same = [one == value for one, value in zip(key, identity, strict=True)]
            kept = {name: record[name] for name in ("code", "node") if name in record}
            db.execute(sa.update(table).where(*same).values({column: kept}))


def _found(db: Connection, run_ids: Collection[str], query: Callable[[Sequence[str]], sa.Executable]) -> set[str]:
    return {cast("str", run_id) for part in _parts(run_ids) for run_id in db.execute(query(part)).scalars()}


def _parts(run_ids: Collection[str]) -> Iterator[list[str]]:
    ordered = list(run_ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
