"""Conformance kit for state stores."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import sqlalchemy as sa

from compound.connector.state import StateStore, tables
from compound.errors import ConnectorError
from compound.testing.need import need

_WRITERS = 4
_TIMES = 5


class _Failed(Exception):
    """Raised inside a transaction."""


def check_state_store(make: Callable[[], StateStore]) -> None:
    """Check a state store against its port: transactions, one writer at a time, durability.

    Args:
        make: Opens the store; every call must open the same database.

    Raises:
        AssertionError: It violates a rule, named in the message.
    """
    store = make()
    try:
        _rolls_back(store)
        _reads_only(store)
        _refuses_nesting(store)
        _counts(store)
        kept = _add(store, uuid4().hex)
    finally:
        store.close()
    again = make()
    try:
        need(_status(again, kept) == "done", "a committed row is missing after reopening the store")
    finally:
        again.close()


def _add(store: StateStore, run_id: str) -> str:
    with store.write() as db:
        db.execute(_insert(run_id))
    return run_id


def _insert(run_id: str) -> sa.Insert:
    now = 1.5
    return sa.insert(tables.run).values(
        run_id=run_id, graph_name="kit", graph_hash="0", status="done", created_at=now, updated_at=now
    )


def _status(store: StateStore, run_id: str) -> str | None:
    with store.read() as db:
        return db.execute(sa.select(tables.run.c.status).where(tables.run.c.run_id == run_id)).scalar_one_or_none()


def _rolls_back(store: StateStore) -> None:
    run_id = uuid4().hex
    with suppress(_Failed), store.write() as db:
        db.execute(_insert(run_id))
        raise _Failed
    need(_status(store, run_id) is None, "a transaction with an exception was committed")
    need(_status(store, _add(store, run_id)) == "done", "a committed row cannot be read")


def _reads_only(store: StateStore) -> None:
    run_id = uuid4().hex
    with store.read() as db, suppress(Exception):
        db.execute(_insert(run_id))
    need(_status(store, run_id) is None, "`read` committed a change")


def _refuses_nesting(store: StateStore) -> None:
    try:
        with store.write(), store.write():
            pass
    except ConnectorError as error:
        need(error.code == "state.nested-write", f"a nested write raised {error.code}")
    else:
        raise AssertionError("nested writes in one thread must be refused")


def _counts(store: StateStore) -> None:
    """Increment a counter in several threads: no update may be lost."""
    run_id = _add(store, uuid4().hex)
    column = tables.run.c.updated_at
    with store.write() as db:
        db.execute(sa.update(tables.run).where(tables.run.c.run_id == run_id).values(updated_at=0.0))

    def count() -> None:
        for _ in range(_TIMES):
            with store.write() as db:
                row = sa.select(column).where(tables.run.c.run_id == run_id)
                now = db.execute(row.with_for_update()).scalar_one()
                db.execute(sa.update(tables.run).where(tables.run.c.run_id == run_id).values(updated_at=now + 1))

    threads = [threading.Thread(target=count) for _ in range(_WRITERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with store.read() as db:
        total = db.execute(sa.select(column).where(tables.run.c.run_id == run_id)).scalar_one()
    need(total == _WRITERS * _TIMES, f"{_WRITERS * _TIMES} writers counted to {total}: a write was lost")
