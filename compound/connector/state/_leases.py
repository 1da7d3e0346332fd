"""Leases: what one process at a time may hold, on whatever host it runs. A row in the store, renewed while it lives."""

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
from compound.connector.state._owner import host_and_process, is_gone, this_owner
from compound.connector.state._store import StateStore
from compound.errors import CompoundError

LEASE_S: Final = 60.0
"""How long a holder on another host is believed to live without a sign; one of this host is seen to be gone at once."""

_LEASE = tables.lease
HELD: Final = sa.select(_LEASE.c.name).where(
    _LEASE.c.name == sa.bindparam("of_name"),
    _LEASE.c.owner == sa.bindparam("of_owner"),
    _LEASE.c.fence == sa.bindparam("of_fence"),
)
_held: set[tuple[str, str]] = set()
"""(store, lease) that this very process holds: its other rows are left-overs of a release that failed."""
_held_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What this process holds.

    Attributes:
        fence: Greater than that of every holder before.
    """

    name: str
    owner: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lease now.

    Attributes:
        since: UTC seconds, when it was taken.
        until: UTC seconds, how far it was renewed.
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
        lease_s: How long a lease runs without a renewal; it is renewed three times as often.
    """

    def __init__(self, store: StateStore, *, lease_s: float = LEASE_S) -> None:
        self._store = store
        self._lease_s = lease_s

    def take(self, name: str) -> Lease | Holder:
        """Take a lease, or learn who holds it; who is gone, or gave no sign of life in time, has lost it.

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
        """A sign of life; false when another one holds it now."""
        with self._store.write(durable=False) as db:
            until = store_time(db) + self._lease_s
            return db.execute(sa.update(_LEASE).where(*_is(lease)).values(lease_until=until)).rowcount == 1

    def release(self, lease: Lease) -> None:
        """Let go of it; nothing happens when another one holds it now."""
        try:
            with self._store.write(durable=False) as db:
                db.execute(sa.update(_LEASE).where(*_is(lease)).values(owner=None, since=None, lease_until=None))
        finally:
            with _held_lock:
                _held.discard((self._store.name, lease.name))

    @contextmanager
    def renewed(self, lease: Lease) -> Generator[None]:
        """Renew it from a thread of its own until the block ends, then let go of it."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(self._lease_s / 3):
                with suppress(CompoundError):  # the store is away for a moment; the next beat tries again
                    if not self.renew(lease):
                        return

        thread = threading.Thread(target=beat, name=f"lease {lease.name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            with suppress(CompoundError):  # then it lapses, or is seen to be of a process that is gone
                self.release(lease)


def is_held(db: Connection, lease: Lease) -> bool:
    """Whether the lease is still this holder's; asked in the transaction of what only its holder may write."""
    given = {"of_name": lease.name, "of_owner": lease.owner, "of_fence": lease.fence}
    return db.execute(HELD, given).first() is not None


def store_time(db: Connection) -> float:
    """UTC seconds by the clock that all hosts of the store share."""
    if db.dialect.name == "postgresql":
        return float(db.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one())
    return time.time()


def _is(lease: Lease) -> tuple[sa.ColumnElement[bool], ...]:
    return (_LEASE.c.name == lease.name, _LEASE.c.owner == lease.owner, _LEASE.c.fence == lease.fence)


def _is_free(holder: Holder, me: str, now: float) -> bool:
    return holder.until <= now or holder.owner == me or is_gone(holder.owner)
