"""The ledger: one row a ticket, in the state store; running the same command again goes on from it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from compound.batch._answered import Answer, find_answer, hold_ticket
from compound.batch._intake import GONE, Intake, Taken
from compound.batch._job import Job, open_job
from compound.batch._letters import write_letters
from compound.batch._results import results_of
from compound.batch._types import SETTLED, BacklogItem, BatchOptions, ItemStatus, LedgerItem, Outcome
from compound.connector.state import Holder, Lease, Leases, StateStore, content_sha256, tables
from compound.connector.state._leases import HELD, is_held, store_time
from compound.errors import ConflictError
from compound.language.sha import sha

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue
    from sqlalchemy.engine import Connection

_ITEM = tables.batch_item
_ONE = (_ITEM.c.job_id == sa.bindparam("asked_job"), _ITEM.c.ticket_id == sa.bindparam("asked_ticket"))
_UNSETTLED = sa.update(_ITEM).where(*_ONE, _ITEM.c.status.not_in([status.value for status in SETTLED]))
_UNSETTLED_HELD = _UNSETTLED.where(sa.exists(HELD))
NEVER_REVIVED = frozenset({"item.duplicate-id", "item.changed"})
"""Dead letters that another attempt cannot help."""


class Ledger:
    """The rows of one job, a graph over a source.

    Args:
        store: The state store.
        graph_name: The graph that is run.
        source: What names the backlog, the same however a user writes it: a path without links and dots.
        are_ids_shared: An id means the same item in every source; otherwise only rows of equal content are the same.
    """

    def __init__(self, store: StateStore, *, graph_name: str, source: str, are_ids_shared: bool = True) -> None:
        self._store = store
        self._graph_name = graph_name
        self._source = source
        self._are_ids_shared = are_ids_shared
        self.job_id = sha(f"{graph_name}\0{source}", 16)
        self._job: Job | None = None
        self._lease: Lease | None = None
        self._accepts_changes = False

    @classmethod
    def of(cls, store: StateStore, job_id: str) -> Ledger:
        """The ledger of a job that is known by its id."""
        found = cls(store, graph_name="", source="")
        found.job_id = job_id
        return found

    def write_letters(self, folder: Path) -> str | None:
        """Write the file of the job's dead letters, as the ledger has them now; returns where, None without any.

        Raises:
            ConnectorError: `batch.cannot-write`.
        """
        dead = [item for item in self.items() if item.status is ItemStatus.DEAD]
        return write_letters(folder / f"dead-letters-{self.job_id}.jsonl", dead)

    @contextmanager
    def held(self) -> Generator[None]:
        """Be the only process that runs this job, on whatever host, until the block ends.

        Raises:
            ConflictError: `batch.already-running`, naming process and host.
        """
        leases = Leases(self._store)
        lease = leases.take(f"batch:{self.job_id}")
        if isinstance(lease, Holder):
            fix = "wait for it, or stop it with Ctrl-C; the same command then goes on"
            raise ConflictError("batch.already-running", f"this batch is run already by {lease}", fix=fix)
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

    def _run_id_of(self, ticket_id: str, attempt: int) -> str:
        return run_id_of(self._known.round_name, ticket_id, attempt)

    def run_ids(self, *, adopted: bool = True) -> list[str]:
        """Runs of the tickets, also of those that ended; without `adopted` only those that this job made."""
        query = sa.select(_ITEM.c.run_id).where(_ITEM.c.job_id == self.job_id)
        with self._store.read() as db:
            return list(db.execute(query if adopted else query.where(~_ITEM.c.is_adopted)).scalars())

    def begins_again(self, options: BatchOptions) -> bool:
        """Whether `open` forgets where the job stood; an unfinished `--again` goes on instead."""
        return self._known.begins_again(options)

    def open(
        self, graph_hash: str, options: BatchOptions | None = None, context: Mapping[str, JsonValue] | None = None
    ) -> None:
        """Start the job or find it again.

        Raises:
            ProjectError: `batch.graph-changed`, `batch.context-changed`: its other tickets ran under another
                version of the graph, or with another context.
        """
        options = options or BatchOptions()
        self._accepts_changes = options.accept_changes
        with self._writing() as db:
            self._job = open_job(
                db, Job.read(db, self.job_id) or Job(job_id=self.job_id), options,
                graph_name=self._graph_name, graph_hash=graph_hash, source=self._source, context=dict(context or {}),
            )  # fmt: skip

    def add(self, backlog: Iterable[BacklogItem], *, limit: int | None = None) -> Taken:
        """Bring the ledger in step with the source: new tickets are written, answered ones keep their content.

        What cannot be read, and a second ticket of one id, is a dead letter as long as the source has it: once it
        is put right there its ticket is new. A ticket that was not answered yet gets the content of now.
        """
        return Intake(self._store, self.job_id, self._run_id_of, self._accepts_changes).take(backlog, limit)

    def items(self, *, limit: int | None = None) -> list[LedgerItem]:
        """The job's tickets in the backlog's order, as far as its source has them; only the first `limit` places."""
        query = sa.select(_ITEM).where(_ITEM.c.job_id == self.job_id, _ITEM.c.seq > GONE).order_by(_ITEM.c.seq)
        if limit is not None:
            query = query.where(_ITEM.c.seq < limit)
        with self._store.read() as db:
            return [
                LedgerItem(
                    seq=row.seq,
                    ticket_id=row.ticket_id,
                    ticket=row.input,
                    status=ItemStatus(row.status),
                    attempt=row.attempt,
                    run_id=row.run_id,
                    lane=row.lane,
                    error=row.error,
                    context=row.context or {},
                    is_adopted=bool(row.is_adopted),
                )
                for row in db.execute(query)
            ]

    def results(self) -> list[dict[str, JsonValue]]:
        """Id, output, status and run of each settled item, in the backlog's order; without a run where none began."""
        return results_of(self._store, self.job_id)

    def start(self, entry: LedgerItem) -> LedgerItem:
        """Say that a ticket is in flight; one that was answered before comes back settled, or with its other run."""
        with self._store.write(durable=False) as db:
            now = store_time(db)
            found = self._answer(db, entry)
            started = entry if found is None else _as_answered(entry, found)
            if found is None or found.is_same:
                started = replace(started, status=started.status if started.status in SETTLED else ItemStatus.RUNNING)
            values: dict[str, object] = {"status": started.status.value, "started_at": now}
            if found is not None:
                values |= {
                    "run_id": started.run_id,
                    "lane": started.lane,
                    "error": None if started.error is None else dict(started.error),
                    "is_adopted": started.is_adopted,
                }
            self._write(db, entry, values)
        return started

    def _answer(self, db: Connection, entry: LedgerItem) -> Answer | None:
        hold_ticket(db, self._graph_name, entry.ticket_id)
        found = find_answer(
            db,
            graph_name=self._graph_name,
            ticket_id=entry.ticket_id,
            sha256=content_sha256(entry.ticket or {}, entry.context),
            job_id=self.job_id,
            own_run=entry.run_id,
            since=self._known.again_since,
        )
        is_other = found is not None and not found.is_same
        return None if is_other and (self._accepts_changes or not self._are_ids_shared) else found

    def settle(self, entry: LedgerItem, outcome: Outcome) -> None:
        """Write how a ticket ended; an item that is settled already is left as it is."""
        with self._store.write(durable=False) as db:
            values = {
                "status": outcome.status.value,
                "lane": outcome.lane,
                "error": outcome.error,
                "finished_at": store_time(db),
            }
            self._write(db, entry, values)

    def _write(self, db: Connection, entry: LedgerItem, values: Mapping[str, object]) -> None:
        """Change an unsettled ticket, as long as the job is this process's."""
        lease = self._lease
        who = {"asked_job": self.job_id, "asked_ticket": entry.ticket_id}
        held = {} if lease is None else {"of_name": lease.name, "of_owner": lease.owner, "of_fence": lease.fence}
        written = db.execute(_UNSETTLED if lease is None else _UNSETTLED_HELD, {**who, **held, **values})
        if not written.rowcount and lease is not None and not is_held(db, lease):
            raise _taken_over()

    def reopen(self, entries: Iterable[LedgerItem]) -> None:
        """Let dead letters that no fault of theirs has made be run by the same command."""
        again = sa.update(_ITEM).where(*_ONE, _ITEM.c.status == ItemStatus.DEAD.value)
        with self._writing() as db:
            for entry in entries:
                values = {"status": ItemStatus.PENDING.value, "error": None, "lane": None}
                db.execute(again, {"asked_job": self.job_id, "asked_ticket": entry.ticket_id, **values})

    @contextmanager
    def _writing(self) -> Generator[Connection]:
        """A transaction of the process that holds the job; one that has lost it writes nothing more."""
        with self._store.write() as db:
            if self._lease is not None and not is_held(db, self._lease):
                raise _taken_over()
            yield db

    def reconcile(self) -> int:
        """Take over how runs have ended since that a person let go on; return how many tickets moved."""
        return reconcile_runs(self._store, job_id=self.job_id)

    def revive_dead(self) -> int:
        """Give every dead letter that has a readable ticket a new attempt. Returns how many.

        A run that decided on effects goes on: they are tried again under their own keys, so that none happens
        twice. Any other attempt is a run of its own, so that a bad answer in the journal is not read again.
        """
        return sum(
            self._revive(entry)
            for entry in self.items()
            if entry.status is ItemStatus.DEAD and entry.ticket is not None and _code(entry) not in NEVER_REVIVED
        )

    def revive_cancelled(self) -> int:
        """Give every ticket whose run was cancelled a run of its own. Returns how many."""
        return sum(self._revive(entry) for entry in self.items() if entry.status is ItemStatus.CANCELLED)

    def revive_changed(self) -> int:
        """Run tickets that were held back because another content was answered under their id."""
        return sum(
            self._revive(entry)
            for entry in self.items()
            if entry.status is ItemStatus.DEAD and _code(entry) == "item.changed"
        )

    def _revive(self, entry: LedgerItem) -> bool:
        attempt = entry.attempt + 1
        with self._writing() as db:
            acted = sa.select(tables.outbox.c.effect_key).where(tables.outbox.c.run_id == entry.run_id).limit(1)
            goes_on = entry.status is not ItemStatus.CANCELLED and db.execute(acted).first() is not None
            db.execute(
                sa.update(_ITEM)
                .where(_ITEM.c.job_id == self.job_id, _ITEM.c.ticket_id == entry.ticket_id)
                .values(
                    status=ItemStatus.PENDING.value,
                    attempt=attempt,
                    error=None,
                    is_adopted=entry.is_adopted and goes_on,
                    run_id=entry.run_id if goes_on else self._run_id_of(entry.ticket_id, attempt),
                )
            )
        return True

    def close(self, status: str) -> None:
        """Write how the job stands: `complete`, `dead_letters` or `stopped`."""
        job = tables.batch_job
        with self._writing() as db:
            values = {"status": status, "updated_at": store_time(db)}
            db.execute(sa.update(job).where(job.c.job_id == self.job_id).values(values))


def _taken_over() -> ConflictError:
    what = "another process has taken over this batch: this one gave no sign of life for too long"
    return ConflictError("batch.taken-over", what, fix="look at the other process, or run the command again")


def _code(entry: LedgerItem) -> str:
    return str((entry.error or {}).get("code") or "")


def _as_answered(entry: LedgerItem, found: Answer) -> LedgerItem:
    """The ticket as another run has it; of another content it is held back, for a person to say what it is."""
    if found.is_same:
        status = found.status or ItemStatus.RUNNING
        return replace(entry, run_id=found.run_id, status=status, lane=found.lane, is_adopted=True)
    stands = "was answered" if found.status is ItemStatus.DONE else "is being answered"
    error: Mapping[str, JsonValue] = {
        "code": "item.changed",
        "what": f"ticket {entry.ticket_id!r} {stands} with another content (run {found.run_id})",
        "fix": "--accept-changes answers it as it is now; a ticket of its own needs an id of its own",
    }
    return replace(entry, status=ItemStatus.DEAD, error=error)


def reconcile_runs(store: StateStore, *, job_id: str | None = None, run_id: str | None = None) -> int:
    """Tickets whose runs ended outside of their batch are done, or cancelled: a person decided, or let one go on.

    Args:
        store: The state store.
        job_id: Only of this job.
        run_id: Only of this run.
    """
    run = tables.run
    ends = [ItemStatus.DONE.value, ItemStatus.CANCELLED.value]  # a run's own words for it are the same
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
    """Jobs that have a dead letter of this run."""
    query = sa.select(_ITEM.c.job_id).where(_ITEM.c.run_id == run_id, _ITEM.c.status == ItemStatus.DEAD.value)
    with store.read() as db:
        return tuple(cast("str", job_id) for job_id in db.execute(query).scalars())


def unsettled_runs(store: StateStore) -> frozenset[str]:
    """Runs that a batch has begun and goes on with by itself when it is started again."""
    query = sa.select(_ITEM.c.run_id).where(_ITEM.c.status.not_in([status.value for status in SETTLED]))
    with store.read() as db:
        return frozenset(db.execute(query).scalars())


def run_id_of(round_of_job: str, ticket_id: str, attempt: int) -> str:
    """The run of a ticket: the same after a crash, so that its finished calls and effects are found again."""
    return sha(f"{round_of_job}\0{ticket_id}\0{attempt}", 32)
