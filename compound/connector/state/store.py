"""The state store: opens and migrates the database, provides transactions."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from compound.connector.state.errors import translated
from compound.connector.state.schema.fresh import create
from compound.errors import ConnectorError

HEAD = "v1_0020"
"""The revision this code reads and writes; a test compares it with the newest migration."""

_SYNC = "synchronous"
_LOCK: Final = 0x636F6D70
"""Key of PostgreSQL's advisory lock: one process at a time brings the schema up to date."""


class StateStore:
    """Runs, reviews, outbox, ledger and journal in one database: SQLite by path, PostgreSQL by URL.

    Thread-safe. `read` and `write` are short and synchronous: never await inside one, and never open a
    `write` inside another. A store must not be carried over a fork.

    Attributes:
        name: The path or the URL without its password, for messages.
        dialect: `sqlite` or `postgresql`.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        """Internal: use `StateStore.open`."""
        self._engine = engine
        self._writing = threading.local()
        self.name = name
        self.dialect = engine.dialect.name

    @classmethod
    def open(cls, url_or_path: str | Path, *, lock_timeout_s: float = 30.0) -> StateStore:
        """Open a database, create it if missing, and migrate it to the newest schema.

        Args:
            url_or_path: Path of an SQLite file (its folder is created), or a URL: `sqlite:///...`, `postgresql://...`.
            lock_timeout_s: How long a writer waits for a lock, in seconds.

        Raises:
            ConnectorError: `state.locked`, `state.disk-full`, `state.cannot-open`, `state.not-a-database`,
                `state.newer`, `state.older` (written by another version of Compound), `state.url`, `state.driver`.
        """
        engine, name = _engine(url_or_path, lock_timeout_s)
        store = cls(engine, name)
        try:
            with store._translated():
                store._bring_to_head()
        except BaseException:
            engine.dispose()
            raise
        return store

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Internal: a consistent view of the store; writes are rolled back.

        Raises:
            ConnectorError: as for `open`.
        """
        with self._translated(), self._engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Generator[Connection]:
        """Internal: a transaction: commits at the end, rolls back on an exception.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE), so that its reads stay valid.

        Args:
            durable: False for data that the same command can recreate: it skips the disk sync. It survives a crash of
                the process, and a power failure once a later durable transaction has committed.

        Raises:
            ConnectorError: as for `open`; `state.nested-write`: this thread is already in a write.
        """
        if getattr(self._writing, "active", False):
            raise ConnectorError("state.nested-write", "write transactions cannot be nested")
        self._writing.active = True
        try:
            with self._translated(), self._engine.begin() as connection:
                self._begin_write(connection, durable)
                yield connection
        finally:
            self._writing.active = False

    def _begin_write(self, connection: Connection, durable: bool) -> None:
        if self.dialect != "sqlite":
            if not durable:
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            return
        # In WAL mode a FULL commit syncs the log, including earlier NORMAL commits.
        level = "FULL" if durable else "NORMAL"
        if connection.info.get(_SYNC) != level:
            connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
            connection.info[_SYNC] = level
        # the driver begins late and DEFERRED: two writers would both read first and one would fail
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Close the connections; the store cannot be used afterwards."""
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Generator[None]:
        with translated(self.name):
            yield

    def _bring_to_head(self) -> None:
        with self._engine.connect() as connection:
            revision = _revision(connection)
        if revision == HEAD:
            return
        with self.write() as connection:
            if self.dialect == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            if revision is None and create(connection, HEAD):
                return
            # alembic costs about 0.2 s to import: so it is imported only for migrations
            from compound.connector.state.schema.migrate import upgrade

            upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()


def _engine(url_or_path: str | Path, lock_timeout_s: float) -> tuple[Engine, str]:
    text = str(url_or_path)
    try:
        url = sa.make_url(text if "://" in text else f"sqlite:///{Path(text).absolute()}")
    except ArgumentError as error:
        raise ConnectorError("state.url", f"{text!r} is not a database URL", fix="use a path or a URL") from error
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, lock_timeout_s), url.database or text
    if url.get_backend_name() == "postgresql":
        name = url.render_as_string(hide_password=True)
        return _postgresql(url.set(drivername="postgresql+psycopg"), lock_timeout_s), name
    raise ConnectorError(
        "state.url", f"{url.drivername!r} is not supported for a state store", fix="SQLite by path, or postgresql://"
    )


def _sqlite(url: sa.URL, lock_timeout_s: float) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ConnectorError("state.url", "the state store must be persistent; :memory: is not", fix="use a path")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConnectorError(
            "state.cannot-open", f"cannot create the folder of {url.database}: {error.strerror}"
        ) from error
    engine = sa.create_engine(url, connect_args={"timeout": lock_timeout_s, "isolation_level": None}, **_JSON)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
        # the driver's `timeout` covers everything except the change to WAL, which does not wait
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")

    _ = set_pragmas  # pyright does not see that the decorator uses it
    return engine


def _postgresql(url: sa.URL, lock_timeout_s: float) -> Engine:
    try:
        return sa.create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "options": f"-c lock_timeout={int(lock_timeout_s * 1000)}"},
            **_JSON,
        )
    except ModuleNotFoundError as error:
        raise ConnectorError(
            "state.driver", f"PostgreSQL needs the driver {error.name!r}", fix="install compound[postgres]"
        ) from error


def _dumps(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # an integer beyond 64 bits, an unpaired surrogate
        return _SLOW + json.dumps(value)


def _loads(text: str | bytes) -> object:
    """The inverse of `_dumps`; orjson would read a long integer as a float."""
    start = text[:1] if isinstance(text, str) else text[:1].decode()
    return json.loads(text) if start == _SLOW else orjson.loads(text)


_SLOW: Final = " "
"""Prefix of a text that only Python's JSON reader restores exactly."""

_JSON: Final[dict[str, Any]] = {"json_serializer": _dumps, "json_deserializer": _loads, "hide_parameters": True}
