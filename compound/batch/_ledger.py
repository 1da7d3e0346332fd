"""The ledger: one row a ticket, in the state store; running the same command again goes on from it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from itertools import islice

import orjson
import sqlalchemy as sa

from compound.batch._types import SETTLED, BacklogItem, ItemStatus, LedgerItem, Outcome
from compound.connector.state import StateStore, tables
from compound.errors import ProjectError

_CHUNK = 500
_UNSETTLED = sa.update(tables.batch_item).where(
    tables.batch_item.c.job_id == sa.bindparam("asked_job"),
    tables.batch_item.c.ticket_id == sa.bindparam("asked_ticket"),
    tables.batch_item.c.status.not_in([status.value for status in SETTLED]),
)
_MOVED = (
    sa.update(tables.batch_item)
    .where(
        tables.batch_item.c.job_id == sa.bindparam("asked_job"),
        tables.batch_item.c.ticket_id == sa.bindparam("asked_ticket"),
    )
    .values(seq=sa.bindparam("new_seq"))
)
_UNREADABLE = tables.batch_item.c.input.is_(sa.null())
"""Dead letters that have no ticket: their line cannot be read, or its id is taken."""


class Ledger:
    """The rows of one job, a graph over a source.

    Args:
        store: The state store.
        graph_name: The graph that is run.
        source: What names the backlog, as the user typed it.
    """

    def __init__(self, store: StateStore, *, graph_name: str, source: str) -> None:
        self._store = store
        self._graph_name = graph_name
        self._source = source
        self.job_id = hashlib.sha256(f"{graph_name}\0{source}".encode()).hexdigest()[:16]
        self._number: int | None = None

    @property
    def _round(self) -> str:
        """Names the runs: the job the first time, so that equal backlogs have equal runs; with a number after that."""
        if self._number is None:
            job = tables.batch_job
            with self._store.read() as db:
                query = sa.select(job.c.round).where(job.c.job_id == self.job_id)
                self._number = int(db.execute(query).scalar_one_or_none() or 1)
        return self.job_id if self._number == 1 else f"{self.job_id}\0{self._number}"

    def run_ids(self) -> list[str]:
        """Runs of the tickets as they stand, also of those that ended."""
        item = tables.batch_item
        with self._store.read() as db:
            return list(db.execute(sa.select(item.c.run_id).where(item.c.job_id == self.job_id)).scalars())

    def open(self, graph_hash: str, *, accept_changes: bool = False, restart: bool = False) -> None:
        """Start the job or find it again.

        Raises:
            ProjectError: `batch.graph-changed`: its other tickets ran under another version of the graph.
        """
        job, item = tables.batch_job, tables.batch_item
        now = time.time()
        self._number = None
        number = 1
        with self._store.write() as db:
            if restart:
                before = db.execute(sa.select(job.c.round).where(job.c.job_id == self.job_id)).scalar_one_or_none()
                number = (before or 0) + 1
                db.execute(sa.delete(item).where(item.c.job_id == self.job_id))
                db.execute(sa.delete(job).where(job.c.job_id == self.job_id))
            known = db.execute(sa.select(job.c.graph_hash).where(job.c.job_id == self.job_id)).scalar_one_or_none()
            if known is None:
                db.execute(
                    sa.insert(job).values(
                        job_id=self.job_id,
                        graph_name=self._graph_name,
                        graph_hash=graph_hash,
                        source=self._source,
                        status="running",
                        round=number,
                        created_at=now,
                        updated_at=now,
                    )
                )
            elif known != graph_hash and not accept_changes:
                raise ProjectError(
                    "batch.graph-changed",
                    f"graph {self._graph_name!r} changed since this batch was started "
                    f"({known[:8]} then, {graph_hash[:8]} now)",
                    fix="--accept-changes runs the rest with the new graph; --restart begins again",
                )
            else:
                db.execute(
                    sa.update(job)
                    .where(job.c.job_id == self.job_id)
                    .values(graph_hash=graph_hash, status="running", updated_at=now)
                )

    def add(self, backlog: Iterable[BacklogItem], *, limit: int | None = None) -> tuple[int, int]:
        """Bring the ledger in step with the source: new tickets are written, known ones keep their first content.

        What cannot be read, and a second ticket of one id, is a dead letter as long as the source has it: once it
        is mended there its ticket is new.

        Returns:
            The number of tickets of the source that count (at most `limit`), and how many of them have
            another content than when they were first seen.
        """
        seen: set[str] = set()
        bad: list[tuple[int, BacklogItem]] = []
        seq = changed = 0
        stream = islice(backlog, limit)
        while chunk := list(islice(stream, _CHUNK)):
            good: list[dict[str, object]] = []
            for entry in chunk:
                if entry.problem is None and entry.ticket_id not in seen:
                    seen.add(entry.ticket_id)
                    good.append(self._row(entry, seq, entry.ticket_id))
                else:
                    bad.append((seq, entry))
                seq += 1
            changed += self._insert(good)
        return seq, changed + self._list_unreadable(bad, seen, limit)

    def _row(self, entry: BacklogItem, seq: int, ticket_id: str) -> dict[str, object]:
        payload = orjson.dumps(entry.ticket, option=orjson.OPT_SORT_KEYS)
        return {
            "job_id": self.job_id,
            "seq": seq,
            "ticket_id": ticket_id,
            "input_hash": hashlib.sha256(payload).hexdigest(),
            "input": entry.ticket,
            "attempt": 1,
            "status": (ItemStatus.DEAD if entry.problem else ItemStatus.PENDING).value,
            "error": entry.problem,
            "run_id": run_id_of(self._round, ticket_id, 1),
        }

    def _insert(self, rows: Sequence[dict[str, object]]) -> int:
        """Write tickets that are not known; return how many known ones have another content now."""
        item = tables.batch_item
        ids = [row["ticket_id"] for row in rows]
        mine = item.c.job_id == self.job_id
        with self._store.write() as db:
            # What could not be read before, and can be now, is a new ticket.
            db.execute(sa.delete(item).where(mine, item.c.ticket_id.in_(ids), _UNREADABLE))
            query = sa.select(item.c.ticket_id, item.c.input_hash, item.c.seq).where(mine, item.c.ticket_id.in_(ids))
            known = {row.ticket_id: row for row in db.execute(query)}
            fresh = [row for row in rows if row["ticket_id"] not in known]
            if fresh:
                db.execute(sa.insert(item), fresh)
            moved = [
                {"asked_job": self.job_id, "asked_ticket": ticket_id, "new_seq": row["seq"]}
                for row in rows
                if (ticket_id := row["ticket_id"]) in known and known[str(ticket_id)].seq != row["seq"]
            ]
            if moved:
                db.execute(_MOVED, moved)
        found = ((known.get(str(row["ticket_id"])), row["input_hash"]) for row in rows)
        return sum(before is not None and before.input_hash != hashed for before, hashed in found)

    def _list_unreadable(self, bad: Sequence[tuple[int, BacklogItem]], seen: set[str], limit: int | None) -> int:
        """Make the dead letters of the source those that it has now; return how many were a ticket before."""
        item = tables.batch_item
        mine = item.c.job_id == self.job_id
        changed = 0
        rows: list[dict[str, object]] = []
        with self._store.write() as db:
            gone = sa.delete(item).where(mine, _UNREADABLE)
            db.execute(gone if limit is None else gone.where(item.c.seq < limit))
            taken = set(seen)
            for at in range(0, len(bad), _CHUNK):
                part = bad[at : at + _CHUNK]
                names = [name for seq, entry in part for name in (entry.ticket_id, _second_name(entry, seq))]
                db.execute(gone.where(item.c.ticket_id.in_(names)))
                known = set(db.execute(sa.select(item.c.ticket_id).where(mine, item.c.ticket_id.in_(names))).scalars())
                for seq, entry in part:
                    if entry.problem is not None and entry.ticket_id in known - taken:
                        # It was read and run before; only its line in the source is broken now.
                        taken.add(entry.ticket_id)
                        changed += 1
                    else:
                        rows.append(self._unreadable(entry, seq, taken, known))
            if rows:
                db.execute(sa.insert(item), rows)
        return changed

    def _unreadable(self, entry: BacklogItem, seq: int, taken: set[str], known: set[str]) -> dict[str, object]:
        """A dead letter under the name of its ticket, unless a ticket has it that can be read."""
        ticket_id = name = entry.ticket_id
        problem = entry.problem or {
            "code": "ticket.duplicate-id",
            "what": f"a second ticket has the id {ticket_id!r}; the first one is run",
            "fix": "give each ticket its own id",
        }
        while name in taken or name in known:
            name = _second_name(entry, seq) if name == ticket_id else f"{name}#"
        taken.add(name)
        return self._row(BacklogItem(ticket_id=name, ticket=None, problem=problem), seq, name)

    def items(self, *, limit: int | None = None) -> list[LedgerItem]:
        """The job's tickets in the backlog's order; only the first `limit` places."""
        item = tables.batch_item
        query = sa.select(item).where(item.c.job_id == self.job_id).order_by(item.c.seq)
        if limit is not None:
            query = query.where(item.c.seq < limit)
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
                )
                for row in db.execute(query)
            ]

    def start(self, entry: LedgerItem) -> None:
        """Say that a ticket is in flight."""
        self._update(entry, status=ItemStatus.RUNNING.value, started_at=time.time())

    def settle(self, entry: LedgerItem, outcome: Outcome) -> None:
        """Write how a ticket ended; an item that is settled already is left as it is."""
        self._update(
            entry,
            status=outcome.status.value,
            lane=outcome.lane,
            error=outcome.error,
            finished_at=time.time(),
        )

    def _update(self, entry: LedgerItem, **values: object) -> None:
        with self._store.write(durable=False) as db:
            db.execute(_UNSETTLED, {"asked_job": self.job_id, "asked_ticket": entry.ticket_id, **values})

    def reconcile(self) -> int:
        """Move tickets whose review was decided since to done, by their runs; return how many moved."""
        item, run = tables.batch_item, tables.run
        finished = sa.select(run.c.run_id).where(run.c.status == "done")
        with self._store.write() as db:
            moved = db.execute(
                sa.update(item)
                .where(
                    item.c.job_id == self.job_id,
                    item.c.status == ItemStatus.WAITING_REVIEW.value,
                    item.c.run_id.in_(finished),
                )
                .values(status=ItemStatus.DONE.value)
            )
            return moved.rowcount

    def revive_dead(self) -> int:
        """Give every dead letter that has a readable ticket a new attempt. Returns how many.

        A run that decided on effects goes on: they are tried again under their own keys, so that none happens
        twice. Any other attempt is a run of its own, so that a bad answer in the journal is not read again.
        """
        item = tables.batch_item
        revived = 0
        for entry in self.items():
            if entry.status is not ItemStatus.DEAD or entry.ticket is None:
                continue
            if (entry.error or {}).get("code") == "ticket.duplicate-id":
                continue
            attempt = entry.attempt + 1
            with self._store.write() as db:
                acted = sa.select(tables.outbox.c.effect_key).where(tables.outbox.c.run_id == entry.run_id).limit(1)
                has_acted = db.execute(acted).first() is not None
                db.execute(
                    sa.update(item)
                    .where(item.c.job_id == self.job_id, item.c.ticket_id == entry.ticket_id)
                    .values(
                        status=ItemStatus.PENDING.value,
                        attempt=attempt,
                        error=None,
                        run_id=entry.run_id if has_acted else run_id_of(self._round, entry.ticket_id, attempt),
                    )
                )
            revived += 1
        return revived

    def close(self, status: str) -> None:
        """Write how the job stands: `complete`, `dead_letters` or `stopped`."""
        job = tables.batch_job
        with self._store.write() as db:
            db.execute(sa.update(job).where(job.c.job_id == self.job_id).values(status=status, updated_at=time.time()))


def _second_name(entry: BacklogItem, seq: int) -> str:
    """What a dead letter is called whose ticket's name is taken."""
    return f"{entry.ticket_id}#{seq}"


def unsettled_runs(store: StateStore) -> frozenset[str]:
    """Runs that a batch has begun and goes on with by itself when it is started again."""
    item = tables.batch_item
    query = sa.select(item.c.run_id).where(item.c.status.not_in([status.value for status in SETTLED]))
    with store.read() as db:
        return frozenset(db.execute(query).scalars())


def run_id_of(round_of_job: str, ticket_id: str, attempt: int) -> str:
    """The run of a ticket: the same after a crash, so that its finished calls and effects are found again."""
    return hashlib.sha256(f"{round_of_job}\0{ticket_id}\0{attempt}".encode()).hexdigest()[:32]
