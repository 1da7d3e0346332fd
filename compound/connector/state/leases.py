"""Leases: exclusive claims of one process across hosts; a row in the store, renewed while the process lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from compound.connector.state import tables
from compound.connector.state.owner import host_and_process, is_gone, this_owner
from compound.connector.state.store import StateStore
from compound.errors import CompoundError

LEASE_S: Final = 60.0
"""Lease of a holder on another host without a heartbeat; a dead process on this host is detected at once."""

_LEASE = tables.lease
HELD: Final = sa.select(_LEASE.c.name).where(
    _LEASE.c.name == sa.bindparam("of_name"),
    _LEASE.c.owner == sa.bindparam("of_owner"),
    _LEASE.c.fence == sa.bindparam("of_fence"),
)
_held: set[tuple[str, str]] = set()
"""(store, lease) pairs that this process holds; its other rows are left over from failed releases."""
_held_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease held by this process.

    Attributes:
        fence: Fencing token; greater than that of every earlier holder.
    """

    name: str
    owner: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The current holder of a lease.

    Attributes:
        since: When it was acquired, UTC seconds.
        until: When it expires, UTC seconds.
    """

    owner: str
    since: float
    until: float

    def __str__(self) -> str:
        host, process = host_and_process(self.owner)
        return f"process {process} on host {host}, since {_moment(self.since)} (its lease ends {_moment(self.until)})"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


class Leases:
    """The leases of a store. Any number of hosts may use one store.

    Args:
        store: The state store.
        lease_s: Duration of a lease in seconds; it is renewed every third of it.
    """

    def __init__(self, store: StateStore, *, lease_s: float = LEASE_S) -> None:
        self._store = store
        self._lease_s = lease_s

    def take(self, name: str) -> Lease | Holder:
        """Acquire a lease, or return its holder; leases of dead processes and expired leases can be taken.

        Raises:
            ConnectorError: `state.*`.
        """
        me, mark = this_owner(), (self._store.name, name)
        with _held_lock:
            is_ours = mark in _held
            with self._store.write() as db:
                now = store_time(db)
                holder, fence = self._row(db, name, now)
                if holder is not None and (is_ours or not _is_free(holder, me, now)):
                    return holder
                db.execute(
                    sa.update(_LEASE)
                    .where(_LEASE.c.name == name)
                    .values(owner=me, fence=fence + 1, since=now, lease_until=now + self._lease_s)
                )
            _held.add(mark)
        return Lease(name=name, owner=me, fence=fence + 1)

    def _row(self, db: Connection, name: str, now: float) -> tuple[Holder | None, int]:
        dialect = postgresql if db.dialect.name == "postgresql" else sqlite
        new = dialect.insert(_LEASE).values(name=name, fence=0).on_conflict_do_nothing(index_elements=["name"])
        db.execute(new)
        row = db.execute(sa.select(_LEASE).where(_LEASE.c.name == name).with_for_update()).one()
        if row.owner is None:
            return None, row.fence
        return Holder(owner=row.owner, since=row.since or now, until=row.lease_until or 0.0), row.fence

    def renew(self, lease: Lease) -> bool:
        """Renew the lease; returns False if another process holds it."""
        with self._store.write(durable=False) as db:
            until = store_time(db) + self._lease_s
            return db.execute(sa.update(_LEASE).where(*_is(lease)).values(lease_until=until)).rowcount == 1

    def release(self, lease: Lease) -> None:
        """Release the lease; does nothing if another process holds it."""
        try:
            with self._store.write(durable=False) as db:
                db.execute(sa.update(_LEASE).where(*_is(lease)).values(owner=None, since=None, lease_until=None))
        finally:
            with _held_lock:
                _held.discard((self._store.name, lease.name))

    @contextmanager
    def renewed(self, lease: Lease) -> Generator[None]:
        """Renew the lease in a thread until the block ends, then release it."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(self._lease_s / 3):
                with suppress(CompoundError):  # the store is unavailable; the next beat retries
                    if not self.renew(lease):
                        return

        thread = threading.Thread(target=beat, name=f"lease {lease.name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            with suppress(CompoundError):  # then it expires, or is detected as held by a dead process
                self.release(lease)


def holder_of(db: Connection, name: str) -> Holder | None:
    """The holder of a lease; None if it is free, it has expired, or its process on this host has ended."""
    row = db.execute(sa.select(_LEASE).where(_LEASE.c.name == name)).first()
    if row is None or row.owner is None:
        return None
    holder = Holder(owner=row.owner, since=row.since or 0.0, until=row.lease_until or 0.0)
    return None if holder.until <= store_time(db) or is_gone(holder.owner) else holder


def is_held(db: Connection, lease: Lease) -> bool:
    """Whether this process still holds the lease; checked in the transaction of a protected write."""
    given = {"of_name": lease.name, "of_owner": lease.owner, "of_fence": lease.fence}
    return db.execute(HELD, given).first() is not None


def store_time(db: Connection) -> float:
    """UTC seconds by the store's clock, which all hosts share."""
    if db.dialect.name == "postgresql":
        return float(db.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one())
    return time.time()


def _is(lease: Lease) -> tuple[sa.ColumnElement[bool], ...]:
    return (_LEASE.c.name == lease.name, _LEASE.c.owner == lease.owner, _LEASE.c.fence == lease.fence)


def _is_free(holder: Holder, me: str, now: float) -> bool:
    return holder.until <= now or holder.owner == me or is_gone(holder.owner)
