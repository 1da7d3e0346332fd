"""The audit log: what happened, each row chained to the one before it by its hash."""

from __future__ import annotations

import unicodedata
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from compound.connector.state import tables
from compound.connector.state._digest import digest
from compound.connector.state._store import StateStore

_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
"""Unicode categories of controls, of format characters, of line and paragraph separators, of half characters."""
_GENESIS = "0" * 64
_PAGE = 1000
_LOCK = 0x61756469
"""Key of PostgreSQL's advisory lock: rows get their number and their hash one after the other."""
_LAST = sa.select(tables.audit.c.seq, tables.audit.c.hash).order_by(tables.audit.c.seq.desc()).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What a check of the whole log found.

    Attributes:
        rows: Rows that were checked.
        head: Hash of the last good row. Kept elsewhere, it also proves that no rows were cut off at the end.
        broken_at: Number of the first row that does not fit; None when all fit.
        problem: What is wrong with it; empty when nothing is.
    """

    ok: bool
    rows: int
    head: str
    broken_at: int | None = None
    problem: str = ""


def append_audit(
    connection: Connection,
    event: str,
    *,
    at: float,
    actor: str,
    subject: str,
    details: Mapping[str, object],
) -> None:
    """Write one row, in the transaction of what it tells about.

    Args:
        connection: Of `StateStore.write`; on PostgreSQL other writers of the log wait until it commits.
        event: A dotted past fact: `review.decided`.
        at: UTC seconds.
        actor: Who did it: a user, `policy:<hash>`, or a process.
        subject: What it happened to: an item's id, an effect's key.
        details: Ids, hashes and small facts; never a customer's words. What a terminal would obey, hide or turn is
            written as `<U+202E>`, in the actor too: the log is read with whatever is at hand.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    actor, details = _plain(actor), {name: _plain(value) for name, value in details.items()}
    last = connection.execute(_LAST).first()
    seq, prev_hash = (last.seq + 1, last.hash) if last else (1, _GENESIS)
    record: list[object] = [seq, at, actor, event, subject, details]
    values = {
        "seq": seq,
        "at": at,
        "actor": actor,
        "event": event,
        "subject": subject,
        "details": details,
        "prev_hash": prev_hash,
        "hash": digest([prev_hash, record]),
    }
    connection.execute(sa.insert(tables.audit), values)


T = TypeVar("T")


def _plain(value: T) -> T:
    """A text without control, zero-width and bidirectional characters; any other value as it is."""
    if not isinstance(value, str):
        return value
    return cast("T", "".join(one if _is_plain(one) else f"<U+{ord(one):04X}>" for one in value))


def _is_plain(character: str) -> bool:
    return unicodedata.category(character) not in _HIDDEN


def verify_audit(store: StateStore, *, expected_head: str | None = None) -> AuditReport:
    """Check every row's number, its link and its hash.

    Args:
        store: Whose log it is.
        expected_head: A head that was kept elsewhere; it must be the hash of some row.

    Returns:
        The first row that does not fit, if any. Cost: one pass over the log.
    """
    prev_hash, rows, is_head_seen = _GENESIS, 0, expected_head in (None, _GENESIS)
    with store.read() as connection:
        for row in _all_rows(connection):
            if problem := _problem(row, prev_hash, rows + 1):
                return AuditReport(ok=False, rows=rows, head=prev_hash, broken_at=row.seq, problem=problem)
            prev_hash, rows = row.hash, rows + 1
            is_head_seen = is_head_seen or prev_hash == expected_head
    if not is_head_seen:
        problem = "rows are missing at the end"
        return AuditReport(ok=False, rows=rows, head=prev_hash, broken_at=rows + 1, problem=problem)
    return AuditReport(ok=True, rows=rows, head=prev_hash)


def _all_rows(connection: Connection) -> Generator[Row[tuple[object, ...]]]:
    table, seen = tables.audit, -1
    while True:
        query = sa.select(table).where(table.c.seq > seen).order_by(table.c.seq).limit(_PAGE)
        page = connection.execute(query).all()
        if not page:
            return
        yield from page
        seen = page[-1].seq


def _problem(row: Row[tuple[object, ...]], prev_hash: str, seq: int) -> str:
    if row.seq != seq:
        return f"row {seq} is missing"
    if row.prev_hash != prev_hash:
        return "it does not continue the row before it"
    record: list[object] = [row.seq, row.at, row.actor, row.event, row.subject, row.details]
    return "" if row.hash == digest([prev_hash, record]) else "its content was changed"
