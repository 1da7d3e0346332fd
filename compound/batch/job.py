"""The row of a job: its starts, graph and context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, cast

import sqlalchemy as sa

from compound.batch.requests import Wish, forget_request, request_of
from compound.batch.types import SETTLED, BatchOptions
from compound.connector.state import tables
from compound.connector.state.leases import store_time
from compound.errors import ConflictError, ProjectError

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy.engine import Connection

_JOB, _ITEM = tables.batch_job, tables.batch_item
_OVER = frozenset({"complete", "dead_letters"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A stored job.

    Attributes:
        starts: Number of starts; 0 before the first.
        again_since: Only runs created after this time count as answers; None: all runs.
        limit: Only the first N items of the source; None: all.
        concurrency: Items that run at the same time.
        results: File of the results; None without one.
    """

    job_id: str
    graph_name: str = ""
    source: str = ""
    starts: int = 0
    graph_hash: str | None = None
    status: str = ""
    context: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    again_since: float | None = None
    limit: int | None = None
    concurrency: int = 8
    results: str | None = None

    @classmethod
    def read(cls, db: Connection, job_id: str) -> Self | None:
        """The job; None if it was never started."""
        row = db.execute(sa.select(_JOB).where(_JOB.c.job_id == job_id)).first()
        if row is None:
            return None
        options = cast("Mapping[str, JsonValue]", row.options or {})
        return cls(
            job_id=job_id,
            graph_name=row.graph_name,
            source=row.source,
            starts=row.starts,
            graph_hash=row.graph_hash,
            status=row.status,
            context=cast("Mapping[str, JsonValue]", options.get("context") or {}),
            again_since=cast("float | None", options.get("again_since")),
            limit=cast("int | None", options.get("limit")),
            concurrency=cast("int", options.get("concurrency") or 8),
            results=cast("str | None", options.get("results")),
        )

    @property
    def run_prefix(self) -> str:
        """Prefix of run ids: the job's id at its first start (equal backlogs get equal run ids), then with a number."""
        return self.job_id if self.starts <= 1 else f"{self.job_id}\0{self.starts}"

    def begins_again(self, options: BatchOptions) -> bool:
        """Whether these options start the job from the beginning. An unfinished `--again` is resumed instead."""
        is_unfinished = self.again_since is not None and self.status not in _OVER
        return options.restart or (options.again and not is_unfinished)


def open_job(  # noqa: PLR0913 - one argument per column
    db: Connection,
    known: Job,
    options: BatchOptions,
    *,
    graph_name: str,
    graph_hash: str,
    source: str,
    context: Mapping[str, JsonValue],
    results: str | None = None,
) -> Job:
    """Write the row of a job that starts or resumes.

    Raises:
        ConflictError: `batch.cancelled`: a person cancelled it, and `resume` is not set.
        ProjectError: `batch.graph-changed`, `batch.context-changed`; `batch.nothing-to-resume`.
    """
    now = store_time(db)
    if options.resume and known.starts == 0:
        what = f"no batch of {graph_name} over {source} was started"
        raise ProjectError("batch.nothing-to-resume", what, fix="leave out --resume; compound batches list shows all")
    if not known.begins_again(options) and not options.resume:
        _require_wanted(db, known.job_id)
    forget_request(db, known.job_id)
    asked: dict[str, Any] = {"limit": options.limit, "concurrency": options.concurrency, "results": results}
    if known.starts == 0 or known.begins_again(options):
        db.execute(sa.delete(_ITEM).where(_ITEM.c.job_id == known.job_id))
        db.execute(sa.delete(_JOB).where(_JOB.c.job_id == known.job_id))
        job = Job(
            job_id=known.job_id,
            graph_name=graph_name,
            source=source,
            starts=known.starts + 1,
            graph_hash=graph_hash,
            status="running",
            context=context,
            again_since=now if options.again else None,
            **asked,
        )
        names = {"job_id": job.job_id, "graph_name": graph_name, "source": source, "starts": job.starts}
        db.execute(sa.insert(_JOB).values(**names, **_values(job), created_at=now, updated_at=now))
        return job
    if not options.accept_changes:
        _require_same(known, graph_name, graph_hash, context)
    job = replace(known, graph_hash=graph_hash, status="running", context=context, **asked)
    db.execute(sa.update(_JOB).where(_JOB.c.job_id == job.job_id).values(**_values(job), updated_at=now))
    return job


def _values(job: Job) -> dict[str, object]:
    options = {
        "context": dict(job.context),
        "again_since": job.again_since,
        "limit": job.limit,
        "concurrency": job.concurrency,
        "results": job.results,
    }
    return {"graph_hash": job.graph_hash, "status": job.status, "options": options}


def _require_wanted(db: Connection, job_id: str) -> None:
    request = request_of(db, job_id)
    if request is None or request.wish is not Wish.CANCEL:
        return
    mine = (_ITEM.c.job_id == job_id, _ITEM.c.seq >= 0)
    is_settled = _ITEM.c.status.in_([one.value for one in SETTLED])
    settled, total = db.execute(
        sa.select(sa.func.coalesce(sa.func.sum(sa.case((is_settled, 1), else_=0)), 0), sa.func.count()).where(*mine)
    ).one()
    raise ConflictError(
        "batch.cancelled",
        f"this batch was cancelled {request}: {settled} of {total} items are settled",
        fix="--resume continues with the others; --restart starts over",
    )


def _require_same(known: Job, graph_name: str, graph_hash: str, context: Mapping[str, JsonValue]) -> None:
    fix = "--accept-changes runs the rest with the new {what}; --restart starts over"
    if known.graph_hash != graph_hash:
        raise ProjectError(
            "batch.graph-changed",
            f"graph {graph_name!r} changed since this batch was started "
            f"({str(known.graph_hash)[:8]} then, {graph_hash[:8]} now)",
            fix=fix.format(what="graph"),
        )
    if dict(known.context) != dict(context):
        differ = sorted(name for name in {*known.context, *context} if known.context.get(name) != context.get(name))
        raise ProjectError(
            "batch.context-changed",
            f"this batch was started with another context: {', '.join(differ)}",
            fix=fix.format(what="context"),
        )
