"""The ledger: one row per item, in the state store; the same command resumes from it."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from compound.batch.answered import EarlierRun, find_earlier_run, hold_item
from compound.batch.intake import GONE, Intake, Taken
from compound.batch.job import Job, open_job
from compound.batch.letters import write_letters
from compound.batch.requests import Request, Wish, forget_request, request_of
from compound.batch.results import results_of
from compound.batch.types import SETTLED, BacklogItem, BatchOptions, ItemStatus, LedgerItem, Outcome
from compound.connector.state import StateStore, tables
from compound.connector.state.items import content_sha256
from compound.connector.state.leases import HELD, Holder, Lease, Leases, is_held, store_time
from compound.errors import ConflictError
from compound.language.sha import sha

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue
    from sqlalchemy.engine import Connection

_ITEM = tables.batch_item
_ONE = (_ITEM.c.job_id == sa.bindparam("asked_job"), _ITEM.c.item_id == sa.bindparam("asked_item"))
_UNSETTLED = sa.update(_ITEM).where(*_ONE, _ITEM.c.status.not_in([status.value for status in SETTLED]))
_UNSETTLED_HELD = _UNSETTLED.where(sa.exists(HELD))
NEVER_REVIVED = frozenset({"item.duplicate-id", "item.changed"})
"""Codes of dead letters that a retry cannot help."""


class Ledger:
    """The rows of a job: one graph over one source.

    Args:
        store: The state store.
        graph_name: Name of the graph.
        source: Canonical name of the source: paths are resolved.
        are_ids_shared: Whether an id means the same item in every source; else only rows with equal content are the
            same.
        results: File of the results; None without one.
    """

    def __init__(
        self,
        store: StateStore,
        *,
        graph_name: str,
        source: str,
        are_ids_shared: bool = True,
        results: str | None = None,
    ) -> None:
        self._store = store
        self._results = results
        self._graph_name = graph_name
        self._source = source
        self._are_ids_shared = are_ids_shared
        self.job_id = sha(f"{graph_name}\0{source}", 16)
        self._job: Job | None = None
        self._lease: Lease | None = None
        self._accepts_changes = False

    @classmethod
    def of(cls, store: StateStore, job_id: str) -> Ledger:
        """The ledger of an existing job."""
        found = cls(store, graph_name="", source="")
        found.job_id = job_id
        return found

    def write_letters(self, folder: Path) -> str | None:
        """Write the job's dead letters to a file; returns its path, None if there are none.

        Raises:
            ConnectorError: `batch.cannot-write`.
        """
        dead = [item for item in self.items() if item.status is ItemStatus.DEAD]
        return write_letters(folder / f"dead-letters-{self.job_id}.jsonl", dead)

    @contextmanager
    def held(self) -> Generator[None]:
        """Hold the job's lease: only one process on all hosts runs it until the block ends.

        Raises:
            ConflictError: `batch.already-running`, naming process and host.
        """
        leases = Leases(self._store)
        lease = leases.take(f"batch:{self.job_id}")
        if isinstance(lease, Holder):
            fix = "wait for it, or stop it with Ctrl-C; the same command then resumes"
            raise ConflictError("batch.already-running", f"this batch is already run by {lease}", fix=fix)
        self._lease = lease
        try:
            with leases.renewed(lease):
                yield
        finally:
            self._lease = None

    @property
    def _known(self) -> Job:
        if self._job is None:
            with self._store.read() as db:
                self._job = Job.read(db, self.job_id) or Job(job_id=self.job_id)
        return self._job

    def _run_id_of(self, item_id: str, attempt: int) -> str:
        return run_id_of(self._known.run_prefix, item_id, attempt)

    def run_ids(self, *, adopted: bool = True) -> list[str]:
        """Runs of all items; without `adopted`, only those that this job started."""
        query = sa.select(_ITEM.c.run_id).where(_ITEM.c.job_id == self.job_id)
        with self._store.read() as db:
            return list(db.execute(query if adopted else query.where(~_ITEM.c.is_adopted)).scalars())

    def begins_again(self, options: BatchOptions) -> bool:
        """Whether `open` starts from the beginning; an unfinished `--again` is resumed instead."""
        return self._known.begins_again(options)

    def open(
        self, graph_hash: str, options: BatchOptions | None = None, context: Mapping[str, JsonValue] | None = None
    ) -> None:
        """Start or resume the job.

        Raises:
            ConflictError: `batch.cancelled`.
            ProjectError: `batch.graph-changed`, `batch.context-changed`: its other items ran under another version of
                the graph, or with another context; `batch.nothing-to-resume`.
        """
        options = options or BatchOptions()
        self._accepts_changes = options.accept_changes
        with self._writing() as db:
            self._job = open_job(
                db, Job.read(db, self.job_id) or Job(job_id=self.job_id), options,
                graph_name=self._graph_name, graph_hash=graph_hash, source=self._source, context=dict(context or {}),
                results=self._results,
            )  # fmt: skip

    def add(self, backlog: Iterable[BacklogItem], *, limit: int | None = None) -> Taken:
        """Synchronize the ledger with the source: new items are written, answered ones keep their content.

        Unreadable items and duplicate ids are dead letters while they are in the source; once corrected they are new
        items. Items that are not answered yet get the current content.
        """
        return Intake(self._store, self.job_id, self._run_id_of, self._accepts_changes).take(backlog, limit)

    def items(self, *, limit: int | None = None) -> list[LedgerItem]:
        """The job's items that are in the source, in its order; only the first `limit` positions."""
        query = sa.select(_ITEM).where(_ITEM.c.job_id == self.job_id, _ITEM.c.seq > GONE).order_by(_ITEM.c.seq)
        if limit is not None:
            query = query.where(_ITEM.c.seq < limit)
        with self._store.read() as db:
            return [
                LedgerItem(
                    seq=row.seq,
                    item_id=row.item_id,
                    fields=row.input,
                    status=ItemStatus(row.status),
                    attempt=row.attempt,
                    run_id=row.run_id,
                    readiness=row.readiness,
                    error=row.error,
                    context=row.context or {},
                    message=row.message or {},
                    is_adopted=bool(row.is_adopted),
                )
                for row in db.execute(query)
            ]

    def results(self) -> list[dict[str, JsonValue]]:
        """Id, output, status and run of each settled item, in order; `run` is null if none started."""
        return results_of(self._store, self.job_id)

    def start(self, entry: LedgerItem) -> LedgerItem | None:
        """Mark an item as running; an item that was already answered returns settled, or with its existing run.

        Returns None, and marks nothing, if a person has paused or cancelled the batch.
        """
        with self._store.write(durable=False) as db:
            request = request_of(db, self.job_id)
            if request is not None and request.wish is not Wish.RUN:
                return None
            now = store_time(db)
            found = self._earlier_run(db, entry)
            started = entry if found is None else _as_answered(entry, found)
            if found is None or found.is_same:
                started = replace(started, status=started.status if started.status in SETTLED else ItemStatus.RUNNING)
            values: dict[str, object] = {"status": started.status.value, "started_at": now}
            if found is not None:
                values |= {
                    "run_id": started.run_id,
                    "readiness": started.readiness,
                    "error": None if started.error is None else dict(started.error),
                    "is_adopted": started.is_adopted,
                }
            self._write(db, entry, values)
        return started

    def _earlier_run(self, db: Connection, entry: LedgerItem) -> EarlierRun | None:
        hold_item(db, self._graph_name, entry.item_id)
        found = find_earlier_run(
            db,
            graph_name=self._graph_name,
            item_id=entry.item_id,
            sha256=content_sha256(entry.fields or {}, entry.context),
            job_id=self.job_id,
            own_run=entry.run_id,
            since=self._known.again_since,
        )
        is_other = found is not None and not found.is_same
        return None if is_other and (self._accepts_changes or not self._are_ids_shared) else found

    def settle(self, entry: LedgerItem, outcome: Outcome) -> None:
        """Store the outcome of an item; a settled item does not change."""
        with self._store.write(durable=False) as db:
            values = {
                "status": outcome.status.value,
                "readiness": outcome.readiness,
                "error": outcome.error,
                "finished_at": store_time(db),
            }
            self._write(db, entry, values)

    def _write(self, db: Connection, entry: LedgerItem, values: Mapping[str, object]) -> None:
        """Change an unsettled item, while this process holds the job."""
        lease = self._lease
        who = {"asked_job": self.job_id, "asked_item": entry.item_id}
        held = {} if lease is None else {"of_name": lease.name, "of_owner": lease.owner, "of_fence": lease.fence}
        written = db.execute(_UNSETTLED if lease is None else _UNSETTLED_HELD, {**who, **held, **values})
        if not written.rowcount and lease is not None and not is_held(db, lease):
            raise _taken_over()

    def reopen(self, entries: Iterable[LedgerItem]) -> None:
        """Reopen dead letters that a service caused, so that the same command runs them again."""
        again = sa.update(_ITEM).where(*_ONE, _ITEM.c.status == ItemStatus.DEAD.value)
        with self._writing() as db:
            for entry in entries:
                values = {"status": ItemStatus.PENDING.value, "error": None, "readiness": None}
                db.execute(again, {"asked_job": self.job_id, "asked_item": entry.item_id, **values})

    @contextmanager
    def _writing(self) -> Generator[Connection]:
        """A transaction of the process that holds the job; raises if the lease is lost."""
        with self._store.write() as db:
            if self._lease is not None and not is_held(db, self._lease):
                raise _taken_over()
            yield db

    def reconcile(self) -> int:
        """Update items whose runs ended after a person's decision; returns the count."""
        return reconcile_runs(self._store, job_id=self.job_id)

    def revive_dead(self) -> int:
        """Retry every readable dead letter; returns the count.

        A run with decided effects is resumed: effects are retried under their keys, so that none happens twice. Any
        other attempt is a new run, so that a bad answer in the journal is not reused.
        """
        dead = (entry for entry in self.items() if entry.status is ItemStatus.DEAD)
        return sum(self._revive(entry) for entry in dead if can_revive(entry))

    def revive_cancelled(self) -> int:
        """Retry every item whose run was cancelled, as a new run; returns the count."""
        return sum(self._revive(entry) for entry in self.items() if entry.status is ItemStatus.CANCELLED)

    def revive_changed(self) -> int:
        """Run items that were held back because other content was answered under their id."""
        return sum(
            self._revive(entry)
            for entry in self.items()
            if entry.status is ItemStatus.DEAD and _code(entry) == "item.changed"
        )

    def revive(self, item_ids: Collection[str]) -> int:
        """Retry chosen dead letters and cancelled items; returns the count."""
        return sum(self._revive(entry) for entry in self.items() if entry.item_id in item_ids and can_revive(entry))

    def _revive(self, entry: LedgerItem) -> bool:
        attempt = entry.attempt + 1
        run_id = self._run_id_of(entry.item_id, attempt)
        with self._writing() as db:
            acted = sa.select(tables.outbox.c.effect_key).where(tables.outbox.c.run_id == entry.run_id).limit(1)
            goes_on = entry.status is not ItemStatus.CANCELLED and db.execute(acted).first() is not None
            # Nobody else retried it meanwhile: it would run twice.
            unchanged = (_ITEM.c.status == entry.status.value, _ITEM.c.attempt == entry.attempt)
            done = db.execute(
                sa.update(_ITEM)
                .where(_ITEM.c.job_id == self.job_id, _ITEM.c.item_id == entry.item_id, *unchanged)
                .values(
                    status=ItemStatus.PENDING.value,
                    attempt=attempt,
                    error=None,
                    is_adopted=entry.is_adopted and goes_on,
                    run_id=entry.run_id if goes_on else run_id,
                )
            )
        return done.rowcount == 1

    def request(self) -> Request | None:
        """What a person last asked of this batch."""
        with self._store.read() as db:
            return request_of(db, self.job_id)

    def close(self, status: str) -> None:
        """Write the status of the job: `complete`, `dead_letters`, `stopped` or `cancelled`."""
        job = tables.batch_job
        with self._writing() as db:
            values = {"status": status, "updated_at": store_time(db)}
            db.execute(sa.update(job).where(job.c.job_id == self.job_id).values(values))
            if status != "cancelled":
                forget_request(db, self.job_id)


def _taken_over() -> ConflictError:
    what = "another process has taken over this batch: the lease of this one expired"
    return ConflictError("batch.taken-over", what, fix="check the other process, or run the command again")


def can_revive(entry: LedgerItem) -> bool:
    """Whether a retry can help: its run failed or was cancelled."""
    if entry.status is ItemStatus.CANCELLED:
        return True
    is_dead = entry.status is ItemStatus.DEAD
    return is_dead and entry.fields is not None and _code(entry) not in NEVER_REVIVED


def _code(entry: LedgerItem) -> str:
    return str((entry.error or {}).get("code") or "")


def _as_answered(entry: LedgerItem, found: EarlierRun) -> LedgerItem:
    """The item with the status of another run; if that run had other content, it is held back for a person."""
    if found.is_same:
        status = found.status or ItemStatus.RUNNING
        return replace(entry, run_id=found.run_id, status=status, readiness=found.readiness, is_adopted=True)
    stands = "was answered" if found.status is ItemStatus.DONE else "is being answered"
    error: Mapping[str, JsonValue] = {
        "code": "item.changed",
        "what": f"item {entry.item_id!r} {stands} with other content (run {found.run_id})",
        "fix": "--accept-changes runs it with the new content; a different item needs a different id",
    }
    return replace(entry, status=ItemStatus.DEAD, error=error)


def reconcile_runs(store: StateStore, *, job_id: str | None = None, run_id: str | None = None) -> int:
    """Settle items whose runs ended outside of their batch, after a person's decision; returns the count.

    Args:
        store: The state store.
        job_id: Only items of this job.
        run_id: Only the item of this run.
    """
    run = tables.run
    ends = [ItemStatus.DONE.value, ItemStatus.CANCELLED.value]  # runs use the same words
    ended = sa.select(run.c.status).where(run.c.run_id == _ITEM.c.run_id).scalar_subquery()
    finished = sa.select(run.c.run_id).where(run.c.status.in_(ends))
    query = sa.update(_ITEM).where(
        _ITEM.c.status.in_([ItemStatus.WAITING_REVIEW.value, ItemStatus.DEAD.value]),
        _ITEM.c.input.is_not(sa.null()),
        _ITEM.c.run_id.in_(finished if run_id is None else finished.where(run.c.run_id == run_id)),
        sa.or_(_ITEM.c.error.is_(sa.null()), sa.cast(_ITEM.c.error, sa.Text).not_like('%"item.changed"%')),
    )
    if job_id is not None:
        query = query.where(_ITEM.c.job_id == job_id)
    with store.write() as db:
        return db.execute(query.values(status=ended, error=None)).rowcount


def dead_of(store: StateStore, run_id: str) -> tuple[str, ...]:
    """Jobs with a dead letter of this run."""
    query = sa.select(_ITEM.c.job_id).where(_ITEM.c.run_id == run_id, _ITEM.c.status == ItemStatus.DEAD.value)
    with store.read() as db:
        return tuple(cast("str", job_id) for job_id in db.execute(query).scalars())


def unsettled_runs(store: StateStore) -> frozenset[str]:
    """Runs that a batch started and will resume when it is run again."""
    query = sa.select(_ITEM.c.run_id).where(_ITEM.c.status.not_in([status.value for status in SETTLED]))
    with store.read() as db:
        return frozenset(db.execute(query).scalars())


def run_id_of(round_of_job: str, item_id: str, attempt: int) -> str:
    """The run id of an item: the same after a crash, so that its finished calls and effects are reused."""
    return sha(f"{round_of_job}\0{item_id}\0{attempt}", 32)
