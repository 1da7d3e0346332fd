"""Cached values of nodes with `cache:`, in one SQLite file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, cast

import orjson

from compound.errors import ConnectorError

if TYPE_CHECKING:
    from pydantic import JsonValue

_SCHEMA: Final = """
create table if not exists value (
    key text primary key, body blob not null, expires_at real not null, kept_at real not null
) without rowid
"""
_OLD: Final = (
    "select 1 from sqlite_master where name = 'value' "
    "and not exists (select 1 from pragma_table_info('value') where name = 'kept_at')"
)
"""Returns a row if the file has the older schema without `kept_at`."""
_BUSY_MS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Found:
    """A cached value, which may be null."""

    value: JsonValue


class SqliteCache:
    """Content-addressed JSON values that expire; safe for threads and processes.

    The file can be deleted at any time: all values can be recomputed.

    Args:
        path: The file; created with its folder if missing.
        clock: Seconds since 1970.

    Raises:
        ConnectorError: ``cache.unusable``: the file is not a cache, or cannot be written.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = Lock()
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path, timeout=_BUSY_MS / 1000, check_same_thread=False, isolation_level=None)
            self._db.execute("pragma journal_mode=wal")
            # A value that is lost in a power failure is recomputed.
            self._db.execute("pragma synchronous=off")
            if self._db.execute(_OLD).fetchone():
                self._db.execute("drop table value")
            self._db.execute(_SCHEMA)
            self._db.execute("delete from value where expires_at < ?", (clock(),))
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    async def get(self, key: str) -> Found | None:
        """The value under a key, unless it has expired."""
        try:
            with self._lock, closing(self._db.cursor()) as cursor:
                query = "select body from value where key = ? and expires_at >= ?"
                row = cast("tuple[bytes] | None", cursor.execute(query, (key, self._clock())).fetchone())
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return None if row is None else Found(orjson.loads(row[0]))

    async def put(self, key: str, value: JsonValue, *, ttl_s: float) -> None:
        """Store a value for `ttl_s` seconds; replaces an older one."""
        now = self._clock()
        row = (key, orjson.dumps(value), now + ttl_s, now)
        try:
            with self._lock, closing(self._db.cursor()) as cursor:
                cursor.execute("insert or replace into value values (?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def prune(self, *, now: float, kept_before: float, dry_run: bool = False) -> int:
        """Delete values that expired or are older than a time, securely; returns the count.

        Args:
            now: UTC seconds.
            kept_before: UTC seconds.
            dry_run: Only count.
        """
        where, given = "where expires_at < ? or kept_at < ?", (now, kept_before)
        try:
            with self._lock, closing(self._db.cursor()) as cursor:
                if dry_run:
                    found = cast("tuple[int]", cursor.execute(f"select count(*) from value {where}", given).fetchone())
                    return found[0]
                cursor.execute("pragma secure_delete = on")
                return cursor.execute(f"delete from value {where}", given).rowcount
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def remove(self, names: Callable[[str], bool], *, dry_run: bool = False) -> int:
        """Delete every value whose JSON text a predicate accepts, securely; returns the count.

        Args:
            names: Predicate on the JSON text of a value.
            dry_run: Only count.
        """
        try:
            with self._lock, closing(self._db.cursor()) as cursor:
                rows = cast("list[tuple[str, bytes]]", cursor.execute("select key, body from value").fetchall())
                found = [(key,) for key, body in rows if names(body.decode("utf-8", "replace"))]
                if found and not dry_run:
                    cursor.execute("pragma secure_delete = on")
                    cursor.executemany("delete from value where key = ?", found)
                    cursor.execute("pragma wal_checkpoint(truncate)")
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return len(found)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _unusable(self, error: sqlite3.Error) -> ConnectorError:
        what = f"the cache {self._path.name} cannot be used: {error}"
        return ConnectorError("cache.unusable", what, fix=f"delete {self._path}; its values can be recomputed")
