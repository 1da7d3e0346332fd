"""Synchronizes the ledger with its source: new, unreadable, changed and removed items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.batch.types import BacklogItem, ItemStatus
from compound.connector.state import StateStore, tables
from compound.connector.state.items import content_sha256

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

_CHUNK = 500
_ITEM = tables.batch_item
_MOVED = (
    sa.update(_ITEM)
    .where(_ITEM.c.job_id == sa.bindparam("asked_job"), _ITEM.c.item_id == sa.bindparam("asked_item"))
    .values(seq=sa.bindparam("new_seq"))
)
GONE = -1
"""Position of an item that is no longer in the source: it is not run and not counted."""
_UNREADABLE = _ITEM.c.input.is_(sa.null())
"""Codes of dead letters without an item: the line cannot be read, or its id is a duplicate."""
_ACTED = sa.exists().where(tables.outbox.c.run_id == _ITEM.c.run_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The result of reading the source.

    Attributes:
        count: Number of items, at most the limit.
        changed: Items whose content changed since they were run.
        replaced: Runs that accepted changes replace.
    """

    count: int
    changed: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()


@dataclass(slots=True)
class Intake:
    """Reads a source into the rows of a job.

    Args:
        store: The state store.
        job_id: Id of the job.
        run_id_of: Item and attempt to run id.
        accept_changes: Whether settled items are run again when their content changed.
    """

    store: StateStore
    job_id: str
    run_id_of: Callable[[str, int], str]
    accept_changes: bool = False
    _changed: list[str] = field(default_factory=list[str])
    _replaced: list[str] = field(default_factory=list[str])

    def take(self, backlog: Iterable[BacklogItem], limit: int | None) -> Taken:
        """Write new items; unreadable ones are dead letters as long as they are in the source."""
        seen: set[str] = set()
        bad: list[tuple[int, BacklogItem]] = []
        seq = 0
        stream = islice(backlog, limit)
        while chunk := list(islice(stream, _CHUNK)):
            good: list[dict[str, object]] = []
            for entry in chunk:
                if entry.problem is None and entry.item_id not in seen:
                    seen.add(entry.item_id)
                    good.append(self._row(entry, seq, entry.item_id))
                else:
                    bad.append((seq, entry))
                seq += 1
            self._insert(good)
        self._list_gone(self._list_unreadable(bad, seen, limit), limit)
        return Taken(count=seq, changed=tuple(self._changed), replaced=tuple(self._replaced))

    def _row(self, entry: BacklogItem, seq: int, item_id: str) -> dict[str, object]:
        return {
            "job_id": self.job_id,
            "seq": seq,
            "item_id": item_id,
            "input_hash": content_sha256(entry.fields or {}, entry.context),
            "input": entry.fields,
            "context": dict(entry.context) if entry.context else None,
            "message": dict(entry.message) if entry.message else None,
            "attempt": 1,
            "status": (ItemStatus.DEAD if entry.problem else ItemStatus.PENDING).value,
            "error": entry.problem,
            "run_id": self.run_id_of(item_id, 1),
        }

    def _insert(self, rows: Sequence[dict[str, object]]) -> None:
        ids = [row["item_id"] for row in rows]
        mine = _ITEM.c.job_id == self.job_id
        with self.store.write() as db:
            # A formerly unreadable item that can now be read is new.
            db.execute(sa.delete(_ITEM).where(mine, _ITEM.c.item_id.in_(ids), _UNREADABLE))
            query = sa.select(
                *(_ITEM.c[name] for name in ("item_id", "input_hash", "seq", "status", "attempt", "run_id")),
                _ACTED.label("has_acted"),
            ).where(mine, _ITEM.c.item_id.in_(ids))
            known = {row.item_id: row for row in db.execute(query)}
            fresh = [row for row in rows if row["item_id"] not in known]
            if fresh:
                db.execute(sa.insert(_ITEM), fresh)
            moved: list[dict[str, object]] = []
            for row in rows:
                before = known.get(str(row["item_id"]))
                if before is not None and before.seq != row["seq"]:
                    moved.append({"asked_job": self.job_id, "asked_item": row["item_id"], "new_seq": row["seq"]})
                if before is not None and before.input_hash != row["input_hash"]:
                    self._change(db, before, row)
            if moved:
                db.execute(_MOVED, moved)

    def _change(self, db: Connection, before: Row[tuple[object, ...]], row: dict[str, object]) -> None:
        """Keep the content that was answered, unless changes are accepted; replace content that was not."""
        name = str(row["item_id"])
        is_unanswered = before.status in (ItemStatus.DEAD.value, ItemStatus.CANCELLED.value) and not before.has_acted
        is_unseen = before.status == ItemStatus.PENDING.value and not before.has_acted
        is_settled = before.status in (ItemStatus.DONE.value, ItemStatus.WAITING_REVIEW.value)
        if not is_unseen and not is_unanswered:
            if not (self.accept_changes and is_settled):
                self._changed.append(name)
                return
            self._replaced.append(before.run_id)
        attempt = before.attempt if is_unseen else before.attempt + 1
        changed = {key: row[key] for key in ("input", "input_hash", "context", "message")}
        db.execute(
            sa.update(_ITEM)
            .where(_ITEM.c.job_id == self.job_id, _ITEM.c.item_id == name)
            .values(
                **changed,
                status=ItemStatus.PENDING.value,
                attempt=attempt,
                is_adopted=False,
                readiness=None,
                error=None,
                run_id=self.run_id_of(name, attempt),
            )
        )

    def _list_gone(self, taken: set[str], limit: int | None) -> None:
        """Unlist items that are no longer in the source; they keep their row in case they return.

        Items in flight are still finished: they may have run effects.
        """
        query = sa.select(_ITEM.c.item_id).where(
            _ITEM.c.job_id == self.job_id, _ITEM.c.seq > GONE, _ITEM.c.status != ItemStatus.RUNNING.value
        )
        with self.store.write() as db:
            known = db.execute(query if limit is None else query.where(_ITEM.c.seq < limit)).scalars()
            gone = [{"asked_job": self.job_id, "asked_item": one, "new_seq": GONE} for one in known if one not in taken]
            if gone:
                db.execute(_MOVED, gone)

    def _list_unreadable(self, bad: Sequence[tuple[int, BacklogItem]], seen: set[str], limit: int | None) -> set[str]:
        """Synchronize the unreadable items with the source; returns the ids of all of its items."""
        mine = _ITEM.c.job_id == self.job_id
        rows: list[dict[str, object]] = []
        with self.store.write() as db:
            gone = sa.delete(_ITEM).where(mine, _UNREADABLE)
            db.execute(gone if limit is None else gone.where(_ITEM.c.seq < limit))
            taken = set(seen)
            for at in range(0, len(bad), _CHUNK):
                part = bad[at : at + _CHUNK]
                names = [name for seq, entry in part for name in (entry.item_id, _second_name(entry, seq))]
                db.execute(gone.where(_ITEM.c.item_id.in_(names)))
                query = sa.select(_ITEM.c.item_id).where(mine, _ITEM.c.item_id.in_(names))
                known = set(db.execute(query).scalars())
                for seq, entry in part:
                    if entry.problem is not None and entry.item_id in known - taken:
                        # It was read and run before; only its line in the source is now invalid.
                        taken.add(entry.item_id)
                        self._changed.append(entry.item_id)
                    else:
                        rows.append(self._unreadable(entry, seq, taken, known))
            if rows:
                db.execute(sa.insert(_ITEM), rows)
        return taken

    def _unreadable(self, entry: BacklogItem, seq: int, taken: set[str], known: set[str]) -> dict[str, object]:
        """A dead letter under the item's id, unless a readable item has that id."""
        item_id = name = entry.item_id
        problem = entry.problem or {
            "code": "item.duplicate-id",
            "what": f"a second item has the id {item_id!r}; only the first is run",
            "fix": "give each item a unique id",
        }
        while name in taken or name in known:
            name = _second_name(entry, seq) if name == item_id else f"{name}#"
        taken.add(name)
        return self._row(BacklogItem(item_id=name, fields=None, problem=problem), seq, name)


def _second_name(entry: BacklogItem, seq: int) -> str:
    """The id of a dead letter whose item's id is taken."""
    return f"{entry.item_id}#{seq}"
