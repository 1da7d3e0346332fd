"""The audit log: events in a hash chain."""

from __future__ import annotations

import unicodedata
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from compound.connector.state import tables
from compound.connector.state.digest import digest
from compound.connector.state.serving.webhooks import tell_audited
from compound.connector.state.store import StateStore

_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
"""Unicode categories of control and format characters, line and paragraph separators, and surrogates."""
_GENESIS = "0" * 64
_PAGE = 1000
_LOCK = 0x61756469
"""Key of PostgreSQL's advisory lock: serializes number and hash of rows."""
_LAST = sa.select(tables.audit.c.seq, tables.audit.c.hash).order_by(tables.audit.c.seq.desc()).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The result of verifying the log.

    Attributes:
        rows: Number of checked rows.
        head: Hash of the last valid row. Stored elsewhere, it also proves that no rows were removed at the end.
        broken_at: Number of the first invalid row; None if all are valid.
        problem: What is wrong with it; empty if nothing is.
    """

    ok: bool
    rows: int
    head: str
    broken_at: int | None = None
    problem: str = ""


def append_audit(  # noqa: PLR0913 - the columns of a row
    connection: Connection,
    event: str,
    *,
    at: float,
    actor: str,
    subject: str,
    details: Mapping[str, object],
    is_told: bool = True,
) -> None:
    """Append a row, in the transaction of the event; webhooks are told of it in the same transaction.

    Args:
        connection: From `StateStore.write`; on PostgreSQL other writers of the log wait until it commits.
        event: A dotted past fact: `review.decided`.
        at: UTC seconds.
        actor: A user, `policy:<hash>`, or a process.
        subject: Id of an item, key of an effect.
        details: Ids, hashes and small facts; never personal text. Control and bidirectional characters are written as
            `<U+202E>`, in the actor too, so that the log can be read with any tool.
        is_told: Whether webhooks are told of it.
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
    if is_told:
        tell_audited(connection, event, seq=seq, at=at, actor=actor, subject=subject, details=details)


T = TypeVar("T")


def _plain(value: T) -> T:
    """Replace control, zero-width and bidirectional characters of a text; other values are unchanged."""
    if not isinstance(value, str):
        return value
    return cast("T", "".join(one if _is_plain(one) else f"<U+{ord(one):04X}>" for one in value))


def _is_plain(character: str) -> bool:
    return unicodedata.category(character) not in _HIDDEN


def verify_audit(store: StateStore, *, expected_head: str | None = None) -> AuditReport:
    """Verify the number, link and hash of every row.

    Args:
        store: The state store.
        expected_head: A head that was stored elsewhere; it must be the hash of a row.

    Returns:
        The report, with the first invalid row, if any. Cost: one pass over the log.
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
        return "it does not link to the previous row"
    record: list[object] = [row.seq, row.at, row.actor, row.event, row.subject, row.details]
    return "" if row.hash == digest([prev_hash, record]) else "its content was changed"
