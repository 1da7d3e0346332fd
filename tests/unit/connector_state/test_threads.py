"""Stores that threads open at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from compound.connector.state import StateStore


def test_new_stores_are_made_by_many_threads_at_once(tmp_path: Path) -> None:
    """Alembic works on globals: without a lock one thread's tables went into another one's file."""

    def make(number: int) -> int:
        store = StateStore.open(tmp_path / f"{number}.db")
        try:
            with store.write() as connection:
                return len(connection.exec_driver_sql("SELECT name FROM sqlite_master").fetchall())
        finally:
            store.close()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(make, range(8)))) == 1
