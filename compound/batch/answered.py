"""Whether an item was already answered, by any batch or single run, so that nobody gets two replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.batch.types import ItemStatus
from compound.connector.state import tables
from compound.review.stored.lists import LOOK, READY
from compound.review.stored.machine import UNDECIDED

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, RowMapping

_RUN, _ITEM, _JOB = tables.run, tables.batch_item, tables.batch_job
_REVIEW, _OUTBOX = tables.review, tables.outbox
_OVER = ("withdrawn", "expired")
"""Statuses of reviews that are closed without a decision."""
_NEVER = ("cancelled", "refused")
"""Statuses of effects that did not happen and will not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """A run that answers an item.

    Attributes:
        status: `done` or `waiting_review`; None if it started and must be resumed.
        is_same: Whether it answers the same content, not other content under the same id.
        at: When it was created, UTC seconds.
    """

    run_id: str
    status: ItemStatus | None
    is_same: bool
    at: float
    readiness: str | None = None


def find_earlier_run(  # noqa: PLR0913 - identifies an item, and what to exclude
    db: Connection,
    *,
    graph_name: str,
    item_id: str,
    sha256: str,
    job_id: str,
    own_run: str,
    since: float | None,
) -> EarlierRun | None:
    """The run of this graph that answers the item; runs of the same content, then finished runs come first.

    Args:
        db: A transaction that holds the item; see `hold_item`.
        graph_name: Name of the graph.
        item_id: Id of the item.
        sha256: Hash of its content.
        job_id: The batch that asks; its own items in flight are excluded.
        own_run: The run that this batch would start.
        since: Only runs that were made after this time; None for all.
    """
    given = {"of_item": item_id, "of_graph": graph_name}
    found: list[EarlierRun] = []
    for row in db.execute(_RUNS, given).mappings():
        if row["run_id"] == own_run:
            return None  # it has started, and continues
        is_meant = since is None or row["created_at"] >= since
        if is_meant and (one := _of(db, row, sha256)) is not None:
            found.append(one)
    for row in db.execute(_IN_FLIGHT, {**given, "of_content": sha256, "but_job": job_id}):
        found.append(EarlierRun(run_id=row.run_id, status=None, is_same=True, at=row.started_at or 0.0))
    found.sort(key=lambda one: (not one.is_same, _ORDER.index(one.status), -one.at))
    return found[0] if found else None


_ORDER = (ItemStatus.DONE, ItemStatus.WAITING_REVIEW, None)


def hold_item(db: Connection, graph_name: str, item_id: str) -> None:
    """Prevent other processes from starting this item until the transaction ends. SQLite has a single writer anyway."""
    if db.dialect.name == "postgresql":
        key = sa.func.hashtextextended(f"{graph_name}/{item_id}".replace("\0", "/"), 0)
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _of(db: Connection, row: RowMapping, sha256: str) -> EarlierRun | None:
    run_id: str = row["run_id"]
    status: str = row["status"]
    stands: ItemStatus | None
    if status == "done":
        stands = ItemStatus.DONE
    elif status != "running" and _waits(db, run_id, is_paused=status == "waiting_review"):
        stands = ItemStatus.WAITING_REVIEW
    elif status == "running" or _acted(db, run_id):
        stands = None
    else:
        return None  # it failed or was withdrawn without an effect
    return EarlierRun(
        run_id=run_id,
        status=stands,
        is_same=row["item_sha256"] == sha256,
        at=row["created_at"],
        readiness=_readiness(db, run_id) if stands is ItemStatus.WAITING_REVIEW else None,
    )


def _waits(db: Connection, run_id: str, *, is_paused: bool) -> bool:
    """Whether it waits for a decision, or is decided and resumes by itself."""
    items = [row.status for row in db.execute(sa.select(_REVIEW.c.status).where(_REVIEW.c.run_id == run_id))]
    if not items:
        return is_paused
    open_ones = [one for one in items if one not in _OVER]
    return bool(open_ones) and (is_paused or any(one != "decided" for one in open_ones))


def _readiness(db: Connection, run_id: str) -> str | None:
    """Readiness of the drafts that wait; None for a graph without `auto` rules."""
    waits = (_REVIEW.c.run_id == run_id, _REVIEW.c.status.in_([one.value for one in UNDECIDED]))
    said = list(db.execute(sa.select(_REVIEW.c.ready).where(*waits, _REVIEW.c.ready.is_not(None))).scalars())
    return (READY if all(said) else LOOK) if said else None


def _acted(db: Connection, run_id: str) -> bool:
    query = sa.select(_OUTBOX.c.effect_key).where(_OUTBOX.c.run_id == run_id, _OUTBOX.c.status.not_in(_NEVER)).limit(1)
    return db.execute(query).first() is not None


_RUNS = sa.select(_RUN.c.run_id, _RUN.c.status, _RUN.c.item_sha256, _RUN.c.created_at, _RUN.c.output).where(
    _RUN.c.item_id == sa.bindparam("of_item"), _RUN.c.graph_name == sa.bindparam("of_graph")
)
_IN_FLIGHT = (
    sa.select(_ITEM.c.run_id, _ITEM.c.started_at)
    .join(_JOB, _JOB.c.job_id == _ITEM.c.job_id)
    .where(
        _ITEM.c.item_id == sa.bindparam("of_item"),
        _ITEM.c.input_hash == sa.bindparam("of_content"),
        _ITEM.c.status == ItemStatus.RUNNING.value,
        _ITEM.c.job_id != sa.bindparam("but_job"),
        _JOB.c.graph_name == sa.bindparam("of_graph"),
    )
)
"""Items that another batch has just started, whose run may not be stored yet."""
